// Raw answers, as perl/observe.pl sends them. Texts within are separated by NUL, which no name on a node can hold.
//   path, keyed_path  "absent", or TYPE OWNER GROUP MODE(octal) DIGEST TARGET
//   text, sysctl      "-" absent, or "+" and the text
//   unit              LOAD ACTIVE ENABLED SUB
//   package           version, or ""
//   account           "" absent, or UID GID HOME SHELL GROUP…
//   group             "1", or ""
//   command           what it printed
//   clock             seconds since 1970
#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

#include "core/node/probe.h"

namespace pigsty::node {

namespace {

constexpr std::array<std::string_view, 10> kKindNames = {"path",    "keyed_path", "text",   "unit",    "package",
                                                         "account", "group",      "sysctl", "command", "clock"};
constexpr std::array<std::string_view, 5> kTypeNames = {"absent", "file", "directory", "link", "other"};

std::vector<std::string> parts_of(const std::string& raw) {
    std::vector<std::string> parts;
    std::size_t at = 0;
    while (true) {
        const auto end = raw.find('\0', at);
        parts.push_back(raw.substr(at, end == std::string::npos ? end : end - at));
        if (end == std::string::npos) return parts;
        at = end + 1;
    }
}

std::string join(const std::vector<std::string>& parts) {
    std::string raw;
    for (std::size_t i = 0; i < parts.size(); ++i) raw.append(i == 0 ? 0 : 1, '\0').append(parts[i]);
    return raw;
}

template <class Number = int>
Number number(const std::string& text, int base = 10) {
    Number value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

std::optional<std::string> optional_text(const std::string& raw) {
    if (raw.empty() || raw.front() != '+') return std::nullopt;
    return raw.substr(1);
}

}  // namespace

std::string_view to_string(ProbeKind kind) { return kKindNames.at(static_cast<std::size_t>(kind)); }

Result<ProbeKind> probe_kind(std::string_view name) {
    const auto* const found = std::find(kKindNames.begin(), kKindNames.end(), name);
    if (found == kKindNames.end())
        return fail(ErrorCode::unsupported, "unknown kind of probe \"" + std::string(name) + "\"");
    return static_cast<ProbeKind>(found - kKindNames.begin());
}

const std::string& Observation::raw(ProbeKind kind, const std::string& key) const {
    const auto found = values_.find({kind, key});
    if (found == values_.end())
        throw std::logic_error("asked for what was not probed: " + std::string(to_string(kind)) + " " + key);
    return found->second;
}

PathState Observation::path(const std::string& path) const {
    const bool plain = has({ProbeKind::path, path});
    const auto parts = parts_of(raw(plain ? ProbeKind::path : ProbeKind::keyed_path, path));
    PathState state;
    const auto* const type = std::find(kTypeNames.begin(), kTypeNames.end(), parts[0]);
    if (type == kTypeNames.end() || parts.size() < 6) return state;
    state.type = static_cast<PathType>(type - kTypeNames.begin());
    state.owner = parts[1];
    state.group = parts[2];
    state.mode = static_cast<unsigned>(number(parts[3], 8));
    state.digest = parts[4];
    state.target = parts[5];
    return state;
}

std::optional<std::string> Observation::text(const std::string& path) const {
    return optional_text(raw(ProbeKind::text, path));
}

UnitState Observation::unit(const std::string& name) const {
    auto parts = parts_of(raw(ProbeKind::unit, name));
    parts.resize(4);
    return {.load = parts[0], .active = parts[1], .enabled = parts[2], .sub = parts[3]};
}

bool is_running(const UnitState& unit) {
    if (unit.active == "activating") return !unit.sub.starts_with("auto-restart");
    return unit.active == "active" || unit.active == "reloading";
}

std::string active_text(const UnitState& unit) {
    return unit.active == "activating" && !is_running(unit) ? unit.active + " (" + unit.sub + ")" : unit.active;
}

std::optional<std::string> Observation::package_version(const std::string& name) const {
    const auto& version = raw(ProbeKind::package, name);
    return version.empty() ? std::nullopt : std::optional(version);
}

std::optional<AccountState> Observation::account(const std::string& name) const {
    const auto& answer = raw(ProbeKind::account, name);
    if (answer.empty()) return std::nullopt;
    auto parts = parts_of(answer);
    if (parts.size() < 4) return std::nullopt;
    return AccountState{.uid = number(parts[0]),
                        .gid = number(parts[1]),
                        .home = parts[2],
                        .shell = parts[3],
                        .groups = {parts.begin() + 4, parts.end()}};
}

bool Observation::group_exists(const std::string& name) const { return !raw(ProbeKind::group, name).empty(); }

std::optional<std::string> Observation::sysctl(const std::string& name) const {
    return optional_text(raw(ProbeKind::sysctl, name));
}

std::string Observation::command(const std::string& script) const { return raw(ProbeKind::command, script); }

std::chrono::sys_seconds Observation::clock() const {
    return std::chrono::sys_seconds(std::chrono::seconds(number<std::int64_t>(raw(ProbeKind::clock, ""))));
}

void Observation::merge(const Observation& other) {
    for (const auto& [probe, value] : other.values_) values_.insert_or_assign(probe, value);
}

std::optional<Observation> Observation::subset(const Probes& probes) const {
    Observation found;
    for (const auto& probe : probes) {
        const auto value = values_.find(probe);
        if (value == values_.end()) return std::nullopt;
        found.set(probe, value->second);
    }
    return found;
}

std::string raw_answer(const PathState& state) {
    if (state.type == PathType::absent) return "absent";
    std::array<char, 16> mode{};
    const auto [end, error] = std::to_chars(mode.data(), mode.data() + mode.size(), state.mode, 8);
    return join({std::string(kTypeNames.at(static_cast<std::size_t>(state.type))), state.owner, state.group,
                 std::string(mode.data(), end), state.digest, state.target});
}

std::string raw_answer(const UnitState& state) { return join({state.load, state.active, state.enabled, state.sub}); }

std::string raw_answer(const AccountState& state) {
    std::vector<std::string> parts = {std::to_string(state.uid), std::to_string(state.gid), state.home, state.shell};
    parts.insert(parts.end(), state.groups.begin(), state.groups.end());
    return join(parts);
}

std::string raw_answer(const std::optional<std::string>& text_or_sysctl) {
    return text_or_sysctl ? "+" + *text_or_sysctl : "-";
}

std::string raw_answer(std::chrono::sys_seconds clock) { return std::to_string(clock.time_since_epoch().count()); }

}  // namespace pigsty::node
