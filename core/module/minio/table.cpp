#include "core/module/minio/table.h"

#include <memory>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/converge/members.h"
#include "core/converge/removal.h"
#include "core/converge/table.h"
#include "core/item/account.h"
#include "core/item/hosts_block.h"
#include "core/item/own_unit.h"
#include "core/item/owner.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/module/ca/leaf.h"
#include "core/module/minio/drive.h"
#include "core/module/minio/files.h"
#include "core/module/minio/look.h"
#include "core/module/minio/policy.h"
#include "core/module/platform/offered.h"
#include "core/module/platform/packages.h"

namespace pigsty::module::minio {
namespace {

using converge::Site;
using converge::StepContext;
using converge::When;
using item::Items;

// Members compare their variables and volumes: one alone would wait for a second with the new ones, and the quorum with it.
item::Handler restart_together() {
    item::Handler handler = item::Handler::restart(kUnit);
    handler.health_within = std::chrono::seconds(60);
    return handler;
}

// A member that may not go says so itself, since it knows what the others still have.
item::Handler restart_in_turn(const MinioCluster& cluster) {
    item::Handler handler = item::Handler::restart(kUnit, true);
    handler.health = client_functions(cluster) + "serves";
    handler.health_within = std::chrono::seconds(60);
    if (cluster.members.size() > 1)
        handler.guard = client_functions(cluster) +
                        "serves || exit 0\n"
                        "timeout 20 minio-client --config-dir \"$conf\" ready local --maintenance >/dev/null 2>&1 "
                        "</dev/null && exit 0\necho 'not restarted: without this member " +
                        cluster.name + " would take no writes'\nexit 1";
    return handler;
}

Items reservations(const MinioCluster& cluster, const converge::Member& member) {
    Items items{std::make_shared<item::ReservationItem>("minio member"),
                std::make_shared<item::OwnUnitItem>(kUnit),
                item::port_reservation(cluster.port),
                item::port_reservation(cluster.console_port),
                std::make_shared<platform::OfferedItem>("minio"),
                std::make_shared<platform::OfferedItem>("minio-client")};
    for (const std::string& drive : drives_of(cluster))
        items.push_back(std::make_shared<DriveItem>(drive, is_distributed(cluster)));
    if (member.number == cluster.members.begin()->first) items.push_back(look_item(cluster));
    return items;
}

Items folders(const MinioCluster& cluster) {
    const item::Owner minio(kAccount);
    Items items{std::make_shared<item::AccountItem>(item::AccountSpec{.name = kAccount, .home = kHome}),
                minio.folder(kHome, 0750), minio.folder(std::string(kHome) + "/.minio", 0750, true),
                item::Owner("root").folder(client_folder(cluster.name), 0700, true)};
    for (const std::string& drive : drives_of(cluster)) items.push_back(minio.folder(drive, 0750));
    return items;
}

Items names(const MinioCluster& cluster) {
    item::HostsBlockSpec block{.owner = std::string(kKind) + " " + cluster.name, .lines = {}};
    for (const auto& [number, address] : cluster.members)
        block.lines.push_back(address.address + " " + node_name(cluster, number));
    return {std::make_shared<item::HostsBlockItem>(std::move(block))};
}

Items certificates(const MinioCluster& cluster, const converge::Member& member, const ca::Leaves& leaves) {
    const item::Owner minio(kAccount);
    const std::string folder = kCertificates;
    // Leaf and key are read again with a reload, without a restart; what it trusts, it reads once.
    return {
        minio.folder(folder, 0750), minio.folder(folder + "/CAs", 0750),
        leaves.authority(kAccount, {restart_in_turn(cluster)}),
        leaves.server({.path = folder + "/public.crt",
                       .key_path = folder + "/private.key",
                       .owner = kAccount,
                       .handlers = {item::Handler::reload(kUnit)}},
                      member, "minio",
                      {"DNS:" + node_name(cluster, member.number), "DNS:" + cluster.name, "DNS:" + cluster.domain})};
}

Items configuration(const MinioCluster& cluster) {
    const item::Owner root("root");
    return {root.file({.path = kEnvironment,
                       .content = environment_text(cluster),
                       .mode = 0600,
                       .secret_scope = secret_scope(cluster.name),
                       .handlers = {restart_together()}}),
            root.file({.path = kUnitFile,
                       .content = unit_text(),
                       .handlers = {item::Handler::daemon_reload(), restart_in_turn(cluster)}}),
            root.file({.path = client_folder(cluster.name) + "/config.json",
                       .content = client_configuration(cluster),
                       .mode = 0600,
                       .secret_scope = secret_scope(cluster.name)})};
}

// All members together: none is ready before others are.
Items service() {
    return {std::make_shared<item::ServiceItem>(
        item::ServiceSpec{.unit = kUnit, .enabled = true, .running = true, .no_block = true})};
}

std::string managed_text(const Bucket& bucket) { return write_json(bucket).dump(); }
std::string managed_text(const User& user) {
    std::string text;
    for (const std::string& policy : policies_of(user)) text += policy + "\n";
    if (user.secret_wo_version) text += "{{secret:" + std::to_string(*user.secret_wo_version) + "}}";
    return text;
}
std::string managed_text(const std::string& policy) { return policy_meaning(policy).value_or(policy); }

template <class T>
void add_managed(converge::Managed& managed, const MinioCluster& cluster, Kind kind, const Named<T>& objects) {
    for (const auto& [name, object] : objects)
        managed.insert_or_assign(cluster.name + " " + std::string(word(kind)) + " " + name,
                                 fingerprint(managed_text(object)));
}

}  // namespace

std::vector<converge::Member> members_of(const MinioCluster& cluster) {
    return converge::members_of(cluster.name, cluster.members);
}

converge::Table table_of(const MinioCluster& cluster, const node::Connect& connect, const Changes& changes) {
    converge::TableBuilder table;
    table.items("reservations", [cluster](const Site& site) { return reservations(cluster, site.member); });
    table.items("packages", [](const Site& site) {
        return platform::package_items({platform::Component::minio}, platform::platform_at(site.node));
    });
    table.items("directories", folders(cluster));
    table.items("names", names(cluster));
    table.act("secrets", When::always,
              [cluster](Site&, StepContext& context) { return keep_secrets(cluster, context); });
    if (cluster.ca) {
        const ca::Leaves leaves(*cluster.ca, connect ? std::make_shared<ca::Signer>(*cluster.ca, connect) : nullptr,
                                kAuthority);
        table.items("certificates",
                    [cluster, leaves](const Site& site) { return certificates(cluster, site.member, leaves); });
    }
    table.items("configuration", configuration(cluster));
    table.items("start minio", service());
    table
        .act("serving", When::when_changed,
             [cluster](Site& site, StepContext& context) { return wait_until_it_serves(cluster, site, context); })
        .watches({"start minio", "configuration"});
    table.act("objects", When::always, [cluster, changes](Site& site, StepContext& context) {
        return converge_objects(cluster, changes, site, context);
    });
    return table.done();
}

converge::Table removal_of(const MinioCluster& cluster) {
    // Each drive was empty when we came. What is in one that MinIO never formatted is not MinIO's.
    std::string data;
    for (const std::string& drive : drives_of(cluster)) {
        const std::string path = shell_quote(drive);
        data += "if [ -d " + path + "/.minio.sys ]; then find " + path +
                " -xdev -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf -- {} + || exit 1; fi\n";
    }
    converge::TableBuilder table;
    table
        .act("remove data", When::always,
             converge::run(converge::removal_script({.units = {kUnit}, .secrets = secret_scope(cluster.name)}) + data))
        .on_each();
    return table.done();
}

converge::Managed managed_objects(const MinioCluster& cluster) {
    converge::Managed managed;
    add_managed(managed, cluster, Kind::bucket, buckets_of(cluster));
    add_managed(managed, cluster, Kind::policy, policies_of(cluster));
    add_managed(managed, cluster, Kind::user, users_of(cluster));
    return managed;
}

std::vector<std::string> objects_forecast(const MinioCluster& prior, const MinioCluster& planned,
                                          const std::vector<std::string>& drift) {
    const converge::Managed before = managed_objects(prior);
    const converge::Managed after = managed_objects(planned);
    std::vector<std::string> sentences;
    for (const auto& [key, value] : after) {
        const auto found = before.find(key);
        const bool repaired =
            std::ranges::any_of(drift, [&](const std::string& sentence) { return sentence.starts_with(key + ": "); });
        if (found == before.end())
            sentences.push_back("make " + key);
        else if (found->second != value || repaired)
            sentences.push_back("set " + key);
    }
    for (const auto& [key, value] : before)
        if (!after.contains(key)) sentences.push_back("remove " + key);
    return sentences;
}

}  // namespace pigsty::module::minio
