#include "core/converge/shared_secrets.h"

#include "core/node/secrets.h"

namespace pigsty::converge {

Status ensure_secrets(StepContext& context, const std::string& scope, const std::vector<std::string>& names) {
    std::vector<node::NodePtr> nodes;
    for (const auto& site : context.sites()) nodes.push_back(site->node);
    TRY_VOID(node::ensure_secrets(nodes, scope, names, context.cancel()));
    return {};
}

}  // namespace pigsty::converge
