// Repositories and packages with the real apt, against a repository of one small package made here.
#include <gmock/gmock.h>

#include "core/item/package.h"
#include "core/item/repository.h"
#include "core/node/testing/node_test.h"

namespace pigsty::item {
namespace {

using testing::HasSubstr;

class AptTest : public node::NodeTest {
  protected:
    void SetUp() override {
        NodeTest::SetUp();
        if (!node) return;
        // pigtest's postinst asks the policy, as every service's postinst does through invoke-rc.d.
        const auto made = machine->run(R"sh(exec 2>&1; set -e
mkdir -p /srv/repo /tmp/p/DEBIAN /etc/apt/sources.list.d; cd /tmp/p
rm -rf /usr/sbin/policy-rc.d /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/preferences.d/* /var/lib/apt/lists/*
printf 'Package: pigtest\nVersion: 1.0\nArchitecture: all\nMaintainer: t <t@example.org>\nDescription: test\n' > DEBIAN/control
cat > DEBIAN/postinst <<'END'
#!/bin/sh
if [ -x /usr/sbin/policy-rc.d ]; then /usr/sbin/policy-rc.d pigtest start; echo policy $? >> /var/tmp/policy; fi
exit 0
END
chmod 0755 DEBIAN DEBIAN/postinst
dpkg-deb --root-owner-group -b . /srv/repo/pigtest_1.0_all.deb
cd /srv/repo
{
  cat /tmp/p/DEBIAN/control
  echo 'Filename: ./pigtest_1.0_all.deb'
  echo "Size: $(stat -c %s pigtest_1.0_all.deb)"
  echo "SHA256: $(sha256sum pigtest_1.0_all.deb | cut -d' ' -f1)"
} > Packages
echo made)sh");
        ASSERT_TRUE(made && made->ends_with("made\n")) << made.value_or("");
    }

    std::string apply(const Item& item) {
        const auto change = item.compare(seen(item.probes()), nullptr);
        if (!change) return "nothing to do";
        const auto operations = item.operations(*change);
        const auto results = done(operations);
        return results.size() == operations.size() && results.back().status == 0 ? "" : results.back().err;
    }

    const RepositoryItem repository{{.name = "test", .uris = {"file:/srv/repo"}, .suites = {"./"}, .trusted = true}};
};

TEST_F(AptTest, a_package_of_a_new_repository_is_installed_and_starts_nothing) {
    machine->run("printf '#!/bin/sh\\nexit 104\\n' > /usr/sbin/policy-rc.d; chmod 0755 /usr/sbin/policy-rc.d").value();
    EXPECT_EQ(apply(repository), "");
    EXPECT_EQ(apply(repository), "nothing to do");
    const PackageItem package({.name = "pigtest", .remove_with_us = true});
    const node::ClaimedItem entry = package.claimed(seen(package.probes()));
    EXPECT_EQ(apply(package), "");
    EXPECT_EQ(apply(package), "nothing to do");
    EXPECT_EQ(machine->read("/var/tmp/policy"), "policy 101\n");
    EXPECT_EQ(machine->read("/usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 104\n");
    EXPECT_EQ(machine->run("ls /usr/sbin | grep pigsty; ls /run | grep pigsty-apt; echo clean").value_or(""),
              "clean\n");
    for (const auto& result : done(*undo(package.label(), entry))) EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(apply(package), "");
    for (const auto& result : done(*undo(repository.label(), {.kind = "repository", .fingerprint = {}})))
        EXPECT_EQ(result.status, 0);
    EXPECT_EQ(machine->run("ls /etc/apt/sources.list.d").value_or(""), "");
}

TEST_F(AptTest, indexes_are_read_again_where_they_do_not_know_a_package) {
    EXPECT_EQ(apply(repository), "");
    machine->run("rm -rf /var/lib/apt/lists/*").value();
    EXPECT_EQ(apply(PackageItem({.name = "pigtest"})), "");
}

TEST_F(AptTest, a_package_that_nobody_offers_is_named) {
    EXPECT_EQ(apply(repository), "");
    EXPECT_THAT(apply(PackageItem({.name = "no-such-package"})),
                HasSubstr("E: Unable to locate package no-such-package"));
    EXPECT_EQ(machine->run("ls /usr/sbin/policy-rc.d 2>/dev/null").value_or("x"), "");
}

TEST_F(AptTest, a_repository_that_cannot_be_read_is_taken_back) {
    const RepositoryItem broken({.name = "test", .uris = {"file:/srv/nowhere"}, .suites = {"./"}, .trusted = true});
    EXPECT_THAT(apply(broken), HasSubstr("/srv/nowhere"));
    EXPECT_EQ(machine->run("ls /etc/apt/sources.list.d").value_or("x"), "");
}

}  // namespace
}  // namespace pigsty::item
