#include "core/node/claim.h"

#include <random>

#include <gmock/gmock.h>

#include "core/base/hash.h"
#include "core/node/testing/node_test.h"

namespace pigsty::node {
namespace {

Claim sample() {
    Claim claim{.kind = "pg_cluster",
                .name = "pg/tést",
                .id = "5f0f7a5e-0000-4000-8000-000000000000",
                .state = ClaimState::creating,
                .member = "pg-test-2",
                .spec = {{"comment", "a {{digest:%2Fetc%2Fshadow}} \\{{digest:x}}"}},
                .items = {},
                .facts = {{"system_identifier", "7"}}};
    claim.items["/etc/x y}}\n"] = {.kind = "file",
                                   .fingerprint = "3f1d5a0b9c7e",
                                   .digest = digest_on_node("/etc/x y}}\n"),
                                   .existed_before = true,
                                   .shared = true,
                                   .probes = {{ProbeKind::keyed_path, "/etc/x y}}\n"}},
                                   .undo = {{"kept", "/var/lib"}}};
    claim.items["package haproxy"] = {.kind = "package", .fingerprint = "1"};
    return claim;
}

TEST(Claim, survives_its_text) {
    const auto claim = sample();
    const auto read = claim_from_json_text(to_json_text(claim), "x.json");
    ASSERT_TRUE(read) << summary(read.error());
    EXPECT_EQ(to_json_text(*read), to_json_text(claim));
    EXPECT_EQ(read->spec, claim.spec);
    EXPECT_EQ(claim.file_name(), "pg_cluster-pg%2Ft%C3%A9st.json");
}

TEST(Claim, of_a_newer_version_or_damaged_is_an_error_with_its_file) {
    auto newer = to_json_text(sample());
    newer.replace(newer.find("\"format\": 1"), 11, "\"format\": 9");
    const auto read = claim_from_json_text(newer, "/var/lib/pigsty/claims/x.json");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::unsupported);
    EXPECT_EQ(
        read.error().message,
        "/var/lib/pigsty/claims/x.json was written in format 9 by a newer version; this one knows up to format 1");
    for (const auto* text : {"", "{", "{}", "[]", R"({"format":1,"kind":3})"}) {
        const auto damaged = claim_from_json_text(text, "x.json");
        ASSERT_FALSE(damaged);
        EXPECT_EQ(damaged.error().code, ErrorCode::failed);
        EXPECT_TRUE(damaged.error().message.starts_with("x.json is damaged"));
    }
}

// Whatever somebody wrote into the file: an error of this file, nothing thrown.
TEST(Claim, with_any_field_replaced_or_missing_is_read_or_refused) {
    const auto whole = nlohmann::json::parse(to_json_text(sample()));
    const std::vector<nlohmann::json> others = {nullptr, 7, -1, "x", true, nlohmann::json::array({1}), {{"a", 1}}};
    const auto flat = whole.flatten();
    for (const auto& [pointer, value] : flat.items()) {
        for (nlohmann::json::json_pointer at(pointer); !at.empty(); at.pop_back()) {
            for (const auto& other : others) {
                auto changed = whole;
                changed[at] = other;
                const auto read = claim_from_json_text(changed.dump(), "x.json");
                if (read) continue;
                EXPECT_NE(read.error().message.find("x.json"), std::string::npos)
                    << at.to_string() << ": " << read.error().message;
            }
            auto without = whole;
            auto parent = at;
            parent.pop_back();
            if (without[parent].is_object()) without[parent].erase(at.back());
            EXPECT_NO_THROW((void)claim_from_json_text(without.dump(), "x.json"));
        }
    }
}

TEST(Claim, of_any_bytes_is_read_or_refused) {
    const std::string whole = to_json_text(sample());
    std::minstd_rand random(1);
    for (int round = 0; round < 3000; ++round) {
        std::string text = whole;
        for (int i = 0; i < 4; ++i) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0: text[at] = static_cast<char>(random() % 256); break;
                case 1: text.erase(at, random() % 9); break;
                default: text.insert(at, text.substr(random() % text.size(), random() % 9)); break;
            }
        }
        EXPECT_NO_THROW((void)claim_from_json_text(text, "x.json")) << text;
    }
}

using ClaimOnNode = NodeTest;

