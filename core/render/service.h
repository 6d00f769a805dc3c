// Service: a port on every member's HAProxy that leads to the members which Patroni calls fit for it.
//
//     const std::map<std::string, Service> services = default_services();   // primary, replica, default, offline
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace pigsty::render {

struct Service {
    std::int64_t port = 0;
    std::string ip = "*";
    std::string selector = "[]";          // JMESPath over the members: who serves
    std::string dest = "default";         // default | postgres | pgbouncer | a port number
    std::string check = "/";              // Patroni's health endpoint
    std::optional<std::string> backup{};  // JMESPath: who serves only when nobody else can
    std::int64_t maxconn = 5000;
    std::string balance = "roundrobin";
    std::optional<std::string> options{};  // of default-server; null: derived from the failover plan
    bool operator==(const Service&) const = default;
};

using Services = std::map<std::string, Service>;

// primary 5433, replica 5434, default 5436, offline 5438.
const Services& default_services();
// 5435, under synchronous replication: leads to who has each committed transaction. Under quorum nobody is "sync".
Service standby_service(bool quorum);
inline constexpr const char* kReplicaService = "replica";
inline constexpr const char* kStandbyService = "standby";

}  // namespace pigsty::render
