#pragma once

// JSON as a tree that keeps the digits of its numbers: what nlohmann's own tree would force through double.
//
//   auto tree = parse_json_tree(R"({"port": 5432, "big": 18446744073709551616})");
//   tree->members.at("big").text;      // "18446744073709551616"
//
// A repeated object key keeps its last value, as in Go. Nesting beyond kMaxDepth is refused.

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pigsty::value {

struct JsonTree {
    enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

    Kind kind = Kind::kNull;
    bool boolean = false;
    std::string text;  // of a string, or the digits of a number
    std::vector<JsonTree> elements;
    std::map<std::string, JsonTree, std::less<>> members;

    // For messages: `string`, `array`, …
    [[nodiscard]] const char* name() const;
};

std::expected<JsonTree, std::string> parse_json_tree(std::string_view text);

}  // namespace pigsty::value
