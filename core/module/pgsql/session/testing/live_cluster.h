// LiveCluster: a cluster for tests: PostgreSQL of this machine on a throw-away machine (core/node/testing), with something
// that answers as Patroni does when asked who leads. One for all tests of a suite; skipped where there is no PostgreSQL.
//
//     class UserTest : public LiveCluster {};
//     TEST_F(UserTest, …) { create_user(*session, …); EXPECT_EQ(sql("SELECT …"), "…"); }
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/quote.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/testing/local_machine.h"

// Success, else what went wrong, in words.
#define EXPECT_DONE(result) \
    if (const auto& done = (result); !done) ADD_FAILURE() << summary(done.error()) << "\n" << detail(done.error())

namespace pigsty::module::pgsql {

// For tests that need no server.
inline PgCluster three_members() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.instances = {{"1", {.node = {.address = "10.10.10.11"}, .role = "primary"}},
                         {"2", {.node = {.address = "10.10.10.12"}}},
                         {"10", {.node = {.address = "10.10.10.13"}, .role = "offline"}}};
    return cluster;
}

class LiveCluster : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const Cancel cancel = Cancel::within(std::chrono::seconds(60));
        auto started = node::LocalMachine::start();
        if (!started) return;
        machine = *started;
        const std::string bin =
            machine->run("ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 | tr -d '\\n'").value_or("");
        if (bin.empty()) return;
        const auto said = machine->run(kStart + ("\nstart " + bin + "\n"));
        if (!said || said->find("is up") == std::string::npos) return;
        auto connected = machine->connect(cancel, {}, "127.0.0.1");
        if (connected) node_ = *connected;
    }

    static void TearDownTestSuite() {
        if (machine)
            (void)machine->run(
                "kill $(cat /tmp/patroni.pid); kill -INT $(head -1 /tmp/pg/postmaster.pid); while [ -e "
                "/tmp/pg/postmaster.pid ]; do sleep 0.1; done 2>/dev/null");
        node_.reset();
        machine.reset();
    }

    void SetUp() override {
        if (!node_) GTEST_SKIP() << "no PostgreSQL, or no throw-away machine, on this one";
        cluster.name = "pg-test";
        cluster.ssl = false;
        cluster.instances = {{"1", {.node = {.address = "127.0.0.1"}, .role = "primary"}}};
        session = fresh();
    }

    // As another run of the provider would have.
    std::shared_ptr<ClusterSession> fresh(std::string run_id = {}) {
        std::string identifier = sql("SELECT system_identifier FROM pg_control_system()");
        if (identifier.ends_with('\n')) identifier.pop_back();
        return std::make_shared<ClusterSession>(
            cluster, identifier, connection_of(cluster, "5f2b6a3e-0000-4000-8000-000000000001"),
            [](const node::NodeAddress&, const Cancel&, node::Reach) -> Result<node::NodePtr> {
                return node::NodePtr(node_);
            },
            std::move(run_id));
    }

    static std::string sql(const std::string& text, const std::string& database = "postgres") {
        return machine
            ->run("printf %s " + shell_quote(text) +
                  " | PGOPTIONS= runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -d " + shell_quote(database) +
                  " 2>&1 | head -c 4000")
            .value_or("");
    }
    // "app" where the login works.
    static std::string login(const std::string& user, const std::string& password,
                             const std::string& database = "postgres") {
        return machine
            ->run("PGPASSWORD=" + shell_quote(password) + " psql -XAtq -h 127.0.0.1 -U " + shell_quote(user) + " -d " +
                  shell_quote(database) + " -c 'SELECT current_user' 2>&1 | head -c 400")
            .value_or("");
    }

    // What Patroni answers to GET /PATH from now on; "" closes the connection without an answer.
    static void patroni_says(const std::string& path, const std::string& body) {
        (void)machine->run("printf %s " + shell_quote(body) + " >/tmp/patroni." + path);
    }
    static void patroni_says_as_before() { (void)machine->run("rm -f /tmp/patroni.cluster /tmp/patroni.patroni"); }

    static constexpr const char* kStart = R"sh(
start() {
    set -e
    mkdir -p /run/postgresql && chown postgres /run/postgresql
    cd /tmp
    runuser -u postgres -- "$1/initdb" -D /tmp/pg --no-sync -E UTF8 --locale C.UTF-8 --auth-local=peer --auth-host=scram-sha-256 >/dev/null
    cat >>/tmp/pg/postgresql.conf <<'CONF'
fsync = off
listen_addresses = '127.0.0.1'
unix_socket_directories = '/run/postgresql'
log_statement = 'all'
logging_collector = off
CONF
    runuser -u postgres -- "$1/pg_ctl" -D /tmp/pg -l /tmp/pg.log -w start >/dev/null
    cat >/tmp/patroni.pl <<'PERL'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 8008, Listen => 9, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
    my ($path) = (<$client> // '') =~ m{^\w+ /(\w+)};
    while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n$/ }
    my $body = '{"scope":"pg-test","members":[{"name":"pg-test-1","role":"leader","state":"running","host":"127.0.0.1","port":5432,"timeline":1,"api_url":"http://127.0.0.1:8008/patroni"}]}';
    if (open(my $said, '<', "/tmp/patroni.$path")) { $body = <$said> // ''; next if $body eq '' }
    print $client "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
    close $client;
}
PERL
    perl /tmp/patroni.pl </dev/null >/dev/null 2>&1 &
    echo $! >/tmp/patroni.pid
    mkdir -p /etc/pgbouncer
    for i in 1 2 3 4 5 6 7 8 9 10; do
        if perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:8008")'; then echo is up; return; fi
        sleep 0.1
    done
}
)sh";

    static inline std::shared_ptr<node::LocalMachine> machine;
    static inline std::shared_ptr<node::RemoteNode> node_;
    PgCluster cluster;
    std::shared_ptr<ClusterSession> session;
    const Cancel cancel = Cancel::within(std::chrono::seconds(60));
};

}  // namespace pigsty::module::pgsql
