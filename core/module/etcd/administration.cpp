#include "core/module/etcd/administration.h"

#include <chrono>

#include "core/converge/shared_secrets.h"
#include "core/node/secrets.h"

namespace pigsty::module::etcd {
namespace {

constexpr const char* kRootSecret = "root";
constexpr std::chrono::seconds kProof{30};

}  // namespace

std::string secret_scope(const std::string& cluster) { return "etcd-" + cluster; }

Status ensure_root_password(const std::string& cluster, converge::StepContext& context) {
    return converge::ensure_secrets(context, secret_scope(cluster), {kRootSecret});
}

Result<Secret> root_password(const std::string& cluster, node::Node& node, const Cancel& cancel) {
    TRY(const auto secrets, node::read_secrets(node, secret_scope(cluster), {kRootSecret}, cancel));
    if (const auto found = secrets.find(kRootSecret); found != secrets.end()) return found->second.value;
    return fail(
        Error{.code = ErrorCode::failed,
              .message = "the root password of etcd cluster " + cluster + " is not on this member"}
            .at_host(node.address().address)
            .with_hint(
                "is this a member of an etcd cluster that pigsty_etcd_cluster made, and has its creation finished?"));
}

Result<client::Etcd> administrator(const Access& access, const node::Connect& connect, const Cancel& cancel) {
    Error last{
        .code = ErrorCode::invalid,
        .message = "etcd cluster " + access.name + ": `dcs` names no members, so there is no way to administer it"};
    const auto through = [&](const node::NodeAddress& address, node::Reach reach) -> Result<client::Etcd> {
        TRY(node::NodePtr node, connect(address, cancel, reach));
        // A member that answers and then hangs must not hold up the ones that could.
        const Cancel bound = cancel.within_at_most(kProof);
        TRY(Secret password, root_password(access.name, *node, bound));
        client::Etcd etcd(
            {.node = std::move(node), .endpoints = access.endpoints, .root_password = std::move(password)});
        TRY_VOID(etcd.prove_login(bound));
        return etcd;
    };
    // A silent member is waited for only when none of the others serves.
    for (const node::Reach reach : {node::Reach::read, node::Reach::change}) {
        bool silent = false;
        for (const auto& [number, address] : access.members) {
            auto etcd = through(address, reach);
            if (etcd) return etcd;
            TRY_VOID(cancel.check("looking for a member of etcd cluster " + access.name));
            silent = silent || etcd.error().code == ErrorCode::unreachable;
            last = std::move(etcd).error();
        }
        if (!silent) break;
    }
    return fail(std::move(last));
}

}  // namespace pigsty::module::etcd
