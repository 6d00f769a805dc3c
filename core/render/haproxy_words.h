// What a user may write into HAProxy's configuration: lines of a `listen` section, and the words of a server.
//
//     if (const auto problem = haproxy_option_problem("option httpchk")) …      // nothing: it may stand there
//     if (const auto problem = haproxy_server_options_problem("check port 9000 inter 3s")) …
//
// Each answer ends the sentence "the line …". Indentation means nothing to HAProxy, words are unquoted and variables put in
// before they are understood, and its own check is content with a line that opens another section: so what a line begins with
// is one of the words that we know.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pigsty::render {

// What a line of HAProxy's configuration would not hold as it is written: a control character, a # that makes the rest a
// comment, quotes that do not end, a backslash with nothing behind it. Nothing where it holds.
std::optional<std::string> haproxy_line_problem(std::string_view text);
// Of a line of its own in a `listen` section.
std::optional<std::string> haproxy_option_problem(std::string_view line);
// Of what stands behind `server NAME ADDRESS` or `default-server`.
std::optional<std::string> haproxy_server_options_problem(std::string_view text);
// Of a path of Patroni's REST interface, which is one word: /primary, /replica?lag=1MB.
std::optional<std::string> haproxy_path_problem(std::string_view path);
// Of the first word of `balance`, with its argument in parentheses.
bool is_haproxy_balance(std::string_view text);

}  // namespace pigsty::render
