#include "core/module/pgsql/session/members.h"

#include <algorithm>

#include "core/module/pgsql/spec/layout.h"
#include "core/module/pgsql/spec/reach.h"
#include "core/node/secrets.h"

namespace pigsty::module::pgsql {

std::vector<Reached> reached(const std::vector<std::shared_ptr<converge::Site>>& sites) {
    std::vector<Reached> members;
    for (const auto& site : sites) members.push_back({.name = site->member.name, .node = site->node});
    return members;
}

Members::Members(const PgCluster& cluster, std::vector<Reached> members, std::string ca_pem,
                 std::shared_ptr<std::atomic<std::uint64_t>> gets)
    : name_(cluster.name),
      ssl_(rest_ssl(cluster)),
      rest_port_(cluster.patroni.port),
      scope_(secret_scope(cluster)),
      members_(std::move(members)),
      ca_pem_(std::move(ca_pem)),
      gets_(std::move(gets)) {}

client::Patroni Members::patroni(const Reached& member) const {
    const std::string& address = member.node->address().address;
    client::Patroni::Target target{.node = member.node, .address = address, .port = rest_port_, .gets = gets_};
    if (ssl_) target.tls = client::Tls{.ca_pem = ca_pem_, .server_address = address};
    return client::Patroni(std::move(target));
}

Result<client::Patroni> Members::patroni_with_login(const Reached& member, const Cancel& cancel) const {
    TRY(const auto secrets, node::read_secrets(*member.node, scope_, {kRestSecret}, cancel));
    const auto found = secrets.find(kRestSecret);
    if (found == secrets.end())
        return fail(Error{.code = ErrorCode::failed,
                          .message = "the password of Patroni's REST interface is not on this member"}
                        .at_host(member.name));
    const std::string& address = member.node->address().address;
    client::Patroni::Target target{.node = member.node,
                                   .address = address,
                                   .port = rest_port_,
                                   .login = client::HttpLogin{.user = "postgres", .password = found->second.value},
                                   .gets = gets_};
    if (ssl_) target.tls = client::Tls{.ca_pem = ca_pem_, .server_address = address};
    return client::Patroni(std::move(target));
}

// Patroni closes its REST interface for a moment when it reloads: only silence that lasts means that nobody is there.
template <class Ask>
auto Members::first_answer(const Ask& ask, const Cancel& cancel) const
    -> decltype(ask(std::declval<client::Patroni>())) {
    const Cancel bound = cancel.within_at_most(std::chrono::seconds(5));
    while (true) {
        Error last{.code = ErrorCode::unreachable, .message = "no member of " + name_ + " answers"};
        for (const Reached& member : members_) {
            auto answer = ask(patroni(member));
            if (answer) return answer;
            last = std::move(answer).error();
            TRY_VOID(cancel.check("asking Patroni of " + name_));
        }
        if (members_.empty() || !bound.pause(std::chrono::milliseconds(250))) return fail(std::move(last));
    }
}

Result<client::PatroniCluster> Members::cluster(const Cancel& cancel) const {
    return first_answer([&](const client::Patroni& patroni) { return patroni.cluster(cancel); }, cancel);
}

Result<nlohmann::json> Members::configuration(const Cancel& cancel) const {
    return first_answer([&](const client::Patroni& patroni) { return patroni.config(cancel); }, cancel);
}

Result<Reached> Members::leader(const Cancel& cancel) const {
    TRY(const client::PatroniCluster seen, cluster(cancel));
    return leader_in(seen);
}

Result<Reached> Members::leader_in(const client::PatroniCluster& seen) const {
    const client::PatroniMember* leader = seen.leader();
    if (leader == nullptr) {
        return fail(Error{.code = ErrorCode::unreachable, .message = name_ + " has no leader at the moment"}.with_hint(
            "see `patronictl list` and `journalctl -u patroni` on its members"));
    }
    const auto member = std::ranges::find(members_, leader->name, &Reached::name);
    if (member != members_.end()) return *member;
    return fail(Error{.code = ErrorCode::unreachable,
                      .message = leader->name + " leads " + name_ + " and its machine does not answer"});
}

}  // namespace pigsty::module::pgsql
