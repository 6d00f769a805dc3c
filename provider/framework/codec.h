// Codec: how one C++ type is filled from a Terraform value and turned back into one.
//
//     const auto codec = codec_of<std::map<std::string, std::vector<std::string>>>();
//     codec->type();                            // map of list of string
//     Loading loading;
//     codec->load(config.get("hosts"), &spec.hosts, loading);
//     loading.unknowns().at(Path::of("hosts")); // was anything in it unknown?
//
// C++ types: std::string, bool, integers, double, Secret, Value (dynamic), std::optional<T>, std::vector<T>,
// std::set<T>, std::map<std::string, T>, and the structs of attributes.h. Resources never call this: it is
// what the declarations of attributes.h and TypedResource stand on.
//
// Unknown while planning: text becomes a marker (core/base/unknown.h) that says where it came from, anything
// else leaves the member as it was and is noted. On the way back text that holds a marker becomes unknown
// again.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/secret.h"
#include "provider/framework/loading.h"
#include "provider/value/type.h"
#include "provider/value/value.h"

namespace pigsty::framework {

class Codec {
  public:
    virtual ~Codec() = default;
    [[nodiscard]] virtual value::Type type() const = 0;
    // Null makes the member blank: empty, false, 0; an object gets all its defaults. (Defaults stand in declarations,
    // never in the struct alone.)
    virtual void load(const value::Value& value, void* into, Loading& loading) const = 0;
    // `like` is the value that this one replaces (the planned or the prior one), null where there is none:
    // what the C++ type cannot tell apart, such as null and an empty list, is then written as it was.
    [[nodiscard]] virtual value::Value store(const void* from, const value::Value& like) const = 0;
    // False where a null would be lost in the C++ type: null elements of collections are refused then.
    [[nodiscard]] virtual bool has_null() const { return false; }
    // True where an unknown has a form of its own in the C++ type: a marker.
    [[nodiscard]] virtual bool has_unknown() const { return false; }
    // True when `from` may stand for "not written": empty text or collection, false, 0, an object of
    // defaults.
    [[nodiscard]] virtual bool is_blank(const void* from) const = 0;
    [[nodiscard]] virtual bool is_secret() const { return false; }
};

using CodecPtr = std::shared_ptr<const Codec>;

CodecPtr text_codec();
CodecPtr secret_codec();
CodecPtr boolean_codec();
CodecPtr double_codec();
CodecPtr dynamic_codec();

// An integer of any width: `get` and `set` go through 64 bits, `low` and `high` are the type's limits.
struct IntegerAccess {
    std::int64_t (*get)(const void*);
    void (*set)(void*, std::int64_t);
    std::int64_t low;
    std::int64_t high;
};
CodecPtr integer_codec(IntegerAccess access);

// An enumeration spelled as text; every name once.
struct Choice {
    std::string name;
    std::int64_t value;
};
CodecPtr choice_codec(IntegerAccess access, std::vector<Choice> choices);

struct OptionalAccess {
    void (*reset)(void*);
    void* (*emplace)(void*);
    const void* (*get)(const void*);  // null when empty
};
CodecPtr optional_codec(OptionalAccess access, CodecPtr inner);

struct ListAccess {
    void (*clear)(void*);
    void* (*append)(void*);
    std::size_t (*size)(const void*);
    const void* (*at)(const void*, std::size_t);
};
CodecPtr list_codec(ListAccess access, CodecPtr element);

struct SetAccess {
    void (*clear)(void*);
    void (*insert)(void*, const std::function<void(void*)>& fill);
    void (*each)(const void*, const std::function<void(const void*)>& visit);
};
CodecPtr set_codec(SetAccess access, CodecPtr element);

struct MapAccess {
    void (*clear)(void*);
    void* (*emplace)(void*, const std::string& key);
    std::size_t (*size)(const void*);
    void (*each)(const void*, const std::function<void(const std::string&, const void*)>& visit);
};
CodecPtr map_codec(MapAccess access, CodecPtr element);

template <class T>
constexpr IntegerAccess integer_access() {
    return {[](const void* from) { return static_cast<std::int64_t>(*static_cast<const T*>(from)); },
            [](void* into, std::int64_t value) { *static_cast<T*>(into) = static_cast<T>(value); }, 0, 0};
}

// Shape<T> wraps the codec of T's innermost element into those of its containers, so that structs, whose
// codec is not known from their type alone, fit in as well.
template <class T>
struct Shape {
    using Inner = T;
    static CodecPtr wrap(CodecPtr inner) { return inner; }
};

template <class T>
struct Shape<std::optional<T>> {
    using Inner = typename Shape<T>::Inner;
    static CodecPtr wrap(CodecPtr inner) {
        using O = std::optional<T>;
        return optional_codec({[](void* o) { static_cast<O*>(o)->reset(); },
                               [](void* o) -> void* { return &static_cast<O*>(o)->emplace(); },
                               [](const void* o) -> const void* {
                                   const auto* optional = static_cast<const O*>(o);
                                   return optional->has_value() ? &**optional : nullptr;
                               }},
                              Shape<T>::wrap(std::move(inner)));
    }
};

template <class T>
struct Shape<std::vector<T>> {
    static_assert(!std::same_as<T, bool>, "std::vector<bool> has no elements to point at");
    using Inner = typename Shape<T>::Inner;
    static CodecPtr wrap(CodecPtr inner) {
        using L = std::vector<T>;
        return list_codec({[](void* l) { static_cast<L*>(l)->clear(); },
                           [](void* l) -> void* { return &static_cast<L*>(l)->emplace_back(); },
                           [](const void* l) { return static_cast<const L*>(l)->size(); },
                           [](const void* l, std::size_t i) -> const void* { return &(*static_cast<const L*>(l))[i]; }},
                          Shape<T>::wrap(std::move(inner)));
    }
};

template <class T>
struct Shape<std::set<T>> {
    using Inner = typename Shape<T>::Inner;
    static CodecPtr wrap(CodecPtr inner) {
        using S = std::set<T>;
        return set_codec({[](void* s) { static_cast<S*>(s)->clear(); },
                          [](void* s, const std::function<void(void*)>& fill) {
                              T element{};
                              fill(&element);
                              static_cast<S*>(s)->insert(std::move(element));
                          },
                          [](const void* s, const std::function<void(const void*)>& visit) {
                              for (const T& element : *static_cast<const S*>(s)) visit(&element);
                          }},
                         Shape<T>::wrap(std::move(inner)));
    }
};

template <class T, class Less>
struct Shape<std::map<std::string, T, Less>> {
    using Inner = typename Shape<T>::Inner;
    static CodecPtr wrap(CodecPtr inner) {
        using M = std::map<std::string, T, Less>;
        return map_codec({[](void* m) { static_cast<M*>(m)->clear(); },
                          [](void* m, const std::string& key) -> void* { return &(*static_cast<M*>(m))[key]; },
                          [](const void* m) { return static_cast<const M*>(m)->size(); },
                          [](const void* m, const std::function<void(const std::string&, const void*)>& visit) {
                              for (const auto& [key, element] : *static_cast<const M*>(m)) visit(key, &element);
                          }},
                         Shape<T>::wrap(std::move(inner)));
    }
};

template <class T>
CodecPtr leaf_codec() {
    if constexpr (std::same_as<T, std::string>) {
        return text_codec();
    } else if constexpr (std::same_as<T, bool>) {
        return boolean_codec();
    } else if constexpr (std::same_as<T, Secret>) {
        return secret_codec();
    } else if constexpr (std::same_as<T, double>) {
        return double_codec();
    } else if constexpr (std::same_as<T, value::Value>) {
        return dynamic_codec();
    } else if constexpr (std::integral<T>) {
        IntegerAccess access = integer_access<T>();
        access.low = std::is_signed_v<T> ? static_cast<std::int64_t>(std::numeric_limits<T>::min()) : 0;
        access.high = sizeof(T) == 8 ? std::numeric_limits<std::int64_t>::max()
                                     : static_cast<std::int64_t>(std::numeric_limits<T>::max());
        return integer_codec(access);
    } else {
        static_assert(std::same_as<T, void>, "no codec: use a type that codec.h names, nested(), object() or choice()");
    }
}

template <class T>
CodecPtr codec_of() {
    return Shape<T>::wrap(leaf_codec<typename Shape<T>::Inner>());
}

}  // namespace pigsty::framework
