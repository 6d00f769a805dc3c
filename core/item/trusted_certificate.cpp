#include "core/item/trusted_certificate.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "core/base/constraint.h"
#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/file.h"
#include "core/item/key_text.h"
#include "core/item/put_back.h"

namespace pigsty::item {
namespace {

// Made by update-ca-certificates: what programs find the certificate by.
std::string link_of(const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    return "/etc/ssl/certs/" + name.substr(0, name.rfind('.')) + ".pem";
}

constexpr std::string_view kUpdate = R"(if ! command -v update-ca-certificates >/dev/null; then
  echo 'no update-ca-certificates on this node: install package ca-certificates' >&2; exit 1
fi
)";

}  // namespace

std::string TrustedCertificateItem::link() const { return link_of(path()); }

node::Probes TrustedCertificateItem::probes() const {
    return {{node::ProbeKind::path, path()}, {node::ProbeKind::path, link()}};
}

std::optional<Change> TrustedCertificateItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState file = seen.path(path());
    if (file.type == node::PathType::absent) return Change{Verb::create, "missing"};
    if (file.digest != sha256_hex(spec_.pem)) return Change{Verb::update, "content differs"};
    if (seen.path(link()).target != path()) return Change{Verb::update, "not linked in /etc/ssl/certs"};
    return std::nullopt;
}

std::vector<node::Operation> TrustedCertificateItem::operations(const Change&) const {
    return install(std::span(&spec_, 1));
}

std::vector<node::Operation> TrustedCertificateItem::install(std::span<const TrustedCertificateSpec> certificates) {
    std::vector<std::string> paths;
    for (const TrustedCertificateSpec& certificate : certificates) paths.push_back(path_of(certificate.name));
    std::vector<node::Operation> operations{node::RunScript{.text = std::string(kUpdate) + keep_script(paths)}};
    for (std::size_t i = 0; i < paths.size(); ++i)
        operations.emplace_back(node::PutFile{.path = paths[i], .content = certificates[i].pem, .keep_before = true});
    operations.emplace_back(
        node::RunScript{.text = fmt::format("if update-ca-certificates >&2; then\n{}else\n{}exit 1\nfi\n",
                                            forget_script(paths), put_back_script(paths))});
    return operations;
}

node::ClaimedItem TrustedCertificateItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = sha256_hex(spec_.pem),
            .existed_before = seen.path(path()).type != node::PathType::absent,
            .shared = true,
            .probes = {looked.begin(), looked.end()}};
}

std::string TrustedCertificateItem::state(const node::Observation& seen) const {
    const node::PathState file = seen.path(path());
    return file.type == node::PathType::absent ? "missing" : file.digest;
}

Status TrustedCertificateItem::valid() const {
    // Those of a text with several are called NAME, NAME+2, NAME+3.
    if (!kFileName.holds(spec_.name.substr(0, spec_.name.find('+'))))
        return fail(ErrorCode::invalid, "trusted certificate: " + expected(kFileName, spec_.name));
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    if (auto good = check_authorities(spec_.pem, now); !good) {
        Error error = std::move(good).error();
        error.message = fmt::format("trusted certificate {}: {}", spec_.name, error.message);
        return fail(std::move(error));
    }
    // `openssl rehash` passes a file by that holds more than one: nobody would find them by their hash.
    if (certificates_in(spec_.pem).size() != 1)
        return fail(ErrorCode::internal, fmt::format("trusted certificate {}: more than one in a file", spec_.name));
    return {};
}

std::vector<node::Operation> TrustedCertificateItem::undo(const std::string& path) {
    std::vector<node::Operation> operations = FileItem::undo(path);
    // The program adds links for what is there, and leaves those whose certificate went.
    operations.emplace_back(node::RunScript{
        .text = fmt::format("if [ ! -e {0} ] && [ \"$(readlink {1})\" = {0} ]; then rm -f {1}; fi\n"
                            "if command -v update-ca-certificates >/dev/null; then update-ca-certificates >&2; fi\n",
                            shell_quote(path), shell_quote(link_of(path)))});
    return operations;
}

std::vector<ItemPtr> bundle_items(const std::string& name, const std::string& pem) {
    const std::vector<std::string> certificates = certificates_in(pem);
    // A single one is stored exactly, with what stands around it.
    if (certificates.size() < 2)
        return {std::make_shared<TrustedCertificateItem>(TrustedCertificateSpec{.name = name, .pem = pem})};
    std::vector<ItemPtr> items;
    for (const std::string& certificate : certificates) {
        const std::string file = items.empty() ? name : fmt::format("{}+{}", name, items.size() + 1);
        items.push_back(
            std::make_shared<TrustedCertificateItem>(TrustedCertificateSpec{.name = file, .pem = certificate}));
    }
    return items;
}

}  // namespace pigsty::item
