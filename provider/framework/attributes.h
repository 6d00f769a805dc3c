// Declaring attributes: one line per attribute binds a C++ member and says everything Terraform, the planner,
// the validation and the documentation need.
//
//     struct Ssh { std::string host; std::int64_t port = 22; };
//     struct NodeState {
//         std::string address;
//         std::optional<Ssh> ssh;
//         std::map<std::string, std::vector<std::string>> hosts;
//         std::string version;
//         CommonState common;                                       // common_attributes.h
//     };
//
//     Attributes<NodeState> node_attributes() {
//         return {
//             attribute("address", &NodeState::address).required().forces_replacement()
//                 .description("Address of the machine.").example("\"10.10.10.11\"").validate(ip_address()),
//             nested("ssh", &NodeState::ssh, ssh_attributes()).optional().description("The way there, if
//             another."), attribute("hosts", &NodeState::hosts).optional().description("Lines of
//             /etc/hosts."), attribute("version", &NodeState::version).kept().description("PostgreSQL's major
//             version."), within(&NodeState::common, common_attributes()),
//         };
//     }
//
// Exactly one of the kinds: required, optional, fixed_default, kept, computed; write_only goes with required
// or optional. Without a description a declaration does not compile.
#pragma once

#include <array>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "provider/framework/attribute.h"
#include "provider/framework/codec.h"

namespace pigsty::framework {

// The way from an object to one of its members, without their types.
class Locator {
  public:
    Locator() = default;
    template <class S, class M>
    explicit Locator(M S::* member) {
        Hop hop;
        static_assert(sizeof(member) <= sizeof(hop.member));
        std::memcpy(hop.member.data(), &member, sizeof(member));
        hop.follow = [](void* object, const Blob& blob) -> void* {
            M S::* pointer;
            std::memcpy(&pointer, blob.data(), sizeof(pointer));
            return &(static_cast<S*>(object)->*pointer);
        };
        hops_.push_back(hop);
    }

    [[nodiscard]] void* operator()(void* object) const {
        for (const Hop& hop : hops_) object = hop.follow(object, hop.member);
        return object;
    }
    [[nodiscard]] const void* operator()(const void* object) const { return (*this)(const_cast<void*>(object)); }
    [[nodiscard]] Locator after(const Locator& first) const;

  private:
    using Blob = std::array<unsigned char, 16>;
    struct Hop {
        Blob member{};
        void* (*follow)(void*, const Blob&) = nullptr;
    };
    std::vector<Hop> hops_;
};

// An attribute together with the member it fills.
struct BoundAttribute {
    Attribute attribute;
    CodecPtr codec;
    Locator member;
};
using BoundAttributes = std::vector<BoundAttribute>;

// The codec of a struct with these attributes: an object, or for nested attributes the element of a list or
// map.
class ObjectCodec;
std::shared_ptr<const ObjectCodec> object_codec(BoundAttributes attributes);
CodecPtr as_codec(std::shared_ptr<const ObjectCodec> codec);
AttributeList attribute_list(const BoundAttributes& attributes);
// With a capital letter in front and a full stop behind.
std::string as_sentence(std::string text);
BoundAttribute bind_plain(std::string name, CodecPtr codec, Locator member);
BoundAttribute bind_choice(std::string name, CodecPtr codec, Locator member, const std::vector<Choice>& choices);
BoundAttribute bind_nested(std::string name, CodecPtr codec, Locator member, AttributeList members, bool plain_object);
BoundAttributes bind_within(const Locator& outer, BoundAttributes inner);

// The attributes of struct S, in the order of the documentation.
template <class S>
class Attributes;

// One attribute while it is being declared. `described` turns true with description().
template <class S, bool described = false>
class AttributeBuilder {
  public:
    explicit AttributeBuilder(BoundAttribute bound) : bound_(std::move(bound)) {}

    // --- kinds ---
    AttributeBuilder&& required() && { return set(&Attribute::required); }
    // Null when not written.
    AttributeBuilder&& optional() && { return set(&Attribute::optional); }
    // Not written: this value; removing a written one brings it back.
    template <class T>
    AttributeBuilder&& fixed_default(T value) && {
        return default_value(to_value(std::move(value)));
    }
    // Not written: decided once by the system, then kept.
    AttributeBuilder&& kept() && {
        bound_.attribute.optional = true;
        bound_.attribute.computed = true;
        return set(&Attribute::kept);
    }
    // Never written by users. Unknown in every plan that changes something, unless plan-time code decides it.
    AttributeBuilder&& computed() && { return set(&Attribute::computed); }
    // Never written by users, and the same from creation to destruction (id, system identifier).
    AttributeBuilder&& computed_once() && {
        bound_.attribute.computed = true;
        return set(&Attribute::kept);
    }
    // Reaches create and update, never a state or a plan file.
    AttributeBuilder&& write_only() && { return set(&Attribute::write_only); }
    AttributeBuilder&& sensitive() && { return set(&Attribute::sensitive); }

    // --- changes ---
    AttributeBuilder&& forces_replacement() && { return set(&Attribute::forces_replacement); }
    // `when` ends up in the documentation: "Another cluster makes a new resource."
    AttributeBuilder&& forces_replacement_if(std::function<bool(const Value&, const Value&)> replaces,
                                             std::string when) && {
        bound_.attribute.replaces = std::move(replaces);
        bound_.attribute.replaces_when = std::move(when);
        return set(&Attribute::forces_replacement);
    }
    // A change is a plan error: path, current value and this way out.
    AttributeBuilder&& fixed_after_creation(std::string way_out) && {
        bound_.attribute.fixed_after_creation = as_sentence(std::move(way_out));
        return std::move(*this);
    }
    // The same where an import, or whoever left it out, did not say: naming what it is changes nothing.
    AttributeBuilder&& fixed_once_set(std::string way_out) && {
        bound_.attribute.fixed_after_creation = as_sentence(std::move(way_out));
        bound_.attribute.is_fixed_once_set = true;
        return std::move(*this);
    }
    AttributeBuilder&& same_meaning(std::function<bool(const Value&, const Value&)> same) && {
        bound_.attribute.same_meaning = std::move(same);
        return std::move(*this);
    }

