#include "core/item/file.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/line_format.h"
#include "core/item/path_state.h"
#include "core/item/put_back.h"
#include "core/node/own_folder.h"

namespace pigsty::item {
namespace {

node::PutFile put(const FileSpec& spec) {
    return {.path = spec.path,
            .content = spec.content,
            .owner = spec.owner,
            .group = spec.group,
            .mode = spec.mode,
            .secret_scope = spec.secret_scope,
            .keep_before = spec.keep_before};
}

// Keeps copies of its own: those of the delivery are for the handlers that come later.
constexpr std::string_view kCheck = "-check";

// The digest at the front of a claim's "DIGEST OWNER:GROUP MODE".
std::string_view digest_of(const node::ClaimedItem& claimed) {
    return std::string_view(claimed.digest).substr(0, claimed.digest.find(' '));
}

}  // namespace

std::string kept_path(const std::string& path) { return std::string(node::kOwnFolder) + "/before" + path; }

node::Probes FileItem::probes() const {
    return {{spec_.secret_scope.empty() ? node::ProbeKind::path : node::ProbeKind::keyed_path, spec_.path}};
}

std::optional<Change> FileItem::compare(const node::Observation& seen, const node::ClaimedItem* claimed) const {
    const node::PathState file = seen.path(spec_.path);
    if (file.type == node::PathType::absent) return Change{Verb::create, "missing"};
    if (file.type != node::PathType::file)
        return Change{Verb::update, fmt::format("{}, expected a file", word(file.type))};
    std::vector<std::string> reasons;
    if (spec_.secret_scope.empty()) {
        if (file.digest != sha256_hex(spec_.content)) reasons.emplace_back("content differs");
    } else if (claimed == nullptr || digest_of(*claimed).empty()) {
        // The bytes hold secrets: only the claim can tell that they are ours.
        reasons.emplace_back("content not known to be ours");
    } else if (claimed->fingerprint != fingerprint(spec_.content) || file.digest != digest_of(*claimed)) {
        reasons.emplace_back("content differs");
    }
    compare_rights(file, spec_.owner, spec_.group, spec_.mode, reasons);
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> FileItem::operations(const Change&) const {
    if (spec_.check.empty()) return {put(spec_)};
    if (spec_.check_where == CheckWhere::beside) {
        node::PutFile beside = put(spec_);
        beside.path += ".pigsty-new";
        beside.keep_before = false;
        const std::string quoted = shell_quote(beside.path);
        return {beside,
                node::RunScript{
                    .text = fmt::format("FILE={0}; export FILE\n( {1}\n) >&2\nstatus=$?\nrm -f -- {0}\nexit $status\n",
                                        quoted, spec_.check)},
                put(spec_)};
    }
    return {
        node::RunScript{.text = keep_script({spec_.path}, kCheck)}, put(spec_),
        node::RunScript{.text = fmt::format("FILE={}; export FILE\nif ( {}\n) >&2; then\n{}else\n{}exit 1\nfi\n",
                                            shell_quote(spec_.path), spec_.check, forget_script({spec_.path}, kCheck),
                                            put_back_script({spec_.path}, kCheck))}};
}

node::ClaimedItem FileItem::claimed(const node::Observation& seen) const {
    const std::string digest =
        spec_.secret_scope.empty() ? sha256_hex(spec_.content) : node::digest_on_node(spec_.path);
    return {.kind = kind(),
            .fingerprint = fingerprint(shown()),
            .digest = digest + " " + rights_text(spec_.owner, spec_.group, spec_.mode),
            .existed_before = seen.path(spec_.path).type != node::PathType::absent,
            .shared = spec_.shared,
            .probes = {*probes().begin()}};
}

std::string FileItem::state(const node::Observation& seen) const {
    const node::PathState file = seen.path(spec_.path);
    if (file.type == node::PathType::absent) return "missing";
    if (file.type != node::PathType::file) return std::string(word(file.type));
    return file.digest + " " + rights_text(file.owner, file.group, file.mode);
}

Status FileItem::valid() const { return check_path(spec_.path, spec_.path); }

std::vector<node::Operation> FileItem::undo(const std::string& path) {
    return {node::RunScript{
        .text = fmt::format("if [ -e {1} ] || [ -L {1} ]; then mv -fT -- {1} {0}; else rm -f -- {0}; fi\n",
                            shell_quote(path), shell_quote(kept_path(path)))}};
}

}  // namespace pigsty::item
