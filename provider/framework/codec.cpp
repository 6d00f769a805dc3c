#include "provider/framework/codec.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"

namespace pigsty::framework {
namespace {

using value::Path;
using value::Type;
using value::Value;

class TextCodec final : public Codec {
  public:
    Type type() const override { return Type::string(); }
    void load(const Value& value, void* into, Loading& loading) const override {
        auto& text = *static_cast<std::string*>(into);
        if (value.is_unknown()) {
            loading.unknown_text();
            text = unknown_marker(loading.path().to_string());
        } else {
            text = value.is_null() ? std::string() : value.as_string();
        }
    }
    Value store(const void* from, const Value&) const override {
        const auto& text = *static_cast<const std::string*>(from);
        return pigsty::has_unknown(text) ? Value::unknown() : Value::string(text);
    }
    bool has_unknown() const override { return true; }
    bool is_blank(const void* from) const override { return static_cast<const std::string*>(from)->empty(); }
};

class SecretCodec final : public Codec {
  public:
    Type type() const override { return Type::string(); }
    void load(const Value& value, void* into, Loading& loading) const override {
        auto& secret = *static_cast<Secret*>(into);
        if (value.is_unknown()) {
            loading.unknown_text();
            secret = Secret(unknown_marker(loading.path().to_string()));
        } else {
            secret = value.is_null() ? Secret() : Secret(value.as_string());
        }
    }
    Value store(const void* from, const Value&) const override {
        const std::string_view text = static_cast<const Secret*>(from)->reveal();
        return pigsty::has_unknown(text) ? Value::unknown() : Value::string(std::string(text));
    }
    bool has_unknown() const override { return true; }
    bool is_blank(const void* from) const override { return static_cast<const Secret*>(from)->empty(); }
    bool is_secret() const override { return true; }
};

// What has no form for unknown: noted, and the member stays blank.
template <class T>
class ScalarCodec : public Codec {
  public:
    void load(const Value& value, void* into, Loading& loading) const final {
        auto& scalar = *static_cast<T*>(into);
        scalar = T{};
        if (value.is_unknown()) loading.unknown_missing();
        if (value.is_known()) scalar = from_value(value);
    }
    bool is_blank(const void* from) const final { return *static_cast<const T*>(from) == T{}; }

  protected:
    virtual T from_value(const Value& value) const = 0;
};

class BooleanCodec final : public ScalarCodec<bool> {
  public:
    Type type() const override { return Type::boolean(); }
    Value store(const void* from, const Value&) const override {
        return Value::boolean(*static_cast<const bool*>(from));
    }
    bool from_value(const Value& value) const override { return value.as_bool(); }
};

class DoubleCodec final : public ScalarCodec<double> {
  public:
    Type type() const override { return Type::number(); }
    Value store(const void* from, const Value& like) const override {
        const auto number = value::Number::from_double(*static_cast<const double*>(from));
        // More digits than a double has stand as they were written.
        if (like.is_known() && like.as_number().to_double() == number.to_double()) return like;
        return Value::number(number);
    }
    double from_value(const Value& value) const override { return value.as_number().to_double(); }
};

class IntegerCodec final : public Codec {
  public:
    explicit IntegerCodec(IntegerAccess access) : access_(access) {}
    Type type() const override { return Type::number(); }
    void load(const Value& value, void* into, Loading& loading) const override {
        access_.set(into, 0);
        if (value.is_unknown()) loading.unknown_missing();
        if (!value.is_known()) return;
        const auto number = value.as_number().to_int64();
        if (number && *number >= access_.low && *number <= access_.high) {
            access_.set(into, *number);
        } else {
            loading.does_not_fit(fmt::format("expected a whole number from {} to {}, found {}", access_.low,
                                             access_.high, value.as_number().to_text()));
        }
    }
    Value store(const void* from, const Value&) const override { return Value::number(access_.get(from)); }
    bool is_blank(const void* from) const override { return access_.get(from) == 0; }

  private:
    IntegerAccess access_;
};

class ChoiceCodec final : public Codec {
  public:
    ChoiceCodec(IntegerAccess access, std::vector<Choice> choices) : access_(access), choices_(std::move(choices)) {}
    Type type() const override { return Type::string(); }
    void load(const Value& value, void* into, Loading& loading) const override {
        if (value.is_unknown()) loading.unknown_missing();
        if (!value.is_known()) return;
        for (const Choice& choice : choices_) {
            if (choice.name == value.as_string()) return access_.set(into, choice.value);
        }
        loading.does_not_fit("not one of the names that the attribute may have");
    }
    Value store(const void* from, const Value&) const override {
        const std::int64_t value = access_.get(from);
        for (const Choice& choice : choices_) {
            if (choice.value == value) return Value::string(choice.name);
        }
        return Value::null();
    }
    // Every value of an enumeration means something.
    bool is_blank(const void*) const override { return false; }

  private:
    IntegerAccess access_;
    std::vector<Choice> choices_;
};

class DynamicCodec final : public Codec {
  public:
    Type type() const override { return Type::dynamic(); }
    void load(const Value& value, void* into, Loading& loading) const override {
        if (!value.is_wholly_known()) loading.unknown_missing();
        *static_cast<Value*>(into) = value;
    }
    Value store(const void* from, const Value&) const override { return *static_cast<const Value*>(from); }
    bool has_null() const override { return true; }
    bool has_unknown() const override { return true; }
    bool is_blank(const void* from) const override { return static_cast<const Value*>(from)->is_null(); }
};

class OptionalCodec final : public Codec {
  public:
    OptionalCodec(OptionalAccess access, CodecPtr inner) : access_(access), inner_(std::move(inner)) {}
    Type type() const override { return inner_->type(); }
    void load(const Value& value, void* into, Loading& loading) const override {
        access_.reset(into);
        if (value.is_null()) return;
        if (value.is_unknown() && !inner_->has_unknown()) return loading.unknown_missing();
        inner_->load(value, access_.emplace(into), loading);
    }
    Value store(const void* from, const Value& like) const override {
        const void* inner = access_.get(from);
        return inner == nullptr ? Value::null() : inner_->store(inner, like);
    }
    bool has_null() const override { return true; }
    bool has_unknown() const override { return inner_->has_unknown(); }
    bool is_blank(const void* from) const override { return access_.get(from) == nullptr; }
    bool is_secret() const override { return inner_->is_secret(); }

