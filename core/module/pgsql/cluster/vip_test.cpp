// The virtual address: what is drift of it, whether it can be where it is wanted, and the program that takes it away.
#include "core/module/pgsql/cluster/vip.h"

#include <gmock/gmock.h>

#include "core/item/virtual_address.h"
#include "core/module/pgsql/cluster/services.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/testing/node_test.h"
#include "core/render/vip.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

PgCluster cluster_with_vip() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.version = 17;
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    cluster.instances["2"] = {.node = {.address = "10.10.10.12"}};
    cluster.vip = Vip{.address = "10.10.10.2/24"};
    return cluster;
}

converge::Member first_member() { return {.number = "1", .name = "pg-test-1", .address = {.address = "10.10.10.11"}}; }

TEST(Vip, is_on_the_leader_and_nowhere_else) {
    const PgCluster cluster = cluster_with_vip();
    const auto said = [&](const VipSeen& seen) { return vip_sentences(cluster, seen); };
    const std::set<std::string> both{"pg-test-1", "pg-test-2"};
    EXPECT_THAT(said({.leader = "pg-test-2", .reached = both, .holders = {"pg-test-2"}}), IsEmpty());
    EXPECT_THAT(said({.leader = "pg-test-2", .reached = both, .holders = {"pg-test-1"}}),
                ElementsAre("pg-test-1 vip 10.10.10.2: is on a member that does not lead",
                            "pg-test vip 10.10.10.2: the leader does not hold it"));
    // Nothing is said of a machine that does not answer.
    EXPECT_THAT(said({.leader = "pg-test-2", .reached = {"pg-test-1"}, .holders = {}}), IsEmpty());
    EXPECT_THAT(said({.leader = {}, .reached = both, .holders = {"pg-test-1"}}),
                ElementsAre("pg-test-1 vip 10.10.10.2: is on a member that does not lead"));
}

TEST(Vip, its_drift_is_known_again) {
    const PgCluster cluster = cluster_with_vip();
    EXPECT_TRUE(repairs_vip(cluster, {"pg-test vip 10.10.10.2: the leader does not hold it"}));
    EXPECT_FALSE(repairs_vip(cluster, {"pg-test-1 /etc/default/vip-manager.yml: missing"}));
}

TEST(Vip, stands_first_in_the_endpoints_of_the_leader) {
    PgCluster cluster = cluster_with_vip();
    EXPECT_EQ(endpoints_of(cluster).at("primary").uri,
              "postgresql://10.10.10.2:5433,10.10.10.11:5433,10.10.10.12:5433/");
    EXPECT_EQ(endpoints_of(cluster).at("replica").uri, "postgresql://10.10.10.11:5434,10.10.10.12:5434/");
    cluster.vip.reset();
    EXPECT_EQ(endpoints_of(cluster).at("primary").uri, "postgresql://10.10.10.11:5433,10.10.10.12:5433/");
}

