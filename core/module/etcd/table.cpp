#include "core/module/etcd/table.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/quote.h"
#include "core/client/etcd.h"
#include "core/item/certificate.h"
#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/own_folder.h"
#include "core/item/own_unit.h"
#include "core/item/package.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/item/shell_parts.h"
#include "core/module/ca/signer.h"
#include "core/module/etcd/administration.h"
#include "core/module/etcd/repair.h"
#include "core/module/platform/platform.h"
#include "core/module/platform/required_version.h"
#include "core/render/etcd.h"
#include "core/render/unit.h"

namespace pigsty::module::etcd {
namespace {

using converge::Site;
using converge::Step;
using converge::StepContext;
using converge::When;
using item::ItemPtr;
using Items = std::vector<ItemPtr>;

constexpr const char* kOwner = "etcd";

// A member that restarts must be back in the quorum before the next one does, and none does while the others have no quorum
// without it. One that has no part in any serves nobody: its restart takes nothing away. Of two members each is needed.
item::Handler restart(const EtcdCluster& cluster) {
    item::Handler handler = item::Handler::restart(kUnit, true);
    const std::vector<std::string> endpoints = access_of(cluster, "").endpoints;
    const std::string reads = client::etcd_environment(endpoints) + client::etcd_reads_function();
    const std::string own = shell_quote(render::etcd_endpoint("127.0.0.1", cluster.port));
    handler.health = reads + "reads " + own;
    const std::size_t others = endpoints.size() - 1;
    if (others == 0) return handler;
    const std::size_t needed = std::min(endpoints.size() / 2 + 1, others);
    std::string all;
    for (const std::string& endpoint : endpoints) all += " " + shell_quote(endpoint);
    // Those that this very change started first come up meanwhile.
    handler.guard = reads + "reads " + own + " 2>/dev/null || exit 0\nleft=20\nwhile :; do\n  answering=-1\n" +
                    "  for endpoint in" + all +
                    "; do\n    if reads \"$endpoint\"; then answering=$((answering + 1)); fi\n  done\n" +
                    "  [ \"$answering\" -lt " + std::to_string(needed) +
                    " ] || exit 0\n  left=$((left - 1))\n  [ \"$left\" -gt 0 ] || break\n  sleep 1\ndone\n" +
                    "echo \"not restarted: expected " + std::to_string(needed) + " of the " + std::to_string(others) +
                    " other members of " + cluster.name +
                    " to answer, found $answering: without this one there would be no quorum\"\nexit 1";
    return handler;
}

Items reservations(const EtcdCluster& cluster) {
    return {std::make_shared<item::ReservationItem>("etcd member"), std::make_shared<item::OwnUnitItem>(kUnit),
            std::make_shared<item::ReservationItem>("port " + std::to_string(cluster.port)),
            std::make_shared<item::ReservationItem>("port " + std::to_string(cluster.peer_port)),
            std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{.path = cluster.data_dir}),
            condition_item(cluster)};
}

Items packages(const platform::Platform& platform) {
    Items items{std::make_shared<platform::RequiredVersionsItem>(std::vector{platform::Component::etcd}, platform)};
    for (const std::string& name : platform.packages(platform::Component::etcd))
        items.push_back(std::make_shared<item::PackageItem>(item::PackageSpec{.name = name}));
    return items;
}

Items directories(const EtcdCluster& cluster) {
    return {std::make_shared<item::DirectoryItem>(item::DirectorySpec{
                .path = "/etc/etcd", .owner = kOwner, .group = kOwner, .mode = 0750, .shared = false}),
            std::make_shared<item::DirectoryItem>(item::DirectorySpec{
                .path = cluster.data_dir, .owner = kOwner, .group = kOwner, .mode = 0700, .shared = false})};
}

Items certificates(const EtcdCluster& cluster, const Site& site, const std::shared_ptr<ca::Signer>& signer) {
    const std::string& address = site.member.address.address;
    // No restart for a leaf: etcd reads it anew with every handshake. What it trusts, it reads once.
    item::CertificateSpec server{.path = render::kEtcdServerCertificate,
                                 .key_path = render::kEtcdServerKey,
                                 .organization = "pigsty",
                                 .organizational_unit = "etcd",
                                 .common_name = site.member.name,
                                 .names = {"DNS:localhost", "DNS:" + site.member.name, "IP:127.0.0.1", "IP:" + address},
                                 .usages = {"clientAuth", "serverAuth"},
                                 .owner = kOwner,
                                 .group = kOwner,
                                 .authority_path = client::kEtcdCaFile,
                                 .authority_fingerprint = cluster.ca.fingerprint};
    // An empty CN: the gateway inside etcd refuses a client certificate that carries one (behaviour 8).
    item::CertificateSpec client{.path = client::kEtcdClientCertificate,
                                 .key_path = client::kEtcdClientKey,
                                 .organization = "pigsty",
                                 .organizational_unit = "etcd-client",
                                 .names = {"IP:" + address},
                                 .usages = {"clientAuth"},
                                 .authority_path = client::kEtcdCaFile,
                                 .authority_fingerprint = cluster.ca.fingerprint};
    return {std::make_shared<ca::AuthorityFileItem>(
                ca::AuthorityFileSpec{
                    .path = client::kEtcdCaFile, .owner = kOwner, .group = kOwner, .handlers = {restart(cluster)}},
                cluster.ca, signer),
            std::make_shared<item::CertificateItem>(std::move(server), signer),
            std::make_shared<item::CertificateItem>(std::move(client), signer)};
}

Items configuration(const EtcdCluster& cluster, const Site& site) {
    render::EtcdMember member{.cluster = cluster.name,
                              .name = site.member.name,
                              .address = site.member.address.address,
                              .members = {},
                              .port = cluster.port,
                              .peer_port = cluster.peer_port,
                              .data_dir = cluster.data_dir,
                              .quota_backend_bytes = cluster.quota_backend_bytes.value_or(kDefaultQuotaBackendBytes)};
    for (const auto& [number, address] : cluster.members)
        member.members.emplace_back(member_name(cluster, number), address.address);
    return {std::make_shared<item::FileItem>(item::FileSpec{.path = render::kEtcdConf,
                                                            .content = render::render_etcd_conf(member),
                                                            .owner = kOwner,
                                                            .group = kOwner,
                                                            .handlers = {restart(cluster)}}),
            std::make_shared<item::FileItem>(
                item::FileSpec{.path = render::kEtcdUnit,
                               .content = render::render_etcd_unit(cluster.data_dir),
                               .handlers = {item::Handler::daemon_reload(), restart(cluster)}})};
}

// The members of a new cluster start together: none is ready before there is a quorum (behaviour 8).
Items service() {
    return {std::make_shared<item::ServiceItem>(
        item::ServiceSpec{.unit = kUnit, .enabled = true, .running = true, .no_block = true})};
}

}  // namespace

