#include "core/module/platform/required_version.h"

#include <gtest/gtest.h>

namespace pigsty::module::platform {
namespace {

std::string refused(const std::vector<std::string>& versions) {
    const Platform& jammy = platforms().back();
    const RequiredVersionsItem item({Component::postgresql, Component::patroni, Component::haproxy}, jammy);
    node::Observation seen;
    for (const node::Probe& probe : item.looks())
        seen.set(probe, probe.key.find("'patroni'") != std::string::npos ? versions[0] : versions[1]);
    const auto status = item.check(seen);
    return status ? "" : status.error().message;
}

TEST(RequiredVersions, are_those_that_take_our_configuration) {
    EXPECT_EQ(refused({"4.0.7-1", "3.0.11-1"}), "");
    EXPECT_EQ(refused({"3.0.2-1", "1:2.6.12-1+deb12u1"}), "");
    EXPECT_EQ(refused({"(none)", ""}), "");
    EXPECT_EQ(
        refused({"2.1.2-1", "2.4.24-0ubuntu0.22.04.1"}),
        "expected Patroni 3.0 or newer (failsafe_mode and primary_start_timeout), found that this node has or would "
        "install 2.1.2-1 (Ubuntu 22.04)");
    EXPECT_EQ(refused({"3.3.0-1.pgdg22.04+1", "2.4.24-0ubuntu0.22.04.1"}),
              "expected HAProxy 2.6 or newer (fd-hard-limit), found that this node has or would install "
              "2.4.24-0ubuntu0.22.04.1 (Ubuntu 22.04)");
}

TEST(RequiredVersions, are_of_the_program_whatever_the_epoch_of_its_package) {
    const RequiredVersionsItem item({Component::redis}, platforms().back());
    const auto check = [&](const std::string& version) {
        node::Observation seen;
        for (const node::Probe& probe : item.looks()) seen.set(probe, version);
        return item.check(seen);
    };
    EXPECT_TRUE(check("5:7.0.15-1~deb12u5"));
    const auto status = check("5:6.0.16-1ubuntu1");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message,
              "expected Redis 7.0 or newer (CONFIG GET of several names, CLUSTER ADDSLOTSRANGE), found that this node "
              "has or would install 5:6.0.16-1ubuntu1 (Ubuntu 22.04)");
}

TEST(RequiredVersions, may_be_newer_for_one_who_wants_more) {
    const RequiredVersionsItem item({Component::patroni}, platforms().front(),
                                    {{Component::patroni, {"4.0", "quorum commit"}}});
    node::Observation seen;
    for (const node::Probe& probe : item.looks()) seen.set(probe, "3.2.2-1");
    const auto status = item.check(seen);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message.substr(0, status.error().message.find(", found")),
              "expected Patroni 4.0 or newer (quorum commit)");
}

TEST(RequiredVersions, of_our_platforms_are_met_but_by_the_oldest) {
    for (const Platform& platform : platforms()) {
        if (platform.name == "Ubuntu 22.04") continue;
        for (const auto& [component, version] : platform.versions) {
            const RequiredVersion* required = required_version(component);
            EXPECT_TRUE(required == nullptr || at_least(version, required->version)) << platform.name << " " << version;
        }
    }
}

}  // namespace
}  // namespace pigsty::module::platform
