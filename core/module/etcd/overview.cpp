#include "core/module/etcd/overview.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "core/client/etcd.h"
#include "core/item/deb_version.h"
#include "core/module/etcd/condition.h"

namespace pigsty::module::etcd {
namespace {

// The gateway writes 64-bit numbers as text, and leaves out what is 0.
std::uint64_t number_in(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) return 0;
    if (found->is_number_unsigned()) return found->get<std::uint64_t>();
    std::uint64_t number = 0;
    if (found->is_string()) {
        const auto& text = found->get_ref<const std::string&>();
        std::from_chars(text.data(), text.data() + text.size(), number);
    }
    return number;
}

struct Answer {
    std::uint64_t id = 0;
    std::uint64_t leader = 0;  // 0: it knows of none
};

// What a member says of itself; nothing where it is no answer to maintenance/status.
std::optional<Answer> read_status(const std::string& body, MemberOverview& member) {
    // Between them stand the marks of a reply in chunks, where it came so.
    const auto begin = body.find('{');
    const auto end = body.rfind('}');
    if (begin == std::string::npos || end == std::string::npos || end < begin) return std::nullopt;
    const auto status = nlohmann::json::parse(body.substr(begin, end - begin + 1), nullptr, false);
    if (!status.is_object() || !status.contains("header") || !status.at("header").is_object()) return std::nullopt;
    const nlohmann::json& header = status.at("header");
    const Answer answer{.id = number_in(header, "member_id"), .leader = number_in(status, "leader")};
    member.id = fmt::format("{:x}", answer.id);
    if (status.contains("version") && status.at("version").is_string())
        member.version = status.at("version").get<std::string>();
    member.database_size = static_cast<std::int64_t>(number_in(status, "dbSize"));
    member.database_size_in_use = static_cast<std::int64_t>(number_in(status, "dbSizeInUse"));
    member.revision = static_cast<std::int64_t>(number_in(header, "revision"));
    return answer;
}

void take_largest(std::optional<std::int64_t>& into, const std::optional<std::int64_t>& value) {
    if (value && (!into || *value > *into)) into = value;
}

void sum_up(Overview& overview) {
    overview.healthy = !overview.members.empty();
    for (const auto& [number, member] : overview.members) {
        overview.healthy = overview.healthy && member.healthy;
        overview.quorum = overview.quorum || member.healthy;
        overview.alarms.insert(member.alarms.begin(), member.alarms.end());
        take_largest(overview.database_size, member.database_size);
        take_largest(overview.revision, member.revision);
        if (member.version && (!overview.version || item::compare_deb_versions(*member.version, *overview.version) < 0))
            overview.version = member.version;
        if (member.leads) overview.leader = member.name;
    }
}

}  // namespace

Overview overview_of(const EtcdCluster& cluster, const MemberMap<std::optional<std::string>>& looks) {
    Overview overview;
    std::uint64_t leader = 0;
    MemberMap<std::uint64_t> ids;
    std::vector<std::string> without_answer;
    for (const auto& [number, address] : cluster.members) {
        MemberOverview member{.name = member_name(cluster.name, number), .address = address.address};
        const auto look = looks.find(number);
        if (look != looks.end() && look->second) {
            const MemberCondition condition = member_condition(*look->second);
            member.healthy = condition.reads;
            member.alarms = condition.alarms;
            const auto bodies = client::etcd_answers(*look->second);
            if (const auto answer = bodies.empty() ? std::nullopt : read_status(bodies[0], member)) {
                ids[number] = answer->id;
                // One that has no quorum remembers who led; those that have one know.
                if (answer->leader != 0 && (leader == 0 || member.healthy)) leader = answer->leader;
            }
        }
        if (!member.id) without_answer.push_back(number);
        overview.members.emplace(number, std::move(member));
    }
    const auto named = std::ranges::find(ids, leader, [](const auto& entry) { return entry.second; });
    if (leader != 0 && named != ids.end()) overview.members.at(named->first).leads = true;
    // Nobody of those that answer: then it is the one that did not, the others know of it.
    else if (leader != 0 && without_answer.size() == 1)
        overview.members.at(without_answer.front()).leads = true;
    sum_up(overview);
    return overview;
}

}  // namespace pigsty::module::etcd
