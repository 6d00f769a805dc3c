#include "core/module/pgsql/cluster/items.h"

#include "core/item/hosting_file.h"
#include "core/item/link.h"
#include "core/item/listening.h"
#include "core/item/locale.h"
#include "core/item/own_folder.h"
#include "core/item/own_unit.h"
#include "core/item/owner.h"
#include "core/item/path_state.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/item/sysctl.h"
#include "core/module/ca/leaf.h"
#include "core/module/haproxy/shared.h"
#include "core/module/pgsql/backup/files.h"
#include "core/module/pgsql/backup/items.h"
#include "core/module/pgsql/cluster/auto_conf.h"
#include "core/module/pgsql/cluster/dbsu.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/cluster/failover_gates.h"
#include "core/module/pgsql/cluster/hba_reload.h"
#include "core/module/pgsql/cluster/services.h"
#include "core/module/pgsql/cluster/serving.h"
#include "core/module/pgsql/cluster/shard.h"
#include "core/module/pgsql/cluster/vip.h"
#include "core/module/pgsql/cluster/watchdog.h"
#include "core/module/pgsql/pool/fragments.h"
#include "core/module/pgsql/session/dcs_login.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/pgsql/spec/reach.h"
#include "core/module/platform/offered.h"
#include "core/module/platform/packages.h"
#include "core/render/banner.h"
#include "core/render/haproxy.h"
#include "core/render/hba.h"
#include "core/render/patroni.h"
#include "core/render/pgbouncer.h"
#include "core/render/role.h"
#include "core/render/unit.h"

namespace pigsty::module::pgsql {
namespace {

constexpr const char* kOwner = "postgres";
item::Owner postgres() { return item::Owner(kOwner); }
item::Owner root() { return item::Owner("root"); }

constexpr unsigned kDataRights = 0755;  // of data_dir, which holds the cluster's folder

// Of a drop-in: other packages and people may have theirs in it.
item::ItemPtr folder_of(std::string_view path) {
    return std::make_shared<item::DirectoryItem>(
        item::DirectorySpec{.path = std::string(path.substr(0, path.rfind('/')))});
}

item::Handler reload_patroni() { return item::Handler::reload(kPatroniService); }

item::Handler reload_postgresql(std::int64_t port) {
    return item::Handler::reload("postgresql", reload_hba_script(port));
}

std::vector<std::string> addresses(const PgCluster& cluster) {
    std::vector<std::string> all;
    for (const auto& [number, instance] : cluster.instances) all.push_back(instance.node.address);
    return all;
}

// `tls`: whether the server that reads the file speaks TLS; PostgreSQL calls hostssl lines errors where it does not.
render::HbaContext hba_context(const PgCluster& cluster, const Instance& instance, bool tls) {
    return {.networks = cluster.networks,
            .members = addresses(cluster),
            .offline = instance.role == "offline" || instance.offline_query,
            .tls = tls};
}

// Names of packages.
std::vector<std::string> extension_packages_of(const PgCluster& cluster, const platform::Platform& platform) {
    std::vector<std::string> packages;
    for (const std::string& name : cluster.extension_packages)
        packages.push_back(platform.extension_package(name, cluster.version.value_or(0)).value_or(name));
    return packages;
}

// Who comes to any of these names, or to the virtual address, finds a certificate that says so.
std::set<std::string> server_names(const PgCluster& cluster) {
    std::set<std::string> names{"DNS:" + cluster.name};
    if (cluster.vip) names.insert("IP:" + vip_host(cluster));
    return names;
}

void append(Items& items, Items more) {
    for (item::ItemPtr& each : more) items.push_back(std::move(each));
}

}  // namespace

Items reservation_items(const PgCluster& cluster, const converge::Member& member, const platform::Platform& platform) {
    // Two clusters with one address on one machine hear of the address.
    Items items = vip_reservation(cluster, member, platform);
    append(items, watchdog_reservation(cluster));
    append(items,
           {std::make_shared<item::ReservationItem>("postgresql instance"),
            std::make_shared<item::OwnUnitItem>(kPatroniService),
            // Of a cluster that Pigsty made before: led elsewhere, it would lose its data from sight.
            std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{.path = kLink, .way_out = "use another machine"}),
            item::port_reservation(cluster.port), item::port_reservation(cluster.patroni.port),
            std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{.path = cluster_folder(cluster)}),
            std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{
                .path = cluster.data_dir, .may_hold_others = item::rights_text(kOwner, kOwner, kDataRights)})});
    if (cluster.pgbouncer.enabled) {
        items.push_back(std::make_shared<item::OwnUnitItem>(kPgbouncerService));
        items.push_back(item::port_reservation(cluster.pgbouncer.port));
    }
    for (const auto& [name, service] : services_of(cluster)) items.push_back(item::port_reservation(service.port));
    for (const std::string& locale : std::set<std::string>{cluster.locale, cluster.lc_collate, cluster.lc_ctype})
        items.push_back(std::make_shared<item::LocaleItem>(locale));
    for (const std::string& package : extension_packages_of(cluster, platform))
        items.push_back(std::make_shared<platform::OfferedItem>(package));
    return items;
}

