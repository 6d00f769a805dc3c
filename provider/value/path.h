#pragma once

// Where in a value something is: the address that Terraform shows under a diagnostic.
//
//   Path where = Path::root().attribute("instances").key("2").attribute("address");
//   where.to_string();            // instances["2"].address
//   Path first = Path::root().attribute("hba_rules").index(0);   // hba_rules[0]
//
// Elements of a set have no address in Terraform: end the path at the set.

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "provider/value/value.h"

namespace pigsty::value {

class Path {
  public:
    struct Attribute {
        std::string name;
        friend bool operator==(const Attribute&, const Attribute&) = default;
        friend auto operator<=>(const Attribute&, const Attribute&) = default;
    };
    struct Key {
        std::string key;
        friend bool operator==(const Key&, const Key&) = default;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Index {
        std::int64_t index;
        friend bool operator==(const Index&, const Index&) = default;
        friend auto operator<=>(const Index&, const Index&) = default;
    };
    using Step = std::variant<Attribute, Key, Index>;

    Path() = default;
    static Path root() { return {}; }
    // Path::of("name") is Path::root().attribute("name").
    static Path of(std::string attribute_name) { return root().attribute(std::move(attribute_name)); }

    [[nodiscard]] Path attribute(std::string name) const { return then(Attribute{std::move(name)}); }
    [[nodiscard]] Path key(std::string key) const { return then(Key{std::move(key)}); }
    [[nodiscard]] Path index(std::int64_t index) const { return then(Index{index}); }
    [[nodiscard]] Path then(Step step) const;
    // Without the last step; the root is its own parent.
    [[nodiscard]] Path parent() const;

    [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
    [[nodiscard]] bool is_root() const { return steps_.empty(); }
    [[nodiscard]] std::string to_string() const;

    // The part of `value` at this path: null where a null is in the way or the step leads nowhere, unknown
    // where an unknown is in the way.
    [[nodiscard]] Value look_up(const Value& value) const;

    friend bool operator==(const Path&, const Path&) = default;
    friend auto operator<=>(const Path&, const Path&) = default;

  private:
    std::vector<Step> steps_;
};

}  // namespace pigsty::value
