#include "core/module/pgsql/serving.h"

#include <algorithm>
#include <sstream>

#include "core/item/reservation.h"
#include "core/module/pgsql/layout.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {
namespace {

constexpr const char* kSubject = " postgresql: ";
constexpr const char* kPatroniSubject = " patroni: ";
constexpr const char* kVersionFile = "/pg/data/PG_VERSION";
// PostgreSQL tries again only so long after a standby could not begin to stream (wal_retrieve_retry_interval).
constexpr std::chrono::seconds kStreamRetry{5};

constexpr const char* kStreaming =
    "SELECT coalesce(string_agg(application_name, E'\\n'), '') FROM pg_stat_replication WHERE state = 'streaming'";

// A leader that is gone is noticed when its lease ends, and replaced in the next loop.
std::chrono::seconds failover_bound() {
    const render::FailoverPlan plan;
    return std::chrono::seconds(plan.ttl + plan.loop_wait + plan.safety_margin);
}

// A standby gets its slot in the leader's next loop, and asks again a moment later.
std::chrono::seconds restart_bound() {
    const render::FailoverPlan plan;
    return std::chrono::seconds(2 * plan.loop_wait) + 2 * kStreamRetry;
}

class DataFolderItem final : public item::ReservationItem {
  public:
    using item::ReservationItem::ReservationItem;
    [[nodiscard]] node::Probes probes() const override { return {data_folder_probe()}; }
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override {
        node::ClaimedItem claimed = item::ReservationItem::claimed(seen);
        claimed.probes = {data_folder_probe()};
        return claimed;
    }
};

bool serves(const Moment& moment, const std::string& name) {
    if (moment.streaming) return moment.streaming->contains(name);
    // The leader cannot be asked: what the member says of itself has to do.
    const client::PatroniMember* leader = moment.patroni.leader();
    const client::PatroniMember* member = moment.patroni.member(name);
    return member != nullptr && member->serves() && (leader == nullptr || member->timeline == leader->timeline);
}

Result<Serving> look_once(ClusterSession& session, const Members& members, const Cancel& cancel) {
    Serving serving;
    TRY(serving.moment.patroni, members.cluster(cancel));
    for (const Reached& member : members.all()) serving.moment.reached.insert(member.name);
    if (serving.moment.patroni.leader() != nullptr) {
        session.remember_leader(members, serving.moment.patroni);
        auto streaming = streaming_members(session, cancel);
        if (streaming)
            serving.moment.streaming = *std::move(streaming);
        else
            serving.leader_silent = std::move(streaming).error();
        TRY_VOID(cancel.check("asking the leader of " + session.cluster().name));
    }
    serving.sentences = not_serving(session.cluster(), serving.moment);
    return serving;
}

}  // namespace

std::vector<std::string> not_serving(const PgCluster& cluster, const Moment& moment) {
    if (moment.patroni.paused) return {};
    const client::PatroniMember* leader = moment.patroni.leader();
    if (leader == nullptr) return {cluster.name + kSubject + "no member leads"};
    std::vector<std::string> sentences;
    if (moment.reached.contains(leader->name) && !moment.streaming)
        sentences.push_back(cluster.name + kSubject + "the leader takes no connections");
    for (const auto& [number, instance] : cluster.instances) {
        const std::string name = member_name(cluster, number);
        if (name == leader->name || !moment.reached.contains(name) || serves(moment, name)) continue;
        sentences.push_back(name + kSubject + "does not stream from the leader");
    }
    return sentences;
}

Result<std::set<std::string>> streaming_members(ClusterSession& session, const Cancel& cancel) {
    std::set<std::string> members;
    TRY_VOID(session.look(
        [&](ClusterSession::Work& work) -> Status {
            TRY(const std::string answer, work.ask("postgres", kStreaming));
            std::istringstream lines(answer);
            members.clear();
            for (std::string name; std::getline(lines, name);) members.insert(name);
            return {};
        },
        cancel));
    return members;
}

Result<Serving> look_at_serving(ClusterSession& session, const Members& members,
                                const std::set<std::string>& conclusive, const Cancel& cancel) {
    const auto begun = Cancel::Clock::now();
    const auto needs_no_second_look = [&](const std::string& sentence) {
        return conclusive.contains(sentence) || conclusive.contains(sentence.substr(0, sentence.find(' ')));
    };
    while (true) {
        TRY(Serving serving, look_once(session, members, cancel));
        if (std::ranges::all_of(serving.sentences, needs_no_second_look)) return serving;
        const bool is_led = serving.moment.patroni.leader() != nullptr && !serving.leader_silent;
        if (Cancel::Clock::now() - begun >= (is_led ? restart_bound() : failover_bound())) return serving;
        // A pause that is cut short means cancelled or out of time: the next look says which.
        (void)cancel.pause(std::chrono::milliseconds(500));
    }
}

bool is_about_serving(const PgCluster& cluster, const std::vector<std::string>& drift) {
    const auto names = [&](const std::string& sentence, const std::string& subject) {
        return sentence.starts_with(subject + kSubject) || sentence.starts_with(subject + kPatroniSubject) ||
               sentence.starts_with(subject + " " + kDataDir + ": ");
    };
    return std::ranges::any_of(drift, [&](const std::string& sentence) {
        return names(sentence, cluster.name) || std::ranges::any_of(cluster.instances, [&](const auto& entry) {
                   return names(sentence, member_name(cluster, entry.first));
               });
    });
}

item::ItemPtr data_folder_item() { return std::make_shared<DataFolderItem>("postgresql data"); }

node::Probe data_folder_probe() { return {node::ProbeKind::path, kVersionFile}; }

std::optional<std::string> data_folder_drift(const converge::Member& member, const node::Observation& seen) {
    if (seen.path(kVersionFile).type != node::PathType::absent) return std::nullopt;
    return member.name + " " + kDataDir + ": no PostgreSQL data there";
}

}  // namespace pigsty::module::pgsql
