#include "core/module/redis/rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "core/base/number.h"
#include "core/base/unknown.h"

namespace pigsty::module::redis {
namespace {

using Problems = std::vector<Problem>;

constexpr std::int64_t kBusOffset = 10000;
constexpr std::size_t kMasters = 3;  // the least of a native cluster
constexpr std::size_t kPasswordBytes = 512;

// Directives that an attribute or the provider itself writes, and what to use for them.
constexpr std::array kOwned = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"port", "the keys of `instances`"},
    {"tls-port", "`ca`"},
    {"bind", "`listen`"},
    {"protected-mode", "`password`"},
    {"requirepass", "`password`"},
    {"masterauth", "`password`"},
    {"masteruser", "`password`"},
    {"primaryauth", "`password`"},
    {"primaryuser", "`password`"},
    {"aclfile", "`password`"},
    {"user", "`password`"},
    {"replicaof", "`replica_of`"},
    {"slaveof", "`replica_of`"},
    {"maxmemory", "`max_memory`"},
    {"maxmemory-policy", "`memory_policy`"},
    {"save", "`rdb_save`"},
    {"appendonly", "`aof`"},
    {"rename-command", "`rename_commands`"},
    {"dir", "`data_dir`"},
    {"cluster-enabled", "`mode`"},
    {"tls-cert-file", "`ca`"},
    {"tls-key-file", "`ca`"},
    {"tls-ca-cert-file", "`ca`"},
    {"tls-replication", "`ca`"},
    {"tls-cluster", "`ca`"},
    {"sentinel", "`sentinel_monitor`"},
    {"cluster-config-file", ""},
    {"daemonize", ""},
    {"supervised", ""},
    {"pidfile", ""},
    {"logfile", ""},
    {"dbfilename", ""},
    {"appendfilename", ""},
    {"appenddirname", ""},
    {"include", ""},
    {"loadmodule", ""},
});

constexpr std::array<std::string_view, 8> kPolicies{"noeviction",   "allkeys-lru",  "allkeys-lfu",     "allkeys-random",
                                                    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"};

// What the members say to each other, and what settings are read and set with.
constexpr std::array<std::string_view, 15> kNeeded{"ACL",   "AUTH",    "CLIENT",   "CLUSTER",   "CONFIG",
                                                   "ECHO",  "EXEC",    "INFO",     "MULTI",     "PING",
                                                   "PSYNC", "PUBLISH", "REPLCONF", "REPLICAOF", "SLAVEOF"};

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string at(std::string_view attribute, std::string_view key) {
    return std::string(attribute) + "[" + in_quotes(key) + "]";
}

std::string path_of(const std::string& number, const std::string& port) {
    return at("nodes", number) + "." + at("instances", port);
}

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// "64MB", "1gb", "1048576": as Redis reads sizes.
bool is_size(std::string_view text) {
    std::string unit;
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    for (const char c : text.substr(digits)) unit += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    static constexpr std::array<std::string_view, 8> kUnits{"", "b", "k", "kb", "m", "mb", "g", "gb"};
    return digits > 0 && digits <= 12 && std::ranges::find(kUnits, std::string_view(unit)) != kUnits.end();
}

void check_size(const std::optional<std::string>& size, const std::string& path, Problems& problems) {
    if (!size || has_unknown(*size) || is_size(*size)) return;
    problems.push_back({path, "expected a size as Redis writes it, found " + in_quotes(*size),
                        "write digits and a unit, as \"64MB\" or \"1GB\""});
}

void check_parameters(const std::map<std::string, std::string>& parameters, const std::string& path,
                      Problems& problems) {
    for (const auto& [name, value] : parameters) {
        const std::string here = path + "[" + in_quotes(name) + "]";
        std::string lower;
        for (const char c : name) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        const bool is_word = !lower.empty() && std::ranges::all_of(lower, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        });
        const auto owned =
            std::ranges::find(kOwned, std::string_view(lower), [](const auto& one) { return one.first; });
        if (!is_word) {
            problems.push_back(
                {here, "expected the name of a directive, found " + in_quotes(name), "letters, digits, - and _"});
        } else if (owned != kOwned.end()) {
            problems.push_back({here, "expected a directive that nothing else writes, found " + lower,
                                owned->second.empty() ? "it is what this resource itself needs; leave it out"
                                                      : "use " + std::string(owned->second)});
        } else if (name != lower) {
            problems.push_back({here, "expected " + in_quotes(lower) + ", found " + in_quotes(name),
                                "write directives in lower case, so that each is there once"});
        }
        if (!has_unknown(value) && has_control(value))
            problems.push_back({here, "expected a value without control characters", "write it on one line"});
    }
}

