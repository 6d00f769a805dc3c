#include "core/module/pgsql/cluster/auto_conf.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "core/base/quote.h"
#include "core/base/text.h"
#include "core/base/utf8.h"
#include "core/item/path_state.h"
#include "core/item/reservation.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::string_view kFile = "postgresql.auto.conf";
constexpr std::string_view kIs = " is ";

// Without what may hold a password and is never ours.
constexpr const char* kShow =
    "sed '/^[[:space:]]*\\(#\\|primary_conninfo\\|ssl_passphrase_command\\)/Id' /pg/data/postgresql.auto.conf "
    "2>/dev/null || true";

// The value at the beginning of this text: quoted, with '' and \' for a quote, or up to a blank or a comment.
std::string value_of(std::string_view text) {
    if (!text.starts_with('\'')) return std::string(text.substr(0, text.find_first_of(" \t#")));
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        const bool escaped =
            (text[i] == '\'' && text.substr(i + 1).starts_with('\'')) || (text[i] == '\\' && i + 1 < text.size());
        if (text[i] == '\'' && !escaped) break;
        if (escaped) ++i;
        value += text[i];
    }
    return value;
}

// Names of the parameters that the dynamic configuration or this member's patroni.yml sets, in lower case.
std::set<std::string> owned_parameters(const PgCluster& cluster, const Instance& instance) {
    std::set<std::string> names;
    if (const auto configuration = wanted_configuration(cluster)) {
        for (const auto& [name, value] : configuration->at("postgresql").at("parameters").items())
            names.insert(lower(name));
    }
    render::PatroniMember member;
    member.ssl = cluster.ssl;
    member.parameters = parameters_of(instance);
    const render::Yaml own = render::member_parameters(member);
    for (const auto& [name, value] : own.items()) names.insert(lower(name));
    return names;
}

std::string sentence_of(const std::string& member, const std::string& name, const std::string& value) {
    // A state holds UTF-8 alone; the server's own files need not.
    return replace_invalid_utf8(member + " " + std::string(kFile) + ": " + name + std::string(kIs) + value);
}

}  // namespace

item::ItemPtr auto_conf_item() {
    return std::make_shared<item::ReservationItem>(std::string(kFile), node::Probes{auto_conf_probe()});
}

node::Probe auto_conf_probe() { return {node::ProbeKind::command, kShow}; }

Parameters auto_conf_values(std::string_view text) {
    Parameters values;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        const auto name = line.find_first_not_of(" \t");
        if (name == std::string::npos || line[name] == '#') continue;
        const auto name_end = std::min(line.find_first_of(" \t=", name), line.size());
        const auto value = std::min(line.find_first_not_of(" \t=", name_end), line.size());
        values[line.substr(name, name_end - name)] = value_of(std::string_view(line).substr(value));
    }
    return values;
}

std::vector<std::string> auto_conf_drift(const PgCluster& cluster, const converge::Member& member,
                                         const node::Observation& seen) {
    const Parameters values = auto_conf_values(seen.command(kShow));
    if (values.empty()) return {};
    const auto owned = owned_parameters(cluster, cluster.instances.at(member.number));
    std::vector<std::string> sentences;
    for (const auto& [name, value] : values)
        if (owned.contains(lower(name))) sentences.push_back(sentence_of(member.name, name, value));
    return sentences;
}

std::vector<AutoConfReset> auto_conf_resets(const std::vector<std::string>& drift) {
    const std::string mark = " " + std::string(kFile) + ": ";
    std::vector<AutoConfReset> resets;
    for (const std::string& sentence : drift) {
        const auto member_end = sentence.find(' ');
        if (member_end == std::string::npos || !sentence.substr(member_end).starts_with(mark)) continue;
        const auto name = member_end + mark.size();
        resets.push_back({.member = sentence.substr(0, member_end),
                          .name = sentence.substr(name, sentence.find(kIs, name) - name),
                          .sentence = sentence});
    }
    return resets;
}

bool any_needs_restart(const std::vector<AutoConfReset>& resets, const Settings& settings) {
    return std::ranges::any_of(resets, [&](const AutoConfReset& reset) { return settings.needs_restart(reset.name); });
}

std::vector<std::string> auto_conf_forecast(const std::vector<AutoConfReset>& resets, std::string_view restart,
                                            const Settings& settings) {
    std::map<bool, std::map<std::string, std::vector<std::string>>> names;  // restart-only or not → member → names
    for (const AutoConfReset& reset : resets)
        names[settings.needs_restart(reset.name)][reset.member].push_back(reset.name);
    std::vector<std::string> sentences;
    for (const auto& [restarts, by_member] : names) {
        // Members that lose the same are named together.
        std::map<std::string, std::vector<std::string>> members;
        for (const auto& [member, lost] : by_member)
            members["ALTER SYSTEM RESET " + item::join(lost)].push_back(member);
        for (const auto& [what, where] : members) {
            const std::string place = "postgresql on " + item::join(where);
            if (!restarts)
                sentences.push_back("reload " + place + ": " + what);
            else if (restart == "rolling")
                sentences.push_back("restart " + place + " if started with it: " + what +
                                    ", one at a time, write gap about 2 s");
            else
                sentences.push_back("reload " + place +
                                    ", waits for a restart (restart = \"manual\") if started with it: " + what);
        }
    }
    return sentences;
}

node::Operation auto_conf_reset_operation(const PgCluster& cluster, const std::vector<std::string>& names) {
    // Each in a transaction of its own, which ALTER SYSTEM asks for.
    std::string script = local_psql(cluster.port);
    for (const std::string& name : names) script += " -c " + shell_quote("ALTER SYSTEM RESET " + sql_identifier(name));
    script += " -c 'SELECT pg_reload_conf()' >/dev/null || exit 1\n";
    // Patroni looks for settings that wait for a restart when it reads its own file again.
    script += std::string("systemctl is-active -q ") + kPatroniService + " || exit 0\nsystemctl reload " +
              kPatroniService + "\n";
    return node::RunScript{.text = std::move(script)};
}

Status reset_auto_conf(const PgCluster& cluster, const std::vector<AutoConfReset>& resets, converge::Site& site,
                       converge::StepContext& context) {
    const auto begun = Cancel::Clock::now();
    if (std::ranges::find(resets, site.member.name, &AutoConfReset::member) == resets.end()) return {};
    TRY(const node::Observation seen, site.node->observe_now({auto_conf_probe()}, context.cancel()));
    const Parameters values = auto_conf_values(seen.command(kShow));
    std::vector<std::string> names;
    for (const AutoConfReset& reset : resets) {
        const auto found = reset.member == site.member.name ? values.find(reset.name) : values.end();
        if (found == values.end()) continue;
        const std::string sentence = sentence_of(reset.member, found->first, found->second);
        if (sentence != reset.sentence)
            return fail(ErrorCode::conflict, sentence + ", changed since this plan was made: plan again");
        names.push_back(reset.name);
    }
    if (names.empty()) return {};
    TRY_VOID(context.request(site, {auto_conf_reset_operation(cluster, names)}));
    context.changed_something(site);
    context.report(site, "ALTER SYSTEM RESET " + item::join(names), begun);
    return {};
}

}  // namespace pigsty::module::pgsql
