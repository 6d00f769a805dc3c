#include "provider/framework/validators.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <memory>
#include <mutex>
#include <regex>
#include <utility>

#include <arpa/inet.h>
#include <spdlog/fmt/fmt.h>

#include "core/base/member_key.h"
#include "provider/framework/duration.h"

namespace pigsty::framework {
namespace {

std::string quoted_list(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "\"" : ", \"") + name + "\"";
    return text;
}

struct Network {
    int family;
    std::array<unsigned char, 16> address{};
    unsigned prefix;
};

std::optional<int> address_family(const std::string& text, void* bytes) {
    if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return AF_INET;
    if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) return AF_INET6;
    return std::nullopt;
}

std::optional<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || text.find('\0') != std::string_view::npos) return std::nullopt;
    Network network{};
    const auto family = address_family(std::string(text.substr(0, slash)), network.address.data());
    if (!family) return std::nullopt;
    network.family = *family;
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), network.prefix);
    const bool canonical = is_member_key(digits) && error == std::errc() && end == digits.data() + digits.size();
    if (!canonical || network.prefix > (network.family == AF_INET ? 32U : 128U)) return std::nullopt;
    return network;
}

bool has_bits_behind_prefix(const Network& network) {
    const unsigned bits = network.family == AF_INET ? 32 : 128;
    for (unsigned bit = network.prefix; bit < bits; ++bit) {
        if ((network.address[bit / 8] >> (7 - bit % 8) & 1U) != 0) return true;
    }
    return false;
}

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

std::size_t size_of(const Value& value) {
    switch (value.form()) {
        case Value::Form::kString: return value.as_string().size();
        case Value::Form::kMap: return value.members().size();
        default: return value.elements().size();
    }
}

// std::regex is compiled on first use, so that building a schema costs nothing, and never sees long text: its matcher
// recurses once per character.
struct LazyRegex {
    explicit LazyRegex(std::string_view text) : source(text) {}
    bool matches(const std::string& text) {
        std::call_once(compiled, [this] { regex.assign(source, std::regex::ECMAScript | std::regex::optimize); });
        return text.size() <= 4096 && std::regex_match(text, regex);
    }

    std::string source;
    std::once_flag compiled;
    std::regex regex;
};

}  // namespace

Validator text_rule(const std::string& expected, std::function<bool(std::string_view)> good) {
    return {expected, [expected, good = std::move(good)](const Checked& checked, Diagnostics& diagnostics) {
                if (!good(checked.value.as_string())) checked.refuse(diagnostics, expected);
            }};
}

Validator follows(const TextRule& rule) { return text_rule(std::string(rule.expected), rule.holds); }

void refuse_with(const Checked& checked, const Error& error, Diagnostics& diagnostics) {
    const auto sentence = [](std::string text) {
        if (!text.empty()) text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
        return text.empty() ? text : text + ".";
    };
    std::string detail = sentence(error.message);
    if (!error.hint.empty()) detail += " What to do: " + error.hint + ".";
    diagnostics.add_error("Invalid value of " + checked.path.to_string(), std::move(detail), checked.path);
}

Validator follows(const std::string& text, std::function<Status(std::string_view)> rule) {
    return {text, [rule = std::move(rule)](const Checked& checked, Diagnostics& diagnostics) {
                if (const auto good = rule(checked.value.as_string()); !good)
                    refuse_with(checked, good.error(), diagnostics);
            }};
}

Validator one_of(std::vector<std::string> allowed) {
    std::string expected = allowed.size() == 1 ? quoted_list(allowed) : "one of " + quoted_list(allowed);
    return text_rule(expected, [allowed = std::move(allowed)](std::string_view text) {
        return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
    });
}

Validator matches(std::string_view regex, const std::string& expected) {
    auto lazy = std::make_shared<LazyRegex>(regex);
    return text_rule(expected, [lazy](std::string_view text) { return lazy->matches(std::string(text)); });
}

Validator ip_address() { return follows(kIpAddress); }

Validator cidr() {
    return {"a network as \"10.0.0.0/8\"", [](const Checked& checked, Diagnostics& diagnostics) {
                const auto network = parse_network(checked.value.as_string());
                if (!network) return checked.refuse(diagnostics, "a network as \"10.0.0.0/8\"");
                if (has_bits_behind_prefix(*network)) {
                    checked.refuse(
                        diagnostics, "a network with no address bits behind its prefix",
                        fmt::format("For this one address write /{}.", network->family == AF_INET ? 32 : 128));
                }
            }};
}

