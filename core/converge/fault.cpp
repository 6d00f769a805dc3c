#include "core/converge/fault.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <fmt/format.h>

namespace pigsty::converge {

std::vector<std::string> fault_points(const Table& table) {
    std::vector<std::string> points;
    for (const Step& step : table) {
        points.push_back(step.name + ":before");
        if (step.items) points.push_back(step.name + ":written");
        points.push_back(step.name + ":after");
    }
    return points;
}

#ifdef PIGSTY_FAULT_POINTS

namespace {

std::string_view word(FaultPlace place) {
    return place == FaultPlace::before ? "before" : place == FaultPlace::written ? "written" : "after";
}

struct Fault {
    std::string step, member;
    std::string place = "before";
    bool is_error = false;
};

Fault parse(std::string_view text) {
    Fault fault;
    bool first = true;
    while (true) {
        const std::size_t colon = text.find(':');
        const std::string part(text.substr(0, colon));
        if (first)
            fault.step = part;
        else if (part == "before" || part == "written" || part == "after")
            fault.place = part;
        else if (part == "error" || part == "kill")
            fault.is_error = part == "error";
        else
            fault.member = part;
        first = false;
        if (colon == std::string_view::npos) return fault;
        text.remove_prefix(colon + 1);
    }
}

std::vector<Fault> parse_all(std::string_view text) {
    std::vector<Fault> faults;
    while (true) {
        const std::size_t end = text.find(';');
        faults.push_back(parse(text.substr(0, end)));
        if (end == std::string_view::npos) return faults;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

bool faults_wanted() {
    const char* wanted = std::getenv("PIGSTY_FAULT");
    return wanted != nullptr && *wanted != '\0';
}

Status fault_point(std::string_view step, std::string_view member, FaultPlace place) {
    if (!faults_wanted()) return {};
    const std::vector<Fault> faults = parse_all(std::getenv("PIGSTY_FAULT"));
    const auto fault = std::ranges::find_if(faults, [&](const Fault& one) {
        return one.step == step && one.place == word(place) && (one.member.empty() || one.member == member);
    });
    if (fault == faults.end()) return {};
    if (!fault->is_error) std::raise(SIGKILL);
    return fail(
        Error{ErrorCode::failed, fmt::format("a fault was asked for: {}:{}:{}", step, member, word(place))}.at_host(
            std::string(member)));
}

#endif

}  // namespace pigsty::converge
