#include "core/module/ca/signer.h"

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/certificate_text.h"
#include "core/item/was_there.h"
#include "core/module/ca/keys.h"
#include "core/module/ca/spec.h"
#include "core/module/ca/table.h"

namespace pigsty::module::ca {
namespace {

// OpenSSL's configuration syntax: a comma or a line break in a name would start another value.
Status safe_name(const std::string& name) {
    if (name.find_first_of(",\n\r\\\"$#;") == std::string::npos) return {};
    return fail(ErrorCode::invalid, "expected a host name or an address in a certificate, found \"" + name + "\"");
}

Result<std::string> extensions(const item::CertificateSpec& spec) {
    std::string text =
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
    std::string usages;
    for (const std::string& usage : spec.usages) usages += (usages.empty() ? "" : ",") + usage;
    if (!usages.empty()) text += "extendedKeyUsage=" + usages + "\n";
    std::string names;
    for (const std::string& name : spec.names) {
        TRY_VOID(safe_name(name));
        names += (names.empty() ? "" : ",") + name;
    }
    if (!names.empty()) text += "subjectAltName=" + names + "\n";
    return text;
}

// "/O=…/OU=…/CN=…" for openssl's -subj, where a slash or a plus sign begins another part.
std::string subject(const item::CertificateSpec& spec) {
    std::string text;
    const auto add = [&text](const char* part, const std::string& value) {
        if (value.empty()) return;
        text += std::string("/") + part + "=";
        for (const char c : value) {
            if (c == '/' || c == '+' || c == '\\') text += '\\';
            text += c;
        }
    };
    add("O", spec.organization);
    add("OU", spec.organizational_unit);
    add("CN", spec.common_name);
    return text;
}

// 127 random bits: positive, and never twice (RFC 5280, 4.1.2.2).
std::string serial() {
    std::string bytes = random_bytes(16);
    bytes[0] = static_cast<char>((bytes[0] & 0x7f) | 0x40);
    return "0x" + hex(bytes);
}

}  // namespace

Result<std::string> Signer::sign(const item::CertificateRequest& request, const Cancel& cancel) {
    TRY(const std::string extension_text, extensions(request.spec));
    const std::string folder = key_path(authority_.name).substr(0, key_path(authority_.name).rfind('/'));
    const auto script = [&](const node::Node& node) {
        // A leaf never outlives its authority: openssl x509 does not look. A minute is left for the signing itself, which
        // counts the days from when it runs.
        return "set -e\numask 077\ncd " + shell_quote(folder) + "\ndays=" + std::to_string(leaf_validity_days(node)) +
               "\nextensions=" + shell_quote(extension_text) + "\nserial=" + serial() +
               "\nsubject=" + shell_quote(subject(request.spec)) + R"sh(
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf %s "$extensions" > "$work/extensions"
end=$(date -d "$(openssl x509 -in ca.crt -noout -enddate | cut -d= -f2)" +%s)
left=$(( (end - $(date +%s) - 60) / 86400 ))
[ "$left" -ge 1 ] || { echo "the authority itself ends within a day" >&2; exit 1; }
[ "$days" -le "$left" ] || days=$left
cat > "$work/request"
openssl x509 -req -in "$work/request" -CA ca.crt -CAkey ca.key -sha256 -days "$days" -set_serial "$serial" \
  -subj "$subject" -extfile "$work/extensions" -out "$work/leaf" 2>"$work/messages" ||
  { cat "$work/messages" >&2; exit 1; }
cat "$work/leaf"
)sh";
    };
    return ask(script, request.request_pem, "sign a certificate", cancel);
}

// A claim that was lost comes back with the next apply of the authority; until then, the default.
std::int64_t Signer::leaf_validity_days(const node::Node& node) const {
    if (const auto claim = node.claim(kKind, authority_.name)) {
        if (const auto spec = read_json<Authority>(claim->spec)) return spec->leaf_validity_days;
    }
    return Authority().leaf_validity_days;
}

