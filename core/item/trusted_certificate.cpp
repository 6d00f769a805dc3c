#include "core/item/trusted_certificate.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/certificate_text.h"
#include "core/item/file.h"
#include "core/item/put_back.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kUpdate = R"(if ! command -v update-ca-certificates >/dev/null; then
  echo 'no update-ca-certificates on this node: install package ca-certificates' >&2; exit 1
fi
)";

}  // namespace

node::Probes TrustedCertificateItem::probes() const { return {{node::ProbeKind::path, path()}}; }

std::optional<Change> TrustedCertificateItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState file = seen.path(path());
    if (file.type == node::PathType::absent) return Change{Verb::create, "missing"};
    if (file.digest == sha256_hex(spec_.pem)) return std::nullopt;
    return Change{Verb::update, "content differs"};
}

std::vector<node::Operation> TrustedCertificateItem::operations(const Change&) const {
    return {node::RunScript{.text = std::string(kUpdate) + keep_script({path()})},
            node::PutFile{.path = path(), .content = spec_.pem, .keep_before = true},
            node::RunScript{.text = fmt::format("if update-ca-certificates >&2; then\n{}else\n{}exit 1\nfi\n",
                                                forget_script({path()}), put_back_script({path()}))}};
}

node::ClaimedItem TrustedCertificateItem::claimed(const node::Observation& seen) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = sha256_hex(spec_.pem),
            .existed_before = seen.path(path()).type != node::PathType::absent,
            .shared = true,
            .probes = {*probes().begin()}};
}

std::string TrustedCertificateItem::state(const node::Observation& seen) const {
    const node::PathState file = seen.path(path());
    return file.type == node::PathType::absent ? "missing" : file.digest;
}

Status TrustedCertificateItem::valid() const {
    const bool plain = !spec_.name.empty() && spec_.name.front() != '.' && std::ranges::all_of(spec_.name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_.").contains(c);
    });
    if (!plain) {
        return fail(
            ErrorCode::invalid,
            fmt::format("trusted certificate \"{}\": a name holds letters, digits, -, _ and . only", spec_.name));
    }
    if (auto read = read_certificate(spec_.pem); !read) {
        return fail(ErrorCode::invalid, fmt::format("trusted certificate {}: {}", spec_.name, read.error().message));
    }
    return {};
}

std::vector<node::Operation> TrustedCertificateItem::undo(const std::string& path) {
    std::vector<node::Operation> operations = FileItem::undo(path);
    // The program adds links for what is there, and leaves those whose certificate went.
    const std::string name = path.substr(path.rfind('/') + 1);
    const std::string link = "/etc/ssl/certs/" + name.substr(0, name.rfind('.')) + ".pem";
    operations.emplace_back(node::RunScript{
        .text = fmt::format("if [ ! -e {0} ] && [ \"$(readlink {1})\" = {0} ]; then rm -f {1}; fi\n"
                            "if command -v update-ca-certificates >/dev/null; then update-ca-certificates >&2; fi\n",
                            shell_quote(path), shell_quote(link))});
    return operations;
}

}  // namespace pigsty::item
