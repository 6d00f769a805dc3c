#include "core/module/pgsql/session/writer_lock.h"

#include <array>

#include <pwd.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace pigsty::module::pgsql {
namespace {

// "pigs", "ty": two numbers, so that nobody's single one is met.
constexpr int kClass = 0x70696773;
constexpr int kObject = 0x7479;

std::string with_bound(const std::string& lock) {
    return fmt::format("SET LOCAL lock_timeout = '{}s'; SELECT pg_catalog.{}({}, {}); SET LOCAL lock_timeout = '30s'; ",
                       kLockAttempt.count(), lock, kClass, kObject);
}

}  // namespace

std::string lock_in_transaction() { return with_bound("pg_advisory_xact_lock"); }

std::string lock_in_session() { return with_bound("pg_advisory_lock"); }

std::string unlock_in_session() { return fmt::format("SELECT pg_catalog.pg_advisory_unlock({}, {})", kClass, kObject); }

std::string who_writes_query() {
    return fmt::format(
        "SELECT coalesce(string_agg(format('%s (process %s, since %s)', CASE a.application_name WHEN '' THEN a.usename "
        "ELSE a.application_name END, a.pid, to_char(coalesce(a.xact_start, a.state_change), 'HH24:MI:SS')), ', '), "
        "'') "
        "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' "
        "AND l.classid = {} AND l.objid = {} AND l.objsubid = 2 AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()",
        kClass, kObject);
}

std::string writer_name() {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
    return fmt::format("terraform-provider-pigsty {}@{} {}",
                       found != nullptr ? found->pw_name : std::to_string(::getuid()), host.data(), ::getpid());
}

}  // namespace pigsty::module::pgsql
