#include "core/module/redis/live.h"

#include <map>
#include <memory>

#include "core/base/number.h"
#include "core/item/path_state.h"
#include "core/item/reservation.h"
#include "core/module/redis/ask.h"

namespace pigsty::module::redis {
namespace {

std::int64_t number_of(const std::map<std::string, std::string>& fields, const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() ? 0 : number_in(found->second).value_or(0);
}

std::string text_of(const std::map<std::string, std::string>& fields, const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
}

// An item of the claim without a trace of its own on the node: the server's memory.
class LiveItem final : public item::Item {
  public:
    LiveItem(const RedisCluster& cluster, const InstancePlace& place)
        : name_(place.name),
          probe_(look_probe(cluster, place)),
          settle_(ask_functions(cluster) + at_instance(cluster, place) + "settle\n") {}

    [[nodiscard]] std::string kind() const override { return std::string(item::ReservationItem::kKind); }
    [[nodiscard]] std::string label() const override { return name_ + " settings"; }
    [[nodiscard]] std::string desired() const override { return "as its files say"; }
    [[nodiscard]] node::Probes probes() const override { return {probe_}; }
    [[nodiscard]] std::optional<item::Change> compare(const node::Observation& seen,
                                                      const node::ClaimedItem*) const override {
        const InstanceLook look = read_look(seen.command(probe_.key));
        // One that does not run is told by its unit.
        if (look.differs.empty()) return std::nullopt;
        return item::Change{
            item::Verb::update,
            item::join(look.differs) + (look.differs.size() == 1 ? " differs" : " differ") + " from what was set"};
    }
    [[nodiscard]] std::vector<node::Operation> operations(const item::Change&) const override {
        return {node::RunScript{.text = settle_}};
    }
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation&) const override {
        return {.kind = kind(), .fingerprint = {}, .probes = {probe_}};
    }

  private:
    std::string name_;
    node::Probe probe_;
    std::string settle_;
};

}  // namespace

bool is_cut_off(const InstanceLook& look) {
    return look.answers && look.role == "slave" && !look.is_linked && !look.is_copying;
}

node::Probe look_probe(const RedisCluster& cluster, const InstancePlace& place) {
    std::string commands;
    if (cluster.mode != "sentinel") commands += "INFO replication\\n";
    if (cluster.mode == "cluster") commands += "CLUSTER INFO\\nCLUSTER NODES\\n";
    const std::string script = ask_functions(cluster) + at_instance(cluster, place) + "look '" + commands + "'\n";
    return {node::ProbeKind::command, script};
}

InstanceLook read_look(std::string_view printed) {
    InstanceLook look;
    std::map<std::string, std::string> fields;
    std::string nodes;
    while (!printed.empty()) {
        const auto end = printed.find('\n');
        const std::string_view line = printed.substr(0, end);
        printed = end == std::string_view::npos ? std::string_view() : printed.substr(end + 1);
        if (line == "stopped") return {};
        if (line == "silent") {
            look.differs = {"user pigsty"};
            return look;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string name(line.substr(0, colon));
        const std::string value(line.substr(colon + 1));
        if (name == "differs") {
            look.differs.push_back(value.starts_with("setting ") ? value.substr(8) : value);
        } else if (name == "node") {
            nodes += value + "\n";
        } else {
            fields.emplace(name, value);
        }
    }
    look.answers = true;
    look.role = text_of(fields, "role");
    if (look.role == "slave") look.primary = text_of(fields, "master_host") + " " + text_of(fields, "master_port");
    look.is_linked = text_of(fields, "master_link_status") == "up";
    look.is_copying = text_of(fields, "master_sync_in_progress") == "1";
    look.copied = number_of(fields, "master_sync_read_bytes");
    look.replicas = number_of(fields, "connected_slaves");
    look.offset = number_of(fields, "master_repl_offset");
    look.state = text_of(fields, "cluster_state");
    look.slots = number_of(fields, "cluster_slots_ok");
    look.epoch = number_of(fields, "cluster_current_epoch");
    look.nodes = read_cluster_nodes(nodes);
    return look;
}

item::ItemPtr live_item(const RedisCluster& cluster, const InstancePlace& place) {
    return std::make_shared<LiveItem>(cluster, place);
}

}  // namespace pigsty::module::redis
