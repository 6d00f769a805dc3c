#include "core/module/minio/overview.h"

#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/module/minio/files.h"

namespace pigsty::module::minio {
namespace {

using nlohmann::json;

node::Probe info_probe(const MinioCluster& cluster) {
    return {node::ProbeKind::command, client_functions(cluster) +
                                          "[ -e \"$conf/config.json\" ] || exit 0\n"
                                          "mc --json admin info local 2>/dev/null </dev/null | tr '\\n' ' '\n"};
}

const json& child(const json& object, const char* name) {
    static const json nothing;
    return object.is_object() && object.contains(name) ? object[name] : nothing;
}

}  // namespace

node::Probes overview_probes(const MinioCluster& cluster) { return {look_probe(cluster), info_probe(cluster)}; }

Overview overview_of(const MinioCluster& cluster, const node::Observation& seen) {
    Overview overview{.members = {}};
    overview.look = read_look(seen.command(look_probe(cluster).key));
    overview.serves = overview.look.serves;
    for (const auto& [number, address] : cluster.members)
        overview.members.emplace(
            number, MemberOverview{.name = member_name(cluster.name, number), .address = address.address, .state = {}});
    const json answer = json::parse(seen.command(info_probe(cluster).key), nullptr, false);
    const json& info = child(answer, "info");
    if (const json& parity = child(child(info, "backend"), "standardSCParity"); parity.is_number_integer())
        overview.parity = parity;
    const json& servers = child(info, "servers");
    if (!servers.is_array()) return overview;
    for (auto& [number, member] : overview.members) {
        for (const json& server : servers) {
            const json& endpoint = child(server, "endpoint");
            // A cluster of one has no name for itself.
            const bool is_it =
                cluster.members.size() == 1 || endpoint == host_port(node_name(cluster, number), cluster.port);
            if (!is_it || !child(server, "state").is_string()) continue;
            member.state = child(server, "state").get<std::string>();
            for (const json& drive : child(server, "drives"))
                ++(child(drive, "state") == "ok" ? member.drives_online : member.drives_offline);
        }
    }
    return overview;
}

}  // namespace pigsty::module::minio
