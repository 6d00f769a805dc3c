#include "provider/value/path.h"

namespace pigsty::value {

namespace {

void append_quoted(const std::string& key, std::string& out) {
    out += "[\"";
    for (const char c : key) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += "\"]";
}

Value step_into(const Value& value, const Path::Step& step) {
    const Value& inner = value.form() == Value::Form::kDynamic ? value.dynamic_value() : value;
    if (inner.is_null()) return Value::null();
    if (inner.is_unknown()) return Value::unknown();
    if (const auto* index = std::get_if<Path::Index>(&step)) {
        if (inner.form() != Value::Form::kList) return Value::null();
        const Elements& elements = inner.elements();
        if (index->index < 0 || static_cast<std::size_t>(index->index) >= elements.size()) return Value::null();
        return elements[static_cast<std::size_t>(index->index)];
    }
    if (inner.form() != Value::Form::kMap) return Value::null();
    if (const auto* attribute = std::get_if<Path::Attribute>(&step)) return inner.get(attribute->name);
    return inner.get(std::get<Path::Key>(step).key);
}

}  // namespace

Path Path::then(Step step) const {
    Path longer;
    longer.steps_.reserve(steps_.size() + 1);
    longer.steps_ = steps_;
    longer.steps_.push_back(std::move(step));
    return longer;
}

Path Path::parent() const {
    Path shorter = *this;
    if (!shorter.steps_.empty()) shorter.steps_.pop_back();
    return shorter;
}

std::string Path::to_string() const {
    std::string out;
    for (const Step& step : steps_) {
        if (const auto* attribute = std::get_if<Attribute>(&step)) {
            if (!out.empty()) out += '.';
            out += attribute->name;
        } else if (const auto* key = std::get_if<Key>(&step)) {
            append_quoted(key->key, out);
        } else {
            out.append("[").append(std::to_string(std::get<Index>(step).index)).append("]");
        }
    }
    return out;
}

Value Path::look_up(const Value& value) const {
    Value here = value;
    for (const Step& step : steps_) here = step_into(here, step);
    return here;
}

}  // namespace pigsty::value
