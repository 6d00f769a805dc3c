// What attributes of clusters, users and databases may be, for the plan's validators and for rules.h alike.
#pragma once

#include <array>
#include <string_view>

#include "core/base/constraint.h"
#include "core/module/platform/platform.h"

namespace pigsty::module::pgsql {

inline constexpr Range kVersions{platform::kOldestPostgresql, platform::kNewestPostgresql};
inline constexpr Range kWeights{0, 256};          // of HAProxy
inline constexpr Range kConnections{25, 262143};  // the least is Patroni's: below, it takes its own default
inline constexpr Range kServiceConnections{1, 1000000};

inline constexpr Range kLag{0, std::int64_t{1} << 40};  // bytes
inline constexpr Range kSynchronousStandbys{1, 98};

inline constexpr Range kRetention{1, 9999999};  // of pgBackRest
inline constexpr std::array<std::string_view, 2> kRetentionTypes{"count", "time"};
inline constexpr std::array<std::string_view, 5> kCompressions{"none", "gz", "bz2", "lz4", "zst"};

inline constexpr std::array<std::string_view, 4> kRtos{"fast", "norm", "safe", "wide"};
inline constexpr std::array<std::string_view, 2> kSynchronousModes{"on", "quorum"};
inline constexpr std::array<std::string_view, 3> kWatchdogs{"off", "automatic", "required"};
inline constexpr std::array<std::string_view, 5> kLogLevels{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
inline constexpr std::array<std::string_view, 4> kInstanceRoles{"primary", "replica", "offline", "delayed"};
inline constexpr std::array<std::string_view, 2> kModes{"pgsql", "citus"};
inline constexpr Range kGroups{0, 2147483647};  // of Citus
inline constexpr std::array<std::string_view, 4> kTemplates{"oltp", "olap", "crit", "tiny"};
inline constexpr std::array<std::string_view, 2> kRestarts{"manual", "rolling"};
inline constexpr std::array<std::string_view, 2> kServiceDestinations{"pgbouncer", "postgres"};
inline constexpr std::array<std::string_view, 3> kPoolModes{"session", "transaction", "statement"};
inline constexpr std::array<std::string_view, 6> kTlsModes{"disable", "allow",     "prefer",
                                                           "require", "verify-ca", "verify-full"};

}  // namespace pigsty::module::pgsql