void check_ports(const RedisCluster& cluster, Problems& problems) {
    for (const auto& [number, node] : cluster.nodes) {
        for (const auto& [port, instance] : node.instances) {
            const std::string path = path_of(number, port);
            const auto value = is_digits(port) ? number_in(port) : std::nullopt;
            const std::int64_t most = cluster.mode == "cluster" ? kPorts.most - kBusOffset : kPorts.most;
            if (!value || *value < 1 || *value > most) {
                problems.push_back({path, "expected a port between 1 and " + std::to_string(most) + ", found " + port,
                                    cluster.mode == "cluster" ? "the cluster's bus listens 10000 above it"
                                                              : "an instance's key is its port"});
                continue;
            }
            if (cluster.mode == "cluster" && node.instances.contains(std::to_string(*value + kBusOffset)))
                problems.push_back({at("nodes", number) + "." + at("instances", std::to_string(*value + kBusOffset)),
                                    "expected a port of its own, found that of the bus of instance " + port,
                                    "the cluster's bus listens 10000 above an instance's port"});
        }
    }
}

// Instances by where they are, and what they replicate.
using Masters = std::map<Place, std::optional<Place>>;

// Why nobody can follow this wish; empty: somebody can.
std::string refused_primary(const Place& own, const std::optional<Place>& wanted, const Masters& masters,
                            const std::string& text) {
    if (!wanted) return "expected \"ADDRESS PORT\" or \"PORT\", found " + in_quotes(text);
    if (*wanted == own) return "expected another instance, found itself";
    if (!masters.contains(*wanted))
        return "expected an instance that `nodes` declares, found " + wanted->address + " " + wanted->port;
    Place next = *wanted;
    for (std::size_t steps = 0; steps <= masters.size(); ++steps) {
        const auto found = masters.find(next);
        if (found == masters.end() || !found->second) return {};
        next = *found->second;
        if (next == own) return "expected a primary at the end, found a ring that comes back to this instance";
    }
    return {};
}

void check_replicas(const RedisCluster& cluster, Problems& problems) {
    Masters masters;
    bool all_known = true;
    for (const auto& [number, node] : cluster.nodes) {
        all_known = all_known && !has_unknown(node.node.address);
        for (const auto& [port, instance] : node.instances)
            masters[{node.node.address, port}] =
                instance.replica_of ? place_of(*instance.replica_of, node.node.address) : std::nullopt;
    }
    for (const auto& [number, node] : cluster.nodes) {
        for (const auto& [port, instance] : node.instances) {
            if (!instance.replica_of || has_unknown(*instance.replica_of)) continue;
            const std::string path = path_of(number, port) + ".replica_of";
            if (cluster.mode != "standalone") {
                problems.push_back({path, "expected it in standalone mode alone, found mode " + in_quotes(cluster.mode),
                                    "a native cluster chooses replicas by `replicas`; leave it out"});
                continue;
            }
            if (!all_known) continue;
            const Place own{node.node.address, port};
            const std::string why = refused_primary(own, masters.at(own), masters, *instance.replica_of);
            if (!why.empty()) problems.push_back({path, why, "name the primary of its group, as \"10.10.10.10 6379\""});
        }
    }
}

std::size_t instance_count(const RedisCluster& cluster) {
    std::size_t count = 0;
    for (const auto& [number, node] : cluster.nodes) count += node.instances.size();
    return count;
}

void check_masters(const RedisCluster& cluster, Problems& problems) {
    if (cluster.mode != "cluster" || cluster.nodes.empty()) return;
    const std::size_t count = instance_count(cluster);
    const auto each = static_cast<std::size_t>(std::max<std::int64_t>(cluster.replicas, 0)) + 1;
    const std::string sum =
        std::to_string(count) + " instances with " + std::to_string(each - 1) + " replicas for each master";
    if (count % each != 0) {
        problems.push_back({"nodes", sum + " are no whole number of masters",
                            "expected a multiple of " + std::to_string(each) + " instances"});
    } else if (count / each < kMasters) {
        problems.push_back({"nodes", "expected at least 3 masters, found " + std::to_string(count / each) + ": " + sum,
                            "add instances, " + std::to_string(kMasters * each) + " at least, or lower `replicas`"});
    }
}

