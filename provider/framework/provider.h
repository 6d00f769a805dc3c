// TypedProvider<C>: the provider as a whole. C is the struct of its configuration.
//
//     class Pigsty final : public TypedProvider<PigstyConfig> {
//         Declaration<PigstyConfig> declare() const override;
//         Result<std::shared_ptr<void>> configure(const PigstyConfig& config, const Unknowns& unknown, Call&
//         call) const override; std::vector<Entry<Resource>> resources() const override {
//             return {entry<Resource, PigstyNode>("pigsty_node"), …};
//         }
//     };
//
// configure contacts nothing: values may be unknown while planning, and most runs need few nodes. What it
// returns is handed to every operation as Call::provider<T>().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "provider/framework/action.h"
#include "provider/framework/data_source.h"
#include "provider/framework/ephemeral.h"
#include "provider/framework/function.h"
#include "provider/framework/list_resource.h"
#include "provider/framework/resource.h"

namespace pigsty::framework {

// A name and how to make what it names; nothing is built before it is asked for.
template <class Kind>
struct Entry {
    std::string name;
    std::unique_ptr<Kind> (*make)();
};

template <class Kind, class T>
Entry<Kind> entry(std::string name) {
    return {std::move(name), []() -> std::unique_ptr<Kind> { return std::make_unique<T>(); }};
}

class Provider {
  public:
    virtual ~Provider() = default;
    [[nodiscard]] virtual const ObjectDeclaration& declaration() const = 0;
    virtual void validate_object(const Value& config, Diagnostics& diagnostics) const = 0;
    virtual Result<std::shared_ptr<void>> configure_object(const Value& config, Call& call) const = 0;

    // ProviderServer::ended_in_order(), with what configure_object() made.
    virtual void ended_in_order(const std::shared_ptr<void>& /*data*/) const {}

    [[nodiscard]] virtual std::vector<Entry<Resource>> resources() const { return {}; }
    [[nodiscard]] virtual std::vector<Entry<DataSource>> data_sources() const { return {}; }
    [[nodiscard]] virtual std::vector<Entry<Function>> functions() const { return {}; }
    [[nodiscard]] virtual std::vector<Entry<Ephemeral>> ephemerals() const { return {}; }
    [[nodiscard]] virtual std::vector<Entry<ListResource>> lists() const { return {}; }
    [[nodiscard]] virtual std::vector<Entry<Action>> actions() const { return {}; }
};

template <class C>
class TypedProvider : public DeclaredKind<Provider, C> {
  public:
    virtual Result<std::shared_ptr<void>> configure(const C& config, const Unknowns& unknown, Call& call) const = 0;

    Result<std::shared_ptr<void>> configure_object(const Value& config, Call& call) const final {
        Loading loading;
        C spec{};
        this->codec().load(config, &spec, loading);
        return configure(spec, loading.unknowns(), call);
    }
};

}  // namespace pigsty::framework
