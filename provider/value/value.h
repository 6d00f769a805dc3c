#pragma once

// One Terraform value: null, unknown ("known after apply") or known.
//
//   Value node = Value::object({{"name", Value::string("pg-test-1")},
//                               {"id", Value::unknown()},
//                               {"port", Value::number(5432)}});
//   node.is_wholly_known();                 // false: id
//   node.get("name").as_string();           // "pg-test-1"
//   Value named = node.with("id", Value::string("42"));   // a changed copy, the rest shared
//
// A Value does not carry its type (the codecs are driven by a Type), except inside `dynamic`. It is immutable
// and cheap to copy; any thread may read it. Lists and tuples share one form, maps and objects another; sets
// drop duplicates and keep a fixed order of their own, so equal sets always encode to equal bytes.
// Accessors of the wrong kind are programming errors and throw std::logic_error: check is_known() first.
//
// Strings: Terraform compares strings after Unicode NFC normalisation and normalises what it receives. Text
// that comes from Terraform is already NFC; text read from a node and returned as a known value has to be.

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "provider/value/number.h"
#include "provider/value/type.h"

namespace pigsty::value {

class Value;
using Elements = std::vector<Value>;
using Members = std::map<std::string, Value, std::less<>>;

class Value {
  public:
    enum class Form { kNull, kUnknown, kBool, kNumber, kString, kList, kSet, kMap, kDynamic };

    Value() = default;  // null
    static Value null() { return {}; }
    static Value unknown();
    // `refinement`: body of Terraform's refined-unknown extension, kept as it came so that it can be echoed.
    static Value refined_unknown(std::string refinement);
    static Value boolean(bool value);
    static Value number(std::int64_t value);
    static Value number(Number value);
    static Value string(std::string value);
    static Value list(Elements elements);
    static Value tuple(Elements elements) { return list(std::move(elements)); }
    static Value set(Elements elements);
    static Value map(Members members);
    static Value object(Members members) { return map(std::move(members)); }
    // The value of an attribute of type `dynamic`, with the type it has this time. An unknown of unknown type
    // is plain unknown(), an untyped null plain null().
    static Value dynamic(Type type, Value value);

    [[nodiscard]] Form form() const;
    // All three look through `dynamic`.
    [[nodiscard]] bool is_null() const;
    [[nodiscard]] bool is_unknown() const;
    [[nodiscard]] bool is_known() const { return !is_null() && !is_unknown(); }
    // No unknown in it at any depth (null counts as known here).
    [[nodiscard]] bool is_wholly_known() const;

    [[nodiscard]] bool as_bool() const;
    [[nodiscard]] const Number& as_number() const;
    [[nodiscard]] std::int64_t as_int64() const;  // throws std::out_of_range when it is not an int64
    [[nodiscard]] const std::string& as_string() const;
    [[nodiscard]] const Elements& elements() const&;  // list, tuple, set
    [[nodiscard]] const Members& members() const&;    // map, object
    // Of a temporary: a copy, so that a loop over it does not look into what is gone.
    [[nodiscard]] Elements elements() && { return static_cast<const Value&>(*this).elements(); }
    [[nodiscard]] Members members() && { return static_cast<const Value&>(*this).members(); }
    [[nodiscard]] const Type& dynamic_type() const;
    [[nodiscard]] const Value& dynamic_value() const;
    [[nodiscard]] const std::string& refinement() const;  // empty when unrefined

    // One member of a map or object; null when this is null or has no such member, unknown when unknown.
    [[nodiscard]] const Value& get(std::string_view name) const;
    // A copy with one member replaced or added.
    [[nodiscard]] Value with(std::string_view name, Value member) const;

    // Same meaning as cty's RawEquals: unknown equals unknown (refinements ignored), null equals null, sets
    // without regard to order.
    friend bool operator==(const Value& a, const Value& b);
    // A total order consistent with ==; used to keep sets in one order.
    [[nodiscard]] static int compare(const Value& a, const Value& b);

    // For messages and test output: HCL-like, cut after `limit` bytes. Never for values that may be secret.
    [[nodiscard]] std::string to_display(std::size_t limit = 200) const;

  private:
    struct Unknown {
        std::shared_ptr<const std::string> refinement;
    };
    struct List {
        std::shared_ptr<const Elements> elements;
    };
    struct Set {
        std::shared_ptr<const Elements> elements;
    };
    struct Map {
        std::shared_ptr<const Members> members;
    };
    struct Typed;
    struct Dynamic {
        std::shared_ptr<const Typed> typed;
    };
    using String = std::shared_ptr<const std::string>;
    using Data = std::variant<std::monostate, Unknown, bool, Number, String, List, Set, Map, Dynamic>;

    explicit Value(Data data) : data_(std::move(data)) {}

    Data data_;
};

}  // namespace pigsty::value
