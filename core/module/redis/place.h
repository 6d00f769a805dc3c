// Where things of an instance are, as Pigsty lays them out, and how it is asked.
//
//     for (const Place& at : places_of(cluster, site.member)) files.push_back(at.own_conf());
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/given_password.h"
#include "core/converge/step.h"
#include "core/module/redis/spec.h"

namespace pigsty::module::redis {

struct InstancePlace {
    std::string name;     // "redis-ms-1-6379"
    std::string address;  // of its node
    std::string port;
    const Instance* instance = nullptr;
    std::string data;  // "/data/redis/redis-ms-1-6379"

    [[nodiscard]] std::string unit() const { return name + ".service"; }
    [[nodiscard]] std::string unit_file() const { return "/etc/systemd/system/" + unit(); }
    // The server's: it writes there who leads, and all that it knows. Made once, never compared.
    [[nodiscard]] std::string conf() const { return "/etc/redis/" + name + ".conf"; }
    // Ours: read last at every start, so that it wins.
    [[nodiscard]] std::string own_conf() const { return "/etc/redis/" + name + ".own.conf"; }
    [[nodiscard]] std::string users() const { return "/etc/redis/" + name + ".acl"; }
    // What was live once all of ours was set: what runs is compared with it.
    [[nodiscard]] std::string settled() const { return "/var/lib/pigsty/redis/" + name; }
    [[nodiscard]] std::string endpoint() const { return address + " " + port; }
};

// `cluster` must outlive them.
std::vector<InstancePlace> places_of(const RedisCluster& cluster, const std::string& number);
std::vector<InstancePlace> all_places(const RedisCluster& cluster);

inline std::string engine_of(const RedisCluster& cluster) { return cluster.engine; }
inline std::string secret_scope(const RedisCluster& cluster) { return "redis_cluster-" + cluster.name; }
inline std::string authority_path(const RedisCluster& cluster) { return "/etc/redis/" + cluster.name + "-ca.crt"; }
inline std::string certificate_path(const converge::Member& member) { return "/etc/redis/" + member.name + ".crt"; }
inline std::string key_path(const converge::Member& member) { return "/etc/redis/" + member.name + ".key"; }

// Names of secrets on the members. `kAdministrator` is the user that we ask as.
inline constexpr const char* kAdministrator = "pigsty";
inline constexpr const char* kReplication = "repl";
inline constexpr const char* kAdministratorHash = "pigsty-hash";
inline constexpr const char* kReplicationHash = "repl-hash";
inline constexpr const char* kClientsHash = "clients-hash";

// Generation of the clients' secret: another password, another one. Nothing: there is no password.
std::optional<std::int64_t> password_generation(const RedisCluster& cluster);

std::string password_salt(const RedisCluster& cluster);
std::string password_salt(const Monitor& monitor);
// 0: none.
std::int64_t password_generation(const Monitor& monitor);

// Instances that replicate each other, by the wishes of the creation: the first is its primary then. Standalone alone.
std::vector<std::vector<InstancePlace>> groups_of(const RedisCluster& cluster);

}  // namespace pigsty::module::redis
