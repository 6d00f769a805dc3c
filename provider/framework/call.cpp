#include "provider/framework/call.h"

namespace pigsty::framework {

Diagnostic to_diagnostic(const Error& error, std::optional<value::Path> path) {
    return {Severity::kError, summary(error), detail(error), std::move(path)};
}

}  // namespace pigsty::framework