TEST_F(ClaimOnNode, is_stored_with_keyed_digests_found_again_and_dropped) {
    const std::string path = "/etc/x y}}\n";
    const auto results = done({PutFile{.path = path, .content = "secret"}, node->store_claim(sample())});
    ASSERT_EQ(results.size(), 2U);
    ASSERT_EQ(results[1].status, 0) << results[1].err;
    EXPECT_EQ(*machine->run("stat -c '%a %U %n' /var/lib/pigsty/claims/* /var/lib/pigsty/key"),
              "600 root /var/lib/pigsty/claims/pg_cluster-pg%2Ft%C3%A9st.json\n600 root /var/lib/pigsty/key\n");

    const auto stored = node->claim("pg_cluster", "pg/tést");
    ASSERT_TRUE(stored);
    const auto digest = stored->items.at(path).digest;
    EXPECT_EQ(digest.size(), 64U);
    EXPECT_EQ(digest, sha256_hex(machine->read("/var/lib/pigsty/key") + sha256_hex("secret")));
    EXPECT_EQ(digest, seen({{ProbeKind::keyed_path, path}}).path(path).digest);
    EXPECT_EQ(stored->spec, sample().spec);

    // The next process: claims with the first request, every claimed item with the second, the rest from memory.
    const auto next = connect();
    EXPECT_EQ(to_json_text(next->claim("pg_cluster", "pg/tést").value_or(Claim())), to_json_text(*stored));
    EXPECT_TRUE(next->observe({{ProbeKind::path, "/etc/passwd"}}, cancel));
    EXPECT_EQ(next->observe({{ProbeKind::keyed_path, path}}, cancel)->path(path).digest, digest);
    EXPECT_EQ(next->counters().requests, 2U);
    // Looking again is needed after a write, and not after a script that only looks.
    EXPECT_TRUE(next->request({RunScript{.text = ":", .writes = false}}, cancel, {}));
    EXPECT_TRUE(next->observe({{ProbeKind::keyed_path, path}}, cancel));
    EXPECT_EQ(next->counters().requests, 3U);
    EXPECT_TRUE(next->request({next->drop_claim(sample())}, cancel, {}));
    EXPECT_FALSE(next->claim("pg_cluster", "pg/tést"));
    EXPECT_TRUE(next->observe({{ProbeKind::keyed_path, path}}, cancel));
    EXPECT_EQ(next->counters().requests, 5U);
    EXPECT_EQ(*machine->run("ls /var/lib/pigsty/claims"), "");
}

TEST_F(ClaimOnNode, that_is_damaged_is_the_trouble_of_its_own_resource) {
    done({node->store_claim(sample())});
    ASSERT_TRUE(
        machine->run("cd /var/lib/pigsty/claims; echo '{' > ca-x.json; echo '{}' > node-y.json; "
                     "cp pg_cluster-*.json pg_cluster-copied.json; printf '\\377' > etcd_cluster-z.json"));
    const auto next = connect();
    ASSERT_TRUE(next);
    EXPECT_TRUE(next->check_claim("pg_cluster", "pg/tést"));
    EXPECT_TRUE(next->claim("pg_cluster", "pg/tést"));
    EXPECT_TRUE(next->check_claim("ca", "other"));
    for (const auto& [kind, name] : {std::pair("ca", "x"), std::pair("node", "y"), std::pair("pg_cluster", "copied"),
                                     std::pair("etcd_cluster", "z")}) {
        const auto status = next->check_claim(kind, name);
        ASSERT_FALSE(status) << name;
        EXPECT_THAT(summary(status.error()), testing::HasSubstr("/var/lib/pigsty/claims/" + std::string(kind) + "-" +
                                                                name + ".json is damaged"));
        EXPECT_FALSE(next->claim(kind, name)) << name;
    }
    EXPECT_EQ(next->damaged_claims().size(), 4U);
    // What is written over it is whole again.
    EXPECT_TRUE(next->request({next->store_claim(Claim{.kind = "ca", .name = "x", .id = "1"})}, cancel, {}));
    EXPECT_TRUE(next->check_claim("ca", "x"));
    EXPECT_EQ(connect()->damaged_claims().size(), 3U);
}

}  // namespace
}  // namespace pigsty::node
