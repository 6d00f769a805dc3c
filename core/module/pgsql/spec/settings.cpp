#include "core/module/pgsql/spec/settings.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "core/base/text.h"
#include "core/module/pgsql/spec/setting_value.h"

namespace pigsty::module::pgsql {
namespace {

using nlohmann::json;

constexpr auto kTable = std::to_array<Setting>({
#include "core/module/pgsql/spec/setting_table.inc"
});

// Of no configuration file (GUC_DISALLOW_IN_FILE): they belong to one transaction.
constexpr auto kOfTransactions =
    std::to_array<std::string_view>({"transaction_deferrable", "transaction_isolation", "transaction_read_only"});

struct Least {
    std::string_view name, value;
};
// CMDLINE_OPTIONS in patroni/postgresql/config.py, the same from 3.0 to 4.1.
constexpr auto kPatroniLeast = std::to_array<Least>({
    {"max_connections", "25"},
    {"max_locks_per_transaction", "32"},
    {"max_prepared_transactions", "0"},
    {"max_replication_slots", "4"},
    {"max_wal_senders", "3"},
    {"max_worker_processes", "2"},
    {"wal_keep_size", "16MB"},
});

// The lines of one name stand beside each other.
auto lines_of(std::string_view key) {
    return std::ranges::equal_range(kTable, key, {}, [](const Setting& setting) { return setting_key(setting.name); });
}

std::string_view column(const json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>())
                                                    : std::string_view();
}

SettingType type_of(std::string_view vartype) {
    if (vartype == "bool") return SettingType::boolean;
    if (vartype == "integer") return SettingType::integer;
    if (vartype == "real") return SettingType::real;
    return vartype == "enum" ? SettingType::enumeration : SettingType::string;
}

SettingContext context_of(std::string_view context) {
    if (context == "internal") return SettingContext::internal;
    if (context == "postmaster") return SettingContext::postmaster;
    if (context == "sighup") return SettingContext::sighup;
    return context.ends_with("backend") ? SettingContext::backend : SettingContext::session;
}

// The name of the table that is most like it, for a typing error.
std::string_view nearest(std::string_view key) {
    std::string_view best;
    std::size_t least = key.size() / 4 + 1;  // changed letters
    for (const Setting& setting : kTable) {
        const std::string name = setting_key(setting.name);
        std::vector<std::size_t> row(name.size() + 1);
        for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
        for (std::size_t i = 1; i <= key.size(); ++i) {
            std::size_t corner = row[0]++;
            for (std::size_t j = 1; j <= name.size(); ++j) {
                const std::size_t changed = corner + (key[i - 1] == name[j - 1] ? 0 : 1);
                corner = row[j];
                row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
            }
        }
        if (row.back() > least || (row.back() == least && !best.empty())) continue;
        least = row.back();
        best = setting.name;
    }
    return best;
}

std::string versions_of(const Setting& first, const Setting& last) {
    if (last.until != 99 && first.since != 0)
        return fmt::format("PostgreSQL {} to {} have it", first.since, last.until);
    return last.until != 99 ? fmt::format("PostgreSQL up to {} has it", last.until)
                            : fmt::format("PostgreSQL has it from {} on", first.since);
}

}  // namespace

std::string setting_key(std::string_view name) { return lower(name); }

std::optional<std::string_view> patroni_least(std::string_view name) {
    const auto found = std::ranges::find(kPatroniLeast, setting_key(name), &Least::name);
    if (found == kPatroniLeast.end()) return std::nullopt;
    return found->value;
}

const char* extension_settings_query() {
    // Placeholders for names that no library has defined are not shown there.
    return "SELECT coalesce(json_agg(json_build_object('name', name, 'type', vartype, 'unit', unit, 'least', min_val, "
           "'most', max_val, 'values', array_to_string(enumvals, ','), 'context', context) ORDER BY name), '[]') "
           "FROM pg_settings WHERE name LIKE '%.%'";
}

Settings::Settings(std::optional<std::int64_t> version, std::string_view of_extensions) : version_(version) {
    if (of_extensions.empty()) return;
    auto rows = std::make_shared<json>(json::parse(of_extensions, nullptr, false));
    if (!rows->is_array()) return;
    of_extensions_ = rows;
    for (const json& row : *rows) {
        Setting setting{.name = column(row, "name"),
                        .type = type_of(column(row, "type")),
                        .unit = column(row, "unit"),
                        .values = column(row, "values"),
                        .context = context_of(column(row, "context"))};
        setting.least = std::atof(std::string(column(row, "least")).c_str());
        setting.most = std::atof(std::string(column(row, "most")).c_str());
        extensions_.insert_or_assign(setting_key(setting.name), setting);
    }
}

