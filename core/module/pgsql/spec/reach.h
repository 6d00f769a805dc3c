// Reach: at which addresses a cluster is to be found: its virtual address, what its servers listen on, Patroni's port. Pure.
//
//     if (const auto vip = vip_of(cluster)) vip->address;       // "10.10.10.2"
//     listened(cluster, "1");                                   // {"10.10.10.11", "127.0.0.1", "10.10.10.2"}
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/shared_address.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// What an entry of `listen` may stand for, beside addresses.
inline constexpr std::string_view kListenOwn = "${ip}";
inline constexpr std::string_view kListenLoopback = "${lo}";
inline constexpr std::string_view kListenVip = "${vip}";

// Nothing where there is none, or its text is no IPv4 address with a prefix, or is not known yet.
std::optional<SharedAddress> vip_of(const PgCluster& cluster);
// Its text without the prefix; what is not known yet stays the mark that it is. There must be one.
std::string vip_host(const PgCluster& cluster);

// `listen`, or what it is without one.
std::vector<std::string> listen_of(const PgCluster& cluster);
bool listens_on_vip(const PgCluster& cluster);
// The addresses themselves. The virtual one comes last: Patroni may take the first to reach its own server.
std::vector<std::string> listened(const PgCluster& cluster, std::string_view number);

// The same as PostgreSQL shows it: "10.10.10.11,127.0.0.1".
std::string listen_addresses(const PgCluster& cluster, std::string_view number);
// What of a member's settings its own file holds: its parameters, and what it listens on.
Parameters member_settings(const PgCluster& cluster, const std::string& number);

// Whether Patroni's REST interface speaks TLS.
inline bool rest_ssl(const PgCluster& cluster) { return cluster.patroni.ssl.value_or(cluster.ssl); }
// off | automatic | required
std::string watchdog_of(const PgCluster& cluster);

}  // namespace pigsty::module::pgsql
