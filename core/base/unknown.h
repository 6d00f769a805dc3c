// Markers for text that is not known yet (an address of a machine that the same run makes).
//
// While planning, an unknown string becomes a marker that no user can write. Render functions run on it as on any
// text; whatever comes out with a marker inside is itself unknown, whatever comes out without is known:
//
//     spec.members.at("2").address = unknown_marker("members[\"2\"].address");
//     const std::string text = render_hba(spec);
//     const bool known = !has_unknown(text);
#pragma once

#include <string>
#include <string_view>

namespace pigsty {

// U+FDD0 is a Unicode noncharacter: never interchanged, so no configuration holds it (the framework refuses one).
std::string unknown_marker(std::string_view path);
bool has_unknown(std::string_view text);

}  // namespace pigsty
