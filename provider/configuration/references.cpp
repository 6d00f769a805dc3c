#include "provider/configuration/references.h"

#include "provider/configuration/attributes.h"

namespace pigsty::provider {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using module::ca::Reference;
using module::etcd::Access;

Attributes<Reference> ca_reference_attributes() {
    return {
        attribute("id", &Reference::id).required().description("The authority's `id`."),
        attribute("name", &Reference::name).required().description("Its name."),
        attribute("fingerprint", &Reference::fingerprint).required().description("SHA-256 of its certificate."),
        nested("nodes", &Reference::nodes, node_address_attributes())
            .required()
            .description("The nodes that hold its key."),
    };
}

Attributes<Access> etcd_access_attributes() {
    return {
        attribute("id", &Access::id).required().description("The cluster's `id`."),
        attribute("name", &Access::name).required().description("Its name."),
        attribute("endpoints", &Access::endpoints)
            .required()
            .description("Where clients connect: `https://ADDRESS:PORT` of each member."),
        attribute("ca_fingerprint", &Access::ca_fingerprint)
            .required()
            .description("SHA-256 of the authority's certificate whose clients are let in."),
        nested("members", &Access::members, node_address_attributes()).required().description("The members' machines."),
    };
}

Attributes<module::minio::Access> minio_access_attributes() {
    using module::minio::Access;
    return {
        attribute("id", &Access::id).required().description("The cluster's `id`."),
        attribute("name", &Access::name).required().description("Its name."),
        attribute("endpoints", &Access::endpoints).required().description("`https://ADDRESS:PORT` of each member."),
        attribute("domain", &Access::domain).required().description("Name that its certificates carry."),
        attribute("region", &Access::region).required().description("S3's region."),
        attribute("ca_fingerprint", &Access::ca_fingerprint)
            .required()
            .description("SHA-256 of the authority's certificate; empty: plaintext."),
        nested("members", &Access::members, node_address_attributes()).required().description("The members' machines."),
    };
}

Attributes<module::redis::Endpoint> redis_endpoint_attributes() {
    using module::redis::Endpoint;
    return {
        attribute("hosts", &Endpoint::hosts).computed().description("Addresses of the nodes."),
        attribute("port", &Endpoint::port).computed().description("Port."),
        attribute("uri", &Endpoint::uri).computed().description("How clients write it, without a password."),
    };
}

Attributes<module::redis::Access> redis_access_attributes() {
    using module::redis::Access;
    return {
        attribute("id", &Access::id).computed().description("The cluster's `id`."),
        attribute("name", &Access::name).computed().description("The cluster's name."),
        attribute("ca_fingerprint", &Access::ca_fingerprint)
            .computed()
            .description("Fingerprint of the authority, where it has TLS."),
        nested("nodes", &Access::nodes, node_address_attributes()).computed().description("Its nodes by number."),
    };
}

}  // namespace pigsty::provider
