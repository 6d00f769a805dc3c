// etcd.conf of one member (reference 6.2, behaviour 8): TLS on both sides, nobody gets in without a certificate.
//
//     put_file("/etc/etcd/etcd.conf", render_etcd_conf({.cluster = "etcd", .name = "etcd-1", .address = "10.10.10.11",
//                                                       .members = {{"etcd-1", "10.10.10.11"}, …}}));
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pigsty::render {

struct EtcdMember {
    std::string cluster;  // name, and the token that keeps members of other clusters out
    std::string name;     // etcd-1
    std::string address;
    std::vector<std::pair<std::string, std::string>> members;  // name and address of all, in the order of their numbers
    std::int64_t port = 2379;
    std::int64_t peer_port = 2380;
    std::string data_dir = "/data/etcd";
    std::int64_t quota_backend_bytes = 8589934592;
    std::string state = "new";  // new | existing: read at the first start alone
};

std::string render_etcd_conf(const EtcdMember& member);
// "https://10.10.10.11:2379"
std::string etcd_endpoint(const std::string& address, std::int64_t port);

inline constexpr const char* kEtcdConf = "/etc/etcd/etcd.conf";
inline constexpr const char* kEtcdCa = "/etc/etcd/ca.crt";
// Server and peer leaf (serverAuth and clientAuth: the gateway inside etcd is a client of etcd).
inline constexpr const char* kEtcdServerCertificate = "/etc/etcd/server.crt";
inline constexpr const char* kEtcdServerKey = "/etc/etcd/server.key";

}  // namespace pigsty::render
