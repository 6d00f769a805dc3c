#include "core/item/kernel_modules.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

// `is_loaded NAME PATTERN`: in the kernel, or a part of it. Of the latter some have no folder in /sys/module, and some
// containers do not see that.
constexpr std::string_view kIsLoaded = R"sh(is_loaded() {
  [ -d "/sys/module/$1" ] || grep -q "^$1 " /proc/modules 2>/dev/null ||
    grep -qE "/$2\.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null
}
)sh";

// Files spell a module with either.
std::string pattern_of(const std::string& plain) {
    std::string pattern;
    for (const char c : plain) pattern += c == '_' ? std::string("[-_]") : std::string(1, c);
    return pattern;
}

std::string module_words(const std::string& module) {
    const std::string plain = module_name(module);
    return shell_quote(plain) + " " + shell_quote(pattern_of(plain));
}

}  // namespace

std::string module_name(std::string name) {
    std::ranges::replace(name, '-', '_');
    return name;
}

Status check_module_name(std::string_view name) {
    const bool plain = !name.empty() && name.size() <= 55 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (plain) return {};
    return fail(ErrorCode::invalid,
                fmt::format("expected the name of a kernel module, of letters, digits, - and _, found \"{}\"", name));
}

std::string KernelModulesItem::desired() const {
    std::string text = "# Kernel modules of pigsty; written whole\n";
    for (const std::string& module : modules_) text += module + "\n";
    return text;
}

// Prints those that are there: what says nothing has none.
node::Probe KernelModulesItem::loaded_probe() const {
    std::string script(kIsLoaded);
    for (const std::string& module : modules_)
        script += fmt::format("is_loaded {} && echo {}\n", module_words(module), module_name(module));
    return {node::ProbeKind::command, script + ":\n"};
}

node::Probes KernelModulesItem::probes() const { return {{node::ProbeKind::path, label()}, loaded_probe()}; }

std::optional<Change> KernelModulesItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState file = seen.path(label());
    std::vector<std::string> reasons;
    if (file.type == node::PathType::absent)
        reasons.emplace_back("missing");
    else if (file.digest != sha256_hex(desired()))
        reasons.emplace_back("content differs");
    std::istringstream lines(seen.command(loaded_probe().key));
    std::set<std::string> loaded;
    for (std::string line; std::getline(lines, line);) loaded.insert(line);
    for (const std::string& module : modules_)
        if (!loaded.contains(module_name(module))) reasons.push_back(module + " is not loaded");
    if (reasons.empty()) return std::nullopt;
    return Change{file.type == node::PathType::absent ? Verb::create : Verb::update, join(reasons)};
}

// The modules first: a file that names one that is not there would fail at each boot.
std::vector<node::Operation> KernelModulesItem::operations(const Change&) const {
    std::string script(kIsLoaded);
    for (const std::string& module : modules_) {
        script += fmt::format(
            "if ! is_loaded {0}; then\n"
            "  if command -v modprobe >/dev/null; then why=$(modprobe -- {1} 2>&1); else why='there is no modprobe "
            "here "
            "(package kmod)'; fi\n"
            "  is_loaded {0} || {{ echo {2}\"$why\" >&2; exit 1; }}\nfi\n",
            module_words(module), shell_quote(module),
            shell_quote(
                fmt::format("kernel module {}: could not be loaded (in a container modules are its host's: load it "
                            "there, or leave it out here): ",
                            module)));
    }
    return {node::RunScript{.text = std::move(script)},
            node::PutFile{.path = label(), .content = desired(), .keep_before = true}};
}

node::ClaimedItem KernelModulesItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = sha256_hex(desired()),
            .existed_before = seen.path(label()).type != node::PathType::absent,
            .probes = {looked.begin(), looked.end()}};
}

std::string KernelModulesItem::state(const node::Observation& seen) const {
    const node::PathState file = seen.path(label());
    return file.type == node::PathType::absent ? "missing" : file.digest;
}

Status KernelModulesItem::valid() const {
    for (const std::string& module : modules_) TRY_VOID(check_module_name(module));
    return {};
}

}  // namespace pigsty::item
