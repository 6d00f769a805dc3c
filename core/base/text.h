// Small things that are done to text everywhere.
//
//     lower("Work_Mem")                              // "work_mem"; ASCII letters only, whatever the locale
//     trimmed(" etcd \n")                            // "etcd"
//     last_line("a\nE: cause\n")                     // "E: cause"
//     host_port("fd00::1", 8008)                     // "[fd00::1]:8008"
//     matches("pg-test-2 /etc/haproxy/*", key)       // `*` stands for any text, "/" included
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pigsty {

[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);
// The last line that says anything.
[[nodiscard]] std::string_view last_line(std::string_view text);
// An address as it stands before a port: IPv6 in brackets.
[[nodiscard]] std::string bracketed(std::string_view address);
[[nodiscard]] std::string host_port(std::string_view address, std::int64_t port);

enum class Wildcards { star, star_and_question_mark };
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text, Wildcards wildcards = Wildcards::star);

}  // namespace pigsty
