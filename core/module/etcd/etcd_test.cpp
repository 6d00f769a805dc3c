// What is done on the members, on throw-away machines with an imitation of etcdctl.
#include "core/render/etcd.h"

#include "core/converge/handlers.h"
#include "core/item/file.h"
#include "core/module/etcd/administration.h"
#include "core/module/etcd/table.h"
#include "core/node/secrets.h"
#include "core/node/testing/node_test.h"

namespace pigsty::module::etcd {
namespace {

using testing::HasSubstr;

// Each line of /run/serving is an endpoint that reads; /run/login is there where root can log in.
constexpr const char* kEtcdctl = R"sh(cat >/usr/local/bin/etcdctl <<'END'
#!/bin/sh
for word; do case $word in --endpoints=*) echo 'conflicting environment variable "ETCDCTL_ENDPOINTS"' >&2; exit 128 ;; esac; done
case "$*" in
*'get health') grep -qxF "$ETCDCTL_ENDPOINTS" /run/serving 2>/dev/null && echo 'Error: etcdserver: user name is empty' >&2 || echo 'Error: context deadline exceeded' >&2; exit 1 ;;
'user get root') [ -e /run/login ] || { echo 'Error: etcdserver: authentication failed' >&2; exit 1; } ;;
'member list -w json') echo '{"members":[{"ID":10501334649042878790,"name":"etcd-1","peerURLs":["https://10.10.10.11:2380"]},{"ID":1,"peerURLs":["https://10.10.10.12:2380"]}]}' ;;
esac
END
chmod 0755 /usr/local/bin/etcdctl)sh";

EtcdCluster cluster() {
    EtcdCluster cluster;
    cluster.members = {
        {"1", {.address = "10.10.10.11"}}, {"2", {.address = "10.10.10.12"}}, {"3", {.address = "10.10.10.13"}}};
    return cluster;
}

class EtcdTest : public node::NodeTest {
  protected:
    void SetUp() override {
        node::NodeTest::SetUp();
        if (machine) {
            ASSERT_TRUE(machine->run(kEtcdctl));
        }
    }
    void serving(const std::string& endpoints) {
        ASSERT_TRUE(machine->run("rm -f /run/serving; for e in " + endpoints +
                                 "; do echo https://$e:2379; done >/run/serving"));
    }
    // The handler of the members' configuration, as an update runs it after it wrote the file.
    node::OperationResult restarted() {
        for (const converge::Step& step : table_of(cluster(), {})) {
            if (step.name != "configuration") continue;
            const auto items = step.items({.member = members_of(cluster()).front()});
            const auto results = done({converge::script_of({items.front()->handlers().front(), {}})});
            return results.empty() ? node::OperationResult{-1, "", ""} : results.front();
        }
        return {-1, "", ""};
    }
};

TEST_F(EtcdTest, a_member_restarts_only_while_the_others_have_a_quorum) {
    ASSERT_TRUE(machine->run(
        "mkdir -p /etc/systemd/system; : >/etc/systemd/system/etcd.service; systemctl start etcd.service"));
    ASSERT_TRUE(machine->run("rm -f /run/systemctl.log"));
    // They are given time to come up, which this machine need not take.
    ASSERT_TRUE(machine->run("printf '#!/bin/sh\n' >/usr/local/bin/sleep; chmod 0755 /usr/local/bin/sleep"));
    serving("127.0.0.1 10.10.10.11 10.10.10.13");
    const auto refused = restarted();
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, testing::EndsWith(
                                 "not restarted: expected 2 of the 2 other members of etcd to answer, found 1: without "
                                 "this one there would be no quorum\n"));
    EXPECT_THAT(machine->read("/run/systemctl.log"), testing::Not(HasSubstr("restart")));

    serving("127.0.0.1 10.10.10.11 10.10.10.12 10.10.10.13");
    EXPECT_EQ(restarted().status, 0);
    EXPECT_THAT(machine->read("/run/systemctl.log"), HasSubstr("restart -- etcd.service"));
}

TEST_F(EtcdTest, administration_goes_on_with_the_next_member) {
    Access access = access_of(cluster(), "0");
    access.members.emplace("4", node::NodeAddress{.address = "10.10.10.14"});
    std::vector<std::string> asked;
    // The first is silent; the second answers and lost its secrets; on the third root cannot log in.
    const node::Connect connect = [&](const node::NodeAddress& address, const Cancel&,
                                      node::Reach) -> Result<node::NodePtr> {
        asked.push_back(address.address);
        if (address.address == "10.10.10.11") return fail(ErrorCode::unreachable, "SSH port did not answer");
        if (address.address == "10.10.10.13")
            TRY_VOID(node::store_secrets({node}, "etcd-etcd", {{"root", {.value = Secret("once")}}}, cancel));
        if (address.address == "10.10.10.14") TRY_VOID(machine->run(": >/run/login"));
        return node;
    };
    const auto etcd = administrator(access, connect, cancel);
    ASSERT_TRUE(etcd) << summary(etcd.error()) << detail(etcd.error());
    EXPECT_EQ(asked, (std::vector<std::string>{"10.10.10.11", "10.10.10.12", "10.10.10.13", "10.10.10.14"}));

    const auto members = etcd->members(cancel);
    ASSERT_TRUE(members);
    ASSERT_EQ(members->size(), 2U);
    EXPECT_EQ(members->at(0).id, "91bc3c398fb3c146");
    EXPECT_EQ(members->at(1).name, "");
}

TEST_F(EtcdTest, administration_says_why_where_no_member_serves) {
    const node::Connect connect = [&](const node::NodeAddress&, const Cancel&, node::Reach) -> Result<node::NodePtr> {
        return node;
    };
    const auto etcd = administrator(access_of(cluster(), "0"), connect, cancel);
    ASSERT_FALSE(etcd);
    EXPECT_THAT(etcd.error().message, HasSubstr("the root password of etcd cluster etcd is not on this member"));
}

TEST_F(EtcdTest, endpoints_are_healthy_when_they_read_whatever_alarms_there_are) {
    serving("10.10.10.11 10.10.10.12");
    const client::Etcd etcd({.node = node, .endpoints = access_of(cluster(), "0").endpoints});
    const auto healthy = etcd.healthy(cancel);
    ASSERT_TRUE(healthy) << summary(healthy.error());
    EXPECT_EQ(*healthy, (std::vector<std::string>{"https://10.10.10.11:2379", "https://10.10.10.12:2379"}));
}

}  // namespace
}  // namespace pigsty::module::etcd
