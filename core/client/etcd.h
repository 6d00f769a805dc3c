// etcd's administration: etcdctl on one of its nodes, through the root end. Passwords travel on standard input.
//
//     Etcd etcd({.node = node, .endpoints = access.endpoints, .root_password = password});
//     TRY_VOID(etcd.enable_authentication(cancel));
//     TRY_VOID(etcd.ensure_user("pg-test", password, "/pg/pg-test/", cancel));
//
// Thread-safe: every call is one request to the node.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/node/node.h"

namespace pigsty::client {

// Files of the administrator's client on an etcd node. Its certificate only admits; who one is, is user and password.
inline constexpr const char* kEtcdCaFile = "/etc/etcd/ca.crt";
inline constexpr const char* kEtcdClientCertificate = "/etc/etcd/client.crt";
inline constexpr const char* kEtcdClientKey = "/etc/etcd/client.key";

// sh: everything that etcdctl needs on an etcd node to reach these endpoints, but a login.
std::string etcd_environment(const std::vector<std::string>& endpoints);
// sh: defines `reads ENDPOINT`, true where it answers a read that a quorum agrees in, and what it said else on standard
// error. `etcdctl endpoint health` is no such proof: it calls a member with an alarm unhealthy.
std::string etcd_reads_function();

// sh: puts these questions to the node's own etcd, one after the other over one connection, and prints its replies as they
// come; nothing where there is no etcd. A read that an election has interrupted ("leader changed") is asked again, as every
// client of etcd does. {"maintenance/status", "{}"}: path below /v3/ of etcd's HTTP gateway, and the body.
// It costs a third of the processor time that etcdctl's start alone takes (12 against 2 x 25 ms for two questions).
struct EtcdQuestion {
    std::string path;
    std::string body;
};
std::string etcd_question_script(std::int64_t port, const std::vector<EtcdQuestion>& questions);
// The bodies of the replies in what the script printed, in the questions' order; fewer where it stopped answering.
std::vector<std::string> etcd_answers(std::string_view printed);
// Keys and values in what `etcdctl get -w json` printed.
std::map<std::string, std::string> etcd_values(std::string_view printed);
// "NOSPACE", "CORRUPT": in an answer to maintenance/status; of any member.
std::set<std::string> etcd_alarms(std::string_view status);

struct EtcdMember {
    std::string id;    // hex digits, as etcdctl takes it
    std::string name;  // empty: it was added and has not started yet
    std::vector<std::string> peer_urls;
};

// What one endpoint says of itself; asks no quorum and no login.
struct EtcdStatus {
    std::string endpoint;
    std::uint64_t member = 0;
    std::uint64_t leader = 0;  // 0: it knows of none
    std::uint64_t revision = 0;
    std::uint64_t db_size = 0;     // of its file
    std::set<std::string> alarms;  // etcd_alarms()
};

class Etcd {
  public:
    struct Target {
        node::NodePtr node;
        std::vector<std::string> endpoints;  // "https://10.10.10.11:2379"
        Secret root_password{};
    };

    explicit Etcd(Target target) : target_(std::move(target)) {}

    // Endpoints that answer a linearizable read, that is, with a quorum behind them.
    Result<std::vector<std::string>> healthy(const Cancel& cancel) const;

    // Root can log in from this node, that is, it can administer the cluster.
    Status prove_login(const Cancel& cancel) const;
    // Of the endpoints that answer.
    Result<std::vector<EtcdStatus>> status(const Cancel& cancel) const;
    Result<std::vector<EtcdMember>> members(const Cancel& cancel) const;
    Status remove_member(const std::string& id, const Cancel& cancel) const;
    Status add_member(const std::string& name, const std::string& peer_url, const Cancel& cancel) const;
    // Forgets all history before `revision`, gives the space back on one member after the other (`endpoints`, in order).
    Status compact(std::uint64_t revision, const std::vector<std::string>& endpoints, const Cancel& cancel) const;
    Status disarm_alarms(const Cancel& cancel) const;

    // User root with target.root_password, role root, authentication on. Does nothing where it is on and the password holds.
    Status enable_authentication(const Cancel& cancel) const;
    // A user with this password that may read and write what begins with `prefix`, read what begins with `readable` (empty:
    // nothing more), and nothing else. The password is set where the user cannot log in with it.
    Status ensure_user(const std::string& name, const Secret& password, const std::string& prefix,
                       const std::string& readable, const Cancel& cancel) const;
    // The user, its role and everything that begins with `prefix`.
    Status remove_user(const std::string& name, const std::string& prefix, const Cancel& cancel) const;
    // Value of a key; empty where it is not there.
    Result<std::string> value(const std::string& key, const Cancel& cancel) const;
    // Keys that begin with `prefix`, with their values.
    Result<std::map<std::string, std::string>> values(const std::string& prefix, const Cancel& cancel) const;
    // Writes a key that is not there yet; false where it is.
    Result<bool> put_new(const std::string& key, const std::string& value, const Cancel& cancel) const;
    // Writes a key, whatever it held.
    Status put(const std::string& key, const std::string& value, const Cancel& cancel) const;

  private:
    // `body` runs behind the exports, logged in as root where `login`; further lines of standard input follow.
    Result<std::string> run(const std::string& body, const std::string& input, const std::string& what, bool writes,
                            const Cancel& cancel) const;
    [[nodiscard]] Status said_no(const node::OperationResult& result, const std::string& what) const;
    [[nodiscard]] std::string exports(bool login) const;

    Target target_;
};

}  // namespace pigsty::client
