// What a user asks of a service of HAProxy on some nodes.
//
//     claim.spec = write_json(service);
//     TRY(const HaproxyService service, read_json<HaproxyService>(claim.spec));
#pragma once

#include <optional>
#include <string>

#include "core/base/constraint.h"
#include "core/base/json_fields.h"
#include "core/base/member_key.h"
#include "core/module/ca/reference.h"
#include "core/module/platform/node_address_fields.h"
#include "core/node/node.h"
#include "core/render/haproxy_listen.h"

namespace pigsty::render {

void fields(auto& visit, FieldsOf<ProxyServer> auto& server) {
    visit("name", server.name);
    visit("ip", server.ip);
    visit("port", server.port);
    visit("backup", server.backup);
    visit("weight", server.weight);
    visit("options", server.options);
}

void fields(auto& visit, FieldsOf<Proxy> auto& proxy) {
    visit("port", proxy.port);
    visit("listen", proxy.listen);
    visit("mode", proxy.mode);
    visit("balance", proxy.balance);
    visit("maxconn", proxy.maxconn);
    visit("options", proxy.options);
    visit("server_options", proxy.server_options);
    visit("servers", proxy.servers);
}

}  // namespace pigsty::render

namespace pigsty::module::haproxy {

struct HaproxyService {
    std::string name;
    MemberMap<node::NodeAddress> nodes;
    std::optional<ca::Reference> ca{};  // its certificate comes to kAuthorityFile
    render::Proxy proxy{};
    bool operator==(const HaproxyService&) const = default;
};

// Where the options of servers expect the authority, as Pigsty has it.
inline constexpr const char* kAuthorityFile = "/etc/pki/ca.crt";
inline constexpr Range kServerWeights{0, 256};
inline constexpr Range kProxyConnections{1, 1000000};

void fields(auto& visit, FieldsOf<HaproxyService> auto& service) {
    visit("name", service.name);
    visit("nodes", service.nodes);
    visit("ca", service.ca);
    fields(visit, service.proxy);
}

}  // namespace pigsty::module::haproxy