class VipOnMachine : public node::NodeTest {
  protected:
    void SetUp() override {
        NodeTest::SetUp();
        if (!machine) return;
        // `ip` keeps its addresses in a file: "INTERFACE ADDRESS/PREFIX".
        machine
            ->run(
                R"sh(mkdir -p /pg/data /run/units /etc/systemd/system && : > /etc/systemd/system/vip-manager.service && echo 17 > /pg/data/PG_VERSION
printf 'host0 10.10.10.11/24\n' > /run/addresses
cat > /usr/local/bin/ip <<'END'
#!/bin/sh
case "$*" in
*'addr del '*) grep -vxF "$5 $3" /run/addresses > /run/addresses.new; mv /run/addresses.new /run/addresses ;;
*'neigh show'*) cat /run/neighbour 2>/dev/null ;;
*'addr show to '*) want=$(printf '%s' "$*" | sed 's/.* to //; s,/.*,,'); grep -F " $want/" /run/addresses | sed 's/^\([^ ]*\) \(.*\)/2: \1    inet \2 scope global \1/' ;;
*'addr show dev '*) want=${*##* dev }; grep "^$want " /run/addresses | sed 's/^\([^ ]*\) \(.*\)/2: \1    inet \2 scope global \1/' ;;
*'addr show'*) sed 's/^\([^ ]*\) \(.*\)/2: \1    inet \2 scope global \1/' /run/addresses ;;
esac
END
cat > /usr/local/bin/openssl <<'END'
#!/bin/sh
cat > /run/asked; cat /run/answer 2>/dev/null
END
cat > /usr/local/bin/dpkg-query <<'END'
#!/bin/sh
cat "/run/version-${*##* }" 2>/dev/null
END
printf '#!/bin/sh\n' > /usr/local/bin/apt-cache
chmod +x /usr/local/bin/ip /usr/local/bin/openssl /usr/local/bin/dpkg-query /usr/local/bin/apt-cache)sh")
            .value();
        program("mkdir -p /usr/local/lib/pigsty && cat > /usr/local/lib/pigsty/pg-vip");
    }

    void program(const std::string& keep) {
        done({node::RunScript{.text = keep + "\n", .input = render::vip_program()}});
    }
    void has(const std::string& lines) { machine->run("printf '" + lines + "' > /run/addresses").value(); }
    void patroni_answers(const std::string& answer) {
        machine->run("printf '" + answer + "' > /run/answer; rm -f /run/systemctl.log").value();
    }
    // What the guard says in so many seconds.
    std::string guarded(int seconds) {
        return machine
            ->run("timeout " + std::to_string(seconds) +
                  " perl /usr/local/lib/pigsty/pg-vip guard address=10.10.10.2 member=10.10.10.11 port=8008 tls=1 "
                  "data=/pg/data 2>&1; true")
            .value();
    }
    std::string addresses() { return machine->read("/run/addresses"); }

    Status place(const PgCluster& cluster, const std::string& system = "Debian 13") {
        for (const platform::Platform& platform : platform::platforms()) {
            if (platform.name != system) continue;
            const auto items = vip_reservation(cluster, first_member(), platform);
            const auto* condition = dynamic_cast<const item::Precondition*>(items.front().get());
            return condition->check(seen(condition->looks()));
        }
        return fail(ErrorCode::internal, "no such system");
    }
};

TEST_F(VipOnMachine, the_guard_takes_the_address_away_where_patroni_does_not_lead) {
    has("host0 10.10.10.11/24\\nhost0 10.10.10.2/32\\n");
    patroni_answers("HTTP/1.0 200 OK\\r\\n");
    EXPECT_EQ(guarded(2), "");
    EXPECT_THAT(addresses(), HasSubstr("10.10.10.2/32"));
    EXPECT_THAT(machine->read("/run/asked"), HasSubstr("GET /leader HTTP/1.0\r\n"));

    patroni_answers("HTTP/1.0 503 Service Unavailable\\r\\n");
    EXPECT_EQ(guarded(3), "takes 10.10.10.2 away: Patroni does not hold the leader's lock (503)\n");
    EXPECT_EQ(addresses(), "host0 10.10.10.11/24\n");
    // It would bring it back.
    EXPECT_THAT(machine->read("/run/systemctl.log"), HasSubstr("try-restart vip-manager.service"));
}

// Patroni closes for a moment when it reads its configuration again: only silence that lasts counts.
TEST_F(VipOnMachine, the_guard_waits_a_moment_for_a_patroni_that_is_silent) {
    has("host0 10.10.10.2/32\\n");
    patroni_answers("");
    EXPECT_EQ(guarded(3), "");
    EXPECT_EQ(guarded(8), "takes 10.10.10.2 away: Patroni does not answer\n");
    EXPECT_EQ(addresses(), "");
}

TEST_F(VipOnMachine, the_guard_wakes_a_vip_manager_that_holds_the_address_back) {
    has("host0 10.10.10.11/24\\n");
    patroni_answers("HTTP/1.0 200 OK\\r\\n");
    EXPECT_EQ(guarded(5), "Patroni leads here and 10.10.10.2 is not here: restarts vip-manager\n");
    EXPECT_THAT(machine->read("/run/systemctl.log"), HasSubstr("try-restart vip-manager.service"));
    // A standby is not even asked.
    machine->run("rm -f /run/asked; touch /pg/data/standby.signal").value();
    EXPECT_EQ(guarded(3), "");
    EXPECT_EQ(machine->read("/run/asked"), "");
}

