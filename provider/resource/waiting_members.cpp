#include "provider/resource/waiting_members.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>

namespace pigsty::provider {
namespace {

using module::pgsql::Waiting;

constexpr const char* kWaiting = "waiting_for_restart";
// Seconds since the epoch, of the machine that runs the provider.
constexpr const char* kOurWordUntil = "waiting_for_restart_until";
// One loop brings the configuration to a member, one its answer to the others; twice that, for loops that take their time.
constexpr std::int64_t kLoops = 4;

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

void put(framework::PrivateData& data, const Waiting& waiting) {
    const nlohmann::json json{{"members", waiting.members}, {"runs_with", waiting.runs_with}};
    data.set(kWaiting, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

Waiting waiting_in(const client::PatroniCluster& seen, module::pgsql::RunsWith runs_with) {
    Waiting waiting{.runs_with = std::move(runs_with)};
    for (const auto& member : seen.members)
        if (member.pending_restart) waiting.members.push_back(member.name);
    return waiting;
}

void note_waiting(framework::PrivateData& data, const Waiting& waiting) {
    const std::string until = data.get(kOurWordUntil).value_or("");
    if (!until.empty() && std::atoll(until.c_str()) > now()) return;
    forget_waiting(data);
    if (waiting != Waiting()) put(data, waiting);
}

void expect_waiting(framework::PrivateData& data, const Waiting& waiting, const render::FailoverPlan& plan) {
    put(data, waiting);
    data.set(kOurWordUntil, std::to_string(now() + kLoops * plan.loop_wait));
}

void forget_waiting(framework::PrivateData& data) {
    data.erase(kWaiting);
    data.erase(kOurWordUntil);
}

Waiting waiting_members(const framework::PrivateData& data) {
    const auto json = nlohmann::json::parse(data.get(kWaiting).value_or(""), nullptr, false);
    if (!json.is_object()) return {};
    return {.members = json.value("members", std::vector<std::string>()),
            .runs_with = json.value("runs_with", module::pgsql::RunsWith())};
}

}  // namespace pigsty::provider
