// Attributes that resources with members have in common: kind, default and what the value may be. The resource itself adds
// its words:
//
//     cluster_name_attribute(&EtcdCluster::name).example("\"etcd\"").description("Name of the cluster."),
//     members_attribute("members", &EtcdCluster::members, 7).description("Members by number."),
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "core/base/constraint.h"
#include "core/base/given_password.h"
#include "core/base/member_key.h"
#include "provider/configuration/attributes.h"
#include "provider/configuration/references.h"
#include "provider/framework/validators.h"

namespace pigsty::provider {

// The words of a declaration.
using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using framework::within;

// For same_meaning(): what an import knows of a password in the state, and the word in the configuration.
inline bool may_be_given_password(const framework::Value& prior, const framework::Value& next) {
    return next.is_known() && may_be_password(Secret(prior.as_string()), Secret(next.as_string()));
}

template <class Spec>
framework::AttributeBuilder<Spec> cluster_name_attribute(std::string Spec::* name) {
    return attribute("name", name).required().forces_replacement().validate(framework::follows(kClusterName));
}

// By number, `most` of them. `member`: the attributes of one.
template <class Spec, class Member>
framework::AttributeBuilder<Spec> members_attribute(std::string name, MemberMap<Member> Spec::* members,
                                                    std::size_t most, const Attributes<Member>& member) {
    return nested(std::move(name), members, member)
        .required()
        .validate(framework::keys(framework::member_key()))
        .validate(framework::size_between(1, most));
}

template <class Spec>
framework::AttributeBuilder<Spec> members_attribute(std::string name, MemberMap<node::NodeAddress> Spec::* members,
                                                    std::size_t most) {
    return members_attribute(std::move(name), members, most, node_address_attributes(kIpv4Address));
}

// `port` and `data_dir` default to what the specification has.
template <class Spec>
framework::AttributeBuilder<Spec> port_attribute(std::string name, std::int64_t Spec::* port) {
    return attribute(std::move(name), port).fixed_default(Spec().*port).validate(framework::port());
}

template <class Spec>
framework::AttributeBuilder<Spec> data_dir_attribute(std::string Spec::* folder) {
    return attribute("data_dir", folder).fixed_default(Spec().*folder).validate(framework::follows(kDataFolder));
}

// The authority that signs the members' certificates.
template <class Spec>
framework::AttributeBuilder<Spec> ca_attribute(module::ca::Reference Spec::* ca) {
    return object("ca", ca, ca_reference_attributes()).required().example("pigsty_ca.this.ref");
}

}  // namespace pigsty::provider
