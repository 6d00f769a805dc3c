#include "core/item/repository.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/line_format.h"
#include "core/item/path_state.h"
#include "core/item/put_back.h"
#include "core/item/shell_parts.h"

namespace pigsty::item {
namespace {

std::string source_path(const std::string& name) { return "/etc/apt/sources.list.d/pigsty-" + name + ".sources"; }
std::string key_path(const std::string& name) { return "/etc/apt/keyrings/pigsty-" + name + ".asc"; }

std::string digest_text(const std::string& source, const std::string& key) {
    return fmt::format("source {} key {}", source, key.empty() ? "none" : key);
}

}  // namespace

std::string RepositoryItem::source_text() const {
    std::string text = fmt::format("Types: {}\nURIs: {}\nSuites: {}\n", join(spec_.types, " "), join(spec_.uris, " "),
                                   join(spec_.suites, " "));
    if (!spec_.components.empty()) text += fmt::format("Components: {}\n", join(spec_.components, " "));
    if (!spec_.architectures.empty()) text += fmt::format("Architectures: {}\n", join(spec_.architectures, " "));
    if (!spec_.signed_by.empty()) text += fmt::format("Signed-By: {}\n", key_path(spec_.name));
    if (spec_.trusted) text += "Trusted: yes\n";
    return text;
}

std::string RepositoryItem::desired() const { return source_text() + spec_.signed_by; }

node::Probes RepositoryItem::probes() const {
    return {{node::ProbeKind::path, source_path(spec_.name)}, {node::ProbeKind::path, key_path(spec_.name)}};
}

std::optional<Change> RepositoryItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState source = seen.path(source_path(spec_.name));
    const node::PathState key = seen.path(key_path(spec_.name));
    if (source.type == node::PathType::absent) return Change{Verb::create, "missing"};
    std::vector<std::string> reasons;
    if (source.digest != sha256_hex(source_text())) reasons.emplace_back("source differs");
    const std::string wanted = spec_.signed_by.empty() ? "" : sha256_hex(spec_.signed_by);
    if (key.digest != wanted) reasons.emplace_back("key differs");
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> RepositoryItem::operations(const Change&) const {
    const std::vector<std::string> paths = {source_path(spec_.name), key_path(spec_.name)};
    std::vector<node::Operation> operations;
    operations.emplace_back(node::RunScript{.text = keep_script(paths) + "install -d -m 0755 /etc/apt/keyrings\n"});
    if (spec_.signed_by.empty()) {
        operations.emplace_back(node::RunScript{.text = fmt::format("rm -f -- {}\n", shell_quote(paths[1]))});
    } else {
        operations.emplace_back(node::PutFile{.path = paths[1], .content = spec_.signed_by});
    }
    operations.emplace_back(node::PutFile{.path = paths[0], .content = source_text()});
    // Only this source is read: a foreign source that fails today is not our business, and the others' lists stay.
    operations.emplace_back(node::RunScript{
        .text = fmt::format("{}if apt_get update -o Dir::Etc::sourcelist={} -o Dir::Etc::sourceparts=- "
                            "-o APT::Get::List-Cleanup=0; then\n{}apt_done\nelse\n{}apt_failed\nfi\n",
                            apt_function(), shell_quote(paths[0]), forget_script(paths), put_back_script(paths)),
        .stall = std::chrono::minutes(10)});
    return operations;
}

node::ClaimedItem RepositoryItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    return {
        .kind = kind(),
        .fingerprint = fingerprint(desired()),
        .digest = digest_text(sha256_hex(source_text()), spec_.signed_by.empty() ? "" : sha256_hex(spec_.signed_by)),
        .existed_before = seen.path(source_path(spec_.name)).type != node::PathType::absent,
        .probes = {looked.begin(), looked.end()}};
}

std::string RepositoryItem::state(const node::Observation& seen) const {
    const node::PathState source = seen.path(source_path(spec_.name));
    if (source.type == node::PathType::absent) return "missing";
    return digest_text(source.digest, seen.path(key_path(spec_.name)).digest);
}

Status RepositoryItem::valid() const {
    const std::string place = label();
    const bool plain = !spec_.name.empty() && std::ranges::all_of(spec_.name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!plain) return fail(ErrorCode::invalid, fmt::format("{}: a name holds letters, digits, - and _ only", place));
    for (const auto* words : {&spec_.types, &spec_.uris, &spec_.suites, &spec_.components, &spec_.architectures}) {
        for (const std::string& text : *words) {
            TRY_VOID(check_line(place, text));
            if (text.empty() || text.contains(' ')) {
                return fail(ErrorCode::invalid, fmt::format("{}: \"{}\" is empty or holds a blank", place, text));
            }
        }
    }
    if (spec_.uris.empty() || spec_.suites.empty()) {
        return fail(ErrorCode::invalid, fmt::format("{}: expected at least one URI and one suite", place));
    }
    return {};
}

std::vector<node::Operation> RepositoryItem::undo(const std::string& name) {
    return {node::RunScript{
        .text = fmt::format("rm -f -- {} {}\n", shell_quote(source_path(name)), shell_quote(key_path(name)))}};
}

}  // namespace pigsty::item
