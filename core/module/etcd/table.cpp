#include "core/module/etcd/table.h"

#include <memory>
#include <utility>

#include "core/base/quote.h"
#include "core/client/etcd.h"
#include "core/item/certificate.h"
#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/own_folder.h"
#include "core/item/package.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/module/ca/signer.h"
#include "core/module/etcd/administration.h"
#include "core/module/platform/platform.h"
#include "core/module/platform/required_version.h"
#include "core/render/etcd.h"
#include "core/render/unit.h"

namespace pigsty::module::etcd {
namespace {

using converge::Site;
using converge::Step;
using converge::StepContext;
using item::ItemPtr;
using Items = std::vector<ItemPtr>;

constexpr const char* kUnit = "etcd.service";
constexpr const char* kOwner = "etcd";

std::string member_name(const EtcdCluster& cluster, const std::string& number) { return cluster.name + "-" + number; }

// A member that restarts must be back in the quorum before the next one does.
item::Handler restart(const EtcdCluster& cluster) {
    item::Handler handler = item::Handler::restart(kUnit, true);
    handler.health = std::string("ETCDCTL_API=3 etcdctl --cacert=") + client::kEtcdCaFile +
                     " --cert=" + client::kEtcdClientCertificate + " --key=" + client::kEtcdClientKey +
                     " --endpoints=https://127.0.0.1:" + std::to_string(cluster.port) +
                     " endpoint health >/dev/null 2>&1";
    return handler;
}

Items reservations(const EtcdCluster& cluster) {
    return {std::make_shared<item::ReservationItem>("etcd member"),
            std::make_shared<item::ReservationItem>("port " + std::to_string(cluster.port)),
            std::make_shared<item::ReservationItem>("port " + std::to_string(cluster.peer_port)),
            std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{.path = cluster.data_dir})};
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

Status wait_for_quorum(const EtcdCluster& cluster, Site& site, StepContext& context) {
    const client::Etcd etcd({.node = site.node, .endpoints = access_of(cluster, "").endpoints});
    return context.wait_for(
        {.fact = "all " + std::to_string(cluster.members.size()) + " members of " + cluster.name + " answer",
         .node = site.node,
         .unit = kUnit},
        [&]() -> Result<converge::Look> {
            TRY(const auto healthy, etcd.healthy(context.cancel()));
            return converge::Look{.reached = healthy.size() == cluster.members.size(),
                                  .moved = std::to_string(healthy.size()) + " answer"};
        });
}

Status switch_authentication_on(const EtcdCluster& cluster, Site& site, StepContext& context) {
    TRY_VOID(ensure_root_password(cluster.name, context));
    TRY(const Secret password, root_password(cluster.name, *site.node, context.cancel()));
    const client::Etcd etcd(
        {.node = site.node, .endpoints = access_of(cluster, "").endpoints, .root_password = password});
    TRY_VOID(etcd.enable_authentication(context.cancel()));
    context.changed_something(site);
    return {};
}

}  // namespace

std::vector<converge::Member> members_of(const EtcdCluster& cluster) {
    std::vector<converge::Member> members;
    for (const auto& [number, address] : cluster.members)
        members.push_back({.number = number, .name = member_name(cluster, number), .address = address});
    return members;
}

converge::Table table_of(const EtcdCluster& cluster, const node::Connect& connect) {
    const auto shared = std::make_shared<const EtcdCluster>(cluster);
    const auto signer = connect ? std::make_shared<ca::Signer>(cluster.ca, connect) : nullptr;
    converge::Table table;
    const auto items = [&table](const char* name, std::function<Items(const Site&)> of_site) {
        Step step;
        step.name = name;
        step.items = std::move(of_site);
        table.push_back(std::move(step));
    };
    const auto act = [&table](const char* name, std::function<Status(Site&, StepContext&)> body) {
        Step step;
        step.name = name;
        step.spread = converge::Spread::once;
        step.act = std::move(body);
        step.act_when = converge::When::create;
        table.push_back(std::move(step));
    };
    items("reservations", [shared](const Site&) { return reservations(*shared); });
    items("packages", [](const Site& site) { return packages(platform::platform_at(site.node)); });
    items("directories", [shared](const Site&) { return directories(*shared); });
    items("certificates", [shared, signer](const Site& site) { return certificates(*shared, site, signer); });
    items("configuration", [shared](const Site& site) { return configuration(*shared, site); });
    items("start etcd", [](const Site&) { return service(); });
    act("quorum", [shared](Site& site, StepContext& context) { return wait_for_quorum(*shared, site, context); });
    act("authentication",
        [shared](Site& site, StepContext& context) { return switch_authentication_on(*shared, site, context); });
    return table;
}

converge::Table removal_of(const EtcdCluster& cluster) {
    const auto shared = std::make_shared<const EtcdCluster>(cluster);
    Step step;
    step.name = "remove data";
    step.act_when = converge::When::always;
    step.act = [shared](Site& site, StepContext& context) -> Status {
        // Only what this member's own etcd made: its folder is removed by name, not whatever stands at data_dir.
        const std::string script = "systemctl disable --now " + std::string(kUnit) +
                                   " >/dev/null 2>&1 || true\nrm -rf -- " + shell_quote(shared->data_dir + "/member") +
                                   " " + shell_quote(secrets_folder(shared->name)) + "\n";
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