Items before_package_items() {
    return {
        std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = "/etc/postgresql-common/createcluster.d"}),
        root().file({.path = platform::kCreateClusterConf, .content = platform::kCreateClusterText, .shared = true})};
}

Items package_items(const PgCluster& cluster, const platform::Platform& platform) {
    std::vector<platform::Component> components{platform::Component::postgresql, platform::Component::patroni,
                                                platform::Component::haproxy};
    if (cluster.pgbouncer.enabled) components.push_back(platform::Component::pgbouncer);
    if (cluster.vip) components.push_back(platform::Component::vip_manager);
    platform::PackageChoice choice{.postgresql = cluster.version.value_or(0),
                                   .more = backup_packages(cluster),
                                   .least = required_versions(cluster)};
    for (std::string& name : extension_packages_of(cluster, platform)) choice.more.insert(std::move(name));
    for (const render::Extension& extension : cluster.default_extensions.value_or(render::default_extensions()))
        if (auto name = platform.extension_package(extension.name, choice.postgresql))
            choice.more.insert(std::move(*name));
    return platform::package_items(components, platform, choice);
}

Items directory_items(const PgCluster& cluster) {
    const std::string folder = cluster_folder(cluster);
    Items items{postgres().folder(cluster.data_dir, kDataRights), postgres().folder(folder, 0700)};
    for (const char* part : {"bin", "cert", "conf", "spool", "tmp"})
        items.push_back(postgres().folder(folder + "/" + part, 0700));
    items.push_back(postgres().folder(folder + "/log", 0750, true));
    for (const char* part : {"patroni", "pgbouncer", "postgres"})
        items.push_back(postgres().folder(folder + "/log/" + part, 0750, true));
    items.push_back(std::make_shared<item::LinkItem>(item::LinkSpec{.path = kLink, .target = folder}));
    items.push_back(root().folder("/etc/patroni", 0755));
    return items;
}

Items certificate_items(const PgCluster& cluster, const converge::Member& member,
                        const std::shared_ptr<ca::Signer>& signer) {
    // Each takes certificates with a reload.
    std::vector<item::Handler> handlers{reload_patroni(), reload_postgresql(cluster.port)};
    if (cluster.pgbouncer.enabled && cluster.ssl && cluster.pgbouncer.ssl_mode != "disable")
        handlers.push_back(item::Handler::reload(kPgbouncerService));
    const ca::Leaves leaves(cluster.ca, signer, render::kCaCertificate);
    return {
        leaves.authority(kOwner, handlers),
        leaves.server(
            {.path = render::kServerCertificate, .key_path = render::kServerKey, .owner = kOwner, .handlers = handlers},
            member, "postgres", server_names(cluster)),
        leaves.etcd_client({.path = render::kEtcdCertificate,
                            .key_path = render::kEtcdKey,
                            .owner = kOwner,
                            .handlers = {reload_patroni()}},
                           member)};
}

