#include "provider/release.h"

#include <chrono>
#include <cstdlib>

#include "provider/configuration/configure.h"
#include "provider/pigsty_provider.h"
#include "provider/resource/converged.h"

namespace pigsty::provider {

Result<std::vector<std::string>> release(const std::string& name, const std::vector<std::string>& addresses) {
    const auto environment = [](const std::string& variable) {
        const char* value = std::getenv(variable.c_str());
        return std::string(value == nullptr ? "" : value);
    };
    TRY(const auto fleet, fleet_from(PigstyConfig{}, environment, nullptr));
    const Cancel cancel = Cancel::within(std::chrono::minutes(30));
    const PigstyProvider provider;
    std::vector<std::string> lines;
    for (const auto& offered : provider.resources()) {
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

}  // namespace pigsty::provider
