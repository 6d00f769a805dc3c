#include "core/module/pgsql/rules/rule_parts.h"

#include <algorithm>
#include <map>
#include <regex>

#include <libpq-fe.h>
#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/object/role_sql.h"
#include "core/render/control.h"
#include "core/render/scram.h"

namespace pigsty::module::pgsql {
namespace {

// std::regex recurses by length: only for text of a length that was checked.
bool fits(const std::string& text, const std::regex& form) {
    return text.size() <= 200 && std::regex_match(text, form);
}

std::string joined(const std::vector<std::string_view>& choices) {
    std::string text;
    for (std::size_t i = 0; i < choices.size(); ++i)
        text.append(i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ").append(choices[i]);
    return text;
}

}  // namespace

std::string entry(std::string_view path, std::string_view key) { return fmt::format("{}[\"{}\"]", path, key); }
std::string entry(std::string_view path, std::size_t index) { return fmt::format("{}[{}]", path, index); }

void check_unique(Problems& problems, std::string_view path, const std::vector<std::string>& names,
                  std::string_view field) {
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (has_unknown(names[i])) continue;
        const auto [first, is_new] = seen.emplace(names[i], i);
        if (!is_new)
            problems.add(fmt::format("{}{}{}", entry(path, i), field.empty() ? "" : ".", field),
                         fmt::format("\"{}\" is there twice, first as {}", names[i], entry(path, first->second)));
    }
}

void Problems::check_choice(const std::string& path, const std::string& value,
                            const std::vector<std::string_view>& choices) {
    if (has_unknown(value) || std::find(choices.begin(), choices.end(), value) != choices.end()) return;
    add(path, fmt::format("expected {}, found \"{}\"", joined(choices), value));
}

void Problems::check_range(const std::string& path, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (value < least || value > most) add(path, fmt::format("expected {} to {}, found {}", least, most, value));
}

void Problems::check_limit(const std::string& path, const std::optional<std::int64_t>& limit) {
    if (limit && *limit < -1) add(path, fmt::format("expected -1 (no limit) or more, found {}", *limit));
}

void Problems::check_locale(const std::string& path, const std::string& locale) {
    static const std::regex form(R"([A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_-]+)?(@[A-Za-z0-9_=-]+)?)");
    if (has_unknown(locale) || fits(locale, form)) return;
    add(path, fmt::format("\"{}\" is no locale name", locale), "for example C, C.UTF-8 or en_US.UTF-8");
}

void Problems::check_encoding(const std::string& path, const std::string& encoding) {
    static const std::regex form(R"([A-Za-z][A-Za-z0-9_-]*)");
    if (has_unknown(encoding)) return;
    const bool is_known =
        fits(encoding, form) && pg_valid_server_encoding_id(pg_char_to_encoding(encoding.c_str())) != 0;
    if (!is_known) add(path, fmt::format("\"{}\" is no encoding", encoding), "for example UTF8, LATIN1 or SQL_ASCII");
}

bool Problems::check_sql_name(const std::string& path, const std::string& name) {
    if (has_unknown(name)) return false;
    if (name.empty())
        add(path, "a name is needed, found an empty one");
    else if (name.size() > 63)
        add(path, fmt::format("a name has at most 63 bytes, found {}", name.size()));
    else if (name.find('\0') != std::string::npos)
        add(path, "a name cannot hold NUL");
    else
        return true;
    return false;
}

void Problems::check_role_name(const std::string& path, const std::string& name) {
    if (!check_sql_name(path, name)) return;
    if (name.starts_with("pg_") || name == "public" || name == "none")
        add(path, fmt::format("\"{}\" is reserved by PostgreSQL", name),
            "choose another name; pg_… are roles of the server");
}

void Problems::check_schema_name(const std::string& path, const std::string& name) {
    if (!check_sql_name(path, name)) return;
    if (name.starts_with("pg_") || name == "information_schema")
        add(path, fmt::format("\"{}\" is reserved by PostgreSQL", name), "choose another name");
}

void Problems::check_valid_until(const std::string& path, const std::optional<std::string>& valid_until) {
    if (!valid_until || has_unknown(*valid_until)) return;
    if (const auto canonical = canonical_valid_until(*valid_until); !canonical) add(path, canonical.error().message);
}

void Problems::check_password(const std::string& path, const std::optional<Secret>& password) {
    if (!password || has_unknown(password->reveal())) return;
    const std::string_view text = password->reveal();
    if (text.empty()) {
        add(path, "an empty password is none: nobody could log in with it",
            "leave it out for a role without a password");
    } else if (text.starts_with("SCRAM-SHA-256$") && !render::parse_scram_verifier(text)) {
        add(path,
            "a SCRAM-SHA-256 verifier of a wrong form: expected SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY",
            "make one with provider::pigsty::scram_sha_256, or give the password itself");
    } else if (text.find('\0') != std::string_view::npos) {
        add(path, "a password cannot hold NUL");
    }
}

void Problems::check_pool_mode(const std::string& path, const std::optional<std::string>& mode) {
    if (mode) check_choice(path, *mode, choices(kPoolModes));
}

bool is_setting_name(const std::string& name) {
    static const std::regex form(R"([A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*)");
    return fits(name, form);
}

void Problems::check_parameter_names(const std::string& path, const Parameters& parameters) {
    for (const auto& [name, value] : parameters) {
        if (has_unknown(name)) continue;
        if (!is_setting_name(name))
            add(entry(path, name), "that is no name of a PostgreSQL setting");
        else if (value.find('\0') != std::string::npos)
            add(entry(path, name), "a value cannot hold NUL");
    }
}

void Problems::check_parameters(const std::string& path, const Parameters& parameters) {
    check_parameter_names(path, parameters);
    for (const auto& [name, value] : parameters)
        if (!has_unknown(value) && render::has_control(value))
            add(entry(path, name), "a line of postgresql.conf cannot hold control characters",
                "remove them from the value");
}

}  // namespace pigsty::module::pgsql
