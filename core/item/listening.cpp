#include "core/item/listening.h"

#include <sstream>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/path_state.h"
#include "core/item/shell_parts.h"

namespace pigsty::item {
namespace {

// In the claim's entry: the ports of the apply that wrote it.
constexpr const char* kPorts = "ports";

// TCP ports that anybody listens to, in the kernel's own four hexadecimal digits. 0A is LISTEN.
constexpr const char* kListened =
    "awk '$4 == \"0A\" { n = split($2, part, \":\"); print part[n] }' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort "
    "-u\n";

std::string hexadecimal(std::int64_t port) { return fmt::format("{:04X}", port); }

std::set<std::string> words(const std::string& text) {
    std::istringstream stream(text);
    std::set<std::string> all;
    for (std::string word; stream >> word;) all.insert(word);
    return all;
}

}  // namespace

node::Probes ListeningItem::probes() const {
    return {{node::ProbeKind::unit, unit_}, {node::ProbeKind::command, kListened}};
}

std::optional<Change> ListeningItem::compare(const node::Observation& seen, const node::ClaimedItem* claimed) const {
    if (claimed == nullptr || !claimed->undo.is_object() || seen.unit(unit_).active != "active") return std::nullopt;
    const auto listened = words(seen.command(kListened));
    std::vector<std::string> missing;
    for (const auto& port : claimed->undo.value(kPorts, std::vector<std::int64_t>()))
        if (ports_.contains(port) && !listened.contains(hexadecimal(port))) missing.push_back(std::to_string(port));
    if (missing.empty()) return std::nullopt;
    return Change{Verb::update, "nobody listens on " + join(missing) + ", to be restarted"};
}

std::vector<node::Operation> ListeningItem::operations(const Change& /*change*/) const {
    std::string script = unit_failed_function();
    script += fmt::format("systemctl restart -- {0} || {{ unit_failed {0}; exit 1; }}\n", shell_quote(unit_));
    std::string ports;
    for (const std::int64_t port : ports_) ports += " " + hexadecimal(port);
    script += fmt::format(
        "for i in $(seq 40); do\n"
        "  listened=$({}); missing=\n"
        "  for port in{}; do case $listened in *$port*) ;; *) missing=\"$missing $((0x$port))\";; esac; done\n"
        "  [ -n \"$missing\" ] || exit 0\n"
        "  sleep 0.5\ndone\nunit_failed {}\necho \"nobody listens on port$missing after its restart\" >&2\nexit 1\n",
        std::string_view(kListened).substr(0, std::string_view(kListened).size() - 1), ports, shell_quote(unit_));
    return {node::RunScript{.text = script, .stall = std::chrono::minutes(10)}};
}

node::ClaimedItem ListeningItem::claimed(const node::Observation& /*seen*/) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .shared = true,
            .probes = {{node::ProbeKind::unit, unit_}, {node::ProbeKind::command, kListened}},
            .undo = {{kPorts, std::vector<std::int64_t>(ports_.begin(), ports_.end())}}};
}

}  // namespace pigsty::item
