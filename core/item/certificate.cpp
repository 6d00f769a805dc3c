#include "core/item/certificate.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/certificate_text.h"
#include "core/item/line_format.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

std::string list(const std::set<std::string>& words) {
    return words.empty() ? "none" : join({words.begin(), words.end()}, " ");
}

// Of a state, "KEY'S-DIGEST CERTIFICATE'S-DIGEST OWNER:GROUP MODE key OWNER:GROUP MODE": what was issued, without rights.
struct Issued {
    std::string_view key, leaf;
};
Issued issued(std::string_view state) {
    const std::size_t first = std::min(state.find(' '), state.size());
    const std::string_view rest = state.substr(std::min(first + 1, state.size()));
    return {.key = state.substr(0, first), .leaf = rest.substr(0, rest.find(' '))};
}

std::optional<CertificateText> read(const std::optional<std::string>& pem) {
    if (!pem) return std::nullopt;
    auto text = read_certificate(*pem);
    return text ? std::optional(*std::move(text)) : std::nullopt;
}

// A leaf that is cut to its authority's end is cut in whole days, and a little more: it ends that much before it at most.
constexpr std::chrono::days kCut{2};

}  // namespace

std::chrono::seconds renewal_margin(std::chrono::seconds life) {
    return std::min<std::chrono::seconds>(std::chrono::days(30), life / 3);
}

std::string CertificateItem::desired() const {
    return fmt::format("certificate O={} OU={} CN={}\nnames {}\nusages {}\nkey {} {}\nauthority {}\n",
                       spec_.organization, spec_.organizational_unit, spec_.common_name, list(spec_.names),
                       list(spec_.usages), spec_.key_path, rights_text(spec_.owner, spec_.group, spec_.key_mode),
                       spec_.authority_fingerprint);
}

node::Probes CertificateItem::probes() const {
    node::Probes all{{node::ProbeKind::text, spec_.path},
                     {node::ProbeKind::path, spec_.path},
                     {node::ProbeKind::keyed_path, spec_.key_path},
                     {node::ProbeKind::clock, ""}};
    if (!spec_.authority_path.empty()) all.insert({node::ProbeKind::text, spec_.authority_path});
    return all;
}

// The authority's certificate as the node has it; nothing where that is not (yet, or any longer) the one that is wanted.
std::optional<std::string> CertificateItem::authority(const node::Observation& seen) const {
    if (spec_.authority_path.empty()) return std::nullopt;
    auto pem = seen.text(spec_.authority_path);
    const auto text = read(pem);
    return text && text->fingerprint == spec_.authority_fingerprint ? std::move(pem) : std::nullopt;
}

