#include "core/module/redis/files.h"

#include <algorithm>
#include <map>

#include "core/item/path_state.h"
#include "core/render/banner.h"
#include "core/render/secret_reference.h"

namespace pigsty::module::redis {
namespace {

std::string secret(const char* name, std::int64_t generation = 1) {
    return render::secret_reference({.name = name, .generation = generation});
}

std::string line(std::string_view directive, std::string_view value) {
    return std::string(directive) + " " + redis_quote(value) + "\n";
}

std::string network_lines(const RedisCluster& cluster, const converge::Member& member, const InstancePlace& place) {
    const std::vector<std::string> listen =
        cluster.listen.empty() ? std::vector<std::string>{place.address, "127.0.0.1"} : cluster.listen;
    std::string text = line("bind", item::join(listen, " "));
    text += line("protected-mode", cluster.mode != "sentinel" && !password_generation(cluster) ? "yes" : "no");
    if (!cluster.ca) return text + line("port", place.port);
    text += line("port", "0") + line("tls-port", place.port);
    text += line("tls-cert-file", certificate_path(member)) + line("tls-key-file", key_path(member)) +
            line("tls-ca-cert-file", authority_path(cluster));
    text += line("tls-auth-clients", "optional") + line("tls-replication", "yes");
    if (cluster.mode == "cluster") text += line("tls-cluster", "yes");
    return text;
}

std::string data_lines(const RedisCluster& cluster, const InstancePlace& place) {
    std::string text = line("masteruser", kReplication);
    text += std::string("masterauth ") + secret(kReplication) + "\n";
    text += line("replica-announce-ip", place.address);
    if (cluster.mode == "cluster")
        text += line("cluster-enabled", "yes") + line("cluster-config-file", "nodes.conf") +
                line("cluster-announce-ip", place.address);
    text += line("maxmemory", place.instance->max_memory.value_or(cluster.max_memory));
    text += line("maxmemory-policy", cluster.memory_policy);
    // Lines of the server's own file and ours add up; an empty one forgets those before it.
    text += line("save", "");
    if (!cluster.rdb_save.empty()) text += line("save", item::join(cluster.rdb_save, " "));
    text += line("appendonly", cluster.aof ? "yes" : "no");
    for (const auto& [command, name] : cluster.rename_commands)
        text += "rename-command " + redis_quote(command) + " " + redis_quote(name) + "\n";
    return text;
}

}  // namespace

std::string redis_quote(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            quoted += {'\\', c};
        } else if (byte < 0x20 || byte == 0x7f) {
            quoted += {'\\', 'x', kHex[byte / 16], kHex[byte % 16]};
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

std::string own_conf_text(const RedisCluster& cluster, const converge::Member& member, const InstancePlace& place) {
    std::string text = render::banner() + network_lines(cluster, member, place);
    text += line("dir", place.data) + line("aclfile", place.users()) + line("logfile", "");
    if (cluster.mode == "sentinel") {
        text += "sentinel deny-scripts-reconfig yes\n";
        text += std::string("sentinel sentinel-user ") + kReplication + "\n";
        text += "sentinel sentinel-pass " + secret(kReplication) + "\n";
    } else {
        text += data_lines(cluster, place);
    }
    std::map<std::string, std::string> parameters = cluster.parameters;
    for (const auto& [name, value] : place.instance->parameters) parameters.insert_or_assign(name, value);
    for (const auto& [name, value] : parameters) text += line(name, value);
    return text;
}

std::string users_text(const RedisCluster& cluster) {
    const auto generation = password_generation(cluster);
    std::string text = "user default on ";
    text += generation ? "#" + secret(kClientsHash, *generation) : "nopass";
    text += " ~* &* +@all\n";
    text += std::string("user ") + kAdministrator + " on #" + secret(kAdministratorHash) + " ~* &* +@all\n";
    text += std::string("user ") + kReplication + " on #" + secret(kReplicationHash) + " resetchannels -@all ";
    return text + (cluster.mode == "sentinel"
                       ? "&* +auth +client|setname +client|kill +ping +publish +subscribe +sentinel +info +role\n"
                       : "+psync +replconf +ping\n");
}

std::string unit_text(const RedisCluster& cluster, const InstancePlace& place) {
    const std::string engine = engine_of(cluster);
    return render::banner() + "[Unit]\nDescription=" + (engine == "valkey" ? "Valkey " : "Redis ") + place.name +
           "\nWants=network-online.target\nAfter=network-online.target\n\n[Service]\nType=notify\nUser=" + engine +
           "\nGroup=" + engine + "\nExecStartPre=+/bin/sh -c '[ -e " + place.conf() + " ] || install -m 0640 -o " +
           engine + " -g " + engine + " /dev/null " + place.conf() + "'\nExecStart=/usr/bin/" + engine + "-server " +
           place.conf() + (cluster.mode == "sentinel" ? " --sentinel" : "") + " --include " + place.own_conf() +
           " --supervised systemd --daemonize no\nTimeoutStartSec=infinity\nTimeoutStopSec=infinity\n"
           "Restart=on-failure\nRestartSec=5\nUMask=0077\nLimitNOFILE=65535\nNoNewPrivileges=yes\nPrivateTmp=yes\n\n"
           "[Install]\nWantedBy=multi-user.target\n";
}

}  // namespace pigsty::module::redis
