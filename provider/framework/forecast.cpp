#include "provider/framework/forecast.h"

#include "core/base/hash.h"
#include "core/base/unknown.h"

namespace pigsty::framework {

std::optional<std::string> known_fingerprint(std::string_view text) {
    if (has_unknown(text)) return std::nullopt;
    return fingerprint(text);
}

}  // namespace pigsty::framework
