#include "core/module/pgsql/items.h"

#include "core/base/quote.h"
#include "core/item/certificate.h"
#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/link.h"
#include "core/item/listening.h"
#include "core/item/locale.h"
#include "core/item/own_folder.h"
#include "core/item/own_unit.h"
#include "core/item/package.h"
#include "core/item/path_state.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/module/pgsql/auto_conf.h"
#include "core/module/pgsql/dcs.h"
#include "core/module/pgsql/dcs_login.h"
#include "core/module/pgsql/fragments.h"
#include "core/module/pgsql/layout.h"
#include "core/module/pgsql/services.h"
#include "core/module/pgsql/serving.h"
#include "core/module/platform/required_version.h"
#include "core/render/haproxy.h"
#include "core/render/hba.h"
#include "core/render/patroni.h"
#include "core/render/pgbouncer.h"
#include "core/render/role.h"
#include "core/render/unit.h"

namespace pigsty::module::pgsql {
namespace {

constexpr const char* kOwner = "postgres";
constexpr unsigned kDataRights = 0755;  // of data_dir, which holds the cluster's folder

item::ItemPtr directory(std::string path, unsigned mode, bool whole = false) {
    return std::make_shared<item::DirectoryItem>(item::DirectorySpec{
        .path = std::move(path), .owner = kOwner, .group = kOwner, .mode = mode, .whole = whole, .shared = false});
}

// Of a drop-in: other packages and people may have theirs in it.
item::ItemPtr folder_of(std::string_view path) {
    return std::make_shared<item::DirectoryItem>(
        item::DirectorySpec{.path = std::string(path.substr(0, path.rfind('/')))});
}

item::ItemPtr file(item::FileSpec spec) { return std::make_shared<item::FileItem>(std::move(spec)); }

item::Handler reload_patroni() { return item::Handler::reload(kPatroniService); }

// PostgreSQL says itself what it thinks of the file, before it takes it: the old one comes back when it minds. Where no
// server listens (2), it reads the file as it starts; one that is starting or ending (1) is waited for. What it then
// refuses, as a connection too many, is an error: a file that nobody has read must not pass for one in force.
constexpr const char* kReloadPostgresql = R"sh(
ready=2
if systemctl is-active -q patroni.service; then
    for i in $(seq 30); do
        ready=0
        pg_isready -q -h /var/run/postgresql -p "$port" || ready=$?
        [ "$ready" -eq 1 ] || break
        sleep 1
    done
fi
if [ "$ready" -ne 2 ]; then
    wrong=$(ask "SELECT 'line ' || line_number || ': ' || error FROM pg_hba_file_rules WHERE error IS NOT NULL") || exit 1
    [ -z "$wrong" ] || { echo "$wrong" >&2; exit 1; }
    ask 'SELECT pg_reload_conf()' >/dev/null
fi
)sh";

item::Handler reload_postgresql(std::int64_t port) {
    return item::Handler::reload("postgresql", "port=" + std::to_string(port) + "\nask() { " + local_psql(port) +
                                                   " -c \"$1\"; }" + kReloadPostgresql);
}

// Its master takes a reload whatever comes of it, and keeps the old worker when the new one cannot bind: only what is
// listened to tells. `haproxy -c` binds nothing.
constexpr const char* kReloadHaproxy = R"sh(
systemctl is-active --quiet -- haproxy.service || exit 0
systemctl reload -- haproxy.service || exit 1
command -v ss >/dev/null || exit 0
ports=$(grep -ls '^# Written by terraform-provider-pigsty' "$services"/*.cfg |
    xargs -r -d '\n' sed -n 's/^ *bind [^ ]*:\([0-9]\{1,\}\)$/\1/p')
for i in $(seq 20); do
    [ "$i" -eq 1 ] || sleep 0.5
    missing=
    for port in $ports; do
        ss -ltnpH "sport = :$port" | grep -q '"haproxy"' || missing="$missing $port"
    done
    [ -n "$missing" ] || exit 0
done
for port in $missing; do
    echo "expected HAProxy to listen on port $port after its reload, found: $(ss -ltnpH "sport = :$port" | grep . || echo nobody)"
done >&2
exit 1
)sh";

item::Handler reload_haproxy() {
    return item::Handler::reload(kHaproxyService, "services=" + shell_quote(render::kHaproxyServices) + kReloadHaproxy);
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

}  // namespace

Items reservation_items(const PgCluster& cluster) {
    Items items{
        std::make_shared<item::ReservationItem>("postgresql instance"),
        std::make_shared<item::OwnUnitItem>(kPatroniService),
        // Of a cluster that Pigsty made before: led elsewhere, it would lose its data from sight.
        std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{.path = kLink, .way_out = "use another machine"}),
        std::make_shared<item::ReservationItem>("port " + std::to_string(cluster.port)),
        std::make_shared<item::ReservationItem>("port " + std::to_string(kRestPort)),
        std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{.path = cluster_folder(cluster)}),
        std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{
            .path = cluster.data_dir, .may_hold_others = item::rights_text(kOwner, kOwner, kDataRights)})};
    if (cluster.pgbouncer.enabled) {
        items.push_back(std::make_shared<item::OwnUnitItem>(kPgbouncerService));
        items.push_back(std::make_shared<item::ReservationItem>("port " + std::to_string(cluster.pgbouncer.port)));
    }
    for (const auto& [name, service] : services_of(cluster))
        items.push_back(std::make_shared<item::ReservationItem>("port " + std::to_string(service.port)));
    for (const std::string& locale : std::set<std::string>{cluster.locale, cluster.lc_collate, cluster.lc_ctype})
        items.push_back(std::make_shared<item::LocaleItem>(locale));
    return items;
}

Items before_package_items() {
    return {
        std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = "/etc/postgresql-common/createcluster.d"}),
        file({.path = platform::kCreateClusterConf, .content = platform::kCreateClusterText, .shared = true})};
}

Items package_items(const PgCluster& cluster, const platform::Platform& platform) {
    std::set<std::string> names;
    std::vector<platform::Component> components{platform::Component::postgresql, platform::Component::patroni,
                                                platform::Component::haproxy};
    if (cluster.pgbouncer.enabled) components.push_back(platform::Component::pgbouncer);
    for (const platform::Component component : components)
        for (std::string& name : platform.packages(component, cluster.version.value_or(0)))
            names.insert(std::move(name));
    for (const render::Extension& extension : cluster.default_extensions.value_or(render::default_extensions()))
        if (auto name = platform.extension_package(extension.name, cluster.version.value_or(0)))
            names.insert(std::move(*name));
    Items items{std::make_shared<platform::RequiredVersionsItem>(components, platform)};
    for (const std::string& name : names)
        items.push_back(std::make_shared<item::PackageItem>(item::PackageSpec{.name = name}));
    return items;
}

Items directory_items(const PgCluster& cluster) {
    const std::string folder = cluster_folder(cluster);
    Items items{directory(cluster.data_dir, kDataRights), directory(folder, 0700)};
    for (const char* part : {"bin", "cert", "conf", "spool", "tmp"})
        items.push_back(directory(folder + "/" + part, 0700));
    items.push_back(directory(folder + "/log", 0750, true));
    for (const char* part : {"patroni", "pgbouncer", "postgres"})
        items.push_back(directory(folder + "/log/" + part, 0750, true));
    items.push_back(std::make_shared<item::LinkItem>(item::LinkSpec{.path = kLink, .target = folder}));
    items.push_back(
        std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = "/etc/patroni", .shared = false}));
    return items;
}

Items certificate_items(const PgCluster& cluster, const converge::Member& member,
                        const std::shared_ptr<ca::Signer>& signer) {
    const std::string& address = member.address.address;
    // Each takes certificates with a reload.
    std::vector<item::Handler> handlers{reload_patroni(), reload_postgresql(cluster.port)};
    if (cluster.pgbouncer.enabled && cluster.ssl && cluster.pgbouncer.ssl_mode != "disable")
        handlers.push_back(item::Handler::reload(kPgbouncerService));
    item::CertificateSpec server{
        .path = render::kServerCertificate,
        .key_path = render::kServerKey,
        .organization = "pigsty",
        .organizational_unit = "postgres",
        .common_name = member.name,
        .names = {"DNS:localhost", "DNS:" + cluster.name, "DNS:" + member.name, "IP:127.0.0.1", "IP:" + address},
        .usages = {"clientAuth", "serverAuth"},
        .owner = kOwner,
        .group = kOwner,
        .authority_path = render::kCaCertificate,
        .authority_fingerprint = cluster.ca.fingerprint,
        .handlers = handlers};
    // Who Patroni is, is user and password; this only admits it to etcd, whose gateway refuses a CN (behaviour 8).
    item::CertificateSpec etcd{.path = render::kEtcdCertificate,
                               .key_path = render::kEtcdKey,
                               .organization = "pigsty",
                               .organizational_unit = "etcd-client",
                               .names = {"IP:" + address},
                               .usages = {"clientAuth"},
                               .owner = kOwner,
                               .group = kOwner,
                               .authority_path = render::kCaCertificate,
                               .authority_fingerprint = cluster.ca.fingerprint,
                               .handlers = {reload_patroni()}};
    return {std::make_shared<ca::AuthorityFileItem>(
                ca::AuthorityFileSpec{
                    .path = render::kCaCertificate, .owner = kOwner, .group = kOwner, .handlers = handlers},
                cluster.ca, signer),
            std::make_shared<item::CertificateItem>(std::move(server), signer),
            std::make_shared<item::CertificateItem>(std::move(etcd), signer)};
}

Items patroni_items(const PgCluster& cluster, const converge::Member& member, const platform::Platform& platform) {
    const Instance& instance = cluster.instances.at(member.number);
    const std::int64_t version = cluster.version.value_or(0);
    render::PatroniMember patroni{.name = member.name,
                                  .scope = cluster.name,
                                  .address = member.address.address,
                                  .role = instance.role,
                                  .nofailover = instance.nofailover,
                                  .version = version,
                                  .template_name = cluster.template_name,
                                  .port = cluster.port,
                                  .rest_port = kRestPort,
                                  .ssl = cluster.ssl,
                                  .bin_dir = platform.bin_dir(version),
                                  .data_dir = kDataDir,
                                  .etcd_endpoints = cluster.dcs.endpoints,
                                  .rest_allowlist = cluster.networks.admin,
                                  .initdb = {.encoding = cluster.encoding,
                                             .locale = cluster.locale,
                                             .lc_collate = cluster.lc_collate,
                                             .lc_ctype = cluster.lc_ctype,
                                             .checksum = cluster.checksum},
                                  .parameters = configured(instance.parameters, Settings(version))};
    const auto defaults = cluster.default_hba_rules.value_or(render::default_pg_hba_rules());
    // Validation refused what cannot be rendered; what is left is an address that is not known yet.
    const auto hba = render::render_pg_hba(defaults, cluster.hba_rules, hba_context(cluster, instance, cluster.ssl));
    const std::string yml = patroni_file(cluster, member.number);
    Items items{file({.path = yml,
                      .content = render::render_patroni_yml(patroni),
                      .owner = kOwner,
                      .group = kOwner,
                      .mode = 0640,
                      .secret_scope = secret_scope(cluster),
                      .handlers = {reload_patroni()}}),
                std::make_shared<item::LinkItem>(item::LinkSpec{.path = render::kPatroniYml, .target = yml}),
                file({.path = render::kHbaFile,
                      .content = hba.value_or(""),
                      .owner = kOwner,
                      .group = kOwner,
                      .mode = 0600,
                      .handlers = {reload_postgresql(cluster.port)}}),
                file({.path = render::kIdentFile,
                      .content = "# Written by terraform-provider-pigsty: a change made here is drift.\n",
                      .owner = kOwner,
                      .group = kOwner,
                      .mode = 0600,
                      .handlers = {reload_postgresql(cluster.port)}}),
                auto_conf_item(),    // so that the one look at a node shows it
                data_folder_item(),  // the same
                file({.path = render::kPatroniUnit,
                      .content = render::render_patroni_unit(),
                      .handlers = {item::Handler::daemon_reload()}})};
    if (member.number == dcs_login_member(cluster)) items.push_back(dcs_login_item(cluster));
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
    Items items{directory(render::kPgbouncerDir, 0750)};
    const auto ini = [&cluster](const platform::Platform& on) {
        return render::render_pgbouncer_ini(
            {.pool_mode = cluster.pgbouncer.pool_mode,
             .ssl_mode = cluster.pgbouncer.ssl_mode,
             .tls = cluster.ssl,
             .auth_query = cluster.pgbouncer.auth_query,
             .knows_prepared_statements = on.offers(platform::Setting::pgbouncer_max_prepared_statements)});
    };
    // The one text that systems differ in: a plan, which knows no node's system, shows that of the newest.
    items.push_back(file({.path = render::kPgbouncerIni,
                          .content = ini(platform),
                          .owner = kOwner,
                          .group = kOwner,
                          .mode = 0640,
                          .handlers = {reload},
                          .shown = ini(platform::platform_at(nullptr))}));
    items.push_back(file({.path = render::kPgbouncerListen,
                          .content = render::render_pgbouncer_listen(cluster.pgbouncer.port),
                          .owner = kOwner,
                          .group = kOwner,
                          .mode = 0640,
                          .handlers = {item::Handler::restart(kPgbouncerService)}}));
    items.push_back(file({.path = render::kPgbouncerHba,
                          .content = hba.value_or(""),
                          .owner = kOwner,
                          .group = kOwner,
                          .mode = 0640,
                          .handlers = {reload}}));
    items.push_back(fragments_item());  // so that one look at a node serves the users' and databases' Read as well
    items.push_back(folder_of(render::kPgbouncerDropIn));
    items.push_back(file({.path = render::kPgbouncerDropIn,
                          .content = render::render_pgbouncer_drop_in(),
                          .handlers = {item::Handler::daemon_reload(), item::Handler::restart(kPgbouncerService)}}));
    return items;
}

Items haproxy_items(const PgCluster& cluster) {
    const item::Handler reload = reload_haproxy();
    Items items{std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = render::kHaproxyServices})};
    items.push_back(file({.path = render::kHaproxyConfig,
                          .content = render::render_haproxy_base(),
                          .shared = true,
                          .handlers = {reload}}));
    items.push_back(folder_of(render::kHaproxyDropIn));
    items.push_back(file({.path = render::kHaproxyDropIn,
                          .content = render::render_haproxy_drop_in(),
                          .shared = true,
                          .handlers = {item::Handler::daemon_reload(), item::Handler::restart(kHaproxyService)}}));
    for (const auto& [name, service] : services_of(cluster)) {
        const auto text = render::render_haproxy_service(cluster.name, name, service, service_members(cluster),
                                                         cluster.default_service_dest);
        items.push_back(file(
            {.path = std::string(render::kHaproxyServices) + "/" + cluster.name + "-" + name + ".cfg",
             .content = text.value_or(""),
             .check = std::string("haproxy -c -q -f ") + render::kHaproxyConfig + " -f " + render::kHaproxyServices,
             .check_where = item::CheckWhere::placed,
             .handlers = {reload}}));
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
    items.push_back(std::make_shared<item::ServiceItem>(
        item::ServiceSpec{.unit = kHaproxyService, .enabled = true, .running = true, .shared = true}));
    std::set<std::int64_t> ports;
    for (const auto& [name, service] : services_of(cluster)) ports.insert(service.port);
    items.push_back(std::make_shared<item::ListeningItem>(kHaproxyService, std::move(ports)));
    return items;
}

}  // namespace pigsty::module::pgsql