Items patroni_items(const PgCluster& cluster, const converge::Member& member, const platform::Platform& platform) {
    const Instance& instance = cluster.instances.at(member.number);
    const std::int64_t version = cluster.version.value_or(0);
    render::PatroniMember patroni{.name = member.name,
                                  .scope = patroni_scope(cluster),
                                  .etcd_user = cluster.name,
                                  .address = member.address.address,
                                  .listen = listened(cluster, member.number),
                                  .role = instance.role,
                                  .nofailover = instance.nofailover,
                                  .upstream = instance.upstream ? member_name(cluster, *instance.upstream) : "",
                                  .rto = cluster.rto,
                                  .version = version,
                                  .template_name = cluster.template_name,
                                  .port = cluster.port,
                                  .rest_port = cluster.patroni.port,
                                  .watchdog = watchdog_of(cluster),
                                  .log_level = cluster.patroni.log_level,
                                  .dcs_namespace = cluster.patroni.dcs_namespace,
                                  .ssl = cluster.ssl,
                                  .rest_ssl = rest_ssl(cluster),
                                  .bin_dir = platform.bin_dir(version),
                                  .data_dir = kDataDir,
                                  .etcd_endpoints = cluster.dcs.endpoints,
                                  .rest_allowlist = cluster.networks.admin,
                                  .initdb = {.encoding = cluster.encoding,
                                             .locale = cluster.locale,
                                             .lc_collate = cluster.lc_collate,
                                             .lc_ctype = cluster.lc_ctype,
                                             .checksum = cluster.checksum},
                                  .parameters = configured(parameters_of(instance), Settings(version))};
    if (cluster.citus) patroni.citus = {.group = cluster.citus->group, .database = cluster.citus->database};
    patroni.superuser = dbsu_reference(cluster);
    patroni.rest.generation = rest_generation(cluster);
    if (cluster.backup) {
        patroni.restore_command = restore_command(cluster);
        if (is_remote(*cluster.backup)) patroni.clone_command = kCloneProgram;
    }
    const auto defaults = cluster.default_hba_rules.value_or(render::default_pg_hba_rules());
    // Validation refused what cannot be rendered; what is left is an address that is not known yet.
    const auto hba = render::render_pg_hba(defaults, cluster.hba_rules, hba_context(cluster, instance, cluster.ssl));
    const std::string yml = patroni_file(cluster, member.number);
    Items items{postgres().file({.path = yml,
                                 .content = render::render_patroni_yml(patroni),
                                 .mode = 0640,
                                 .secret_scope = secret_scope(cluster),
                                 .handlers = {reload_patroni()}}),
                std::make_shared<item::LinkItem>(item::LinkSpec{.path = render::kPatroniYml, .target = yml}),
                // Standby clusters have lines of their own in it.
                std::make_shared<item::HostingFileItem>(item::FileSpec{.path = render::kHbaFile,
                                                                       .content = hba.value_or(""),
                                                                       .owner = kOwner,
                                                                       .group = kOwner,
                                                                       .mode = 0600,
                                                                       .handlers = {reload_postgresql(cluster.port)}}),
                postgres().file({.path = render::kIdentFile,
                                 .content = render::banner(),
                                 .mode = 0600,
                                 .handlers = {reload_postgresql(cluster.port)}}),
                auto_conf_item(),    // so that the one look at a node shows it
                data_folder_item(),  // the same
                root().file({.path = render::kPatroniUnit,
                             .content = render::render_patroni_unit(watchdog_of(cluster) != "off"),
                             .handlers = {item::Handler::daemon_reload()}})};
    if (member.number != dcs_login_member(cluster)) return items;
    items.push_back(dcs_login_item(cluster));
    if (is_coordinator(cluster)) items.push_back(shard_item(cluster));
    return items;
}

