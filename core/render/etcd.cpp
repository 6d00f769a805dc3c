#include "core/render/etcd.h"

#include "core/base/text.h"
#include "core/render/banner.h"
#include "core/render/yaml.h"

namespace pigsty::render {

std::string etcd_endpoint(const std::string& address, std::int64_t port) {
    return "https://" + host_port(address, port);
}

std::string render_etcd_conf(const EtcdMember& member) {
    std::string initial_cluster;
    for (const auto& [name, address] : member.members)
        initial_cluster += (initial_cluster.empty() ? "" : ",") + name + "=" + etcd_endpoint(address, member.peer_port);

    Yaml conf;
    conf["name"] = member.name;
    conf["data-dir"] = member.data_dir;
    conf["initial-cluster-token"] = member.cluster;
    conf["initial-cluster-state"] = member.state;
    conf["initial-cluster"] = initial_cluster;
    conf["initial-advertise-peer-urls"] = etcd_endpoint(member.address, member.peer_port);
    conf["listen-peer-urls"] = etcd_endpoint(member.address, member.peer_port);
    conf["listen-client-urls"] =
        etcd_endpoint(member.address, member.port) + "," + etcd_endpoint("127.0.0.1", member.port);
    conf["advertise-client-urls"] = etcd_endpoint(member.address, member.port);
    // Patroni's way in. etcd 3.4 switches it off where it is started from a file, whatever its manual calls the default.
    conf["enable-grpc-gateway"] = true;
    conf["election-timeout"] = 1000;
    conf["heartbeat-interval"] = 100;
    conf["quota-backend-bytes"] = member.quota_backend_bytes;
    conf["auto-compaction-mode"] = "periodic";
    conf["auto-compaction-retention"] = "24h";
    for (const char* side : {"client-transport-security", "peer-transport-security"})
        conf[side] = {{"cert-file", kEtcdServerCertificate},
                      {"key-file", kEtcdServerKey},
                      {"trusted-ca-file", kEtcdCa},
                      {"client-cert-auth", true}};
    return banner() + to_yaml(conf);
}

}  // namespace pigsty::render
