#include "core/module/pgsql/backup/information.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace pigsty::module::pgsql {

using nlohmann::json;

namespace {

// A member that may be missing, or of another type.
const json& at(const json& object, const char* name) {
    static const json nothing;
    return object.is_object() && object.contains(name) ? object[name] : nothing;
}
std::string text_at(const json& object, const char* name) {
    const json& value = at(object, name);
    return value.is_string() ? value.get<std::string>() : std::string();
}
std::int64_t number_at(const json& object, const char* name) {
    const json& value = at(object, name);
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

BackupSet set_of(const json& told) {
    BackupSet set{.label = text_at(told, "label"), .type = text_at(told, "type")};
    if (at(told, "prior").is_string()) set.prior = text_at(told, "prior");
    set.start = number_at(at(told, "timestamp"), "start");
    set.stop = number_at(at(told, "timestamp"), "stop");
    const json& info = at(told, "info");
    set.size = number_at(info, "size");
    set.repository_size = number_at(at(info, "repository"), "delta");
    set.wal_start = text_at(at(told, "archive"), "start");
    set.wal_stop = text_at(at(told, "archive"), "stop");
    set.has_error = at(told, "error") == true;
    return set;
}

// The JSON is one line, behind warnings of the configuration.
json parsed(std::string_view printed) {
    while (!printed.empty()) {
        const auto end = std::min(printed.find('\n'), printed.size());
        const std::string_view line = printed.substr(0, end);
        printed.remove_prefix(std::min(end + 1, printed.size()));
        if (!line.starts_with('[')) continue;
        json answer = json::parse(printable(line), nullptr, false);
        if (answer.is_array()) return answer;
    }
    return {};
}

Trouble trouble_of(const json& stanza, const Backup& backup) {
    constexpr int kMissingStanza = 1, kNoBackups = 2;
    const json& repositories = at(stanza, "repo");
    const json& status = at(repositories.is_array() && !repositories.empty() ? repositories.front() : stanza, "status");
    const std::int64_t code = number_at(status, "code");
    if (code == 0 || code == kNoBackups) return {};
    const std::string message = text_at(status, "message");
    if (code == kMissingStanza) return trouble_in("missing stanza path", backup);
    Trouble trouble = trouble_in(message, backup);
    if (trouble.kind == TroubleKind::none) trouble = {.kind = TroubleKind::other, .message = "its state is unknown"};
    return trouble;
}

}  // namespace

std::optional<BackupInformation> read_information(std::string_view printed, const Backup& backup) {
    const json answer = parsed(printed);
    if (!answer.is_array()) return std::nullopt;
    BackupInformation information;
    if (answer.empty()) {
        information.trouble = trouble_in("missing stanza path", backup);
        return information;
    }
    const json& stanza = answer.front();
    information.trouble = trouble_of(stanza, backup);
    if (const json& databases = at(stanza, "db"); databases.is_array())
        for (const json& database : databases) {
            information.version = text_at(database, "version");
            if (const json& id = at(database, "system-id"); id.is_number())
                information.system_identifiers.push_back(id.dump());
        }
    if (const json& sets = at(stanza, "backup"); sets.is_array())
        for (const json& set : sets) information.sets.push_back(set_of(set));
    const json& lock = at(at(at(stanza, "status"), "lock"), "backup");
    information.is_running = at(lock, "held") == true;
    information.done_bytes = number_at(lock, "size-cplt");
    return information;
}

// A segment's .ready is made when it is full, and becomes .done once it is archived, with the time of its making: every
// commit up to then is in the archive.
const char* const kArchiverQuery =
    "SELECT json_build_object("
    "'failing', coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false), "
    "'waiting', (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'), "
    "'archived', coalesce(last_archived_wal, ''), "
    "'restorable', (SELECT extract(epoch FROM modification)::bigint "
    "FROM pg_stat_file('pg_wal/archive_status/' || last_archived_wal || '.done', true))) "
    "FROM pg_stat_archiver WHERE NOT pg_is_in_recovery()";

std::optional<Archiver> read_archiver(std::string_view text) {
    const json told = json::parse(text, nullptr, false);
    if (!told.is_object()) return std::nullopt;
    Archiver archiver{.is_failing = at(told, "failing") == true,
                      .waiting = number_at(told, "waiting"),
                      .last_archived = text_at(told, "archived")};
    if (at(told, "restorable").is_number_integer()) archiver.restorable = number_at(told, "restorable");
    return archiver;
}

}  // namespace pigsty::module::pgsql
