// `rto`, `rpo` and `synchronous`: promises that nobody could keep, and services that would ask for what nobody is.
#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/module/pgsql/spec/failover.h"

namespace pigsty::module::pgsql {
namespace {

template <std::size_t N>
bool asks_for(const std::string& check, const std::array<std::string_view, N>& paths) {
    return std::ranges::find(paths, std::string_view(check).substr(0, check.find('?'))) != paths.end();
}

// What says how commits wait says nothing while they do not.
void check_switched_on(const PgCluster& cluster, Problems& problems) {
    const Synchronous& written = cluster.synchronous;
    const auto idle = [&](const char* member, const std::string& found) {
        problems.add(fmt::format("synchronous.{}", member),
                     fmt::format("{} = {} says nothing while synchronous replication is off", member, found),
                     "set synchronous.enabled = true, or leave it out");
    };
    if (written.strict.value_or(false)) idle("strict", "true");
    if (written.mode == "quorum") idle("mode", "\"quorum\"");
    if (written.count != 1) idle("count", std::to_string(written.count));
}

void check_candidates(const PgCluster& cluster, Problems& problems) {
    const Synchronous& written = cluster.synchronous;
    const std::int64_t leaders = may_lead(cluster);
    if (written.strict.value_or(false) && leaders < 2)
        problems.add("synchronous.strict",
                     fmt::format("expected two members that may lead, found {}: no commit would ever pass", leaders),
                     "add a member that is neither offline, delayed nor nofailover, or leave strict out");
    const std::int64_t most = std::max<std::int64_t>(synchronous_candidates(cluster), 1);
    if (written.count > most)
        problems.add("synchronous.count",
                     fmt::format("expected {} at most, found {}: beside the leader there are no more standbys that a "
                                 "commit may wait for",
                                 most, written.count),
                     "offline and delayed members are none, nor who streams from another member; add a replica, or "
                     "wait for fewer");
}

void check_asked_endpoints(const std::string& list, const Services& services, bool quorum, Problems& problems) {
    static constexpr std::array<std::string_view, 2> kOfNamed{"/sync", "/synchronous"};
    static constexpr std::array<std::string_view, 1> kOfQuorum{"/quorum"};
    for (const auto& [name, service] : services) {
        if (!(quorum ? asks_for(service.check, kOfNamed) : asks_for(service.check, kOfQuorum))) continue;
        problems.add(
            entry(list, name) + ".check",
            fmt::format("every member answers 503 to {} under mode \"{}\"", service.check, quorum ? "quorum" : "on"),
            fmt::format("set check = \"{}\"", quorum ? "/quorum" : "/sync"));
    }
}

}  // namespace

void check_failover(const PgCluster& cluster, Problems& problems) {
    problems.check_choice("rto", cluster.rto, choices(kRtos));
    problems.check_range("rpo", cluster.rpo, kLag);
    const Synchronous& written = cluster.synchronous;
    problems.check_choice("synchronous.mode", written.mode, choices(kSynchronousModes));
    problems.check_range("synchronous.count", written.count, kSynchronousStandbys);
    if (cluster.rpo == 0 && written.enabled == false)
        problems.add("synchronous.enabled",
                     "rpo = 0 means that no committed transaction is lost, which replication "
                     "that no commit waits for cannot promise",
                     "leave synchronous.enabled out, or set rpo to the bytes that may be lost");
    if (has_unknown(cluster.template_name) || has_unknown(written.mode)) return;
    const render::SynchronousMode synchronous = synchronous_of(cluster);
    if (!synchronous.enabled) return check_switched_on(cluster, problems);
    if (!cluster.instances.empty()) check_candidates(cluster, problems);
    check_asked_endpoints("services", cluster.services, synchronous.quorum, problems);
    if (cluster.default_services)
        check_asked_endpoints("default_services", *cluster.default_services, synchronous.quorum, problems);
}

std::vector<std::string> synchronous_warnings(const PgCluster& cluster) {
    std::vector<std::string> sentences;
    const render::SynchronousMode synchronous = synchronous_of(cluster);
    // Nothing commits in a standby cluster.
    if (cluster.template_name == "crit" && !synchronous.enabled && !cluster.standby)
        sentences.push_back(
            "Template crit is to lose no committed transaction, and synchronous.enabled = false gives "
            "that up.");
    if (!synchronous.enabled || cluster.instances.empty() || has_unknown_failover(cluster)) return sentences;
    if (synchronous_candidates(cluster) == 0)
        sentences.push_back(
            "There is no member that a commit could wait for: nothing is synchronous until a replica "
            "joins.");
    if (synchronous.strict &&
        std::ranges::any_of(cluster.instances, [](const auto& entry) { return stands_back(entry.second); }))
        sentences.push_back(
            "While no other standby streams, Patroni lets any of them acknowledge commits under strict, offline "
            "and delayed members too: these never lead, so a failover then loses what they alone have.");
    return sentences;
}

}  // namespace pigsty::module::pgsql
