#include "core/item/host_name.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/hosts_file.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kFile = "/etc/hostname";
constexpr std::string_view kLive = "kernel.hostname";

std::string stripped(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

}  // namespace

std::string HostNameItem::desired() const { return named_elsewhere_ ? name_ : name_ + "\n" + loopback_line(name_); }

node::Probes HostNameItem::probes() const {
    node::Probes probes{{node::ProbeKind::text, std::string(kFile)}, {node::ProbeKind::sysctl, std::string(kLive)}};
    if (!named_elsewhere_) probes.insert({node::ProbeKind::text, std::string(kHosts)});
    return probes;
}

std::optional<Change> HostNameItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    std::vector<std::string> reasons;
    const std::string live = stripped(seen.sysctl(std::string(kLive)).value_or(""));
    if (live != name_) reasons.push_back(fmt::format("is {}, expected {}", live, name_));
    const std::string stored = stripped(seen.text(std::string(kFile)).value_or(""));
    if (stored != name_) reasons.push_back(fmt::format("{} says \"{}\", expected \"{}\"", kFile, stored, name_));
    if (!named_elsewhere_ && !names_host(seen.text(std::string(kHosts)).value_or(""), name_))
        reasons.push_back(fmt::format("{} gives it no address", kHosts));
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

// /etc/hosts first: a machine whose name has no address makes sudo complain, and wait for a name server, with every command.
std::vector<node::Operation> HostNameItem::operations(const Change&) const {
    std::vector<node::Operation> operations;
    if (!named_elsewhere_) operations.emplace_back(write_loopback_line(name_));
    operations.emplace_back(node::PutFile{.path = std::string(kFile), .content = name_ + "\n"});
    operations.emplace_back(node::RunScript{.text = fmt::format("hostname -- {}\n", shell_quote(name_))});
    return operations;
}

node::ClaimedItem HostNameItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = name_,
            .existed_before = true,
            .probes = {looked.begin(), looked.end()},
            .undo = {{"was_name", stripped(seen.text(std::string(kFile)).value_or(""))}}};
}

std::string HostNameItem::state(const node::Observation& seen) const {
    return stripped(seen.text(std::string(kFile)).value_or(""));
}

Status HostNameItem::valid() const { return check_host_name(name_); }

Status check_host_name(std::string_view name) {
    std::string_view rest = name;
    bool good = !name.empty() && name.size() <= kLongestHostName;
    while (good) {
        const std::size_t dot = rest.find('.');
        const std::string_view label = rest.substr(0, dot);
        good =
            !label.empty() && label.front() != '-' && label.back() != '-' &&
            std::ranges::all_of(label, [](unsigned char c) { return c < 0x80 && (std::isalnum(c) != 0 || c == '-'); });
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    if (good) return {};
    return fail(
        Error{ErrorCode::invalid,
              fmt::format("expected a host name of letters, digits, hyphens and dots with at most {} bytes, found "
                          "\"{}\" ({} bytes)",
                          kLongestHostName, name, name.size())}
            .with_hint("the kernel takes no longer ones, whatever DNS allows: shorten it"));
}

}  // namespace pigsty::item
