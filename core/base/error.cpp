#include "core/base/error.h"

#include <utility>

namespace pigsty {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid: return "invalid";
        case ErrorCode::unreachable: return "unreachable";
        case ErrorCode::denied: return "denied";
        case ErrorCode::unsupported: return "unsupported";
        case ErrorCode::conflict: return "conflict";
        case ErrorCode::failed: return "failed";
        case ErrorCode::stalled: return "stalled";
        case ErrorCode::cancelled: return "cancelled";
        case ErrorCode::internal: return "internal";
    }
    return "internal";
}

Error& Error::at_host(std::string value) & {
    host = std::move(value);
    return *this;
}
Error&& Error::at_host(std::string value) && { return std::move(at_host(std::move(value))); }

Error& Error::at_step(std::string value) & {
    step = std::move(value);
    return *this;
}
Error&& Error::at_step(std::string value) && { return std::move(at_step(std::move(value))); }

Error& Error::with_command(std::string value) & {
    command = std::move(value);
    return *this;
}
Error&& Error::with_command(std::string value) && { return std::move(with_command(std::move(value))); }

Error& Error::with_output(std::string_view value) & {
    output = value.size() > kOutputTail ? value.substr(value.size() - kOutputTail) : value;
    while (!output.empty() && output.back() == '\n') output.pop_back();
    return *this;
}
Error&& Error::with_output(std::string_view value) && { return std::move(with_output(value)); }

Error& Error::with_hint(std::string value) & {
    hint = std::move(value);
    return *this;
}
Error&& Error::with_hint(std::string value) && { return std::move(with_hint(std::move(value))); }

std::string summary(const Error& error) {
    std::string text;
    if (!error.host.empty()) text += error.host + ": ";
    if (!error.step.empty()) text += error.step + ": ";
    return text + error.message;
}

std::string detail(const Error& error) {
    std::string text;
    const auto add = [&text](std::string_view label, const std::string& value) {
        if (value.empty()) return;
        if (!text.empty()) text += '\n';
        text += label;
        text += value;
    };
    add("Command: ", error.command);
    add("Output:\n", error.output);
    add("What to do: ", error.hint);
    return text;
}

}  // namespace pigsty