    // --- input and documentation ---
    AttributeBuilder&& validate(Validator validator) && {
        bound_.attribute.validators.push_back(std::move(validator));
        return std::move(*this);
    }
    AttributeBuilder&& example(std::string hcl) && {
        bound_.attribute.example = std::move(hcl);
        return std::move(*this);
    }
    AttributeBuilder&& deprecated(std::string instead) && {
        bound_.attribute.deprecation = std::move(instead);
        return std::move(*this);
    }
    AttributeBuilder<S, true> description(std::string markdown) && {
        bound_.attribute.description = std::move(markdown);
        return AttributeBuilder<S, true>(std::move(bound_));
    }

  private:
    friend class Attributes<S>;

    AttributeBuilder&& set(bool Attribute::* flag) {
        bound_.attribute.*flag = true;
        return std::move(*this);
    }
    AttributeBuilder&& default_value(Value value) {
        bound_.attribute.optional = true;
        bound_.attribute.computed = true;
        bound_.attribute.fixed_default = std::move(value);
        return std::move(*this);
    }
    template <class T>
    static Value to_value(T value) {
        if constexpr (std::is_same_v<T, Value>) {
            return value;
        } else if constexpr (std::is_same_v<T, bool>) {
            return Value::boolean(value);
        } else if constexpr (std::is_integral_v<T>) {
            return Value::number(static_cast<std::int64_t>(value));
        } else {
            return Value::string(std::string(std::move(value)));
        }
    }

    BoundAttribute bound_;
};

template <class S>
class Attributes {
  public:
    // A part is one described attribute or another list for the same struct.
    struct Part {
        // NOLINTBEGIN(google-explicit-constructor): written as a list in braces
        Part(AttributeBuilder<S, true>&& builder) { bound.push_back(std::move(builder.bound_)); }
        Part(Attributes attributes) : bound(std::move(attributes.bound_)) {}
        // NOLINTEND(google-explicit-constructor)
        BoundAttributes bound;
    };

    Attributes(std::initializer_list<Part> parts) {
        for (const Part& part : parts) bound_.insert(bound_.end(), part.bound.begin(), part.bound.end());
    }
    explicit Attributes(BoundAttributes bound) : bound_(std::move(bound)) {}

    [[nodiscard]] const BoundAttributes& bound() const { return bound_; }

  private:
    friend struct Part;
    BoundAttributes bound_;
};

// A plain value: text, number, bool, list, set, map, or dynamic.
template <class S, class M>
AttributeBuilder<S> attribute(std::string name, M S::* member) {
    return AttributeBuilder<S>(bind_plain(std::move(name), codec_of<M>(), Locator(member)));
}

// An enumeration, spelled as text: choice("role", &Instance::role, {{"primary", Role::primary}, …}).
template <class S, class M>
AttributeBuilder<S> choice(std::string name, M S::* member,
                           std::initializer_list<std::pair<const char*, typename Shape<M>::Inner>> names) {
    using E = typename Shape<M>::Inner;
    static_assert(std::is_enum_v<E>,
                  "choice() is for enumerations; text with fixed values takes validate(one_of({…}))");
    std::vector<Choice> choices;
    for (const auto& [text, value] : names) choices.push_back({text, static_cast<std::int64_t>(value)});
    CodecPtr leaf = choice_codec(integer_access<E>(), choices);
    return AttributeBuilder<S>(bind_choice(std::move(name), Shape<M>::wrap(std::move(leaf)), Locator(member), choices));
}

// Nested attributes: an object (M is T or std::optional<T>), a list (std::vector<T>) or a map of objects
// (std::map<std::string, T>); an optional list or map tells null from empty.
template <class S, class M, class T>
AttributeBuilder<S> nested(std::string name, M S::* member, const Attributes<T>& attributes) {
    static_assert(std::is_same_v<typename Shape<M>::Inner, T>, "the attributes are those of another struct");
    auto object = object_codec(attributes.bound());
    return AttributeBuilder<S>(bind_nested(std::move(name), Shape<M>::wrap(as_codec(std::move(object))),
                                           Locator(member), attribute_list(attributes.bound()), false));
}

// The same members as an attribute of plain object type: written whole or not at all, and the only kind of
// object that may be kept or computed.
template <class S, class M, class T>
AttributeBuilder<S> object(std::string name, M S::* member, const Attributes<T>& attributes) {
    static_assert(std::is_same_v<typename Shape<M>::Inner, T>, "the attributes are those of another struct");
    auto codec = object_codec(attributes.bound());
    return AttributeBuilder<S>(bind_nested(std::move(name), Shape<M>::wrap(as_codec(std::move(codec))), Locator(member),
                                           attribute_list(attributes.bound()), true));
}

// Attributes of a member struct that stand beside the others, not nested: a core spec inside a state, a
// common group.
template <class S, class T>
Attributes<S> within(T S::* member, const Attributes<T>& attributes) {
    return Attributes<S>(bind_within(Locator(member), attributes.bound()));
}

}  // namespace pigsty::framework
