#include "provider/resource/redis_cluster_attributes.h"

#include "core/module/redis/place.h"
#include "provider/resource/module_attributes.h"

namespace pigsty::provider {

using module::redis::Monitor;
using module::redis::RedisCluster;
using module::redis::RedisNode;

namespace {

constexpr const char* kKeptForLife = "a Redis cluster keeps it for life; make one of another name and move to it";

Attributes<module::redis::Instance> redis_instance_attributes() {
    return {
        attribute("replica_of", &module::redis::Instance::replica_of)
            .optional()
            .example("\"10.10.10.11 6379\"")
            .description("Standalone mode: the instance that it starts as a replica of, \"ADDRESS PORT\", or \"PORT\" "
                         "on the same node. A wish for the creation: who leads later is Sentinel's affair."),
        attribute("max_memory", &module::redis::Instance::max_memory)
            .optional()
            .description("Most memory of this instance. Not set: the cluster's `max_memory`."),
        attribute("parameters", &module::redis::Instance::parameters)
            .optional()
            .description("Directives of this instance alone; they win over the cluster's `parameters`."),
    };
}

Attributes<RedisNode> redis_node_attributes() {
    return {
        within(&RedisNode::node, node_address_attributes(kIpv4Address)),
        nested("instances", &RedisNode::instances, redis_instance_attributes())
            .required()
            .validate(framework::keys(framework::member_key()))
            .validate(framework::not_empty())
            .example("{ 6379 = {} }")
            .description("Servers on this node by port."),
    };
}

Attributes<Monitor> monitor_attributes() {
    return {
        attribute("name", &Monitor::name).required().description("What Sentinel and its clients call the primary."),
        attribute("host", &Monitor::host)
            .required()
            // Sentinel resolves no names unless told to.
            .validate(framework::follows(kIpAddress))
            .example("\"10.10.10.11\"")
            .description("Address of any member of the group; where the primary moved, Sentinel knows better."),
        attribute("port", &Monitor::port).fixed_default(6379).validate(framework::port()).description("Its port."),
        attribute("password", &Monitor::password)
            .optional()
            .sensitive()
            .same_meaning(may_be_given_password)
            .validate(framework::not_empty())
            .description("Password of the group, where it has one."),
        attribute("quorum", &Monitor::quorum)
            .fixed_default(1)
            .validate(framework::at_least(1))
            .description("How many sentinels must find the primary down."),
        attribute("down_after", &Monitor::down_after)
            .optional()
            .validate(framework::at_least(1))
            .description("Milliseconds without an answer until a sentinel finds the primary down. Not set: 30000."),
        attribute("failover_timeout", &Monitor::failover_timeout)
            .optional()
            .validate(framework::at_least(1))
            .description("Milliseconds until a failover that does not end is tried anew. Not set: 180000."),
        attribute("parallel_syncs", &Monitor::parallel_syncs)
            .optional()
            .validate(framework::at_least(1))
            .description("How many replicas copy the new primary at the same time. Not set: 1."),
    };
}

}  // namespace

Attributes<RedisCluster> redis_cluster_attributes() {
    return {
        cluster_name_attribute(&RedisCluster::name)
            .example("\"redis-test\"")
            .description("Name of the cluster. Instances are called `<name>-<node>-<port>`."),
        attribute("mode", &RedisCluster::mode)
            .required()
            .validate(framework::one_of({"standalone", "sentinel", "cluster"}))
            .fixed_after_creation(kKeptForLife)
            .example("\"standalone\"")
            .description("`standalone`: servers, and replicas of them. `sentinel`: sentinels that watch such groups. "
                         "`cluster`: a native cluster, its data spread over at least three masters."),
        attribute("engine", &RedisCluster::engine)
            .fixed_default("redis")
            .validate(framework::one_of({"redis", "valkey"}))
            .fixed_after_creation(kKeptForLife)
            .example("\"valkey\"")
            .description("`redis` or `valkey`. One engine on a node."),
        members_attribute("nodes", &RedisCluster::nodes, 99, redis_node_attributes())
            .example("{ 1 = { address = \"10.10.10.11\", instances = { 6379 = {} } } }")
            .description("Nodes by number, each with its servers."),
        attribute("password", &RedisCluster::password)
            .optional()
            .sensitive()
            .same_meaning(may_be_given_password)
            .validate(framework::not_empty())
            .description("Password of clients. It is in the state; `password_wo` never is. The servers keep its hash "
                         "alone. Without one only the nodes themselves may connect."),
        attribute("password_wo_version", &RedisCluster::password_wo_version)
            .optional()
            .description("Any number; another one makes `password_wo` count anew."),
        attribute("max_memory", &RedisCluster::max_memory)
            .fixed_default("1GB")
            .description("Most memory of an instance, as Redis writes sizes."),
        attribute("memory_policy", &RedisCluster::memory_policy)
            .fixed_default("allkeys-lru")
            .description("What goes when the memory is full."),
        attribute("rdb_save", &RedisCluster::rdb_save)
            .fixed_default(framework::Value::list({framework::Value::string("1200 1")}))
            .description("When a snapshot is written: \"SECONDS CHANGES\". `[]`: never."),
        attribute("aof", &RedisCluster::aof).fixed_default(false).description("Keep an append-only file as well."),
        attribute("listen", &RedisCluster::listen)
            .optional()
            .example("[\"0.0.0.0\"]")
            .description("Addresses to listen on. Not set: the node's address and loopback."),
        attribute("rename_commands", &RedisCluster::rename_commands)
            .optional()
            .example("{ FLUSHALL = \"\" }")
            .description("Other names of commands; an empty one: nobody may call it."),
        attribute("parameters", &RedisCluster::parameters)
            .optional()
            .example("{ \"hz\" = \"20\" }")
            .description("Directives of all instances. Those that an attribute stands for are refused."),
        attribute("replicas", &RedisCluster::replicas)
            .fixed_default(1)
            .validate(framework::at_least(0))
            .fixed_after_creation(kKeptForLife)
            .description("Cluster mode: replicas of each master."),
        data_dir_attribute(&RedisCluster::data_dir)
            .fixed_after_creation(kKeptForLife)
            .description("Folder of the instances' data."),
        object("ca", &RedisCluster::ca, ca_reference_attributes())
            .optional()
            .example("pigsty_ca.this.ref")
            .description("The authority that signs the nodes' certificates: clients, replication and the cluster's bus "
                         "then use TLS, and nothing listens without. Not set: no TLS."),
        nested("sentinel_monitor", &RedisCluster::sentinel_monitor, monitor_attributes())
            .optional()
            .example("[{ name = \"redis-ms\", host = \"10.10.10.11\", quorum = 2 }]")
            .description("Sentinel mode: the groups to watch. One that is taken out is no longer watched."),
        attribute("restart", &RedisCluster::restart)
            .fixed_default("manual")
            .validate(framework::one_of({"manual", "rolling"}))
            .description("What happens to a change that needs a restart. `manual`: it waits for one. `rolling`: "
                         "replicas first, then the masters, one after the other."),
    };
}

}  // namespace pigsty::provider
