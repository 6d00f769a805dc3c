// Validators: what a value must look like. Each knows its text for the documentation and a message that says
// what was expected and what was found.
//
//     attribute("port", &S::port).fixed_default(5432).description("…").validate(port());
//     attribute("sysctl", &S::sysctl).optional().description("…").validate(each(no_control_characters()));
//     Declaration{…, .rules = {exactly_one_of({"password", "password_wo"})}};
//
// All skip null and unknown, at any depth: Terraform validates again once everything is known.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/constraint.h"
#include "core/base/result.h"
#include "provider/framework/attribute.h"

namespace pigsty::framework {

// --- text ---
Validator one_of(std::vector<std::string> allowed);
template <std::size_t N>
Validator one_of(const std::array<std::string_view, N>& allowed) {
    return one_of(std::vector<std::string>(allowed.begin(), allowed.end()));
}
// ECMAScript, whole text. `expected` continues "expected …": "lower-case letters, digits and hyphens".
Validator matches(std::string_view regex, const std::string& expected);
Validator ip_address();  // IPv4 or IPv6
// Network as `10.0.0.0/8`, with no address bits set behind the prefix.
Validator cidr();
// Address with the prefix length of its network, as `10.10.10.2/24`.
Validator address_with_prefix();
Validator duration();
// Bytes of UTF-8: what file formats, PostgreSQL and the kernel count.
Validator length_between(std::size_t least, std::size_t most);
Validator not_empty();  // text, lists, sets, maps
// For line formats, which have no escape for them: cron, hosts, sysctl, HBA, HAProxy, pgbouncer's lists.
Validator no_control_characters();
// Key of a member, instance or node: a number without leading zeros.
Validator member_key();
// Any rule in two words: `expected` continues "expected …"; `good` sees the text.
// What the core asks, too, before it writes the value.
Validator follows(const TextRule& rule);
Validator text_rule(const std::string& expected, std::function<bool(std::string_view)> good);

// A rule of the core: the message is the error's own, which shows of the value what may be shown. `text` ends "Must be …".
Validator follows(const std::string& text, std::function<Status(std::string_view)> rule);
// The error of a core's rule as a diagnostic of the value that was checked.
void refuse_with(const Checked& checked, const Error& error, Diagnostics& diagnostics);

// --- numbers ---
Validator between(std::int64_t least, std::int64_t most);
inline Validator between(Range range) { return between(range.least, range.most); }
Validator at_least(std::int64_t least);
Validator port();  // 1 to 65535

// --- collections ---
Validator each(Validator element);  // elements of lists and sets, values of maps
Validator keys(Validator key);      // keys of maps
Validator size_between(std::size_t least, std::size_t most);

// --- attributes of one object, named by Declaration::rules or by a nested attribute's validate() ---
Validator conflicts_with(std::string attribute, std::vector<std::string> others);
Validator exactly_one_of(std::vector<std::string> attributes);
Validator at_least_one_of(std::vector<std::string> attributes);
Validator required_together(std::vector<std::string> attributes);
// `attribute` may be written only where `needs` is.
Validator requires_also(std::string attribute, std::string needs);

}  // namespace pigsty::framework
