// Seen: observations for tests of compare(), in the form in which a node sends them.
//
//     EXPECT_EQ(reason(item, Seen().file("/etc/a", "text").unit("a.service", "loaded", "active", "enabled")), "…");
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/item/item.h"

namespace pigsty::item {

class Seen {
  public:
    Seen& file(const std::string& path, const std::string& content, const std::string& rights = "root:root 0644",
               node::ProbeKind kind = node::ProbeKind::path) {
        return state(path, "file", rights, sha256_hex(content), "", kind);
    }
    Seen& directory(const std::string& path, const std::string& rights = "root:root 0755") {
        return state(path, "directory", rights, "", "");
    }
    Seen& link(const std::string& path, const std::string& target) {
        return state(path, "link", "root:root 0777", "", target);
    }
    Seen& absent(const std::string& path, node::ProbeKind kind = node::ProbeKind::path) {
        return set(kind, path, "absent");
    }
    Seen& text(const std::string& path, const std::string& text) {
        return set(node::ProbeKind::text, path, "+" + text);
    }
    Seen& no_text(const std::string& path) { return set(node::ProbeKind::text, path, "-"); }
    Seen& unit(const std::string& name, const std::string& load, const std::string& active, const std::string& enabled,
               const std::string& sub = "") {
        return fields(node::ProbeKind::unit, name, {load, active, enabled, sub});
    }
    Seen& package(const std::string& name, const std::string& version) {
        return set(node::ProbeKind::package, name, version);
    }
    Seen& account(const std::string& name, const std::vector<std::string>& fields_and_groups) {
        return fields(node::ProbeKind::account, name, fields_and_groups);
    }
    Seen& group(const std::string& name, bool exists) { return set(node::ProbeKind::group, name, exists ? "1" : ""); }
    Seen& sysctl(const std::string& name, const std::string& value) {
        return set(node::ProbeKind::sysctl, name, "+" + value);
    }
    Seen& no_sysctl(const std::string& name) { return set(node::ProbeKind::sysctl, name, "-"); }

    [[nodiscard]] const node::Observation& observation() const { return observation_; }

  private:
    Seen& state(const std::string& path, const std::string& type, const std::string& rights, const std::string& digest,
                const std::string& target, node::ProbeKind kind = node::ProbeKind::path) {
        const std::size_t colon = rights.find(':');
        const std::size_t blank = rights.find(' ');
        return fields(kind, path,
                      {type, rights.substr(0, colon), rights.substr(colon + 1, blank - colon - 1),
                       rights.substr(blank + 1), digest, target});
    }
    Seen& fields(node::ProbeKind kind, const std::string& key, const std::vector<std::string>& values) {
        std::string raw;
        for (std::size_t i = 0; i < values.size(); ++i) raw += (i > 0 ? std::string(1, '\0') : "") + values[i];
        return set(kind, key, raw);
    }
    Seen& set(node::ProbeKind kind, const std::string& key, std::string raw) {
        observation_.set({kind, key}, std::move(raw));
        return *this;
    }

    node::Observation observation_;
};

// The reason of the change, or "" where there is none.
inline std::string reason(const Item& item, const Seen& seen, const node::ClaimedItem* claimed = nullptr) {
    const auto change = item.compare(seen.observation(), claimed);
    return change ? change->reason : "";
}

}  // namespace pigsty::item