std::vector<converge::Member> members_of(const EtcdCluster& cluster) {
    std::vector<converge::Member> members;
    for (const auto& [number, address] : cluster.members)
        members.push_back({.number = number, .name = member_name(cluster, number), .address = address});
    return members;
}

converge::Table table_of(const EtcdCluster& cluster, const node::Connect& connect, const Repairs& repairs) {
    const auto shared = std::make_shared<const EtcdCluster>(cluster);
    const auto signer = connect ? std::make_shared<ca::Signer>(cluster.ca, connect) : nullptr;
    converge::Table table;
    const auto items = [&table](const char* name, std::function<Items(const Site&)> of_site) {
        Step step;
        step.name = name;
        step.items = std::move(of_site);
        table.push_back(std::move(step));
    };
    const auto act = [&table](const char* name, converge::When when, std::function<Status(Site&, StepContext&)> body) {
        Step step;
        step.name = name;
        step.spread = converge::Spread::once;
        step.act = std::move(body);
        step.act_when = when;
        table.push_back(std::move(step));
    };
    items("reservations", [shared](const Site&) { return reservations(*shared); });
    items("packages", [](const Site& site) { return packages(platform::platform_at(site.node)); });
    items("directories", [shared](const Site&) { return directories(*shared); });
    items("certificates", [shared, signer](const Site& site) { return certificates(*shared, site, signer); });
    items("configuration", [shared](const Site& site) { return configuration(*shared, site); });
    items("start etcd", [](const Site&) { return service(); });
    // What was started in an update is waited for as well: whoever depends on this cluster goes on when it serves.
    act("quorum", repairs.any() ? When::always : When::when_changed,
        [shared, repairs](Site& site, StepContext& context) {
            return wait_for_quorum(*shared, repairs, site, context);
        });
    table.back().watches = {"start etcd"};
    act("authentication", repairs.authentication ? When::always : When::create,
        [shared](Site& site, StepContext& context) { return switch_authentication_on(*shared, site, context); });
    if (!repairs.lost.empty())
        act("lost members", When::always,
            [shared, repairs](Site&, StepContext& context) { return replace_lost_members(*shared, repairs, context); });
    if (repairs.space || repairs.corrupt)
        act("alarms", When::always, [shared, repairs](Site& site, StepContext& context) {
            return clear_alarms(*shared, repairs, site, context);
        });
    return table;
}

converge::Table removal_of(const EtcdCluster& cluster) {
    const auto shared = std::make_shared<const EtcdCluster>(cluster);
    Step step;
    step.name = "remove data";
    step.act_when = converge::When::always;
    step.act = [shared](Site& site, StepContext& context) -> Status {
        // Only what this member's own etcd made: its folder is removed by name, not whatever stands at data_dir.
        const std::string script = item::stop_unit_function() + "stop_unit " + kUnit + " || exit 1\nrm -rf -- " +
                                   shell_quote(shared->data_dir + "/member") + " " +
                                   shell_quote(secrets_folder(shared->name)) + "\n";
        TRY_VOID(context.request(site, {node::RunScript{.text = script}}));
        return {};
    };
    return {step};
}

Access access_of(const EtcdCluster& cluster, const std::string& id) {
    Access access{.id = id,
                  .name = cluster.name,
                  .endpoints = {},
                  .ca_fingerprint = cluster.ca.fingerprint,
                  .members = cluster.members};
    for (const auto& [number, address] : cluster.members)
        access.endpoints.push_back(render::etcd_endpoint(address.address, cluster.port));
    return access;
}

}  // namespace pigsty::module::etcd
