#include "core/module/etcd/condition.h"

#include <algorithm>

#include "core/base/quote.h"
#include "core/client/etcd.h"
#include "core/item/certificate_text.h"
#include "core/item/reservation.h"
#include "core/render/etcd.h"

namespace pigsty::module::etcd {
namespace {

constexpr std::string_view kAuthentication = " authentication: is off, whoever has a certificate reads and writes all";
constexpr std::string_view kNoSpace = " alarm NOSPACE: the database has reached its quota, nothing is written any more";
constexpr std::string_view kCorrupt = " alarm CORRUPT: the members' data differ";
constexpr std::string_view kQuorum = " quorum: no member answers a read that a majority agrees in";
constexpr std::string_view kLost = " data: is gone, there is no write-ahead log in it";
constexpr std::string_view kSilent = " quorum: this member has no part in it";

// Both questions need no login. Without a quorum the second is the one that waits.
std::string look_script(const EtcdCluster& cluster) {
    return "for log in " + shell_quote(cluster.data_dir) +
           "/member/wal/*.wal; do [ ! -e \"$log\" ] || { echo data; break; }; done\n" +
           client::etcd_question_script(cluster.port,
                                        {{"maintenance/status", "{}"}, {"kv/range", R"({"key":"aGVhbHRo"})"}});
}

std::string sentence(const std::string& subject, std::string_view rest) { return subject + std::string(rest); }

}  // namespace

item::ItemPtr condition_item(const EtcdCluster& cluster) {
    return std::make_shared<item::ReservationItem>("etcd condition", node::Probes{condition_probe(cluster)});
}

node::Probe condition_probe(const EtcdCluster& cluster) { return {node::ProbeKind::command, look_script(cluster)}; }

node::Probes certificate_probes() {
    return {{node::ProbeKind::text, client::kEtcdClientCertificate},
            {node::ProbeKind::text, render::kEtcdServerCertificate},
            {node::ProbeKind::clock, ""}};
}

bool is_barred(const node::Observation& seen) {
    const auto has_ended = [&](const char* path) {
        const auto certificate = item::read_certificate(seen.text(path).value_or(""));
        return certificate && certificate->not_after <= seen.clock();
    };
    return has_ended(client::kEtcdClientCertificate) || has_ended(render::kEtcdServerCertificate);
}

MemberCondition member_condition(std::string_view look) {
    MemberCondition condition;
    condition.has_data = look.starts_with("data\n");
    const std::vector<std::string> answers = client::etcd_answers(look);
    if (!answers.empty()) condition.alarms = client::etcd_alarms(answers[0]);
    if (answers.size() < 2) return condition;
    // Who we are is asked after the quorum was: both refusals prove it.
    const auto says = [&](std::string_view words) { return answers[1].find(words) != std::string::npos; };
    condition.is_open = says("\"header\"");
    condition.reads = condition.is_open || says("user name is empty") || says("permission denied");
    return condition;
}

std::vector<std::string> condition_drift(const EtcdCluster& cluster, const std::vector<MemberLook>& looks) {
    std::vector<std::string> sentences;
    const bool any_reads = std::ranges::any_of(looks, [](const MemberLook& look) { return look.condition.reads; });
    const bool any_barred = std::ranges::any_of(looks, [](const MemberLook& look) { return look.condition.is_barred; });
    for (const MemberLook& look : looks) {
        if (!look.condition.has_data) sentences.push_back(sentence(look.member, kLost));
        // One that does not run is told by its unit, one without data by that.
        if (any_reads && look.is_running && look.condition.has_data && !look.condition.reads &&
            !look.condition.is_barred)
            sentences.push_back(sentence(look.member, kSilent));
        if (look.condition.is_open) sentences.push_back(sentence(cluster.name, kAuthentication));
        if (look.condition.alarms.contains("NOSPACE")) sentences.push_back(sentence(cluster.name, kNoSpace));
        if (look.condition.alarms.contains("CORRUPT")) sentences.push_back(sentence(cluster.name, kCorrupt));
    }
    // Where nobody was let in to ask, the certificate's own drift says so.
    if (!any_reads && !any_barred && !looks.empty()) sentences.push_back(sentence(cluster.name, kQuorum));
    std::ranges::sort(sentences);
    const auto twice = std::ranges::unique(sentences);
    sentences.erase(twice.begin(), twice.end());
    return sentences;
}

Repairs repairs_of(const EtcdCluster& cluster, const std::vector<std::string>& drift) {
    const auto said = [&](const std::string& subject, std::string_view rest) {
        return std::ranges::find(drift, sentence(subject, rest)) != drift.end();
    };
    Repairs repairs{.authentication = said(cluster.name, kAuthentication),
                    .space = said(cluster.name, kNoSpace),
                    .corrupt = said(cluster.name, kCorrupt),
                    .quorum = said(cluster.name, kQuorum)};
    for (const auto& [number, address] : cluster.members) {
        const std::string member = member_name(cluster.name, number);
        if (said(member, kLost)) repairs.lost.insert(member);
        if (said(member, kSilent)) repairs.quorum = true;
    }
    return repairs;
}

std::vector<std::string> repairs_forecast(const EtcdCluster& cluster, const Repairs& repairs) {
    std::vector<std::string> sentences;
    if (repairs.authentication) sentences.push_back("switch authentication of " + cluster.name + " on");
    for (const std::string& member : repairs.lost)
        sentences.push_back(
            "remove " + member + " from " + cluster.name +
            " and add it anew: it copies the others' data, once they are seen to have a quorum without it");
    if (repairs.space)
        sentences.push_back("compact and defragment " + cluster.name +
                            ", a member at a time, and disarm its alarm NOSPACE");
    return sentences;
}

}  // namespace pigsty::module::etcd