Validator address_with_prefix() {
    return text_rule("an address with the prefix length of its network, as \"10.10.10.2/24\"",
                     [](std::string_view text) { return parse_network(text).has_value(); });
}

Validator duration() {
    return text_rule("a duration as \"30s\", \"5m\" or \"1h30m\"",
                     [](std::string_view text) { return parse_duration(text).has_value(); });
}

Validator length_between(std::size_t least, std::size_t most) {
    const std::string expected = fmt::format("{} to {} bytes", least, most);
    return {expected + " long", [=](const Checked& checked, Diagnostics& diagnostics) {
                const std::size_t size = checked.value.as_string().size();
                if (size < least || size > most) {
                    checked.refuse(diagnostics, expected, fmt::format("It has {} bytes in UTF-8.", size));
                }
            }};
}

Validator not_empty() {
    return {"not empty", [](const Checked& checked, Diagnostics& diagnostics) {
                if (size_of(checked.value) == 0) checked.refuse(diagnostics, "something that is not empty");
            }};
}

Validator no_control_characters() {
    const std::string expected = "text without line breaks and other control characters";
    return {expected, [expected](const Checked& checked, Diagnostics& diagnostics) {
                if (!has_control_character(checked.value.as_string())) return;
                checked.refuse(diagnostics, expected, "The file that it is written to has no way to escape them.");
            }};
}

Validator member_key() {
    const std::string expected = "a number without leading zeros, as \"1\"";
    return text_rule(expected, [](std::string_view text) { return is_member_key(text); });
}

Validator between(std::int64_t least, std::int64_t most) {
    const std::string expected = fmt::format("a whole number from {} to {}", least, most);
    return {expected, [=](const Checked& checked, Diagnostics& diagnostics) {
                const auto number = checked.value.as_number().to_int64();
                if (!number || *number < least || *number > most) checked.refuse(diagnostics, expected);
            }};
}

Validator at_least(std::int64_t least) {
    const std::string expected = fmt::format("a whole number of at least {}", least);
    return {expected, [=](const Checked& checked, Diagnostics& diagnostics) {
                const auto number = checked.value.as_number().to_int64();
                if (!number || *number < least) checked.refuse(diagnostics, expected);
            }};
}

Validator port() {
    Validator validator = between(kPorts);
    validator.text = "a port from 1 to 65535";
    return validator;
}

Validator size_between(std::size_t least, std::size_t most) {
    const std::string expected = fmt::format("{} to {} elements", least, most);
    return {expected + " long", [=](const Checked& checked, Diagnostics& diagnostics) {
                const std::size_t size = size_of(checked.value);
                if (size >= least && size <= most) return;
                diagnostics.add_error("Invalid value of " + checked.path.to_string(),
                                      fmt::format("Expected {}, found {}.", expected, size), checked.path);
            }};
}

Validator each(Validator element) {
    std::string text = "made of elements that are each " + element.text;
    return {std::move(text), [element = std::move(element)](const Checked& checked, Diagnostics& diagnostics) {
                const Value& value = checked.value;
                if (value.form() == Value::Form::kMap) {
                    for (const auto& [key, member] : value.members()) {
                        const Path path = checked.path.key(key);
                        if (member.is_known()) element.check(checked.inside(member, path), diagnostics);
                    }
                    return;
                }
                const bool ordered = value.form() == Value::Form::kList;
                std::int64_t index = 0;
                for (const Value& member : value.elements()) {
                    const Path path = ordered ? checked.path.index(index++) : checked.path;
                    if (member.is_known()) element.check(checked.inside(member, path), diagnostics);
                }
            }};
}

Validator keys(Validator key) {
    std::string text = "keyed by " + key.text;
    return {std::move(text), [key = std::move(key)](const Checked& checked, Diagnostics& diagnostics) {
                for (const auto& entry : checked.value.members()) {
                    const Value name = Value::string(entry.first);
                    const Path path = checked.path.key(entry.first);
                    key.check({name, path, false}, diagnostics);
                }
            }};
}

}  // namespace pigsty::framework
