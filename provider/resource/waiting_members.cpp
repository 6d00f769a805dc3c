#include "provider/resource/waiting_members.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "core/item/path_state.h"
namespace pigsty::provider {
namespace {

constexpr const char* kMembers = "waiting_for_restart";
// Seconds since the epoch, of the machine that runs the provider.
constexpr const char* kOurWordUntil = "waiting_for_restart_until";
// Two loops: one that brings the configuration to a member, one that brings its answer to the others.
constexpr std::chrono::seconds kTwoLoops{20};

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

void note_waiting(framework::PrivateData& data, const client::PatroniCluster& seen) {
    const std::string until = data.get(kOurWordUntil).value_or("");
    if (!until.empty() && std::atoll(until.c_str()) > now()) return;
    std::vector<std::string> names;
    for (const auto& member : seen.members)
        if (member.pending_restart) names.push_back(member.name);
    forget_waiting(data);
    if (!names.empty()) data.set(kMembers, item::join(names));
}

void expect_waiting(framework::PrivateData& data, const std::vector<std::string>& members) {
    data.set(kMembers, item::join(members));
    data.set(kOurWordUntil, std::to_string(now() + kTwoLoops.count()));
}

void forget_waiting(framework::PrivateData& data) {
    data.erase(kMembers);
    data.erase(kOurWordUntil);
}

std::string waiting_members(const framework::PrivateData& data) { return data.get(kMembers).value_or(""); }

}  // namespace pigsty::provider
