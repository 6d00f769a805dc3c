#include "provider/value/number.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace pigsty::value {

namespace {

constexpr int kMaxExponent = 4096;

// A decimal number taken apart: ±0.DIGITS × 10^point, no zeros at either end of digits; zero has no digits.
struct Decimal {
    bool negative = false;
    std::string digits;
    int point = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::expected<int, std::string> parse_exponent(std::string_view text) {
    bool negative = false;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        negative = text[0] == '-';
        text.remove_prefix(1);
    }
    if (text.empty()) return std::unexpected("a number is required: the exponent has no digits");
    int exponent = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::unexpected("a number is required: the exponent is not made of digits");
        exponent = exponent * 10 + (c - '0');
        if (exponent > kMaxExponent)
            return std::unexpected("a number with an exponent between -4096 and 4096 is required");
    }
    return negative ? -exponent : exponent;
}

std::expected<Decimal, std::string> take_apart(std::string_view text) {
    Decimal decimal;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        decimal.negative = text[0] == '-';
        text.remove_prefix(1);
    }
    std::size_t i = 0;
    bool any_digit = false;
    int point = 0;
    bool after_point = false;
    for (; i < text.size() && (is_digit(text[i]) || text[i] == '.'); ++i) {
        if (text[i] == '.') {
            if (after_point) return std::unexpected("a number is required: it has two decimal points");
            after_point = true;
            continue;
        }
        any_digit = true;
        const bool leading_zero = decimal.digits.empty() && text[i] == '0';
        if (!leading_zero) decimal.digits += text[i];
        if (!after_point && !leading_zero) ++point;
        if (after_point && leading_zero) --point;
    }
    if (!any_digit) return std::unexpected("a number is required");
    if (i < text.size()) {
        if (text[i] != 'e' && text[i] != 'E') return std::unexpected("a number is required");
        auto exponent = parse_exponent(text.substr(i + 1));
        if (!exponent) return std::unexpected(exponent.error());
        point += *exponent;
    }
    while (!decimal.digits.empty() && decimal.digits.back() == '0') decimal.digits.pop_back();
    if (decimal.digits.empty()) return Decimal{};
    decimal.point = point;
    return decimal;
}

std::string plain_text(const Decimal& decimal) {
    if (decimal.digits.empty()) return "0";
    std::string out = decimal.negative ? "-" : "";
    const auto count = static_cast<int>(decimal.digits.size());
    if (decimal.point <= 0) {
        out += "0.";
        out.append(static_cast<std::size_t>(-decimal.point), '0');
        out += decimal.digits;
    } else if (decimal.point >= count) {
        out += decimal.digits;
        out.append(static_cast<std::size_t>(decimal.point - count), '0');
    } else {
        out.append(decimal.digits, 0, static_cast<std::size_t>(decimal.point));
        out += '.';
        out.append(decimal.digits, static_cast<std::size_t>(decimal.point));
    }
    return out;
}

std::string shortest_text(double value) {
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return plain_text(*take_apart({buffer.data(), end}));
}

std::optional<std::int64_t> as_int64(std::string_view plain) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    if (error != std::errc{} || end != plain.data() + plain.size()) return std::nullopt;
    return value;
}

double nearest_double(const std::string& plain) { return std::strtod(plain.c_str(), nullptr); }

// Whether the double, written out to its last binary digit, is this plain text.
bool stands_exactly_for(double value, const std::string& plain) {
    // 1074 digits after the point is the longest expansion a double can have, 309 the longest before it.
    std::array<char, 1400> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 1074);
    if (end.ec != std::errc{}) return false;
    return plain_text(*take_apart({buffer.data(), end.ptr})) == plain;
}

}  // namespace

Number Number::from_double(double value) {
    assert(!std::isnan(value));
    Number number;
    // 2^63 is exact as a double, so the comparison decides precisely which integers fit.
    if (std::trunc(value) == value && value >= -0x1p63 && value < 0x1p63) {
        number.form_ = static_cast<std::int64_t>(value);
    } else {
        number.form_ = value;
    }
    return number;
}

std::expected<Number, std::string> Number::parse(std::string_view text) {
    // What go-cty writes for the infinities when it has to use text.
    if (text == "Infinity" || text == "+Infinity" || text == "Inf" || text == "+Inf") {
        return from_double(std::numeric_limits<double>::infinity());
    }
    if (text == "-Infinity" || text == "-Inf") return from_double(-std::numeric_limits<double>::infinity());
    auto decimal = take_apart(text);
    if (!decimal) return std::unexpected(decimal.error());
    std::string plain = plain_text(*decimal);
    if (const auto integer = as_int64(plain)) return Number(*integer);
    Number number;
    number.form_ = std::move(plain);
    return number;
}

std::optional<std::int64_t> Number::to_int64() const {
    if (const auto* integer = std::get_if<std::int64_t>(&form_)) return *integer;
    return std::nullopt;  // every form that holds an int64 was turned into one on construction
}

double Number::to_double() const {
    if (const auto* integer = std::get_if<std::int64_t>(&form_)) return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&form_)) return *real;
    return nearest_double(std::get<std::string>(form_));
}

std::string Number::to_text() const {
    if (const auto* integer = std::get_if<std::int64_t>(&form_)) return std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&form_)) return shortest_text(*real);
    return std::get<std::string>(form_);
}

std::optional<double> Number::exact_double() const {
    if (const auto* integer = std::get_if<std::int64_t>(&form_)) {
        const auto value = static_cast<double>(*integer);
        if (value < 0x1p63 && static_cast<std::int64_t>(value) == *integer) return value;
        return std::nullopt;
    }
    if (const auto* real = std::get_if<double>(&form_)) return *real;
    const auto& plain = std::get<std::string>(form_);
    const double value = nearest_double(plain);
    if (!std::isinf(value) && stands_exactly_for(value, plain)) return value;
    return std::nullopt;
}

bool Number::is_infinite() const {
    const auto* real = std::get_if<double>(&form_);
    return real != nullptr && std::isinf(*real);
}

bool operator==(const Number& a, const Number& b) {
    if (a.form_.index() == b.form_.index()) return a.form_ == b.form_;
    return a.to_text() == b.to_text();
}

}  // namespace pigsty::value