std::optional<Change> CertificateItem::compare(const node::Observation& seen, const node::ClaimedItem* claimed) const {
    const auto pem = seen.text(spec_.path);
    if (!pem) return Change{Verb::create, "missing"};
    const node::PathState key = seen.path(spec_.key_path);
    if (key.type != node::PathType::file) return Change{Verb::update, "its key is missing"};
    const auto text = read_certificate(*pem);
    if (!text) return Change{Verb::update, "not a certificate"};
    std::vector<std::string> reasons;
    if (text->organization != spec_.organization || text->organizational_unit != spec_.organizational_unit ||
        text->common_name != spec_.common_name) {
        reasons.push_back(fmt::format("subject O={} OU={} CN={}, expected O={} OU={} CN={}", text->organization,
                                      text->organizational_unit, text->common_name, spec_.organization,
                                      spec_.organizational_unit, spec_.common_name));
    }
    if (text->names != spec_.names)
        reasons.push_back(fmt::format("names {}, expected {}", list(text->names), list(spec_.names)));
    if (text->usages != spec_.usages)
        reasons.push_back(fmt::format("usages {}, expected {}", list(text->usages), list(spec_.usages)));
    if (const auto by = authority(seen); by && !is_signed_by(*pem, *by).value_or(false))
        reasons.emplace_back("signed by another authority");
    // The leaf does not name its authority's certificate; our claim does, as part of what was wanted.
    const Issued ours = issued(claimed == nullptr ? "" : std::string_view(claimed->digest));
    const bool is_known =
        claimed != nullptr && claimed->fingerprint == fingerprint(desired()) && ours.leaf == sha256_hex(*pem);
    if (!is_known && reasons.empty()) reasons.emplace_back("not known to be issued for this by this authority");
    if (is_known && ours.key != key.digest) reasons.emplace_back("its key is another one");
    compare_rights(seen.path(spec_.path), spec_.owner, spec_.group, spec_.mode, reasons);
    std::vector<std::string> of_key;
    compare_rights(key, spec_.owner, spec_.group, spec_.key_mode, of_key);
    for (const std::string& reason : of_key) reasons.push_back("key " + reason);
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::optional<Change> CertificateItem::due(const node::Observation& seen) const {
    const auto text = read(seen.text(spec_.path));
    if (!text) return std::nullopt;
    // One that ends with its authority is as long as any that could take its place.
    const auto of_authority = read(authority(seen));
    if (of_authority && text->not_after + kCut > of_authority->not_after) return std::nullopt;
    const auto left = text->not_after - seen.clock();
    if (left > renewal_margin(text->not_after - text->not_before)) return std::nullopt;
    return Change{Verb::update, left > std::chrono::seconds(0) ? "due for renewal" : "expired"};
}

Status CertificateItem::converse(node::Node& node, const Change&, const Cancel& cancel) const {
    if (!signer_) return fail(ErrorCode::internal, fmt::format("{}: nobody was given to sign it", label()));
    const std::string new_key = shell_quote(spec_.key_path + ".pigsty-new");
    const node::RunScript ask{
        .text = fmt::format("command -v openssl >/dev/null || {{ echo 'no openssl on this node: install package "
                            "openssl' >&2; exit 1; }}\n"
                            "umask 077\nmkdir -p -m 0755 -- \"$(dirname -- {0})\" \"$(dirname -- {1})\" || exit 1\n"
                            "openssl ecparam -name prime256v1 -genkey -noout -out {0} && openssl req -new -key {0} "
                            "-subj / -config /dev/null\n",
                            new_key, shell_quote(spec_.path))};
    const auto said = [&](const node::OperationResult& result) {
        return fail(Error{ErrorCode::failed, fmt::format("{}: could not be made", label())}
                        .at_host(node.address().address)
                        .with_output(result.err));
    };
    TRY(const auto asked, node.request({ask}, cancel));
    if (asked.empty() || asked.back().status != 0) return said(asked.empty() ? node::OperationResult{} : asked.back());
    TRY(const std::string pem, signer_->sign({.request_pem = asked.back().out, .spec = spec_}, cancel));
    // Two renames and nothing else between them: etcd reads both files anew with every handshake.
    const std::string new_leaf = spec_.path + ".pigsty-new";
    const node::RunScript place{
        .text = fmt::format("chown {1} {0} && chmod {2:04o} {0} && sync -- {0} && mv -fT -- {0} {3} && "
                            "mv -fT -- {4} {5} && sync -- \"$(dirname -- {3})\" \"$(dirname -- {5})\"\n",
                            new_key, shell_quote(spec_.owner + ":" + spec_.group), spec_.key_mode,
                            shell_quote(spec_.key_path), shell_quote(new_leaf), shell_quote(spec_.path))};
    TRY(const auto placed,
        node.request(
            {node::PutFile{
                 .path = new_leaf, .content = pem, .owner = spec_.owner, .group = spec_.group, .mode = spec_.mode},
             place},
            cancel));
    if (placed.size() != 2 || placed.back().status != 0)
        return said(placed.empty() ? node::OperationResult{} : placed.back());
    return {};
}

node::ClaimedItem CertificateItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    // The bytes are the signer's: what is seen is what is recorded, after the conversation has been looked at again.
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = state_of(seen, node::digest_on_node(spec_.key_path)),
            .existed_before = seen.path(spec_.path).type != node::PathType::absent,
            .probes = {looked.begin(), looked.end()},
            .undo = {{"key_path", spec_.key_path}}};
}

std::string CertificateItem::state(const node::Observation& seen) const {
    return state_of(seen, seen.path(spec_.key_path).digest);
}

std::string CertificateItem::state_of(const node::Observation& seen, const std::string& key_digest) const {
    const auto pem = seen.text(spec_.path);
    if (!pem) return "missing";
    const node::PathState file = seen.path(spec_.path);
    const node::PathState key = seen.path(spec_.key_path);
    const bool has_key = key.type == node::PathType::file;
    return fmt::format("{} {} {} key {}", has_key ? key_digest : "-", sha256_hex(*pem),
                       rights_text(file.owner, file.group, file.mode),
                       has_key ? rights_text(key.owner, key.group, key.mode) : std::string(word(key.type)));
}

Status CertificateItem::valid() const {
    TRY_VOID(check_path(spec_.path, spec_.path));
    TRY_VOID(check_path(spec_.key_path, spec_.key_path));
    for (const std::string& text : {spec_.organization, spec_.organizational_unit, spec_.common_name}) {
        TRY_VOID(check_line(label() + " subject", text));
    }
    if (spec_.common_name.size() > 64) {
        return fail(ErrorCode::invalid, fmt::format("{}: common name \"{}\" has {} bytes, at most 64 fit", label(),
                                                    spec_.common_name, spec_.common_name.size()));
    }
    for (const std::string& name : spec_.names) {
        TRY_VOID(check_line(label() + " names", name));
        if ((!name.starts_with("DNS:") && !name.starts_with("IP:")) || name.contains(',')) {
            return fail(ErrorCode::invalid,
                        fmt::format("{}: name \"{}\" is neither DNS:NAME nor IP:ADDRESS", label(), name));
        }
    }
    return {};
}

std::vector<node::Operation> CertificateItem::undo(const std::string& path, const node::ClaimedItem& claimed) {
    return {node::RemoveFile{path}, node::RemoveFile{claimed.undo.value("key_path", path + ".key")}};
}

}  // namespace pigsty::item
