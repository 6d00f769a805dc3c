// What PostgreSQL knows about its settings: names, types, units, ranges, when a change takes effect; and its own way to read
// a value, so that "1e2", "0x64" and "100" are one number, "524288kB" and "512MB" one size, "t" and "on" one truth.
//
//     const Settings settings(17);
//     settings.name_of("Work_Mem");                              // "work_mem": names know no case
//     settings.same("shared_buffers", "512MB", "524288kB");      // true
//     if (const auto wrong = settings.problem("work_mem", "4 monkeys")) …   // "expected an integer with one of the units …"
//     settings.needs_restart("max_connections");                 // true
//
// Pure. PostgreSQL's own settings are known from a table; those of extensions from the server that has loaded them
// (extension_settings_query()), else those of contrib from the table, else as text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace pigsty::module::pgsql {

enum class SettingType { boolean, integer, real, string, enumeration };
// When it can change: never, at server start, with the configuration files, for new connections, in a session.
enum class SettingContext { internal, postmaster, sighup, backend, session };

struct Setting {
    std::string_view name;  // as PostgreSQL spells it: TimeZone
    std::int64_t since = 0;
    std::int64_t until = 99;
    SettingType type = SettingType::string;
    std::string_view unit{};  // of a number without one: kB, 8kB, MB, B, ms, s, min
    double least = 0;
    double most = 0;
    std::string_view values{};  // of an enumeration, comma-separated, without those that PostgreSQL hides
    SettingContext context = SettingContext::session;
};

class Settings {
  public:
    // `version`: PostgreSQL's major version; nothing where it is not decided: what any version takes will do.
    // `of_extensions`: the server's answer to extension_settings_query(), where there was one.
    explicit Settings(std::optional<std::int64_t> version, std::string_view of_extensions = {});

    // Of this version; null where it does not know the name.
    [[nodiscard]] const Setting* find(std::string_view name) const;
    // PostgreSQL's own spelling; of names that are not known, in lower case.
    [[nodiscard]] std::string name_of(std::string_view name) const;
    [[nodiscard]] bool needs_restart(std::string_view name) const;

    // The value in one spelling for each meaning: equal where PostgreSQL would see no change. Text that it would refuse stays.
    [[nodiscard]] std::string meaning(std::string_view name, std::string_view value) const;
    [[nodiscard]] bool same(std::string_view name, std::string_view a, std::string_view b) const;
    // In base units; nothing where it is no number to PostgreSQL.
    [[nodiscard]] std::optional<double> number(std::string_view name, std::string_view value) const;
    // As it stands in the dynamic configuration. Patroni knows "on" and not "t", and its older versions no number but a
    // decimal one where it puts a setting on the command line.
    [[nodiscard]] std::string for_patroni(std::string_view name, std::string_view value) const;

    struct Refusal {
        std::string message, hint;
    };
    // Why no server of this version, or not Patroni, would take this as it stands; nothing where it can, or where only the
    // server can tell.
    [[nodiscard]] std::optional<Refusal> refusal(std::string_view name, std::string_view value) const;

  private:
    [[nodiscard]] std::optional<Refusal> refused_name(std::string_view name) const;

    std::optional<std::int64_t> version_;
    std::shared_ptr<const nlohmann::json> of_extensions_;  // what the views below look at
    std::map<std::string, Setting, std::less<>> extensions_;
};

// One row: definitions of the settings that libraries have added to a server, as JSON.
const char* extension_settings_query();

// Settings that Patroni puts on PostgreSQL's command line, with the smallest value that it takes; it replaces what is less
// by a default of its own.
std::optional<std::string_view> patroni_least(std::string_view name);

// Settings as PostgreSQL compares names: "Work_Mem" is work_mem.
std::string setting_key(std::string_view name);

}  // namespace pigsty::module::pgsql