TEST_F(VipOnMachine, release_and_undo_leave_no_address) {
    has("host0 10.10.10.11/24\\nhost0 10.10.10.2/32\\neth1 10.10.10.2/24\\n");
    machine->run("perl /usr/local/lib/pigsty/pg-vip release address=10.10.10.2").value();
    EXPECT_EQ(addresses(), "host0 10.10.10.11/24\n");
    has("eth1 10.10.10.2/24\\n");
    EXPECT_EQ(done(item::VirtualAddressItem::undo("10.10.10.2")).back().status, 0);
    EXPECT_EQ(addresses(), "");
    has("eth1 10.10.10.2/24\\n");
    machine
        ->run(
            "printf '#!/bin/sh\\ncase $* in *del*) ;; *) echo 2: eth1 inet 10.10.10.2/24 ;; esac\\n' > "
            "/usr/local/bin/ip")
        .value();
    const auto refused = node->request(item::VirtualAddressItem::undo("10.10.10.2"), cancel, {});
    ASSERT_FALSE(refused && refused->back().status == 0);
}

TEST_F(VipOnMachine, runs_vip_manager_on_the_interface_that_holds_the_members_address) {
    machine->run("printf '#!/bin/sh\\necho \"$@\"\\n' > /usr/bin/vip-manager; chmod +x /usr/bin/vip-manager").value();
    const auto run = [&](const std::string& interface) {
        return machine
            ->run(
                "timeout 2 perl /usr/local/lib/pigsty/pg-vip run address=10.10.10.2 member=10.10.10.11 port=8008 tls=1 "
                "data=/pg/data config=/c.yml interface=" +
                interface + " 2>&1; true")
            .value();
    };
    patroni_answers("HTTP/1.0 200 OK\\r\\n");
    EXPECT_EQ(run("auto"), "--config=/c.yml --interface=host0\n");
    EXPECT_EQ(run("eth1"), "--config=/c.yml --interface=eth1\n");
    // By etcd alone a Patroni that hangs leads until its lease ends.
    patroni_answers("");
    EXPECT_EQ(run("auto"), "");
    patroni_answers("HTTP/1.0 503 Service Unavailable\\r\\n");
    EXPECT_EQ(run("auto"), "");
    machine->run("touch /pg/data/standby.signal").value();
    EXPECT_EQ(run("auto"), "--config=/c.yml --interface=host0\n") << "it follows";
    has("");
    EXPECT_THAT(run("auto"), HasSubstr("no interface holds 10.10.10.11"));
}

TEST_F(VipOnMachine, is_refused_where_it_cannot_be) {
    PgCluster cluster = cluster_with_vip();
    const auto refused = [&](const std::string& system = "Debian 13") {
        const Status status = place(cluster, system);
        return status ? std::string() : status.error().message;
    };
    machine->run("printf 'installed 3.0.0-2' > /run/version-vip-manager2").value();
    EXPECT_EQ(refused(), "");
    machine->run("printf '10.10.10.2 dev host0 lladdr 02:00:00:00:00:99 REACHABLE\\n' > /run/neighbour").value();
    EXPECT_EQ(refused(), "vip.address: expected nobody to have 10.10.10.2, found it answered for by 02:00:00:00:00:99");
    machine->run("rm /run/neighbour").value();
    has("host0 10.10.10.11/24\\nhost0 10.10.10.2/24\\n");
    EXPECT_EQ(refused(), "vip.address: expected nobody to have 10.10.10.2, found it on host0 of this machine");
    has("host0 10.10.10.11/25\\n");
    cluster.vip->address = "10.10.10.200/24";
    EXPECT_EQ(refused(), "vip.address: expected 10.10.10.200 to be in a network of host0, found 10.10.10.11/25 there");
    cluster.vip->interface = "nothere0";
    EXPECT_EQ(refused(), "vip.interface: expected an interface nothere0, found none of that name");
    cluster.vip->interface = "auto";
    has("");
    EXPECT_EQ(refused(), "vip.interface: expected an interface that holds 10.10.10.11, found none");
    // Version 1 reads etcd by an interface that knows none of Patroni's keys.
    machine->run("rm /run/version-vip-manager2; printf 'installed 1.0.1-5' > /run/version-vip-manager").value();
    EXPECT_THAT(refused("Debian 12"), HasSubstr("found vip-manager 1.0.1-5 (Debian 12)"));
    machine->run("rm /run/version-vip-manager").value();
    EXPECT_THAT(refused("Debian 12"), HasSubstr("found none (Debian 12)"));
    EXPECT_THAT(refused("Debian 13"), Not(HasSubstr("vip-manager 2"))) << "its installation says it";
}

}  // namespace
}  // namespace pigsty::module::pgsql
