// Platform: what differs between the systems that nodes run: package names, offered versions, paths, units. One table
// per system; modules ask here and hold no name of a distribution.
//
//     TRY(const Platform* const platform, platform_of(node->facts()));
//     items.push_back(package(platform->packages(Component::postgresql, 17)));
//     if (platform->offers(Setting::pgbouncer_max_prepared_statements)) …
//
// Versions in the table are those of the system's own repositories.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/module/platform/version.h"
#include "core/node/facts.h"
#include "core/node/node.h"

namespace pigsty::module::platform {

enum class Component { postgresql, patroni, etcd, pgbouncer, haproxy, minio, redis, valkey, vip_manager, keepalived };
std::string_view to_string(Component component);

// Settings that older versions of their component refuse to start with, and do without.
enum class Setting { pgbouncer_max_prepared_statements };

// Below it a component does not run with what we write.
struct RequiredVersion {
    Version version;
    std::string_view reason;  // what needs it
};
const RequiredVersion* required_version(Component component);  // null: any
using RequiredVersions = std::map<Component, RequiredVersion>;

struct Platform {
    std::string os_id;    // os-release ID
    std::string version;  // VERSION_ID
    std::string codename;
    std::string name;                      // "Debian 13"
    std::vector<std::int64_t> postgresql;  // majors of its own repositories, newest first
    std::map<Component, Version> versions;

    // Packages to install for a component; `postgresql_version` matters for PostgreSQL alone. The first is the one whose
    // version is the component's.
    [[nodiscard]] std::vector<std::string> packages(Component component, std::int64_t postgresql_version = 0) const;
    // The package that brings an extension; nothing for what comes with PostgreSQL itself or what we do not know.
    [[nodiscard]] std::optional<std::string> extension_package(std::string_view extension,
                                                               std::int64_t postgresql_version) const;
    [[nodiscard]] bool offers(Setting setting) const;
    [[nodiscard]] std::string bin_dir(std::int64_t postgresql_version) const;
};

// Error `unsupported` that names what was found and what is supported.
Result<const Platform*> platform_of(const node::Facts& facts);
const std::vector<Platform>& platforms();
// The platform of a connected node. While planning there is none (null), and what is asked then is what all platforms
// agree in: names of packages and paths of the newest.
const Platform& platform_at(const node::NodePtr& node);

// PostgreSQL majors that templates and settings are known for, whatever repository brings them.
inline constexpr std::int64_t kOldestPostgresql = 13;
inline constexpr std::int64_t kNewestPostgresql = 18;

// Written before PostgreSQL's packages come, so that they make no cluster `main` on port 5432.
inline constexpr const char* kCreateClusterConf = "/etc/postgresql-common/createcluster.d/pigsty.conf";
inline constexpr const char* kCreateClusterText = "create_main_cluster = false\n";

}  // namespace pigsty::module::platform