  private:
    OptionalAccess access_;
    CodecPtr inner_;
};

class ListCodec final : public Codec {
  public:
    ListCodec(ListAccess access, CodecPtr element) : access_(access), element_(std::move(element)) {}
    Type type() const override { return Type::list(element_->type()); }
    void load(const Value& value, void* into, Loading& loading) const override {
        access_.clear(into);
        if (value.is_unknown()) loading.unknown_missing();
        if (!value.is_known()) return;
        std::int64_t index = 0;
        for (const Value& element : value.elements()) {
            const Loading::Scope scope(loading, Path::Index{index++});
            element_->load(element, access_.append(into), loading);
        }
    }
    Value store(const void* from, const Value& like) const override {
        static const value::Elements kNone;
        const value::Elements& others = like.is_known() ? like.elements() : kNone;
        value::Elements elements;
        for (std::size_t i = 0; i < access_.size(from); ++i) {
            elements.push_back(element_->store(access_.at(from, i), i < others.size() ? others[i] : Value::null()));
        }
        return Value::list(std::move(elements));
    }
    bool is_blank(const void* from) const override { return access_.size(from) == 0; }
    bool is_secret() const override { return element_->is_secret(); }

  private:
    ListAccess access_;
    CodecPtr element_;
};

class SetCodec final : public Codec {
  public:
    SetCodec(SetAccess access, CodecPtr element) : access_(access), element_(std::move(element)) {}
    Type type() const override { return Type::set(element_->type()); }
    void load(const Value& value, void* into, Loading& loading) const override {
        access_.clear(into);
        if (value.is_unknown()) loading.unknown_missing();
        if (!value.is_known()) return;
        // Elements of a set have no path; the position keeps the markers of two unknown ones apart.
        std::int64_t index = 0;
        for (const Value& element : value.elements()) {
            const Loading::Scope scope(loading, Path::Index{index++});
            access_.insert(into, [&](void* slot) { element_->load(element, slot, loading); });
        }
    }
    Value store(const void* from, const Value&) const override {
        value::Elements elements;
        access_.each(from, [&](const void* element) { elements.push_back(element_->store(element, Value::null())); });
        return Value::set(std::move(elements));
    }
    bool is_blank(const void* from) const override {
        bool blank = true;
        access_.each(from, [&](const void*) { blank = false; });
        return blank;
    }
    bool is_secret() const override { return element_->is_secret(); }

  private:
    SetAccess access_;
    CodecPtr element_;
};

class MapCodec final : public Codec {
  public:
    MapCodec(MapAccess access, CodecPtr element) : access_(access), element_(std::move(element)) {}
    Type type() const override { return Type::map(element_->type()); }
    void load(const Value& value, void* into, Loading& loading) const override {
        access_.clear(into);
        if (value.is_unknown()) loading.unknown_missing();
        if (!value.is_known()) return;
        for (const auto& [key, element] : value.members()) {
            const Loading::Scope scope(loading, Path::Key{key});
            element_->load(element, access_.emplace(into, key), loading);
        }
    }
    Value store(const void* from, const Value& like) const override {
        value::Members members;
        bool known_keys = true;
        access_.each(from, [&](const std::string& key, const void* element) {
            known_keys = known_keys && !pigsty::has_unknown(key);
            members.emplace(key, element_->store(element, like.is_known() ? like.get(key) : Value::null()));
        });
        // Terraform has no maps with unknown keys.
        return known_keys ? Value::map(std::move(members)) : Value::unknown();
    }
    bool is_blank(const void* from) const override { return access_.size(from) == 0; }
    bool is_secret() const override { return element_->is_secret(); }

  private:
    MapAccess access_;
    CodecPtr element_;
};

}  // namespace

CodecPtr text_codec() { return std::make_shared<TextCodec>(); }
CodecPtr secret_codec() { return std::make_shared<SecretCodec>(); }
CodecPtr boolean_codec() { return std::make_shared<BooleanCodec>(); }
CodecPtr double_codec() { return std::make_shared<DoubleCodec>(); }
CodecPtr dynamic_codec() { return std::make_shared<DynamicCodec>(); }
CodecPtr integer_codec(IntegerAccess access) { return std::make_shared<IntegerCodec>(access); }
CodecPtr choice_codec(IntegerAccess access, std::vector<Choice> choices) {
    return std::make_shared<ChoiceCodec>(access, std::move(choices));
}
CodecPtr optional_codec(OptionalAccess access, CodecPtr inner) {
    return std::make_shared<OptionalCodec>(access, std::move(inner));
}
CodecPtr list_codec(ListAccess access, CodecPtr element) {
    return std::make_shared<ListCodec>(access, std::move(element));
}
CodecPtr set_codec(SetAccess access, CodecPtr element) {
    return std::make_shared<SetCodec>(access, std::move(element));
}
CodecPtr map_codec(MapAccess access, CodecPtr element) {
    return std::make_shared<MapCodec>(access, std::move(element));
}

}  // namespace pigsty::framework
