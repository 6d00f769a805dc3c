#include "core/render/patroni.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/base/unknown.h"
#include "core/render/banner.h"

namespace pigsty::render {
namespace {

// etcd3.hosts wants "host:port"; endpoints are URLs.
std::string etcd_hosts(const std::vector<std::string>& endpoints) {
    std::string hosts;
    for (const std::string& endpoint : endpoints) {
        const std::size_t scheme = endpoint.find("://");
        hosts += (hosts.empty() ? "" : ",") + (scheme == std::string::npos ? endpoint : endpoint.substr(scheme + 3));
    }
    return hosts;
}

std::string comma_list(const std::vector<std::string>& addresses) {
    std::string list;
    for (const std::string& address : addresses) list += (list.empty() ? "" : ",") + address;
    return list;
}

Yaml log_section(const PatroniMember& member) {
    return {{"level", member.log_level},
            {"dir", kPatroniLogDir},
            {"file_size", 33554432},
            {"file_num", member.template_name == "crit" ? 16 : 4},
            {"dateformat", "%Y-%m-%d %H:%M:%S %z"}};
}

Yaml rest_section(const PatroniMember& member) {
    Yaml allowlist = Yaml::array({"127.0.0.1/32", member.address});
    for (const std::string& network : member.rest_allowlist) allowlist.push_back(network);
    Yaml rest{{"listen", host_port(member.address, member.rest_port)},
              {"connect_address", host_port(member.address, member.rest_port)},
              {"authentication", {{"username", "postgres"}, {"password", yaml_secret(member.rest)}}},
              // Members are taken from the DCS: their addresses are in no file but their own.
              {"allowlist", std::move(allowlist)},
              {"allowlist_include_members", true}};
    if (member.rest_ssl) {
        rest["certfile"] = kServerCertificate;
        rest["keyfile"] = kServerKey;
        rest["cafile"] = kCaCertificate;
        rest["verify_client"] = "none";
    }
    return rest;
}

// How members and patronictl call each other's REST interface.
Yaml ctl_section(const PatroniMember& member) {
    if (!member.rest_ssl) return {{"insecure", true}};
    return {{"insecure", false}, {"cacert", kCaCertificate}, {"certfile", kServerCertificate}, {"keyfile", kServerKey}};
}

Yaml tags_section(const PatroniMember& member) {
    const bool stands_back = member.role == "offline" || member.role == "delayed";
    // Not noloadbalance: Patroni would then answer 503 to /replica, which the offline service asks.
    Yaml tags{{"nofailover", stands_back || member.nofailover},
              // A copy of one that applies late begins where the leader has no WAL any more.
              {"clonefrom", member.role != "delayed"},
              {"noloadbalance", false},
              {"nosync", stands_back},
              {kRoleTag, member.role},
              {"version", std::to_string(member.version)},
              {"conf", member.template_name + ".yml"}};
    if (!member.upstream.empty()) tags["replicatefrom"] = member.upstream;
    return tags;
}

Yaml replication_login(const PatroniMember& member) {
    Yaml login{{"username", "replicator"}, {"password", yaml_secret(member.replication)}};
    if (member.ssl) {
        login["sslmode"] = "verify-ca";
        login["sslrootcert"] = kCaCertificate;
    }
    return login;
}

// Patroni empties what pgBackRest itself would write into postgresql.auto.conf, so the command for WAL has its place here.
void add_repository(const PatroniMember& member, Yaml& postgresql) {
    if (!member.restore_command.empty()) postgresql["recovery_conf"] = {{"restore_command", member.restore_command}};
    if (member.clone_command.empty()) return;
    postgresql["create_replica_methods"] = {"pgbackrest", "basebackup"};
    postgresql["pgbackrest"] = {{"command", member.clone_command}, {"keep_data", true}, {"no_params", true}};
}

// Peer authentication over the socket does for Patroni itself. A password is for who comes over the network; of a Citus group
// Patroni tells it the other groups.
Yaml superuser_login(const PatroniMember& member) {
    Yaml login{{"username", "postgres"}};
    if (member.superuser) login["password"] = yaml_secret(*member.superuser);
    return login;
}

Yaml postgresql_section(const PatroniMember& member) {
    Yaml postgresql{
        {"bin_dir", member.bin_dir},
        {"data_dir", member.data_dir},
        {"config_dir", member.data_dir},
        {"pgpass", kPgpassFile},
        {"listen", host_port(comma_list(member.listen), member.port)},
        {"connect_address", host_port(member.address, member.port)},
        {"use_unix_socket", true},
        {"authentication",
         {{"superuser", superuser_login(member)},
          {"replication", replication_login(member)},
          {"rewind", replication_login(member)}}},
        {"remove_data_directory_on_rewind_failure", true},
        {"remove_data_directory_on_diverged_timelines", false},
        {"create_replica_methods", {"basebackup"}},
        {"basebackup", Yaml::array({Yaml{{"max-rate", "1000M"}}, Yaml{{"checkpoint", "fast"}}, "verbose", "progress"})},
        {"parameters", member_parameters(member)}};
    add_repository(member, postgresql);
    return postgresql;
}

Yaml failover_timing(const std::string& rto) {
    const FailoverPlan& plan = failover_plan(rto);
    return {// Where it is not known yet, so is the text.
            {"ttl", has_unknown(rto) ? Yaml(rto) : Yaml(plan.ttl)},
            {"loop_wait", plan.loop_wait},
            {"retry_timeout", plan.retry_timeout},
            {"primary_start_timeout", plan.primary_start_timeout},
            {"primary_stop_timeout", 30}};
}

}  // namespace

Yaml member_parameters(const PatroniMember& member) {
    Yaml parameters{{"hba_file", kHbaFile},
                    {"ident_file", kIdentFile},
                    {"unix_socket_directories", std::string(kSocketDir) + ", /tmp"},
                    {"log_directory", kPostgresLogDir}};
    if (member.ssl) {
        parameters["ssl"] = "on";
        parameters["ssl_ca_file"] = kCaCertificate;
        parameters["ssl_cert_file"] = kServerCertificate;
        parameters["ssl_key_file"] = kServerKey;
    }
    for (const auto& [name, value] : member.parameters) parameters[name] = value;
    return parameters;
}

Yaml initdb_options(const Initdb& initdb, std::int64_t version, std::string_view template_name) {
    Yaml options = Yaml::array();
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) options.push_back(Yaml{{name, value}});
    };
    if (initdb.checksum || template_name == "crit")
        options.push_back("data-checksums");
    else if (version >= 18)
        options.push_back("no-data-checksums");
    add("encoding", initdb.encoding);
    // Messages, numbers and dates too, or initdb takes them from the environment of whoever starts Patroni.
    add("locale", initdb.locale);
    if (version >= 17 && initdb.encoding == "UTF8" && (initdb.locale == "C" || initdb.locale == "C.UTF-8")) {
        add("locale-provider", "builtin");
        add("builtin-locale", initdb.locale);
    }
    add("lc-collate", initdb.lc_collate);
    add("lc-ctype", initdb.lc_ctype);
    return options;
}

