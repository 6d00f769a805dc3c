// Patroni's REST API, as its documentation describes it ("Patroni REST API").
//
//     Patroni patroni({.node = node, .address = "10.10.10.11", .tls = …, .login = …});
//     TRY(const PatroniCluster cluster, patroni.cluster(cancel));
//     if (const auto* leader = cluster.leader()) …
//     TRY_VOID(patroni.patch_config({{"postgresql", {{"parameters", {{"max_connections", 300}}}}}}, cancel));
//
// Asks through the node's own bridge, so port 8008 need not be open to us. Thread-safe: every call opens a stream.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/client/http.h"
#include "core/node/node.h"

namespace pigsty::client {

struct PatroniMember {
    std::string name;
    std::string role;   // "leader", "replica", "sync_standby", "quorum_standby", "standby_leader"
    std::string state;  // "running", "streaming", "starting", "stopped", "creating replica" …
    std::string host;
    std::int64_t port = 0;
    std::int64_t timeline = 0;
    std::optional<std::int64_t> lag_bytes;  // nothing on the leader or where Patroni says "unknown"
    bool pending_restart = false;
    nlohmann::json tags = nlohmann::json::object();

    [[nodiscard]] bool leads() const { return role == "leader" || role == "standby_leader"; }
    // Patroni before 3.0.3 says "running" for a replica that streams.
    [[nodiscard]] bool serves() const { return state == "running" || state == "streaming"; }
};

struct PatroniCluster {
    std::vector<PatroniMember> members;
    bool paused = false;
    std::string scheduled_switchover{};  // when; empty where none is

    [[nodiscard]] const PatroniMember* leader() const;
    [[nodiscard]] const PatroniMember* member(const std::string& name) const;
    // Who can take over from the leader: under synchronous replication only a synchronous standby, which is all that
    // Patroni would accept. Null where nobody can.
    [[nodiscard]] const PatroniMember* successor() const;
};

// GET /patroni of one member.
struct PatroniStatus {
    std::string state;
    std::string role;                 // "primary" ("master" before Patroni 4), "standby_leader" or "replica"
    std::int64_t server_version = 0;  // 170012; 0 while PostgreSQL does not run
    std::string patroni_version;
    std::string system_identifier;  // empty before it is known
    std::int64_t timeline = 0;
    bool pending_restart = false;
    bool is_streaming = false;  // a replica that receives WAL right now
    [[nodiscard]] bool leads() const { return role == "primary" || role == "master" || role == "standby_leader"; }
};

class Patroni {
  public:
    struct Target {
        node::NodePtr node;
        std::string address;
        std::int64_t port = 8008;
        std::optional<Tls> tls{};
        std::optional<HttpLogin> login{};
        // Counts what is only asked, where somebody wants to know.
        std::shared_ptr<std::atomic<std::uint64_t>> gets{};
    };

    explicit Patroni(Target target) : target_(std::move(target)) {}

    Result<PatroniCluster> cluster(const Cancel& cancel) const;
    Result<PatroniStatus> status(const Cancel& cancel) const;
    // The dynamic configuration as the DCS holds it.
    Result<nlohmann::json> config(const Cancel& cancel) const;
    // RFC 7396-like merge: null removes a key. Answers the new configuration.
    Result<nlohmann::json> patch_config(const nlohmann::json& patch, const Cancel& cancel) const;
    // Restarts PostgreSQL of this member under Patroni's control.
    Status restart(const Cancel& cancel) const;
    Status switchover(const std::string& leader, const std::string& candidate, const Cancel& cancel) const;

  private:
    Result<HttpResponse> call(const std::string& method, const std::string& path, const nlohmann::json& body,
                              const Cancel& cancel) const;
    Result<nlohmann::json> call_json(const std::string& method, const std::string& path, const nlohmann::json& body,
                                     const Cancel& cancel) const;

    Target target_;
};

// Parsing apart from the network, for tests and for replies that came another way.
Result<PatroniCluster> patroni_cluster_from_json(const nlohmann::json& reply);
Result<PatroniStatus> patroni_status_from_json(const nlohmann::json& reply);

}  // namespace pigsty::client
