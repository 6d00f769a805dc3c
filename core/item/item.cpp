#include "core/item/item.h"

#include <fmt/format.h>

namespace pigsty::item {

Handler Handler::daemon_reload() { return {.kind = HandlerKind::daemon_reload, .target = "systemd"}; }

Handler Handler::reload(std::string unit, std::string script) {
    return {.kind = HandlerKind::reload, .target = std::move(unit), .script = std::move(script)};
}

Handler Handler::restart(std::string unit, bool one_member_at_a_time) {
    return {.kind = HandlerKind::restart, .target = std::move(unit), .one_member_at_a_time = one_member_at_a_time};
}

Handler Handler::run(std::string label, std::string script) {
    return {.kind = HandlerKind::run, .target = std::move(label), .script = std::move(script)};
}

std::string Handler::sentence() const {
    switch (kind) {
        case HandlerKind::daemon_reload: return "reload systemd's units";
        case HandlerKind::run: return target;
        case HandlerKind::reload: return "reload " + target;
        case HandlerKind::restart: break;
    }
    return "restart " + target;
}

Status Item::converse(node::Node&, const Change&, const Cancel&) const {
    return fail(ErrorCode::internal, fmt::format("{}: has no conversation", label()));
}

}  // namespace pigsty::item