std::string render_patroni_yml(const PatroniMember& member) {
    Yaml bootstrap_dcs = failover_timing(member.rto);
    bootstrap_dcs["postgresql"] = {{"use_pg_rewind", true}, {"use_slots", true}};
    // Of a Citus group Patroni would make it `quorum` where it is not written.
    if (member.citus) bootstrap_dcs["synchronous_mode"] = false;
    if (member.bootstrap) bootstrap_dcs = *member.bootstrap;

    Yaml file;
    file["scope"] = member.scope;
    file["namespace"] = member.dcs_namespace + "/";
    file["name"] = member.name;
    if (member.citus) file["citus"] = {{"group", member.citus->group}, {"database", member.citus->database}};
    file["log"] = log_section(member);
    file["etcd3"] = {{"hosts", etcd_hosts(member.etcd_endpoints)},
                     {"protocol", "https"},
                     {"cacert", kCaCertificate},
                     {"cert", kEtcdCertificate},
                     {"key", kEtcdKey},
                     {"username", member.etcd_user.empty() ? member.scope : member.etcd_user},
                     {"password", yaml_secret(member.etcd)}};
    file["ctl"] = ctl_section(member);
    file["restapi"] = rest_section(member);
    file["tags"] = tags_section(member);
    file["watchdog"] = {{"mode", member.watchdog},
                        {"device", kWatchdogDevice},
                        {"safety_margin", failover_plan(member.rto).safety_margin}};
    file["bootstrap"] = {{"method", "initdb"},
                         {"initdb", initdb_options(member.initdb, member.version, member.template_name)},
                         {"dcs", std::move(bootstrap_dcs)}};
    file["postgresql"] = postgresql_section(member);
    return banner() + to_yaml(file);
}

