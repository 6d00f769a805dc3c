#include "provider/framework/call.h"

namespace pigsty::framework {

Diagnostic to_diagnostic(const Error& error, std::optional<value::Path> path) {
    return {Severity::kError, summary(error), detail(error), std::move(path)};
}

std::optional<PrivateData> private_data_of(std::string_view bytes, Diagnostics& diagnostics) {
    auto data = PrivateData::decode(bytes);
    if (data) return std::move(*data);
    diagnostics.add(to_diagnostic(data.error()));
    return std::nullopt;
}

}  // namespace pigsty::framework
