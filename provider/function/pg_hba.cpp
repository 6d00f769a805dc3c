#include "provider/function/pg_hba.h"

#include <vector>

#include "core/render/hba.h"
#include "provider/configuration/pg_objects.h"
#include "provider/framework/object_argument.h"
#include "provider/framework/validators.h"

namespace pigsty::provider {
namespace {

struct KnownNetworks {
    render::Networks networks;
    std::vector<std::string> cluster;
};

framework::Attributes<KnownNetworks> known_network_attributes() {
    return {
        framework::within(&KnownNetworks::networks, network_attributes()),
        framework::attribute("cluster", &KnownNetworks::cluster)
            .optional()
            .validate(framework::each(framework::ip_address()))
            .description("Addresses of the members."),
    };
}

}  // namespace

framework::FunctionDeclaration PgHba::declare() const {
    return {
        .summary = "Lines of pg_hba.conf from rules",
        .description =
            "Writes the lines that `pigsty_pg_cluster` makes of `hba_rules`, and of these rules only: the default ones "
            "are not "
            "added. For looking at rules before they reach a server, for tests, and for servers that something else "
            "manages.\n\n"
            "Rules with an `order` come first. Rules with `role = \"offline\"` are written as comments, as on members "
            "that are not "
            "offline. `${dbsu}`, `${admin}`, `${repl}` and `${monitor}` are `postgres`, `dbuser_dba`, `replicator` and "
            "`dbuser_monitor`. TLS is taken to be on.",
        .parameters = {{"rules",
                        "List of objects `{title, user, db, addr, auth, role, order, rules}` as in `hba_rules` of "
                        "`pigsty_pg_cluster`; "
                        "what is left out has the default it has there."},
                       {"networks",
                        "What aliases mean: an object `{intra, admin, infra, cluster}`, each a list of CIDRs, "
                        "`cluster` the members' "
                        "addresses. `intra` defaults to the private networks, the others to none; `{}` or null is fine "
                        "where no rule names "
                        "them."}}};
}

framework::FunctionResult<std::string> PgHba::call(value::Value rules, std::optional<value::Value> networks) const {
    const auto own = framework::objects_argument(hba_rule_attributes(), rules, {.index = 0, .name = "rules"});
    if (!own) return std::unexpected(own.error());
    const auto known = framework::object_argument(known_network_attributes(), networks.value_or(value::Value::null()),
                                                  {.index = 1, .name = "networks"});
    if (!known) return std::unexpected(known.error());
    const render::HbaContext context{.networks = known->networks, .members = known->cluster};
    const auto text = render::render_pg_hba_rules(*own, context);
    if (text) return *text;
    const std::string& hint = text.error().hint;
    return framework::argument_error(0, text.error().message + (hint.empty() ? "" : ": " + hint));
}

}  // namespace pigsty::provider