Yaml dynamic_configuration(const DynamicConfiguration& input) {
    const SynchronousMode& synchronous = input.synchronous;
    Yaml parameters = Yaml::object();
    for (const auto& [name, value] : input.parameters) parameters[name] = value;
    for (const auto& [name, value] : input.overrides) parameters[name] = value;

    Yaml dcs = failover_timing(input.rto);
    dcs["maximum_lag_on_failover"] = input.maximum_lag;
    dcs["maximum_lag_on_syncnode"] = -1;
    dcs["failsafe_mode"] = true;
    dcs["synchronous_mode"] = synchronous.enabled && synchronous.quorum ? Yaml("quorum") : Yaml(synchronous.enabled);
    dcs["synchronous_mode_strict"] = synchronous.enabled && synchronous.strict;
    if (synchronous.enabled) dcs["synchronous_node_count"] = synchronous.count;
    dcs["postgresql"] = {{"use_pg_rewind", true}, {"use_slots", true}, {"parameters", std::move(parameters)}};
    dcs["pg_cluster"] = input.cluster;
    dcs["pg_shard"] = input.shard.empty() ? input.cluster : input.shard;
    dcs["pg_group"] = input.group;
    dcs["pg_version"] = input.version;
    return dcs;
}

const std::vector<std::string>& dcs_only_parameters() {
    static const std::vector<std::string> names{"max_connections",
                                                "max_locks_per_transaction",
                                                "max_prepared_transactions",
                                                "max_replication_slots",
                                                "max_wal_senders",
                                                "max_worker_processes",
                                                "track_commit_timestamp",
                                                "wal_keep_segments",
                                                "wal_keep_size",
                                                "wal_level",
                                                "wal_log_hints"};
    return names;
}

std::optional<std::string> parameter_owner(std::string_view name) {
    static const std::map<std::string, std::string, std::less<>> owners{
        {"listen_addresses", "Patroni"},
        {"cluster_name", "Patroni"},
        {"hot_standby", "Patroni"},
        {"config_file", "Patroni"},
        {"primary_conninfo", "Patroni"},
        {"primary_slot_name", "Patroni"},
        {"recovery_target", "Patroni"},
        {"recovery_target_action", "Patroni"},
        {"recovery_target_inclusive", "Patroni"},
        {"recovery_target_lsn", "Patroni"},
        {"recovery_target_name", "Patroni"},
        {"recovery_target_time", "Patroni"},
        {"recovery_target_timeline", "Patroni"},
        {"recovery_target_xid", "Patroni"},
        {"synchronous_standby_names", "Patroni"},
        {"port", "the attribute port"},
        {"data_directory", "the attribute data_dir"},
        {"max_connections", "the attribute max_connections"},
        {"hba_file", "the attribute hba_rules"},
        {"recovery_min_apply_delay", "delay of an instance"},
        {"ident_file", "the provider"},
        {"unix_socket_directories", "the provider"},
        {"log_directory", "the provider"},
        {"ssl", "the attribute ssl"},
        {"ssl_ca_file", "the attribute ca"},
        {"ssl_cert_file", "the attribute ca"},
        {"ssl_key_file", "the attribute ca"}};
    const auto found = owners.find(name);
    if (found == owners.end()) return std::nullopt;
    return found->second;
}

}  // namespace pigsty::render