// Sentinel writes the password into its own file without quotes, and could not start with it again.
bool sentinel_can_hold(std::string_view password) {
    return std::ranges::none_of(password,
                                [](unsigned char c) { return c <= 0x20 || c == '"' || c == '\'' || c == 0x7f; });
}

void check_monitors(const RedisCluster& cluster, Problems& problems) {
    if (cluster.mode != "sentinel") {
        if (!cluster.sentinel_monitor.empty())
            problems.push_back({"sentinel_monitor",
                                "expected it in sentinel mode alone, found mode " + in_quotes(cluster.mode),
                                "sentinels are a pigsty_redis_cluster of their own, with mode = \"sentinel\""});
        return;
    }
    const std::size_t sentinels = instance_count(cluster);
    std::set<std::string> names;
    for (std::size_t i = 0; i < cluster.sentinel_monitor.size(); ++i) {
        const Monitor& monitor = cluster.sentinel_monitor[i];
        const std::string path = "sentinel_monitor[" + std::to_string(i) + "]";
        const bool is_word = !monitor.name.empty() && std::ranges::all_of(monitor.name, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                   c == '_';
        });
        if (!has_unknown(monitor.name)) {
            if (!is_word)
                problems.push_back({path + ".name",
                                    "expected letters, digits, dots, - and _, found " + in_quotes(monitor.name),
                                    "Sentinel takes no other names"});
            if (!names.insert(monitor.name).second)
                problems.push_back({path + ".name",
                                    "expected a name of its own, found a second " + in_quotes(monitor.name),
                                    "clients ask for a primary by this name"});
        }
        if (sentinels > 0 && monitor.quorum > static_cast<std::int64_t>(sentinels))
            problems.push_back({path + ".quorum",
                                "expected at most " + std::to_string(sentinels) + ", the number of sentinels, found " +
                                    std::to_string(monitor.quorum),
                                "more than half of them is usual"});
        if (monitor.password && !has_unknown(monitor.password->reveal()) &&
            !sentinel_can_hold(monitor.password->reveal()))
            problems.push_back({path + ".password", "expected a password without blanks, quotes and control characters",
                                "Sentinel writes it into its own file without quotes and could not start again"});
    }
}

// Without a password a server lets nobody in from another machine, the other members neither.
void check_password(const RedisCluster& cluster, Problems& problems) {
    if (cluster.password || cluster.password_wo_version || cluster.nodes.size() < 2) return;
    bool is_needed = cluster.mode != "standalone";
    for (const auto& [number, node] : cluster.nodes)
        for (const auto& [port, instance] : node.instances)
            if (const auto primary = instance.replica_of && !has_unknown(*instance.replica_of)
                                         ? place_of(*instance.replica_of, node.node.address)
                                         : std::nullopt)
                is_needed = is_needed || primary->address != node.node.address;
    if (is_needed)
        problems.push_back({"password",
                            "expected a password where instances of several nodes talk to each other, found none",
                            "set `password`, or `password_wo` with `password_wo_version`"});
}

