// TypedFunction<R(A…)>: how provider functions are written. Pure and offline: the same arguments give the
// same result.
//
//     class PgTune final : public TypedFunction<std::map<std::string, std::string>(std::string,
//     std::int64_t)> {
//         FunctionDeclaration declare() const override {
//             return {.summary = "…", .description = "…", .parameters = {{"template", "…"}, {"cpu", "…"}}};
//         }
//         FunctionResult<std::map<std::string, std::string>> call(std::string name, std::int64_t cpu) const
//         override {
//             if (cpu < 1) return argument_error(1, "expected at least 1 CPU, found …");
//
// Parameter types are those of codec.h; Value is `dynamic` (objects with left-out members, checked inside). A
// last parameter of type Variadic<T> takes any number of arguments. std::optional<T> accepts null.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "provider/framework/codec.h"
#include "provider/framework/server.h"

namespace pigsty::framework {

template <class R>
using FunctionResult = std::expected<R, FunctionError>;

// Points Terraform at the argument, counted from 0, variadic ones counted on.
inline std::unexpected<FunctionError> argument_error(std::int64_t argument, std::string text) {
    return std::unexpected(FunctionError{std::move(text), argument});
}

template <class T>
struct Variadic {
    std::vector<T> values;
};

struct FunctionDeclaration {
    struct Parameter {
        std::string name;
        std::string description;
    };
    std::string summary;
    std::string description;
    std::vector<Parameter> parameters = {};
    std::string deprecation = {};
};

class Function {
  public:
    virtual ~Function() = default;
    [[nodiscard]] virtual const FunctionSchema& schema() const = 0;
    // As many arguments as there are parameters, plus the variadic ones.
    virtual FunctionResult<value::Value> call_values(const std::vector<value::Value>& arguments) const = 0;
};

// Parameters from their codecs; `variadic`: the last one takes the rest.
FunctionSchema function_schema(const FunctionDeclaration& declaration, const std::vector<CodecPtr>& parameters,
                               bool variadic, const Codec& result);
// The argument in C++, or why it does not fit.
FunctionResult<bool> load_argument(const Codec& codec, const value::Value& value, std::int64_t index, void* into);

template <class Signature>
class TypedFunction;

template <class R, class... A>
class TypedFunction<R(A...)> : public Function {
  public:
    [[nodiscard]] virtual FunctionDeclaration declare() const = 0;
    virtual FunctionResult<R> call(A... arguments) const = 0;

    [[nodiscard]] const FunctionSchema& schema() const final {
        build();
        return schema_;
    }

    FunctionResult<value::Value> call_values(const std::vector<value::Value>& arguments) const final {
        build();
        std::tuple<A...> loaded;
        std::size_t next = 0;
        std::expected<void, FunctionError> status;
        std::apply([&](auto&... argument) { (load(argument, arguments, next, status), ...); }, loaded);
        if (!status) return std::unexpected(status.error());
        FunctionResult<R> result =
            std::apply([this](auto&... argument) { return call(std::move(argument)...); }, loaded);
        if (!result) return std::unexpected(std::move(result).error());
        return codec_of<R>()->store(&*result, value::Value::null());
    }

  private:
    template <class T>
    struct IsVariadic : std::false_type {
        using Element = T;
    };
    template <class T>
    struct IsVariadic<Variadic<T>> : std::true_type {
        using Element = T;
    };

    template <class T>
    void load(T& into, const std::vector<value::Value>& arguments, std::size_t& next,
              std::expected<void, FunctionError>& status) const {
        const CodecPtr& codec = codecs_[std::min(next, codecs_.size() - 1)];
        if constexpr (IsVariadic<T>::value) {
            for (; next < arguments.size(); ++next)
                load_one(*codec, &into.values.emplace_back(), arguments[next], next, status);
        } else {
            load_one(*codec, &into, arguments.at(next), next, status);
            ++next;
        }
    }
    static void load_one(const Codec& codec, void* into, const value::Value& argument, std::size_t index,
                         std::expected<void, FunctionError>& status) {
        if (!status) return;
        const auto loaded = load_argument(codec, argument, static_cast<std::int64_t>(index), into);
        if (!loaded) status = std::unexpected(loaded.error());
    }

    void build() const {
        std::call_once(built_, [this] {
            codecs_ = {codec_of<typename IsVariadic<A>::Element>()...};
            schema_ = function_schema(declare(), codecs_, (IsVariadic<A>::value || ... || false), *codec_of<R>());
        });
    }

    mutable std::once_flag built_;
    mutable std::vector<CodecPtr> codecs_;
    mutable FunctionSchema schema_;
};

}  // namespace pigsty::framework
