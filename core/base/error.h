// Error: what every fallible function of the core answers when it could not do its work.
//
//     return Error{ErrorCode::unreachable, "SSH port did not answer within 30 s"}.at_host("10.10.10.11")
//         .with_hint("is the machine running, and is port 22 open from here?");
//
// A message says what was expected, what was found and where; the hint says what to do. Neither ever holds a secret.
#pragma once

#include <string>
#include <string_view>

namespace pigsty {

enum class ErrorCode {
    invalid,      // the input is wrong; nothing was contacted
    unreachable,  // no connection, or it broke
    denied,       // wrong key, wrong host key, no sudo, no privilege
    unsupported,  // system or version that we do not know
    conflict,     // something else owns what we were to touch, or it changed since the plan
    failed,       // a command, a statement or a server said no
    stalled,      // nothing moved for the bound that applies
    cancelled,    // stopped by the user
    internal,     // a bug of ours
};

std::string_view to_string(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;
    std::string host{};     // address or member name, empty where no node is involved
    std::string step{};     // "step 31 of 58: start etcd"
    std::string command{};  // command or statement, without secrets
    std::string output{};   // tail of what it printed
    std::string hint{};     // what to do

    Error& at_host(std::string value) &;
    Error&& at_host(std::string value) &&;
    Error& at_step(std::string value) &;
    Error&& at_step(std::string value) &&;
    Error& with_command(std::string value) &;
    Error&& with_command(std::string value) &&;
    // Keeps the last `kOutputTail` bytes.
    Error& with_output(std::string_view value) &;
    Error&& with_output(std::string_view value) &&;
    Error& with_hint(std::string value) &;
    Error&& with_hint(std::string value) &&;

    static constexpr std::size_t kOutputTail = 2000;
};

// One line: "10.10.10.11: step 3 of 9: message". Used as a diagnostic's summary.
std::string summary(const Error& error);
// The remaining lines: command, output, hint. Used as a diagnostic's detail; empty where there is nothing to add.
std::string detail(const Error& error);

}  // namespace pigsty
