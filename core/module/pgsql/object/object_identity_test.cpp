#include "core/module/pgsql/object/object_identity.h"

#include <gtest/gtest.h>

#include "core/module/pgsql/object/object_claim.h"

namespace pigsty::module::pgsql {
namespace {

constexpr const char* kId = "11111111-1111-4111-8111-111111111111";
constexpr const char* kOther = "22222222-2222-4222-8222-222222222222";

Catalog with(std::vector<std::pair<std::string, Oid>> databases, std::vector<ObjectClaim> claims = {}) {
    Catalog catalog;
    catalog.system_identifier = "7";
    for (const auto& [name, oid] : databases)
        catalog.databases[name] = {.name = name, .oid = oid, .owner = "postgres", .encoding = "UTF8"};
    catalog.claims = std::move(claims);
    return catalog;
}

ObjectClaim claim_of(Oid oid, const char* id = kId, std::string system_identifier = "7") {
    return {.kind = kDatabaseKind,
            .name = "app",
            .id = id,
            .state = kReady,
            .spec = {{"name", "app"}},
            .oid = oid,
            .system_identifier = std::move(system_identifier)};
}

Standing standing(const Catalog& catalog, const std::string& id = kId) {
    return standing_of(catalog, kDatabaseKind, "app", id);
}

TEST(ObjectIdentity, an_object_is_followed_by_its_number) {
    EXPECT_EQ(standing(with({{"app", 5}}, {claim_of(5)})).name, "app");
    const Standing renamed = standing(with({{"app_old", 5}}, {claim_of(5)}));
    EXPECT_EQ(renamed.name, "app_old");
    EXPECT_FALSE(renamed.has_namesake);
    const Standing swapped = standing(with({{"app_old", 5}, {"app", 6}}, {claim_of(5)}));
    EXPECT_EQ(swapped.name, "app_old");
    EXPECT_TRUE(swapped.has_namesake);
    const Standing anew = standing(with({{"app", 6}}, {claim_of(5)}));
    EXPECT_EQ(anew.name, "");
    EXPECT_TRUE(anew.has_namesake);
    EXPECT_FALSE(standing(with({}, {claim_of(5)})).has_namesake);
}

TEST(ObjectIdentity, a_number_counts_in_the_cluster_that_gave_it) {
    const Standing copied = standing(with({{"app", 6}, {"stranger", 5}}, {claim_of(5, kId, "8")}));
    EXPECT_EQ(copied.name, "app") << "restored from a dump elsewhere: by name, as for a claim without a number";
    EXPECT_FALSE(copied.is_proven);
}

TEST(ObjectIdentity, what_another_resource_claims_is_not_ours) {
    const Standing others = standing(with({{"app", 5}}, {claim_of(5, kOther)}));
    EXPECT_EQ(others.name, "");
    EXPECT_TRUE(others.has_namesake);
    EXPECT_EQ(standing(with({{"app", 6}}, {claim_of(5, kOther)})).name, "") << "theirs is gone, and this is nobody's";
    EXPECT_EQ(standing(with({{"app", 6}}, {claim_of(0, kOther)})).name, "");
}

TEST(ObjectIdentity, an_import_knows_its_object_before_any_claim) {
    Catalog catalog = with({{"app", 5}, {"other", 6}});
    const std::string id = adopted_id(catalog, kDatabaseKind, 5);
    EXPECT_EQ(id.size(), 36U);
    EXPECT_EQ(standing(catalog, id).name, "app");
    EXPECT_TRUE(standing(catalog, id).is_proven);
    catalog = with({{"app_old", 5}, {"app", 6}});
    EXPECT_EQ(standing(catalog, id).name, "app_old");
    EXPECT_TRUE(standing(catalog, id).has_namesake);
    EXPECT_EQ(standing(with({{"app", 6}}), id).name, "") << "dropped and made anew";
    EXPECT_EQ(standing(with({{"app", 6}}, {claim_of(5, kOther)}), adopted_id(catalog, kDatabaseKind, 6)).name, "app")
        << "taken over from a claim whose object is gone";
}

TEST(ObjectIdentity, claims_without_a_number_go_by_name_and_looks) {
    const ObjectClaim old = claim_of(0);
    EXPECT_EQ(standing(with({{"app", 5}}, {old})).name, "app");
    EXPECT_FALSE(standing(with({{"app", 5}}, {old})).is_proven);
    EXPECT_TRUE(looks_claimed(with({{"app", 5}}), old));
    Catalog other = with({{"app", 5}});
    other.databases.at("app").owner = "somebody";
    EXPECT_FALSE(looks_claimed(other, old));
    ObjectClaim latin = old;
    latin.spec["encoding"] = "LATIN1";
    EXPECT_FALSE(looks_claimed(with({{"app", 5}}), latin));
    latin.spec["encoding"] = "utf-8";
    EXPECT_TRUE(looks_claimed(with({{"app", 5}}), latin));
}

TEST(ObjectIdentity, says_what_it_is_called) {
    EXPECT_EQ(name_drift(kDatabaseKind, "app", {.name = "app"}), std::nullopt);
    EXPECT_EQ(name_drift(kDatabaseKind, "app", {.name = "app_old"}), "name: is \"app_old\" on the server");
    EXPECT_EQ(name_drift(kRoleKind, "app", {.name = "old", .has_namesake = true}),
              "name: is \"old\" on the server, where another role is called \"app\"");
}

}  // namespace
}  // namespace pigsty::module::pgsql