Result<std::string> Signer::certificate_pem(const Cancel& cancel) {
    const std::lock_guard lock(mutex_);
    if (!pem_.empty()) return pem_;
    TRY(std::string pem, ask([&](const node::Node&) { return "cat " + shell_quote(certificate_path(authority_.name)); },
                             "", "read the authority's certificate", cancel));
    TRY(const auto certificate, item::read_certificate(pem));
    if (certificate.fingerprint != authority_.fingerprint) {
        return fail(Error{.code = ErrorCode::conflict,
                          .message = "expected the authority " + authority_.name + " with fingerprint " +
                                     authority_.fingerprint + ", found " + certificate.fingerprint}
                        .with_hint("plan again: the authority was made anew since this plan"));
    }
    pem_ = std::move(pem);
    return pem_;
}

Result<std::string> Signer::ask(const ScriptOf& script, const std::string& input, const char* what,
                                const Cancel& cancel) {
    Error last{.code = ErrorCode::invalid, .message = "the authority " + authority_.name + " names no nodes"};
    // A silent node is waited for only when none of the others answers.
    for (const node::Reach reach : {node::Reach::read, node::Reach::change}) {
        bool answered = false;
        for (const auto& [number, address] : authority_.nodes) {
            auto node = connect_(address, cancel, reach);
            if (!node) {
                last = std::move(node).error();
                continue;
            }
            auto results =
                (*node)->request({node::RunScript{.text = script(**node), .input = input, .stall = patience_}}, cancel);
            if (!results) {
                TRY_VOID(cancel.check(what));
                last = std::move(results).error();
                continue;
            }
            if (results->back().status == 0) return std::move(results->back().out);
            answered = true;
            last = Error{.code = ErrorCode::failed, .message = std::string("cannot ") + what}
                       .at_host(address.address)
                       .with_output(results->back().err);
        }
        if (answered || last.code == ErrorCode::cancelled) break;
    }
    return fail(std::move(last));
}

node::Probes AuthorityFileItem::probes() const {
    return {{node::ProbeKind::path, spec_.path}, {node::ProbeKind::text, spec_.path}};
}

std::optional<item::Change> AuthorityFileItem::compare(const node::Observation& seen,
                                                       const node::ClaimedItem* /*claimed*/) const {
    const node::PathState file = seen.path(spec_.path);
    const auto text = seen.text(spec_.path);
    if (!text) return item::Change{item::Verb::create, "not there"};
    const auto certificate = item::read_certificate(*text);
    if (!certificate || certificate->fingerprint != authority_.fingerprint)
        return item::Change{item::Verb::update, "is of another authority"};
    if (file.owner != spec_.owner || file.group != spec_.group || file.mode != spec_.mode)
        return item::Change{item::Verb::update, "owner or mode differs"};
    return std::nullopt;
}

std::string AuthorityFileItem::state(const node::Observation& seen) const { return seen.path(spec_.path).digest; }

node::ClaimedItem AuthorityFileItem::claimed(const node::Observation& seen) const {
    const node::Probes wanted = probes();
    node::ClaimedItem entry{.kind = kind(),
                            .fingerprint = fingerprint(desired()),
                            .digest = state(seen),
                            .shared = spec_.shared,
                            .probes = {wanted.begin(), wanted.end()}};
    if (spec_.shared) entry.undo = {{item::kWasThere, seen.path(spec_.path).type != node::PathType::absent}};
    return entry;
}

Status AuthorityFileItem::check(const node::Observation& seen) const {
    if (!spec_.shared || seen.path(spec_.path).type == node::PathType::absent) return {};
    const auto certificate = item::read_certificate(seen.text(spec_.path).value_or(""));
    if (certificate && certificate->fingerprint == authority_.fingerprint) return {};
    return fail(Error{.code = ErrorCode::conflict,
                      .message = "expected the certificate of the authority " + authority_.name + " at " + spec_.path +
                                 " or nothing, found " + (certificate ? "that of another authority" : "something else")}
                    .with_hint("others may read it there: use the authority that it is of, or another machine; where "
                               "nobody needs it, move it away and apply again"));
}

Status AuthorityFileItem::converse(node::Node& node, const item::Change& /*change*/, const Cancel& cancel) const {
    TRY(const std::string pem, signer_->certificate_pem(cancel));
    TRY(const auto results,
        node.request(
            {node::PutFile{
                .path = spec_.path, .content = pem, .owner = spec_.owner, .group = spec_.group, .mode = spec_.mode}},
            cancel));
    if (results.back().status == 0) return {};
    return fail(Error{.code = ErrorCode::failed, .message = "cannot write " + spec_.path}
                    .at_host(node.address().address)
                    .with_output(results.back().err));
}

}  // namespace pigsty::module::ca
