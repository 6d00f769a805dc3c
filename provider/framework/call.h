// Call: what every operation on a real thing gets besides its specs. Validation: the same for offline checks.
//
//     Result<NodeState> PigstyNode::create(const NodeState& planned, Call& call) const {
//         auto& fleet = *call.provider<Fleet>();
//         TRY(auto node, fleet.connect(planned.address, call.cancel));
//         call.diagnostics.add_warning("…", "…", Path::of("packages"));
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "provider/framework/diagnostic.h"
#include "provider/framework/loading.h"
#include "provider/framework/private_data.h"

namespace pigsty::framework {

struct Call {
    std::string_view type_name;
    // Bounded by the resource's `timeouts`, stopped by Ctrl-C.
    Cancel cancel;
    // Changed in place; kept beside the state when the operation answers one.
    PrivateData& private_data;
    // Warnings, and errors that belong to an attribute. An error here counts like a returned one.
    Diagnostics& diagnostics;
    // What Provider::configure made; null before it ran.
    std::shared_ptr<void> provider_data;

    template <class T>
    [[nodiscard]] T* provider() const {
        return static_cast<T*>(provider_data.get());
    }
};

// Checks that need no node. Text members of the config may hold markers, other unknown members are as if not
// written: `unknown` tells which.
struct Validation {
    const Unknowns& unknown;
    Diagnostics& diagnostics;

    void error(value::Path path, std::string summary, std::string detail) {
        diagnostics.add_error(std::move(summary), std::move(detail), std::move(path));
    }
};

// What came with a call; nothing, and an error among the diagnostics, where it cannot be read.
std::optional<PrivateData> private_data_of(std::string_view bytes, Diagnostics& diagnostics);

// Summary and detail of an Error of the core; a hint ends the detail.
Diagnostic to_diagnostic(const Error& error, std::optional<value::Path> path = std::nullopt);

}  // namespace pigsty::framework
