#include "provider/resource/ca.h"

#include "core/base/unknown.h"
#include "core/item/certificate_text.h"
#include "provider/resource/module_attributes.h"

namespace pigsty::provider {
namespace {

using module::ca::Authority;

Attributes<Authority> authority_attributes() {
    return {
        attribute("name", &Authority::name)
            .fixed_default("pigsty-ca")
            .forces_replacement()
            .validate(framework::follows(kAuthorityName))
            .description("Name of the authority, and the common name of its certificate."),
        members_attribute("nodes", &Authority::nodes, 9, node_address_attributes())
            .example("{ 1 = { address = \"10.10.10.11\" }, 2 = { address = \"10.10.10.12\" } }")
            .description("The nodes that hold the key, root only. The first makes it, the others get a copy. Signing "
                         "works while one of them answers, so two or more are recommended."),
        attribute("validity_days", &Authority::validity_days)
            .fixed_default(36500)
            .validate(framework::between(module::ca::kValidityDays))
            .fixed_after_creation(
                "the certificate is made once; a new life needs a new authority, that is, another name")
            .description("Life of the authority's certificate."),
        attribute("leaf_validity_days", &Authority::leaf_validity_days)
            .fixed_default(7300)
            .validate(framework::between(module::ca::kLeafValidityDays))
            .description(
                "Life of the certificates it signs, never beyond its own end. A change counts for what is signed "
                "from then on; certificates on the nodes keep theirs until they are renewed, 30 days before "
                "their end or when a third of their life is left, whichever is later."),
    };
}

Attributes<CaState> ca_attributes() {
    return {
        within(&CaState::spec, authority_attributes()),
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

Declaration<CaState> CaResource::declare() const {
    return {.description =
                "A certificate authority. Its key is made on a node and kept, root only, on each of `nodes`; it is in "
                "no state, "
                "plan or log. Keys of the certificates it signs are made on their own nodes and stay there.",
            .subcategory = "Certificates",
            .attributes = ca_attributes()};
}

converge::Table CaResource::table(const CaState& state, const Fleet* fleet) const {
    // While planning nothing must depend on the fingerprint: it is not known before the create.
    const std::string fingerprint = fleet == nullptr || has_unknown(state.ref.fingerprint) ? "" : state.ref.fingerprint;
    return module::ca::table_of(state.spec, fingerprint, connect_through(fleet));
}

std::vector<Told> CaResource::tell(CaState& state) const {
    state.ref.id = state.common.id;
    state.ref.name = state.spec.name;
    state.ref.nodes = state.spec.nodes;
    return {{.attribute = "ref"}};
}

Status CaResource::complete(CaState& state, const converge::Run& run, Call& call) const {
    TRY(const std::string pem, module::ca::read_certificate_pem(state.spec, run.sites(), call.cancel));
    // Nodes that lost it get it back from the others; until then the state keeps what it knows.
    if (!pem.empty()) {
        TRY(const auto certificate, item::read_certificate(pem));
        if (state.certificate_pem.empty() || has_unknown(state.certificate_pem)) state.certificate_pem = pem;
        if (state.ref.fingerprint.empty() || has_unknown(state.ref.fingerprint))
            state.ref.fingerprint = certificate.fingerprint;
    }
    return ModuleResource::complete(state, run, call);
}

Result<std::vector<std::string>> CaResource::more_drift(const CaState& state, const converge::Run& run,
                                                        Call& call) const {
    TRY(const auto warning, module::ca::end_warning(state.spec, run.sites(), call.cancel));
    if (warning) call.diagnostics.add_warning(warning->summary, warning->detail);
    return std::vector<std::string>();
}

void CaResource::validate(const CaState& config, framework::Validation& validation) const {
    ModuleResource::validate(config, validation);
    if (config.spec.nodes.size() == 1 && !validation.unknown.at("nodes")) {
        validation.diagnostics.add_warning(
            config.spec.name + ": one node holds the only key",
            "If it is lost, everything that this authority signed must be signed anew by another. "
            "Name a second node: the key is copied there, root only.",
            value::Path::of("nodes"));
    }
}

void CaResource::modify_plan(Plan<CaState>& plan) const {
    if (plan.prior == nullptr) plan.planned.ref.fingerprint = unknown_marker("ref.fingerprint");
    ModuleResource::modify_plan(plan);
}

}  // namespace pigsty::provider
