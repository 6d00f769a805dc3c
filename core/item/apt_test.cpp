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

TEST_F(AptTest, a_virtual_package_is_refused_and_its_providers_are_named) {
    machine->run("cd /srv/repo && sed -i 's/^Description:/Provides: pig-virtual\\n&/' Packages").value();
    EXPECT_EQ(apply(repository), "");
    EXPECT_THAT(apply(PackageItem({.name = "pig-virtual"})),
                HasSubstr("pig-virtual is a virtual package: name one of those that provide it: pigtest"));
    EXPECT_EQ(machine->run("dpkg-query -W -f '${db:Status-Status}' pigtest 2>/dev/null").value_or("x"), "");
    const ChosenPackageItem chosen({.name = "pig-virtual"});
    const auto refused = chosen.check(seen(chosen.looks()));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("is a virtual one, provided by: pigtest"));
    const ChosenPackageItem real({.name = "pigtest"});
    EXPECT_TRUE(real.check(seen(real.looks())));
}

TEST_F(AptTest, a_name_is_no_pattern) {
    EXPECT_EQ(apply(repository), "");
    EXPECT_THAT(apply(PackageItem({.name = "pigt.st"})), HasSubstr("E: Unable to locate package pigt.st"));
    EXPECT_EQ(machine->run("dpkg-query -W -f '${db:Status-Status}' pigtest 2>/dev/null").value_or("x"), "");
}

TEST_F(AptTest, an_apt_that_is_busy_is_waited_for_and_named) {
    EXPECT_EQ(apply(repository), "");
    // perl's lockf is fcntl's, as apt's and dpkg's are.
    const std::string hold = R"(perl -e '
use Fcntl; open my $file, ">>", "/var/lib/dpkg/lock-frontend" or die; my $lock = pack("s s l! l! l! i", F_WRLCK, 0, 0, 0, 0, 0);
fcntl($file, F_SETLK, $lock) or die "lock: $!"; print "held\n"; close STDOUT; close STDERR; sleep $ARGV[0]' )";
    machine
        ->run("( " + hold +
              "20 ) </dev/null >/var/tmp/held 2>&1 & echo $! > /var/tmp/holder; "
              "while ! grep -q held /var/tmp/held; do sleep 0.1; done")
        .value();
    std::string shown;
    const node::RunScript script = PackageItem::install(std::vector{PackageSpec{.name = "pigtest"}});
    node::RunScript impatient = script;
    impatient.text = "apt_patience=4\n" + script.text;
    const auto results = node->request({impatient}, cancel, [&](std::string_view piece) { shown += piece; });
    ASSERT_TRUE(results);
    EXPECT_NE(results->back().status, 0);
    EXPECT_THAT(results->back().err,
                testing::ContainsRegex("apt is busy: process [0-9]+ \\(perl\\) holds its lock, waited for "
                                       "since ..:..:.. \\([0-9]+ s\\): let it end, then apply again"));
    EXPECT_THAT(shown, HasSubstr("\036wapt is busy: waits for process "));
    machine->run("pid=$(cat /var/tmp/holder); kill $(ps -o pid= --ppid $pid) $pid 2>/dev/null; true").value();
    const auto after = done({script});
    EXPECT_EQ(after.back().status, 0) << after.back().err;
}

TEST_F(AptTest, a_source_that_the_node_has_with_another_key_is_refused) {
    machine
        ->run(
            "printf 'deb [signed-by=/usr/share/keyrings/x.gpg] file:/srv/repo/ ./\\n' > "
            "/etc/apt/sources.list.d/theirs.list")
        .value();
    EXPECT_THAT(apply(repository),
                HasSubstr("/etc/apt/sources.list.d/pigsty-test.sources has another Signed-By than a file "
                          "that the node has already (take that away, or leave this repository out): "
                          "/etc/apt/sources.list.d/theirs.list /usr/share/keyrings/x.gpg"));
    const auto refused = repository.check(seen(repository.looks()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(
        refused.error().message,
        "repository test: expected no other source of it on the node, found /etc/apt/sources.list.d/theirs.list with "
        "Signed-By /usr/share/keyrings/x.gpg, where /etc/apt/sources.list.d/pigsty-test.sources has none: apt reads "
        "nothing at all while two files disagree");
    EXPECT_EQ(machine->run("ls /etc/apt/sources.list.d").value_or(""), "theirs.list\n");
    machine
        ->run(
            "rm /etc/apt/sources.list.d/theirs.list; printf 'Types: deb\\nURIs:\\n file:/srv/other\\n file:/srv/repo\\n"
            "Suites: ./\\nSigned-By: /x.asc\\n\\nTypes: deb\\nURIs: file:/a\\nSuites: b\\n' > "
            "/etc/apt/sources.list.d/theirs.sources")
        .value();
    EXPECT_THAT(repository.check(seen(repository.looks())).error().message,
                HasSubstr("found /etc/apt/sources.list.d/theirs.sources with Signed-By /x.asc"));
    machine->run("sed -i '1i Enabled: no' /etc/apt/sources.list.d/theirs.sources").value();
    EXPECT_TRUE(repository.check(seen(repository.looks())));
}

TEST_F(AptTest, a_held_package_and_an_interrupted_installation_are_named) {
    EXPECT_EQ(apply(repository), "");
    EXPECT_EQ(apply(PackageItem({.name = "pigtest"})), "");
    machine
        ->run(
            "cd /srv/repo && sed 's/^Version: 1.0/Version: 0.9/' Packages > more && { cat Packages; echo; cat more; } "
            "> all && "
            "mv all Packages && rm more; apt-mark hold pigtest")
        .value();
    EXPECT_EQ(apply(RepositoryItem({.name = "again", .uris = {"file:/srv/repo"}, .suites = {"./"}, .trusted = true})),
              "");
    EXPECT_THAT(apply(PackageItem({.name = "pigtest", .version = "0.9"})),
                HasSubstr("packages are held on this node: pigtest: release them there (apt-mark unhold NAME)"));
    machine->run("apt-mark unhold pigtest; touch /var/lib/dpkg/updates/0001").value();
    EXPECT_THAT(apply(PackageItem({.name = "pigtest", .version = "0.9"})),
                HasSubstr("an installation was interrupted on this node: run \"dpkg --configure -a\" there"));
}

TEST_F(AptTest, a_repository_that_cannot_be_read_is_taken_back) {
    const RepositoryItem broken({.name = "test", .uris = {"file:/srv/nowhere"}, .suites = {"./"}, .trusted = true});
    EXPECT_THAT(apply(broken), HasSubstr("/srv/nowhere"));
    EXPECT_EQ(machine->run("ls /etc/apt/sources.list.d").value_or("x"), "");
}

}  // namespace
}  // namespace pigsty::item
