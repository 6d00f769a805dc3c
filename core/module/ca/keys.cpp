#include "core/module/ca/keys.h"

#include <chrono>
#include <optional>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/certificate_text.h"
#include "core/node/own_folder.h"

namespace pigsty::module::ca {
namespace {

Error script_error(const node::Node& node, const node::OperationResult& result, std::string message) {
    return Error{.code = ErrorCode::failed, .message = std::move(message)}
        .at_host(node.address().address)
        .with_output(result.err);
}

// Certificate, a line of its own, key. Empty where there is no key. The key passes through our memory only.
constexpr const char* kReadPair = R"(cd "$DIRECTORY" 2>/dev/null && [ -s ca.key ] && [ -s ca.crt ] || exit 0
cat ca.crt
echo '=== key'
cat ca.key)";
constexpr std::string_view kKeyMark = "=== key\n";

}  // namespace

std::string authority_folder(const std::string& name) { return std::string(node::kOwnFolder) + "/ca/" + name; }
std::string key_path(const std::string& name) { return authority_folder(name) + "/ca.key"; }
std::string certificate_path(const std::string& name) { return authority_folder(name) + "/ca.crt"; }

std::string KeyItem::desired() const {
    return "authority " + spec_.authority.name + "; validity " + std::to_string(spec_.authority.validity_days) +
           " days";
}

node::Probes KeyItem::probes() const {
    return {{node::ProbeKind::keyed_path, key_path(spec_.authority.name)},
            {node::ProbeKind::text, certificate_path(spec_.authority.name)},
            {node::ProbeKind::clock, ""}};
}

std::optional<item::Change> KeyItem::compare(const node::Observation& seen, const node::ClaimedItem* claimed) const {
    const node::PathState key = seen.path(key_path(spec_.authority.name));
    const auto text = seen.text(certificate_path(spec_.authority.name));
    if (key.type != node::PathType::file) return item::Change{item::Verb::create, "the key is missing"};
    if (!text) return item::Change{item::Verb::create, "the certificate is missing"};
    const auto certificate = item::read_certificate(*text);
    if (!certificate) return item::Change{item::Verb::update, "the certificate cannot be read"};
    if (!spec_.fingerprint.empty() && certificate->fingerprint != spec_.fingerprint)
        return item::Change{item::Verb::update, "holds another authority"};
    if (key.owner != "root" || key.mode != 0600) return item::Change{item::Verb::update, "the key is not root's alone"};
    if (claimed != nullptr && !claimed->digest.empty() && key.digest != claimed->digest)
        return item::Change{item::Verb::update, "the key differs"};
    return std::nullopt;
}

std::string KeyItem::state(const node::Observation& seen) const {
    return seen.path(key_path(spec_.authority.name)).digest;
}

node::ClaimedItem KeyItem::claimed(const node::Observation& /*seen*/) const {
    const node::Probes wanted = probes();
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = node::digest_on_node(key_path(spec_.authority.name)),
            .probes = {wanted.begin(), wanted.end()}};
}

Status KeyItem::converse(node::Node& node, const item::Change& /*change*/, const Cancel& cancel) const {
    TRY(const bool copied, copy_from_others(node, cancel));
    if (copied) return {};
    if (!spec_.fingerprint.empty()) {
        return fail(
            Error{.code = ErrorCode::failed,
                  .message = "the key of the authority " + spec_.authority.name + " is lost: none of its nodes has it"}
                .at_host(node.address().address)
                .with_hint("bring back " + key_path(spec_.authority.name) +
                           " and ca.crt from a backup of one of the nodes. "
                           "A new authority would not be trusted by anything that this one signed"));
    }
    return make(node, cancel);
}

// Another node has it; false: that node answers and has not.
Result<bool> KeyItem::copy_from(const node::NodeAddress& address, node::Reach reach, node::Node& node,
                                const Cancel& cancel) const {
    TRY(const node::NodePtr other, spec_.connect(address, cancel, reach));
    const node::RunScript read{
        .text = "DIRECTORY=" + shell_quote(authority_folder(spec_.authority.name)) + "\n" + kReadPair,
        .stall = std::chrono::seconds(20)};
    TRY(const auto results, other->request({read}, cancel));
    if (results.back().status != 0)
        return fail(script_error(*other, results.back(), "cannot read the authority's key"));
    const std::string& pair = results.back().out;
    const auto mark = pair.find(kKeyMark);
    if (mark == std::string::npos) return false;
    const std::string certificate = pair.substr(0, mark);
    TRY(const auto read_back, item::read_certificate(certificate));
    if (!spec_.fingerprint.empty() && read_back.fingerprint != spec_.fingerprint) return false;
    TRY(const auto written,
        node.request(
            {node::PutFile{
                 .path = key_path(spec_.authority.name), .content = pair.substr(mark + kKeyMark.size()), .mode = 0600},
             node::PutFile{.path = certificate_path(spec_.authority.name), .content = certificate}},
            cancel));
    for (const auto& result : written)
        if (result.status != 0) return fail(script_error(node, result, "cannot store the authority's key"));
    return true;
}

// A silent node is waited for only when none of the others has it; then it may be the one.
Result<bool> KeyItem::copy_from_others(node::Node& node, const Cancel& cancel) const {
    std::optional<Error> unknown;
    for (const node::Reach reach : {node::Reach::read, node::Reach::change}) {
        unknown.reset();
        for (const node::NodeAddress& address : spec_.others) {
            auto copied = copy_from(address, reach, node, cancel);
            if (copied && *copied) return true;
            TRY_VOID(cancel.check("looking for the authority's key"));
            if (!copied) unknown = std::move(copied).error();
        }
        if (!unknown) return false;
    }
    return fail(std::move(*unknown));
}

// The key exists under its name only when it is whole: a kill in between leaves *.new files, which the next run replaces.
Status KeyItem::make(node::Node& node, const Cancel& cancel) const {
    const std::string script = "set -e\numask 077\nmkdir -p " + shell_quote(authority_folder(spec_.authority.name)) +
                               "\ncd " + shell_quote(authority_folder(spec_.authority.name)) +
                               R"(
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ca.key.new
openssl req -x509 -new -key ca.key.new -sha384 -days )" +
                               std::to_string(spec_.authority.validity_days) + " -subj " +
                               shell_quote("/O=pigsty/OU=ca/CN=" + spec_.authority.name) +
                               R"( -addext basicConstraints=critical,CA:TRUE,pathlen:1 \
  -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature -out ca.crt.new
chmod 0644 ca.crt.new
sync ca.key.new ca.crt.new
mv ca.crt.new ca.crt
mv ca.key.new ca.key
sync .
)";
    TRY(const auto results, node.request({node::RunScript{.text = script}}, cancel));
    if (results.back().status == 0) return {};
    return fail(script_error(node, results.back(), "cannot make the authority's key")
                    .with_hint("openssl is needed on the node: package openssl"));
}

}  // namespace pigsty::module::ca
