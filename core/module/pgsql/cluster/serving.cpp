#include "core/module/pgsql/cluster/serving.h"

#include <algorithm>
#include <sstream>

#include "core/item/reservation.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/render/failover_plan.h"

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
std::chrono::seconds failover_bound(const render::FailoverPlan& plan) {
    return std::chrono::seconds(plan.ttl + plan.loop_wait + plan.safety_margin);
}

// A standby gets its slot in the leader's next loop, and asks again a moment later.
std::chrono::seconds restart_bound(const render::FailoverPlan& plan) {
    return std::chrono::seconds(2 * plan.loop_wait) + 2 * kStreamRetry;
}

// Each member of itself: that needs no etcd.
Result<client::PatroniCluster> own_words(const Members& members, const Cancel& cancel) {
    client::PatroniCluster said;
    Error last{.code = ErrorCode::unreachable, .message = "no member answers"};
    for (const Reached& reached : members.all()) {
        auto status = members.patroni(reached).status(cancel);
        if (!status) {
            last = std::move(status).error();
            continue;
        }
        client::PatroniMember& member = said.members.emplace_back();
        member.name = reached.name;
        member.role = status->leads() ? "leader" : "replica";
        member.state = status->state;
        member.timeline = status->timeline;
    }
    if (said.members.empty()) return fail(std::move(last));
    return said;
}

// While etcd has no quorum, one Patroni goes on naming whoever led last, another one does not answer at all: then members
// speak for themselves, or the words would depend on who was asked.
void correct_leader(client::PatroniCluster& patroni, const Members& members, const Cancel& cancel) {
    const client::PatroniMember* leader = patroni.leader();
    const auto reached = std::ranges::find(members.all(), leader->name, &Reached::name);
    if (reached == members.all().end()) return;
    const auto status = members.patroni(*reached).status(cancel);
    if (!status || status->leads()) return;
    std::ranges::find(patroni.members, leader->name, &client::PatroniMember::name)->role = "replica";
}

Result<Serving> look_once(ClusterSession& session, const Members& members, const Cancel& cancel) {
    Serving serving;
    auto patroni = members.cluster(cancel);
    if (!patroni) {
        TRY_VOID(cancel.check("asking Patroni of " + session.cluster().name));
        patroni = own_words(members, cancel);
    }
    TRY(serving.moment.patroni, std::move(patroni));
    for (const Reached& member : members.all()) serving.moment.reached.insert(member.name);
    if (serving.moment.patroni.leader() != nullptr) {
        session.remember_leader(members, serving.moment.patroni);
        auto streaming = streaming_members(session, cancel);
        if (streaming)
            serving.moment.streaming = *std::move(streaming);
        else
            serving.leader_silent = std::move(streaming).error();
        TRY_VOID(cancel.check("asking the leader of " + session.cluster().name));
        if (serving.leader_silent) correct_leader(serving.moment.patroni, members, cancel);
        if (serving.moment.patroni.leader() == nullptr) serving.leader_silent.reset();
    }
    serving.sentences = not_serving(session.cluster(), serving.moment);
    return serving;
}

}  // namespace

bool is_known_to_the_leader(const Instance& instance) { return !instance.upstream && instance.role != "delayed"; }

bool follows(const PgCluster& cluster, const std::string& number, const Moment& moment) {
    const std::string name = member_name(cluster, number);
    if (moment.streaming && moment.streaming->contains(name)) return true;
    const Instance& instance = cluster.instances.at(number);
    const bool cascades = instance.upstream.has_value();
    const client::PatroniMember* member = moment.patroni.member(name);
    if (moment.streaming && is_known_to_the_leader(instance)) return false;
    if (instance.role == "delayed") return member != nullptr && member->serves();
    // The leader cannot be asked, or does not know: what the member says of itself has to do.
    const client::PatroniMember* leader = moment.patroni.leader();
    if (member == nullptr || !member->serves() || (leader != nullptr && member->timeline != leader->timeline))
        return false;
    // Patroni before 3.0.3 has no word for it.
    const bool says_streaming = std::ranges::any_of(
        moment.patroni.members, [](const client::PatroniMember& each) { return each.state == "streaming"; });
    return !cascades || !says_streaming || member->state == "streaming";
}

std::vector<std::string> not_serving(const PgCluster& cluster, const Moment& moment) {
    if (moment.patroni.paused) return {};
    const client::PatroniMember* leader = moment.patroni.leader();
    if (leader == nullptr) return {cluster.name + kSubject + "no member leads"};
    std::vector<std::string> sentences;
    if (moment.reached.contains(leader->name) && !moment.streaming)
        sentences.push_back(cluster.name + kSubject + "the leader takes no connections");
    for (const auto& [number, instance] : cluster.instances) {
        const std::string name = member_name(cluster, number);
        if (name == leader->name || !moment.reached.contains(name) || follows(cluster, number, moment)) continue;
        sentences.push_back(name + kSubject + "does not stream from " +
                            (instance.upstream ? member_name(cluster, *instance.upstream) : "the leader"));
    }
    return sentences;
}

bool Patience::lasts(bool is_led, Time now) {
    if (is_led && !was_led_) since_ = now;
    was_led_ = is_led;
    return now - since_ < (is_led ? restart_bound(plan_) : failover_bound(plan_)) &&
           now - begun_ < failover_bound(plan_) + restart_bound(plan_);
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
    Patience patience(Cancel::Clock::now(), render::failover_plan(session.cluster().rto));
    const auto needs_no_second_look = [&](const std::string& sentence) {
        return conclusive.contains(sentence) || conclusive.contains(sentence.substr(0, sentence.find(' ')));
    };
    while (true) {
        TRY(Serving serving, look_once(session, members, cancel));
        if (std::ranges::all_of(serving.sentences, needs_no_second_look)) return serving;
        const bool is_led = serving.moment.patroni.leader() != nullptr && !serving.leader_silent;
        if (!patience.lasts(is_led, Cancel::Clock::now())) return serving;
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

item::ItemPtr data_folder_item() {
    return std::make_shared<item::ReservationItem>("postgresql data", node::Probes{data_folder_probe()});
}

node::Probe data_folder_probe() { return {node::ProbeKind::path, kVersionFile}; }

std::optional<std::string> data_folder_drift(const converge::Member& member, const node::Observation& seen) {
    if (seen.path(kVersionFile).type != node::PathType::absent) return std::nullopt;
    return member.name + " " + kDataDir + ": no PostgreSQL data there";
}

}  // namespace pigsty::module::pgsql
