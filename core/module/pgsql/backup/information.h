// What pgBackRest tells of a stanza: the JSON of its `info`, whose exit status says nothing, and what the member's own server
// tells of its archiver. Pure; command.h asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/module/pgsql/backup/trouble.h"

namespace pigsty::module::pgsql {

struct BackupSet {
    std::string label;  // "20261130-022842F"
    std::string type;   // full | diff | incr
    std::optional<std::string> prior{};
    std::int64_t start = 0, stop = 0;            // seconds since 1970
    std::int64_t size = 0, repository_size = 0;  // bytes: of the data, and of what this backup added there
    std::string wal_start{}, wal_stop{};
    bool has_error = false;  // pages whose checksum did not fit
    bool operator==(const BackupSet&) const = default;
};

struct BackupInformation {
    Trouble trouble{};  // kind none, no_stanza, or what is the matter
    std::vector<std::string> system_identifiers{};
    std::string version{};          // "17": PostgreSQL's, of the newest database
    std::vector<BackupSet> sets{};  // oldest first
    bool is_running = false;
    std::int64_t done_bytes = 0;  // of the backup that runs

    [[nodiscard]] bool is_readable() const { return trouble.kind == TroubleKind::none; }
    [[nodiscard]] const BackupSet* newest() const { return sets.empty() ? nullptr : &sets.back(); }
};

// Nothing where there is no JSON in it: it did not answer in time.
std::optional<BackupInformation> read_information(std::string_view printed, const Backup& backup);

struct Archiver {
    bool is_failing = false;                   // the last attempt failed
    std::int64_t waiting = 0;                  // segments
    std::string last_archived{};               // name of a segment
    std::optional<std::int64_t> restorable{};  // commits up to then are in the archive: when that segment was full
    bool operator==(const Archiver&) const = default;
};
// SQL: one row of JSON on the leader, none on a standby.
extern const char* const kArchiverQuery;
std::optional<Archiver> read_archiver(std::string_view json);

}  // namespace pigsty::module::pgsql