const Setting* Settings::find(std::string_view name) const {
    const std::string key = setting_key(name);
    if (const auto found = extensions_.find(key); found != extensions_.end()) return &found->second;
    const auto lines = lines_of(key);
    // Not decided yet: the newest, whose ranges are the widest.
    if (!version_) return lines.empty() ? nullptr : &lines.back();
    const auto line = std::ranges::find_if(
        lines, [&](const Setting& setting) { return setting.since <= *version_ && *version_ <= setting.until; });
    return line == lines.end() ? nullptr : &*line;
}

std::string Settings::name_of(std::string_view name) const {
    const Setting* setting = find(name);
    return setting == nullptr ? setting_key(name) : std::string(setting->name);
}

bool Settings::needs_restart(std::string_view name) const {
    const Setting* setting = find(name);
    return setting != nullptr && setting->context == SettingContext::postmaster;
}

std::optional<double> Settings::number(std::string_view name, std::string_view value) const {
    const Setting* setting = find(name);
    return setting == nullptr ? std::nullopt : number_of(*setting, value);
}

std::string Settings::meaning(std::string_view name, std::string_view value) const {
    const Setting* setting = find(name);
    if (setting == nullptr) return std::string(value);
    switch (setting->type) {
        case SettingType::boolean: {
            const auto truth = truth_of(value);
            return !truth ? std::string(value) : *truth ? "on" : "off";
        }
        case SettingType::integer:
        case SettingType::real: {
            const auto number = number_of(*setting, value);
            return number ? fmt::format("{:.17g}", *number) : std::string(value);
        }
        case SettingType::enumeration: return choice_of(*setting, value).value_or(std::string(value));
        case SettingType::string: break;
    }
    return std::string(value);
}

bool Settings::same(std::string_view name, std::string_view a, std::string_view b) const {
    return a == b || meaning(name, a) == meaning(name, b);
}

std::string Settings::for_patroni(std::string_view name, std::string_view value) const {
    const Setting* setting = find(name);
    if (setting == nullptr) return std::string(value);
    if (setting->type == SettingType::boolean) return meaning(name, value);
    if (setting->type == SettingType::enumeration) {
        // Words that PostgreSQL hides are strange to Patroni.
        const bool shown =
            fmt::format(",{},", setting_key(setting->values)).find(fmt::format(",{},", setting_key(value))) !=
            std::string::npos;
        return shown ? std::string(value) : meaning(name, value);
    }
    const auto number = patroni_least(name) ? number_of(*setting, value) : std::nullopt;
    return number ? fmt::format("{:.0f}{}", *number, setting->unit) : std::string(value);
}

std::optional<Settings::Refusal> Settings::refused_name(std::string_view name) const {
    const std::string key = setting_key(name);
    if (key.find('.') != std::string::npos || find(key) != nullptr) return std::nullopt;
    const auto lines = lines_of(key);
    if (lines.empty()) {
        const std::string_view like = nearest(key);
        return Refusal{fmt::format("PostgreSQL has no setting \"{}\"", name),
                       like.empty()
                           ? "see \"Server Configuration\" in its documentation; settings of extensions have a "
                             "name with a dot"
                           : fmt::format("did you mean {}?", like)};
    }
    // What came with a newer major version may have come to an older one in a minor one: the server knows. What went, went.
    if (*version_ < lines.front().since) return std::nullopt;
    return Refusal{fmt::format("PostgreSQL {} has no setting {} any more", *version_, name),
                   versions_of(lines.front(), lines.back()) + "; remove it here"};
}

std::optional<Settings::Refusal> Settings::refusal(std::string_view name, std::string_view value) const {
    if (auto refused = refused_name(name)) return refused;
    const Setting* setting = find(name);
    if (setting == nullptr) return std::nullopt;
    const std::string key = setting_key(name);
    if (setting->context == SettingContext::internal)
        return Refusal{fmt::format("{} cannot be set: it tells how the server was built or initialised", key),
                       "remove it here"};
    if (std::ranges::find(kOfTransactions, key) != kOfTransactions.end())
        return Refusal{fmt::format("{} cannot be set in a configuration file", key), "set default_" + key};
    if (auto wrong = wrong_value(*setting, value)) return Refusal{std::move(*wrong), {}};
    if (const auto least = patroni_least(key)) {
        if (number_of(*setting, value).value_or(0) < number_of(*setting, *least).value_or(0))
            return Refusal{fmt::format("expected {} or more, found \"{}\"", *least, value),
                           fmt::format("Patroni replaces a smaller {} by a value of its own", key)};
    }
    if (key == "wal_level" && choice_of(*setting, value) == "minimal")
        return Refusal{fmt::format("expected replica or logical, found \"{}\"", value),
                       "without WAL that standbys can read there is no replication: Patroni replaces it"};
    if (key == "wal_log_hints" && truth_of(value) == false)
        return Refusal{
            fmt::format("expected on, found \"{}\"", value),
            "a former leader that comes back is rewound with them; Patroni before 4 keeps them on in any case"};
    return std::nullopt;
}

}  // namespace pigsty::module::pgsql