Items pgbouncer_items(const PgCluster& cluster, const converge::Member& member, const platform::Platform& platform) {
    if (!cluster.pgbouncer.enabled) return {};
    const Instance& instance = cluster.instances.at(member.number);
    const item::Handler reload = item::Handler::reload(kPgbouncerService);
    const auto defaults = cluster.pgbouncer.default_hba_rules.value_or(render::default_pgbouncer_hba_rules());
    const auto hba = render::render_pgbouncer_hba(
        defaults, cluster.pgbouncer.hba_rules,
        hba_context(cluster, instance, cluster.ssl && cluster.pgbouncer.ssl_mode != "disable"));
    Items items{postgres().folder(render::kPgbouncerDir, 0750)};
    const auto ini = [&cluster](const platform::Platform& on) {
        return render::render_pgbouncer_ini(
            {.pool_mode = cluster.pgbouncer.pool_mode,
             .ssl_mode = cluster.pgbouncer.ssl_mode,
             .tls = cluster.ssl,
             .auth_query = cluster.pgbouncer.auth_query,
             .knows_prepared_statements = on.offers(platform::Setting::pgbouncer_max_prepared_statements)});
    };
    // The one text that systems differ in: a plan, which knows no node's system, shows that of the newest.
    items.push_back(postgres().file({.path = render::kPgbouncerIni,
                                     .content = ini(platform),
                                     .mode = 0640,
                                     .handlers = {reload},
                                     .shown = ini(platform::platform_at(nullptr))}));
    items.push_back(postgres().file(
        {.path = render::kPgbouncerListen,
         .content = render::render_pgbouncer_listen(listened(cluster, member.number), cluster.pgbouncer.port),
         .mode = 0640,
         .handlers = {item::Handler::restart(kPgbouncerService)}}));
    items.push_back(postgres().file(
        {.path = render::kPgbouncerHba, .content = hba.value_or(""), .mode = 0640, .handlers = {reload}}));
    items.push_back(fragments_item());  // so that one look at a node serves the users' and databases' Read as well
    items.push_back(folder_of(render::kPgbouncerDropIn));
    items.push_back(
        root().file({.path = render::kPgbouncerDropIn,
                     .content = render::render_pgbouncer_drop_in(),
                     .handlers = {item::Handler::daemon_reload(), item::Handler::restart(kPgbouncerService)}}));
    return items;
}

// An upstream's member without power answers nothing: an attempt to connect to it ends in seconds, and the next one is asked.
Items quick_connects(const PgCluster& cluster) {
    return {std::make_shared<item::SysctlItem>(item::SysctlSpec{
        .name = "pg-" + cluster.name + "-standby", .values = {{"net.ipv4.tcp_syn_retries", kSynRetries}}})};
}

Items haproxy_items(const PgCluster& cluster) {
    Items items = haproxy::base_items();
    for (const auto& [name, service] : services_of(cluster)) {
        const auto text = render::render_haproxy_service(cluster.name, name, service, service_members(cluster),
                                                         default_dest_of(cluster), cluster.rto);
        items.push_back(haproxy::service_file(cluster.name + "-" + name, text.value_or("")));
    }
    return items;
}

Items access_items(const PgCluster& cluster) {
    Items items;
    if (cluster.pgbouncer.enabled) {
        items.push_back(std::make_shared<item::ServiceItem>(
            item::ServiceSpec{.unit = kPgbouncerService, .enabled = true, .running = true}));
        items.push_back(
            std::make_shared<item::ListeningItem>(kPgbouncerService, std::set<std::int64_t>{cluster.pgbouncer.port}));
    }
    std::set<std::int64_t> ports;
    for (const auto& [name, service] : services_of(cluster)) ports.insert(service.port);
    for (item::ItemPtr& each : haproxy::serving_items(std::move(ports))) items.push_back(std::move(each));
    return items;
}

}  // namespace pigsty::module::pgsql
