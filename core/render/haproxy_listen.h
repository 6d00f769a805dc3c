// A service of HAProxy that leads to servers which the user names: one `listen` section, the whole of its file.
//
//     Proxy proxy{.port = 9002, .options = {"option httpchk"}, .servers = {{.name = "minio-1", .ip = "10.10.10.10", .port = 9000}}};
//     TRY(const std::string text, render_haproxy_proxy("minio", proxy));
//     put_file("/etc/haproxy/conf.d/minio.cfg", text);
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace pigsty::render {

struct ProxyServer {
    std::string name;  // minio-1
    std::string ip;
    std::int64_t port = 0;
    bool backup = false;
    std::int64_t weight = 100;
    std::optional<std::string> options{};  // check port 9000 inter 3s
    bool operator==(const ProxyServer&) const = default;
};

struct Proxy {
    std::int64_t port = 0;
    std::string listen = "*";
    std::string mode = "tcp";  // tcp | http
    std::string balance = "roundrobin";
    std::int64_t maxconn = 10000;
    std::vector<std::string> options{};           // lines of the section
    std::optional<std::string> server_options{};  // of default-server; null: default_server() of `norm`
    std::vector<ProxyServer> servers{};
    bool operator==(const Proxy&) const = default;
};

// Error `invalid` where a line would not hold, as haproxy_words.h says.
Result<std::string> render_haproxy_proxy(std::string_view name, const Proxy& proxy);

}  // namespace pigsty::render
