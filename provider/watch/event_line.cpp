#include "provider/watch/event_line.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace pigsty::watch {
namespace {

using converge::ProgressEvent;
using converge::ProgressState;

constexpr std::array<std::pair<ProgressState, std::string_view>, 4> kStates{{
    {ProgressState::begun, "begun"},
    {ProgressState::moving, "moving"},
    {ProgressState::done, "done"},
    {ProgressState::failed, "failed"},
}};

std::string_view name_of(ProgressState state) {
    for (const auto& [known, name] : kStates)
        if (known == state) return name;
    return "done";
}

bool is_ours_alone(const std::string& path) {
    struct stat status{};
    return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
           (status.st_mode & 077) == 0;
}

}  // namespace

std::string to_line(const ProgressEvent& event) {
    nlohmann::json object{{"operation", event.operation},
                          {"member", event.member},
                          {"what", event.what},
                          {"state", name_of(event.state)},
                          {"took_ms", event.took.count()}};
    if (!event.detail.empty()) object["detail"] = event.detail;
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::optional<ProgressEvent> from_line(std::string_view line) {
    const auto object = nlohmann::json::parse(line, nullptr, false);
    if (!object.is_object()) return std::nullopt;
    const auto text = [&object](const char* key) {
        const auto found = object.find(key);
        return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    ProgressEvent event{
        .operation = text("operation"), .member = text("member"), .what = text("what"), .detail = text("detail")};
    const std::string state = text("state");
    bool known = false;
    for (const auto& [candidate, name] : kStates) {
        if (name != state) continue;
        event.state = candidate;
        known = true;
    }
    if (!known || event.what.empty()) return std::nullopt;
    if (const auto took = object.find("took_ms"); took != object.end() && took->is_number_integer())
        event.took = std::chrono::milliseconds(took->get<std::int64_t>());
    return event;
}

std::string runtime_directory() {
    const char* given = std::getenv("XDG_RUNTIME_DIR");
    const std::string path =
        given != nullptr && *given == '/' ? std::string(given) + "/pigsty" : "/tmp/pigsty-" + std::to_string(geteuid());
    mkdir(path.c_str(), 0700);
    return is_ours_alone(path) ? path : std::string();
}

std::vector<std::string> runtime_directories() {
    const std::string user = std::to_string(geteuid());
    std::vector<std::string> all;
    for (const std::string& path : {runtime_directory(), "/run/user/" + user + "/pigsty", "/tmp/pigsty-" + user})
        if (!path.empty() && is_ours_alone(path) && std::ranges::find(all, path) == all.end()) all.push_back(path);
    return all;
}

}  // namespace pigsty::watch
