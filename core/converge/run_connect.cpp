// Run::Engine: reaching the members, their claims, the lease.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/member_key.h"
#include "core/converge/run_engine.h"

namespace pigsty::converge {
std::string names(const std::map<std::string, Error>& errors) {
    std::string text;
    for (const auto& [name, error] : errors) text += (text.empty() ? "" : ", ") + name;
    return text;
}

bool is_silence(const Error& error) { return error.code == ErrorCode::unreachable || error.code == ErrorCode::stalled; }

Error Run::Engine::nobody_answers(Error first) const {
    first.message = fmt::format("none of the members of {} \"{}\" answers ({}); the first: {}", identity.kind,
                                identity.name, names(unreachable), first.message);
    return first;
}

Status Run::Engine::connect_once(bool allow_unreachable) {
    return is_connected ? Status{} : connect(allow_unreachable);
}

Status Run::Engine::connect(bool allow_unreachable) {
    std::vector<Member> members = options.members;
    std::ranges::sort(members, [](const Member& a, const Member& b) {
        return MemberKeyLess()(a.number, b.number) || (a.number == b.number && a.name < b.name);
    });
    if (members.empty())
        return fail(ErrorCode::invalid, fmt::format("{} \"{}\" has no members", identity.kind, identity.name));
    Sites all;
    for (const Member& member : members) all.push_back(std::make_shared<Site>(Site{.member = member}));
    const Errors errors = for_all(all, options.max_parallel_nodes, [&](Site& site) -> Status {
        TRY(site.node, options.connect(site.member.address, cancel));
        TRY_VOID(site.node->check_claim(identity.kind, identity.name));
        site.claim = site.node->claim(identity.kind, identity.name);
        return {};
    });
    sites.clear();
    states.clear();
    unreachable.clear();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto error = errors.find(i);
        if (error == errors.end()) {
            sites.push_back(all[i]);
            states.push_back({.site = all[i], .is_stored = all[i]->claim.has_value()});
            continue;
        }
        // Only silence is bearable: a wrong key or a refused login fails at once, whatever is being done.
        if (!allow_unreachable || !is_silence(error->second)) return fail(first_of(errors));
        unreachable.emplace(all[i]->member.name, error->second);
    }
    if (sites.empty()) return fail(nobody_answers(first_of(errors)));
    is_connected = true;
    return {};
}

// Others may have changed the claims while we waited for the lease: the request that takes it brings them again.
void Run::Engine::refresh_claims() {
    for (SiteState& state : states) {
        state.site->claim = state.site->node->claim(identity.kind, identity.name);
        state.is_stored = state.site->claim.has_value();
    }
}

void Run::Engine::leave_lease() {
    lease.release();
    is_leased = false;
}

Status Run::Engine::take_lease(const std::map<const Site*, node::Probes>& probes) {
    std::vector<node::LeaseWish> wishes;
    for (const auto& site : sites) {
        const auto wanted = probes.find(site.get());
        wishes.push_back({.node = site->node, .probes = wanted == probes.end() ? node::Probes{} : wanted->second});
    }
    for (const auto& other : options.also_writes ? options.also_writes() : std::vector<node::NodePtr>()) {
        const bool is_member = std::ranges::any_of(
            sites, [&](const auto& site) { return site->node->address().address == other->address().address; });
        if (!is_member) wishes.push_back({.node = other});
    }
    TRY(node::Leased leased,
        node::lease_all(std::move(wishes), title(), options.lock_timeout, cancel, options.max_parallel_nodes));
    lease = std::move(leased.lease);
    is_leased = true;
    for (SiteState& state : states) {
        const auto seen = leased.seen.find(state.site->node->address().address);
        if (seen == leased.seen.end() || !probes.contains(state.site.get())) continue;
        state.seen = std::move(seen->second);
        state.is_fresh = true;
    }
    return {};
}

}  // namespace pigsty::converge
