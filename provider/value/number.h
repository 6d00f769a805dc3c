#pragma once

// A number exactly as Terraform means it: any count of digits, never forced through `double`.
//
//   Number port(5432);
//   auto big = Number::parse("18446744073709551615");   // kept digit by digit
//   big->to_text();                                      // "18446744073709551615"
//   *Number::parse("1.50") == *Number::parse("15e-1");   // true
//
// Three forms: a 64-bit integer, a double as it came over the wire, or decimal text in its shortest plain
// spelling (no exponent, no superfluous zeros). Equality is cty's: integers exactly, others by shortest text.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pigsty::value {

class Number {
  public:
    explicit Number(std::int64_t value = 0) : form_(value) {}
    // An integral double that fits becomes an integer. NaN has no meaning in Terraform and is refused by
    // assert.
    static Number from_double(double value);
    // A JSON or HCL number, sign and exponent allowed. Exponents beyond ±4096 are refused: their plain digits
    // would fill the memory.
    static std::expected<Number, std::string> parse(std::string_view text);

    [[nodiscard]] std::optional<std::int64_t> to_int64() const;
    // The nearest double; precision may be lost.
    [[nodiscard]] double to_double() const;
    // Plain digits; "Infinity" and "-Infinity" for the two infinities.
    [[nodiscard]] std::string to_text() const;

    // The double to write for this number if, and only if, it stands for it exactly.
    [[nodiscard]] std::optional<double> exact_double() const;
    [[nodiscard]] bool is_infinite() const;

    friend bool operator==(const Number& a, const Number& b);

  private:
    std::variant<std::int64_t, double, std::string> form_;
};

}  // namespace pigsty::value
