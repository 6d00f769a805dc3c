#include "provider/value/value.h"

#include <algorithm>
#include <utility>

namespace pigsty::value {

struct Value::Typed {
    Type type;
    Value value;
};

namespace {

const char* form_name(Value::Form form) {
    switch (form) {
        case Value::Form::kNull: return "null";
        case Value::Form::kUnknown: return "unknown";
        case Value::Form::kBool: return "bool";
        case Value::Form::kNumber: return "number";
        case Value::Form::kString: return "string";
        case Value::Form::kList: return "list";
        case Value::Form::kSet: return "set";
        case Value::Form::kMap: return "map";
        case Value::Form::kDynamic: return "dynamic";
    }
    return "null";
}

[[noreturn]] void refuse(const char* wanted, Value::Form found) {
    throw std::logic_error(std::string("value: ") + wanted + " asked of a value that is " + form_name(found));
}

int sign(bool less, bool equal) { return less ? -1 : (equal ? 0 : 1); }

int compare_numbers(const Number& a, const Number& b) {
    const auto left = a.to_int64();
    const auto right = b.to_int64();
    if (left && right) return sign(*left < *right, *left == *right);
    if (a == b) return 0;
    const double x = a.to_double();
    const double y = b.to_double();
    // Different numbers that round to the same double still need an order: their text gives one.
    if (x != y) return sign(x < y, false);
    return a.to_text().compare(b.to_text()) < 0 ? -1 : 1;
}

int compare_elements(const Elements& a, const Elements& b) {
    if (a.size() != b.size()) return sign(a.size() < b.size(), false);
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (const int order = Value::compare(a[i], b[i]); order != 0) return order;
    }
    return 0;
}

int compare_members(const Members& a, const Members& b) {
    if (a.size() != b.size()) return sign(a.size() < b.size(), false);
    for (auto left = a.begin(), right = b.begin(); left != a.end(); ++left, ++right) {
        if (const int order = left->first.compare(right->first); order != 0) return order;
        if (const int order = Value::compare(left->second, right->second); order != 0) return order;
    }
    return 0;
}

void display(const Value& value, std::string& out, std::size_t limit);

void display_sequence(const Elements& elements, std::string& out, std::size_t limit) {
    out += '[';
    for (std::size_t i = 0; i < elements.size() && out.size() <= limit; ++i) {
        if (i != 0) out += ", ";
        display(elements[i], out, limit);
    }
    out += ']';
}

void display(const Value& value, std::string& out, std::size_t limit) {
    if (out.size() > limit) return;
    switch (value.form()) {
        case Value::Form::kNull: out += "null"; return;
        case Value::Form::kUnknown: out += "(known after apply)"; return;
        case Value::Form::kBool: out += value.as_bool() ? "true" : "false"; return;
        case Value::Form::kNumber: out += value.as_number().to_text(); return;
        case Value::Form::kString: out.append("\"").append(value.as_string()).append("\""); return;
        case Value::Form::kList: display_sequence(value.elements(), out, limit); return;
        case Value::Form::kSet:
            out += "toset(";
            display_sequence(value.elements(), out, limit);
            out += ')';
            return;
        case Value::Form::kMap: {
            out += '{';
            bool first = true;
            for (const auto& [name, member] : value.members()) {
                if (out.size() > limit) break;
                if (!std::exchange(first, false)) out += ", ";
                out.append(name).append(" = ");
                display(member, out, limit);
            }
            out += '}';
            return;
        }
        case Value::Form::kDynamic: display(value.dynamic_value(), out, limit); return;
    }
}

const Value& shared_null() {
    static const Value value;
    return value;
}

const Value& shared_unknown() {
    static const Value value = Value::unknown();
    return value;
}

}  // namespace

Value Value::unknown() { return Value(Data(Unknown{})); }

Value Value::refined_unknown(std::string refinement) {
    return Value(Data(Unknown{std::make_shared<const std::string>(std::move(refinement))}));
}

Value Value::boolean(bool value) { return Value(Data(value)); }
Value Value::number(std::int64_t value) { return Value(Data(Number(value))); }
Value Value::number(Number value) { return Value(Data(std::move(value))); }

Value Value::string(std::string value) { return Value(Data(std::make_shared<const std::string>(std::move(value)))); }

Value Value::list(Elements elements) {
    return Value(Data(List{std::make_shared<const Elements>(std::move(elements))}));
}

Value Value::set(Elements elements) {
    std::sort(elements.begin(), elements.end(),
              [](const Value& a, const Value& b) { return Value::compare(a, b) < 0; });
    // An unknown element may turn out to differ from its twin: only values known throughout merge.
    const auto end = std::unique(elements.begin(), elements.end(), [](const Value& a, const Value& b) {
        return a.is_wholly_known() && Value::compare(a, b) == 0;
    });
    elements.erase(end, elements.end());
    return Value(Data(Set{std::make_shared<const Elements>(std::move(elements))}));
}

Value Value::map(Members members) { return Value(Data(Map{std::make_shared<const Members>(std::move(members))})); }

Value Value::dynamic(Type type, Value value) {
    // A dynamic inside a dynamic adds nothing: its own type is the one that counts.
    if (std::holds_alternative<Dynamic>(value.data_)) return value;
    // Without a type there is nothing to keep; an untyped null and an unknown of unknown type are plain.
    if (type.kind() == Kind::kDynamic) return value;
    return Value(Data(Dynamic{std::make_shared<const Typed>(Typed{std::move(type), std::move(value)})}));
}

