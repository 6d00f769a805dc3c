// Probe: one thing to look at on a node. Observation: what was seen. Looking never changes anything.
//
//     const Probe probe{ProbeKind::path, "/etc/haproxy/haproxy.cfg"};
//     TRY(const Observation seen, node.observe({probe}, cancel));
//     if (const PathState file = seen.path("/etc/haproxy/haproxy.cfg"); file.type == PathType::absent) …
//
// All probes of a node travel in one request, grouped by kind (one stat, one sha256sum, one systemctl, one dpkg-query).
// A claim on a node lists the probes of its items, so that the refresh of every resource costs one request a node.
#pragma once

#include <chrono>
#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace pigsty::node {

enum class ProbeKind {
    path,        // key: absolute path. Type, owner, group, mode, SHA-256 of a regular file, target of a link
    keyed_path,  // the same, but the digest is keyed with the node's own key: for files that hold secrets
    text,        // key: absolute path. The file's whole text (small, not secret: certificates, host name, blocks)
    unit,        // key: unit name. systemd's LoadState, ActiveState, UnitFileState, SubState
    package,     // key: package name. Installed version
    account,     // key: user name. uid, gid, home, shell, groups
    group,       // key: group name
    sysctl,      // key: name with dots. Live value
    command,     // key: a read-only sh script; value is what it printed. For what has no kind of its own
    clock,       // key: "". The node's own time at the look, for what ends some day; never compared between machines
};
std::string_view to_string(ProbeKind kind);
Result<ProbeKind> probe_kind(std::string_view name);

struct Probe {
    ProbeKind kind;
    std::string key;
    auto operator<=>(const Probe&) const = default;
};
using Probes = std::set<Probe>;

enum class PathType { absent, file, directory, link, other };

struct PathState {
    PathType type = PathType::absent;
    std::string owner{}, group{};
    unsigned mode = 0;     // permission bits, 07777
    std::string digest{};  // 64 hex digits for a regular file (keyed for keyed_path)
    std::string target{};  // of a link
    bool operator==(const PathState&) const = default;
};

struct UnitState {
    std::string load, active,
        enabled;        // "loaded" | "not-found" …, "active" | "inactive" | "failed" …, "enabled" | "disabled" …
    std::string sub{};  // "running" | "auto-restart" …
    bool operator==(const UnitState&) const = default;
};

struct AccountState {
    int uid = 0, gid = 0;
    std::string home, shell;
    std::set<std::string> groups;
    bool operator==(const AccountState&) const = default;
};

// It runs, or is coming up. One that waits to be started once more after it ended (auto-restart) does neither.
bool is_running(const UnitState& unit);
// "active", or what says more: "activating (auto-restart)".
std::string active_text(const UnitState& unit);

class Observation {
  public:
    // Absent things have a value too (type absent, load not-found, nullopt). Asking for what was not probed is a bug: throws.
    [[nodiscard]] PathState path(const std::string& path) const;  // kinds path and keyed_path
    [[nodiscard]] std::optional<std::string> text(const std::string& path) const;
    [[nodiscard]] UnitState unit(const std::string& name) const;
    [[nodiscard]] std::optional<std::string> package_version(const std::string& name) const;
    [[nodiscard]] std::optional<AccountState> account(const std::string& name) const;
    [[nodiscard]] bool group_exists(const std::string& name) const;
    [[nodiscard]] std::optional<std::string> sysctl(const std::string& name) const;
    [[nodiscard]] std::string command(const std::string& script) const;
    [[nodiscard]] std::chrono::sys_seconds clock() const;

    [[nodiscard]] bool has(const Probe& probe) const { return values_.contains(probe); }
    // The raw answer as the node sent it (each kind's form is described in observation.cpp, where it is parsed). Tests
    // without a node make one with raw_answer().
    void set(Probe probe, std::string raw) { values_.insert_or_assign(std::move(probe), std::move(raw)); }
    void merge(const Observation& other);
    // What was seen of these alone; nothing where one of them was not looked at.
    [[nodiscard]] std::optional<Observation> subset(const Probes& probes) const;

  private:
    const std::string& raw(ProbeKind kind, const std::string& key) const;
    std::map<Probe, std::string> values_;
};

// How a node says it. A package's answer is its version, a command's what it printed, a group's "1"; absent: "".
std::string raw_answer(const PathState& state);
std::string raw_answer(const UnitState& state);
std::string raw_answer(const AccountState& state);
std::string raw_answer(const std::optional<std::string>& text_or_sysctl);
std::string raw_answer(std::chrono::sys_seconds clock);

}  // namespace pigsty::node
