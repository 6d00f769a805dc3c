#include "core/module/pgsql/cluster/live_settings.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "core/base/quote.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {
namespace {

using nlohmann::json;

// What stands in the files now, whether it was read or not; of several lines the last counts.
constexpr const char* kAsk =
    "SELECT json_build_object("
    "'file', (SELECT json_object_agg(lower(name), json_build_array(setting, error)) FROM (SELECT DISTINCT ON "
    "(lower(name)) name, setting, error FROM pg_file_settings WHERE name IS NOT NULL ORDER BY lower(name), seqno DESC) "
    "f), 'in_recovery', pg_is_in_recovery(), "
    "'waiting', (SELECT json_object_agg(name, current_setting(name)) FROM pg_settings WHERE pending_restart))";

RunsWith waiting_of(const json& seen) {
    RunsWith waiting;
    if (const auto found = seen.find("waiting"); found != seen.end() && found->is_object())
        for (const auto& [name, value] : found->items())
            if (value.is_string()) waiting[name] = value.get<std::string>();
    return waiting;
}

// Patroni writes these to members in recovery alone.
constexpr auto kOfRecovery =
    std::to_array<std::string_view>({"archive_cleanup_command", "promote_trigger_file", "recovery_end_command",
                                     "recovery_min_apply_delay", "restore_command"});

bool is_on_command_line(const std::string& key) {
    const auto& names = render::dcs_only_parameters();
    return std::ranges::find(names, key) != names.end();
}

bool is_of_recovery(const std::string& key) { return std::ranges::find(kOfRecovery, key) != kOfRecovery.end(); }

std::string setting_text(const json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

}  // namespace

Result<Given> given_settings(const PgCluster& cluster, const std::string& member) {
    const Settings settings(cluster.version);
    TRY(const render::PgParameters tuned, tuned_parameters(cluster));
    Given given;
    const auto take = [&](const std::string& name, const std::string& value) {
        const std::string key = setting_key(name);
        if (is_of_recovery(key))
            given.of_recovery[name] = value;
        else if (!is_on_command_line(key))
            given.wanted[name] = value;
    };
    for (const auto& [name, value] : tuned) take(name, value);
    std::vector<Parameters> of_user{configured(cluster.parameters, settings)};
    if (const auto found = cluster.instances.find(member); found != cluster.instances.end())
        of_user.push_back(configured(parameters_of(found->second), settings));
    for (const Parameters& parameters : of_user)
        for (const auto& [name, value] : parameters) {
            take(name, value);
            given.of_user.insert(name);
        }
    return given;
}

void add_patch(Given& given, const json& patch) {
    const json::json_pointer where("/postgresql/parameters");
    if (!patch.contains(where)) return;
    for (const auto& [name, value] : patch.at(where).items()) {
        const std::string key = setting_key(name);
        if (is_of_recovery(key)) continue;
        if (value.is_string())
            given.wanted.emplace(name, value.get<std::string>());
        else if (!is_on_command_line(key))  // there Patroni has a default of its own
            given.gone.insert(name);
    }
}

node::Operation ask_settings(std::int64_t port) {
    return node::RunScript{
        .text = local_psql(port) + " -c " + shell_quote(kAsk) + "\n", .may_fail = true, .writes = false};
}

namespace {

// Patroni writes the list of a Citus group without the blanks. What PostgreSQL loads is the same, and it is given all of its text
// by Patroni in either case; whether a change of that text wants a restart is another question (Settings::same).
std::string without_blanks_between(std::string_view list) {
    std::string text;
    bool quoted = false;
    for (const char c : list) {
        if (c == '"') quoted = !quoted;
        if (quoted || c != ' ') text += c;
    }
    return text;
}

bool is_given(const Settings& settings, const std::string& name, const std::string& found, const std::string& wanted) {
    if (settings.same(name, found, wanted)) return true;
    return setting_key(name) == "shared_preload_libraries" &&
           without_blanks_between(found) == without_blanks_between(wanted);
}

}  // namespace

Result<SeenSettings> seen_settings(const std::string& answer, const Given& given, const Settings& settings) {
    const json seen = json::parse(answer, nullptr, false);
    if (!seen.is_object()) return fail(ErrorCode::unreachable, "PostgreSQL does not tell its settings: " + answer);
    SeenSettings result{.waiting = waiting_of(seen)};
    const json file = seen.value("file", json::object());
    if (!file.is_object()) return fail(ErrorCode::failed, "PostgreSQL shows no line of its configuration files");
    Parameters wanted = given.wanted;
    if (seen.value("in_recovery", false)) wanted.insert(given.of_recovery.begin(), given.of_recovery.end());
    for (const auto& [name, value] : wanted) {
        // Of the template, which names what some versions do not have: Patroni leaves that out.
        if (!given.of_user.contains(name) && settings.find(name) == nullptr) continue;
        const auto line = file.find(setting_key(name));
        if (line == file.end()) {
            result.wrong.push_back(name + " is not set, expected " + value);
        } else if (const std::string found = setting_text(line->at(0)); !is_given(settings, name, found, value)) {
            result.wrong.push_back(name + " is " + found + ", expected " + value);
        } else if (line->at(1).is_string() && !result.waiting.contains(settings.name_of(name))) {
            result.wrong.push_back(name + " = " + value + ": " + setting_text(line->at(1)));
        }
    }
    for (const std::string& name : given.gone) {
        const auto line = file.find(setting_key(name));
        if (line != file.end() && !given.wanted.contains(settings.name_of(name)))
            result.wrong.push_back(name + " is " + setting_text(line->at(0)) + ", expected none");
    }
    return result;
}

Result<ServerSettings> server_settings(ClusterSession::Work& work) {
    const std::string query = std::string("SELECT json_build_object('extensions', (") + extension_settings_query() +
                              "), 'waiting', (SELECT json_object_agg(name, current_setting(name)) FROM pg_settings "
                              "WHERE pending_restart))";
    TRY(const std::string answer, work.ask("postgres", query));
    const json seen = json::parse(answer, nullptr, false);
    if (!seen.is_object() || !seen.contains("extensions"))
        return fail(ErrorCode::failed, "PostgreSQL does not tell its settings: " + answer.substr(0, 200));
    return ServerSettings{.of_extensions = seen.at("extensions").dump(), .waiting = waiting_of(seen)};
}

}  // namespace pigsty::module::pgsql
