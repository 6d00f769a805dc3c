#include "core/item/huge_pages.h"

#include <cmath>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

constexpr const char* kLivePages = "/proc/sys/vm/nr_hugepages";

// Pigsty's bound: the rest of the machine needs memory of the ordinary kind.
constexpr int kMostPercent = 90;

std::map<std::string, std::string> words_seen(const std::string& printed) {
    std::map<std::string, std::string> words;
    std::istringstream lines(printed);
    for (std::string name, value; lines >> name >> value;) words[name] = value;
    return words;
}

}  // namespace

std::string HugePagesItem::desired() const {
    return spec_.count ? fmt::format("{} huge pages", *spec_.count)
                       : fmt::format("{:.4g} of the memory in huge pages", spec_.ratio.value_or(0));
}

// Of the memory in steps of 256 MB, so that another kernel, which keeps a little more for itself, changes nothing.
std::string HugePagesItem::sums() const {
    const std::string want = spec_.count ? std::to_string(*spec_.count)
                                         : fmt::format("$((total / 262144 * 262144 / 10000 * {} / size))",
                                                       std::llround(spec_.ratio.value_or(0) * 10000));
    return fmt::format(
        "file={}\nsize=$(awk '/^Hugepagesize:/ {{ print $2 }}' /proc/meminfo)\n"
        "total=$(awk '/^MemTotal:/ {{ print $2 }}' /proc/meminfo)\nlive=$(cat {} 2>/dev/null)\n"
        "want=0\n[ -z \"$size\" ] || want={}\n"
        "text=\"# Huge pages of pigsty; written whole\nvm.nr_hugepages = $want\"\n",
        shell_quote(label()), kLivePages, want);
}

node::Probe HugePagesItem::look() const {
    return {node::ProbeKind::command,
            sums() +
                "echo \"want $want live ${live:--}\"\n"
                "if [ ! -f \"$file\" ]; then echo file missing\n"
                "elif [ \"$(cat \"$file\")\" = \"$text\" ]; then echo file same\nelse echo file other; fi\n"};
}

node::Probes HugePagesItem::probes() const { return {look()}; }

std::optional<Change> HugePagesItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    auto words = words_seen(seen.command(look().key));
    std::vector<std::string> reasons;
    if (words["file"] == "missing") reasons.emplace_back("missing");
    if (words["file"] == "other") reasons.emplace_back("content differs");
    if (words["live"] != words["want"])
        reasons.push_back(fmt::format("{} huge pages, expected {}", words["live"], words["want"]));
    if (reasons.empty()) return std::nullopt;
    return Change{words["file"] == "missing" ? Verb::create : Verb::update, join(reasons)};
}

std::vector<node::Operation> HugePagesItem::operations(const Change&) const {
    return {node::RunScript{
        .text = sums() +
                fmt::format(
                    R"sh([ -n "$size" ] && [ -n "$live" ] || {{ echo 'hugepages: this kernel has none' >&2; exit 1; }}
if [ $((want * size)) -gt $((total / 100 * {1})) ]; then
  echo "hugepages: $want of $size kB are more than {1} % of the memory ($total kB): set fewer aside" >&2; exit 1
fi
if [ "$live" != "$want" ]; then
  if ! (echo "$want" >{0}) 2>/dev/null; then
    echo "hugepages: cannot be set on this node (in a container they are its host's: set them aside there, or leave hugepages out here); there are $live" >&2
    exit 1
  fi
  now=$(cat {0})
  if [ "$now" != "$want" ]; then
    echo "$live" >{0}
    echo "hugepages: the kernel found $now of $want in one piece, and has $live again: set fewer aside, or restart the machine and apply again" >&2
    exit 1
  fi
fi
umask 022
printf '%s\n' "$text" >"$file.pigsty-new" && sync "$file.pigsty-new" && mv -fT "$file.pigsty-new" "$file"
)sh",
                    kLivePages, kMostPercent)}};
}

node::ClaimedItem HugePagesItem::claimed(const node::Observation& seen) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .existed_before = false,
            .probes = {look()},
            .undo = {{"was_live", words_seen(seen.command(look().key))["live"]}}};
}

std::vector<node::Operation> HugePagesItem::undo(const std::string& path, const node::ClaimedItem& claimed) {
    const std::string was = claimed.undo.value("was_live", "");
    std::string script = "rm -f -- " + shell_quote(path) + "\n";
    if (!was.empty() && was.find_first_not_of("0123456789") == std::string::npos)
        script += fmt::format("if [ \"$(cat {0} 2>/dev/null)\" != {1} ]; then (echo {1} >{0}) 2>/dev/null; fi\n:\n",
                              kLivePages, was);
    return {node::RunScript{.text = std::move(script)}};
}

}  // namespace pigsty::item
