#include "provider/release.h"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ranges>

#include "provider/configuration/configure.h"
#include "provider/pigsty_provider.h"
#include "provider/resource/releases.h"

namespace pigsty::provider {
namespace {

Result<BastionConfig> bastion_of(const std::string& text) {
    BastionConfig bastion;
    const auto at = text.find('@');
    if (at != std::string::npos) bastion.user = text.substr(0, at);
    bastion.host = at == std::string::npos ? text : text.substr(at + 1);
    if (const auto colon = bastion.host.rfind(':'); colon != std::string::npos) {
        const std::string port = bastion.host.substr(colon + 1);
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), bastion.port);
        if (error != std::errc() || end != port.data() + port.size() || bastion.port < 1 || bastion.port > 65535)
            return fail(ErrorCode::invalid, "expected a bastion as [USER@]HOST[:PORT], found \"" + text + "\"");
        bastion.host.resize(colon);
    }
    if (bastion.host.empty() || (bastion.user && bastion.user->empty()))
        return fail(ErrorCode::invalid, "expected a bastion as [USER@]HOST[:PORT], found \"" + text + "\"");
    return bastion;
}

Result<std::shared_ptr<Fleet>> fleet_by(const ReleaseRoute& route) {
    PigstyConfig config;
    config.ssh.port = route.port;
    if (!route.user.empty()) config.ssh.user = route.user;
    if (!route.private_key_file.empty()) config.ssh.login.private_key_file = route.private_key_file;
    if (!route.known_hosts_file.empty()) config.ssh.known_hosts_file = route.known_hosts_file;
    for (const std::string& text : route.bastions) {
        TRY(auto bastion, bastion_of(text));
        config.ssh.bastions.push_back(std::move(bastion));
    }
    const auto environment = [](const std::string& variable) {
        const char* value = std::getenv(variable.c_str());
        return std::string(value == nullptr ? "" : value);
    };
    return fleet_from(config, environment, nullptr);
}

}  // namespace

Result<std::vector<std::string>> release(const std::string& name, const std::vector<std::string>& addresses,
                                         const ReleaseRoute& route) {
    TRY(const auto fleet, fleet_by(route));
    const Cancel cancel = Cancel::within(std::chrono::minutes(30));
    const PigstyProvider provider;
    std::vector<std::string> lines;
    // What needs others is offered after them, and goes before them.
    const auto all = provider.resources();
    for (const auto& offered : std::ranges::reverse_view(all)) {
        const auto resource = offered.make();
        const auto* releases = dynamic_cast<const Releases*>(resource.get());
        if (releases == nullptr) continue;
        for (const std::string& address : addresses) {
            TRY(const bool undone, releases->release(name, {.address = address}, *fleet, cancel));
            if (undone)
                lines.push_back(offered.name + " \"" + name + "\", found at " + address +
                                ": undone on all its members");
        }
    }
    if (lines.empty()) {
        return fail(Error{.code = ErrorCode::invalid,
                          .message = "expected an unfinished create of \"" + name + "\" on these machines, found none"}
                        .with_hint("name it as the resource is named (a node by its address); what is finished is "
                                   "removed by a destroy"));
    }
    return lines;
}

Result<std::vector<std::string>> fault_points(const std::string& resource) {
    const PigstyProvider provider;
    for (const auto& offered : provider.resources()) {
        if (offered.name != resource) continue;
        const auto made = offered.make();
        const auto* releases = dynamic_cast<const Releases*>(made.get());
        return releases == nullptr ? std::vector<std::string>() : releases->fault_points();
    }
    return fail(ErrorCode::invalid, "there is no resource \"" + resource + "\"");
}

}  // namespace pigsty::provider
