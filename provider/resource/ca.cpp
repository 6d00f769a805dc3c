#include "provider/resource/ca.h"

#include "core/base/json_fields.h"
#include "core/base/unknown.h"
#include "core/item/certificate_text.h"
#include "core/module/ca/table.h"
#include "provider/configuration/attributes.h"
#include "provider/framework/validators.h"
#include "provider/resource/members.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using framework::within;
using module::ca::Authority;
using module::ca::Reference;

Attributes<Authority> authority_attributes() {
    return {
        attribute("name", &Authority::name)
            .fixed_default("pigsty-ca")
            .forces_replacement()
            .validate(
                framework::matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "letters, digits, `.`, `_` and `-`, 63 at most"))
            .description("Name of the authority, and the common name of its certificate."),
        nested("nodes", &Authority::nodes, node_address_attributes())
            .required()
            .validate(framework::keys(framework::member_key()))
            .validate(framework::size_between(1, 9))
            .example("{ 1 = { address = \"10.10.10.11\" }, 2 = { address = \"10.10.10.12\" } }")
            .description("The nodes that hold the key, root only. The first makes it, the others get a copy. Signing "
                         "works while one "
                         "of them answers, so two or more are recommended."),
        attribute("validity_days", &Authority::validity_days)
            .fixed_default(36500)
            .validate(framework::between(2, 36500))
            .fixed_after_creation(
                "the certificate is made once; a new life needs a new authority, that is, another name")
            .description("Life of the authority's certificate."),
        attribute("leaf_validity_days", &Authority::leaf_validity_days)
            .fixed_default(7300)
            .validate(framework::between(1, 36500))
            .description(
                "Life of the certificates it signs, never beyond its own end. A change counts for what is signed "
                "from then on; certificates on the nodes keep theirs until they are renewed, 30 days before "
                "their end or when a third of their life is left, whichever is later."),
    };
}

Attributes<CaState> ca_attributes() {
    return {
        within(&CaState::authority, authority_attributes()),
        attribute("certificate_pem", &CaState::certificate_pem)
            .computed_once()
            .description("The authority's certificate in PEM form: what clients put into `sslrootcert`."),
        object("ref", &CaState::ref, ca_reference_attributes())
            .computed()
            .description("What other resources need to know of this authority: their `ca`."),
        within(&CaState::common, framework::common_attributes({.ignore_example = "[\"pigsty-ca-1 *\"]"})),
    };
}

}  // namespace

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

Declaration<CaState> CaResource::declare() const {
    return {.description =
                "A certificate authority. Its key is made on a node and kept, root only, on each of `nodes`; it is in "
                "no state, "
                "plan or log. Keys of the certificates it signs are made on their own nodes and stay there.",
            .subcategory = "Certificates",
            .attributes = ca_attributes()};
}

std::string CaResource::claim_kind() const { return module::ca::kKind; }

converge::Identity CaResource::identity_of(const CaState& state) const {
    return {.kind = claim_kind(), .name = state.authority.name};
}

std::vector<converge::Member> CaResource::members(const CaState& state) const {
    return module::ca::members_of(state.authority);
}

converge::Table CaResource::table(const CaState& state, const Fleet* fleet) const {
    // While planning nothing must depend on the fingerprint: it is not known before the create.
    const std::string fingerprint = fleet == nullptr || has_unknown(state.ref.fingerprint) ? "" : state.ref.fingerprint;
    return module::ca::table_of(state.authority, fingerprint, connect_through(fleet));
}

nlohmann::json CaResource::claimed_spec(const CaState& state) const { return write_json(state.authority); }

Result<CaState> CaResource::from_claimed_spec(const nlohmann::json& spec) const {
    CaState state;
    TRY(state.authority, read_json<Authority>(spec));
    return state;
}

Status CaResource::complete(CaState& state, const converge::Run& run, Call& call) const {
    TRY(const std::string pem, module::ca::read_certificate_pem(state.authority, run.sites(), call.cancel));
    // Nodes that lost it get it back from the others; until then the state keeps what it knows.
    if (!pem.empty()) {
        TRY(const auto certificate, item::read_certificate(pem));
        if (state.certificate_pem.empty() || has_unknown(state.certificate_pem)) state.certificate_pem = pem;
        if (state.ref.fingerprint.empty() || has_unknown(state.ref.fingerprint))
            state.ref.fingerprint = certificate.fingerprint;
    }
    state.ref.id = state.common.id;
    state.ref.name = state.authority.name;
    state.ref.nodes = state.authority.nodes;
    return {};
}

Result<std::vector<std::string>> CaResource::more_drift(const CaState& state, const converge::Run& run,
                                                        Call& call) const {
    TRY(const auto warning, module::ca::end_warning(state.authority, run.sites(), call.cancel));
    if (warning) call.diagnostics.add_warning(warning->summary, warning->detail);
    return std::vector<std::string>();
}

void CaResource::validate(const CaState& config, framework::Validation& validation) const {
    refuse_equal_addresses(config.authority.nodes, "nodes", validation);
    if (config.authority.nodes.size() == 1 && !validation.unknown.at("nodes")) {
        validation.diagnostics.add_warning(
            config.authority.name + ": one node holds the only key",
            "If it is lost, everything that this authority signed must be signed anew by another. "
            "Name a second node: the key is copied there, root only.",
            value::Path::of("nodes"));
    }
}

void CaResource::modify_plan(Plan<CaState>& plan) const {
    plan.planned.ref.name = plan.planned.authority.name;
    plan.planned.ref.nodes = plan.planned.authority.nodes;
    if (plan.prior == nullptr) {
        plan.planned.ref.id = unknown_marker("id");
        plan.planned.ref.fingerprint = unknown_marker("ref.fingerprint");
    } else {
        plan.planned.ref.id = plan.prior->ref.id;
        plan.planned.ref.fingerprint = plan.prior->ref.fingerprint;
    }
    if (knows_machines(plan.unknown, plan.planned.authority.nodes, "nodes")) plan.decide("ref");
    refuse_changed_members(plan, &CaState::authority, &Authority::nodes, "nodes");
}

}  // namespace pigsty::provider