void check_texts(const RedisCluster& cluster, Problems& problems) {
    if (cluster.password && !has_unknown(cluster.password->reveal())) {
        const std::string_view password = cluster.password->reveal();
        if (has_control(password))
            problems.push_back({"password", "expected a password without control characters", "choose another"});
        if (password.size() > kPasswordBytes)
            problems.push_back({"password", "expected at most 512 bytes, found " + std::to_string(password.size()),
                                "choose a shorter one"});
    }
    if (!has_unknown(cluster.memory_policy) &&
        std::ranges::find(kPolicies, std::string_view(cluster.memory_policy)) == kPolicies.end())
        problems.push_back({"memory_policy", "expected a policy of Redis, found " + in_quotes(cluster.memory_policy),
                            "\"allkeys-lru\" and \"noeviction\" are the usual ones"});
    for (std::size_t i = 0; i < cluster.rdb_save.size(); ++i) {
        const std::string& line = cluster.rdb_save[i];
        const auto blank = line.find(' ');
        const auto seconds = number_in(line.substr(0, blank));
        const auto changes = blank == std::string::npos ? std::nullopt : number_in(line.substr(blank + 1));
        if (!has_unknown(line) && (!seconds || !changes || *seconds < 1 || *changes < 1))
            problems.push_back({"rdb_save[" + std::to_string(i) + "]",
                                "expected \"SECONDS CHANGES\", found " + in_quotes(line), "as \"1200 1\""});
    }
    for (std::size_t i = 0; i < cluster.listen.size(); ++i)
        if (!has_unknown(cluster.listen[i]) && !kIpAddress.holds(cluster.listen[i]))
            problems.push_back({"listen[" + std::to_string(i) + "]", expected(kIpAddress, cluster.listen[i]),
                                "\"0.0.0.0\" listens on all"});
    std::map<std::string, std::string> names;
    for (const auto& [command, name] : cluster.rename_commands) {
        std::string upper;
        for (const char c : command) upper += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        if (std::ranges::find(kNeeded, std::string_view(upper)) != kNeeded.end())
            problems.push_back(
                {at("rename_commands", command),
                 "expected a command that neither replicas, sentinels nor this provider need, found " + upper,
                 "leave it out: only users whose password is known come in at all"});
        const auto is_word = [](std::string_view text) {
            return std::ranges::all_of(text,
                                       [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\''; });
        };
        const std::string path = at("rename_commands", command);
        if (command.empty() || !is_word(command) || (!has_unknown(name) && !is_word(name)))
            problems.push_back({path, "expected words without blanks and quotes, found " + in_quotes(name),
                                "an empty name forbids the command"});
        const auto [other, is_new] = names.try_emplace(name, command);
        if (!name.empty() && !is_new)
            problems.push_back({path, "expected a name of its own, found that of " + other->second, "choose another"});
    }
}

}  // namespace

std::optional<Place> place_of(std::string_view replica_of, const std::string& own_address) {
    while (!replica_of.empty() && replica_of.front() == ' ') replica_of.remove_prefix(1);
    const auto blank = replica_of.find(' ');
    if (blank == std::string_view::npos)
        return is_digits(replica_of) ? std::optional(Place{own_address, std::string(replica_of)}) : std::nullopt;
    const std::string_view address = replica_of.substr(0, blank);
    const std::string_view port = replica_of.substr(blank + 1);
    if (!kIpv4Address.holds(address) || !is_digits(port)) return std::nullopt;
    return Place{std::string(address), std::string(port)};
}

std::vector<Problem> problems_of(const RedisCluster& cluster) {
    Problems problems;
    check_ports(cluster, problems);
    check_replicas(cluster, problems);
    check_masters(cluster, problems);
    check_monitors(cluster, problems);
    check_password(cluster, problems);
    check_texts(cluster, problems);
    check_size(cluster.max_memory, "max_memory", problems);
    check_parameters(cluster.parameters, "parameters", problems);
    for (const auto& [number, node] : cluster.nodes) {
        for (const auto& [port, instance] : node.instances) {
            check_size(instance.max_memory, path_of(number, port) + ".max_memory", problems);
            check_parameters(instance.parameters, path_of(number, port) + ".parameters", problems);
        }
    }
    return problems;
}

std::vector<Problem> warnings_of(const RedisCluster& cluster) {
    Problems warnings;
    if (!cluster.password && !cluster.password_wo_version)
        warnings.push_back({"password", cluster.name + " has no password: only its nodes themselves may connect",
                            "set `password` or `password_wo`"});
    if (cluster.mode != "cluster" || cluster.nodes.empty()) return warnings;
    const std::size_t count = instance_count(cluster);
    const auto each = static_cast<std::size_t>(cluster.replicas) + 1;
    const std::size_t masters = count / each;
    if (cluster.replicas > 0 && cluster.nodes.size() == 1)
        warnings.push_back({"nodes", "every replica is beside its master on one node", "use more nodes"});
    // Masters are spread evenly, so of n nodes one holds at least an n-th of them, rounded up.
    const std::size_t here = (masters + cluster.nodes.size() - 1) / cluster.nodes.size();
    if (2 * here >= masters)
        warnings.push_back({"nodes",
                            "one node holds " + std::to_string(here) + " of " + std::to_string(masters) +
                                " masters: without it no majority of masters is left, and there is no failover",
                            "use at least 3 nodes"});
    return warnings;
}

}  // namespace pigsty::module::redis