Value::Form Value::form() const {
    // The enumerators are listed in the order of the variant's alternatives.
    static constexpr Form kForms[] = {Form::kNull, Form::kUnknown, Form::kBool, Form::kNumber, Form::kString,
                                      Form::kList, Form::kSet,     Form::kMap,  Form::kDynamic};
    return kForms[data_.index()];
}

bool Value::is_null() const {
    if (const auto* dynamic = std::get_if<Dynamic>(&data_)) return dynamic->typed->value.is_null();
    return std::holds_alternative<std::monostate>(data_);
}

bool Value::is_unknown() const {
    if (const auto* dynamic = std::get_if<Dynamic>(&data_)) return dynamic->typed->value.is_unknown();
    return std::holds_alternative<Unknown>(data_);
}

bool Value::is_wholly_known() const {
    switch (form()) {
        case Form::kUnknown: return false;
        case Form::kList:
        case Form::kSet:
            return std::all_of(elements().begin(), elements().end(),
                               [](const Value& element) { return element.is_wholly_known(); });
        case Form::kMap:
            return std::all_of(members().begin(), members().end(),
                               [](const auto& member) { return member.second.is_wholly_known(); });
        case Form::kDynamic: return dynamic_value().is_wholly_known();
        default: return true;
    }
}

bool Value::as_bool() const {
    if (const auto* value = std::get_if<bool>(&data_)) return *value;
    if (form() == Form::kDynamic) return dynamic_value().as_bool();
    refuse("a bool", form());
}

const Number& Value::as_number() const {
    if (const auto* value = std::get_if<Number>(&data_)) return *value;
    if (form() == Form::kDynamic) return dynamic_value().as_number();
    refuse("a number", form());
}

std::int64_t Value::as_int64() const {
    const Number& number = as_number();
    if (const auto integer = number.to_int64()) return *integer;
    throw std::out_of_range("value: a 64-bit integer is required, found " + number.to_text());
}

const std::string& Value::as_string() const {
    if (const auto* value = std::get_if<String>(&data_)) return **value;
    if (form() == Form::kDynamic) return dynamic_value().as_string();
    refuse("a string", form());
}

const Elements& Value::elements() const& {
    if (const auto* value = std::get_if<List>(&data_)) return *value->elements;
    if (const auto* value = std::get_if<Set>(&data_)) return *value->elements;
    if (form() == Form::kDynamic) return dynamic_value().elements();
    refuse("elements", form());
}

const Members& Value::members() const& {
    if (const auto* value = std::get_if<Map>(&data_)) return *value->members;
    if (form() == Form::kDynamic) return dynamic_value().members();
    refuse("members", form());
}

const Type& Value::dynamic_type() const {
    if (const auto* value = std::get_if<Dynamic>(&data_)) return value->typed->type;
    refuse("a dynamic type", form());
}

const Value& Value::dynamic_value() const {
    if (const auto* value = std::get_if<Dynamic>(&data_)) return value->typed->value;
    refuse("a dynamic value", form());
}

const std::string& Value::refinement() const {
    static const std::string none;
    if (const auto* value = std::get_if<Unknown>(&data_); value != nullptr && value->refinement)
        return *value->refinement;
    return none;
}

const Value& Value::get(std::string_view name) const {
    if (is_null()) return shared_null();
    if (is_unknown()) return shared_unknown();
    const Members& all = members();
    const auto found = all.find(name);
    return found == all.end() ? shared_null() : found->second;
}

Value Value::with(std::string_view name, Value member) const {
    if (form() == Form::kDynamic) {
        // The type would no longer fit; whoever changes a dynamic value says what it becomes.
        refuse("with()", form());
    }
    Members copy = members();
    copy.insert_or_assign(std::string(name), std::move(member));
    return map(std::move(copy));
}

int Value::compare(const Value& a, const Value& b) {
    if (a.form() != b.form()) return sign(a.form() < b.form(), false);
    switch (a.form()) {
        case Form::kNull:
        case Form::kUnknown: return 0;
        case Form::kBool: return static_cast<int>(a.as_bool()) - static_cast<int>(b.as_bool());
        case Form::kNumber: return compare_numbers(a.as_number(), b.as_number());
        case Form::kString: return a.as_string().compare(b.as_string());
        case Form::kList:
        case Form::kSet: return &a.elements() == &b.elements() ? 0 : compare_elements(a.elements(), b.elements());
        case Form::kMap: return &a.members() == &b.members() ? 0 : compare_members(a.members(), b.members());
        case Form::kDynamic: {
            const Type& left = a.dynamic_type();
            const Type& right = b.dynamic_type();
            if (!(left == right)) return left.to_json().compare(right.to_json());
            return compare(a.dynamic_value(), b.dynamic_value());
        }
    }
    return 0;
}

bool operator==(const Value& a, const Value& b) { return Value::compare(a, b) == 0; }

std::string Value::to_display(std::size_t limit) const {
    std::string out;
    display(*this, out, limit);
    if (out.size() > limit) {
        out.resize(limit);
        // Do not end in the middle of a UTF-8 sequence: drop its first bytes too.
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U) out.pop_back();
        if (!out.empty() && (static_cast<unsigned char>(out.back()) & 0x80U) != 0) out.pop_back();
        out += "…";
    }
    return out;
}

}  // namespace pigsty::value
