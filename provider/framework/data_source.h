// TypedDataSource<S>: how data sources are written. S holds the arguments and the results.
//
//     class NodeData final : public TypedDataSource<NodeFacts> {
//         Declaration<NodeFacts> declare() const override { return {.description = "…", .attributes = …}; }
//         Result<NodeFacts> read(const NodeFacts& config, Call& call) const override;
//     };
//
// Not found is an Error, never an empty answer. Terraform reads with a wholly known configuration only.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "provider/framework/object_codec.h"
#include "provider/framework/typed_resource.h"

namespace pigsty::framework {

// What data sources, ephemeral resources, actions, lists and the provider itself declare.
struct ObjectDeclaration {
    std::string description;
    std::string subcategory;
    AttributeList attributes;
    std::vector<Validator> rules;
    std::chrono::milliseconds timeout = std::chrono::minutes(5);
};

class DataSource {
  public:
    virtual ~DataSource() = default;
    [[nodiscard]] virtual const ObjectDeclaration& declaration() const = 0;
    virtual void validate_object(const Value& config, Diagnostics& diagnostics) const = 0;
    virtual Result<Value> read_object(const Value& config, Call& call) const = 0;
};

// The declaration and the codec of a struct, built on first use.
template <class S>
class DeclaredObject {
  public:
    template <class Declare>
    const ObjectDeclaration& declaration(const Declare& declare) const {
        build(declare);
        return declaration_;
    }
    template <class Declare>
    const ObjectCodec& codec(const Declare& declare) const {
        build(declare);
        return *codec_;
    }

  private:
    template <class Declare>
    void build(const Declare& declare) const {
        std::call_once(built_, [&] {
            Declaration<S> declared = declare();
            codec_ = object_codec(declared.attributes.bound());
            declaration_ = {std::move(declared.description), std::move(declared.subcategory),
                            attribute_list(declared.attributes.bound()), std::move(declared.rules),
                            declared.timeouts.read};
        });
    }

    mutable std::once_flag built_;
    mutable ObjectDeclaration declaration_;
    mutable std::shared_ptr<const ObjectCodec> codec_;
};

// What typed kinds share: a Base with declaration() and validate_object(), bound to a struct.
template <class Base, class S>
class DeclaredKind : public Base {
  public:
    [[nodiscard]] virtual Declaration<S> declare() const = 0;

    [[nodiscard]] const ObjectDeclaration& declaration() const final {
        return object_.declaration([this] { return declare(); });
    }
    void validate_object(const Value& config, Diagnostics& diagnostics) const final {
        Loading loading;
        S spec{};
        codec().load(config, &spec, loading);
        diagnostics.append(loading.problems());
        const auto* ability = dynamic_cast<const Validates<S>*>(this);
        if (ability == nullptr || diagnostics.has_error()) return;
        Validation validation{loading.unknowns(), diagnostics};
        ability->validate(spec, validation);
    }

  protected:
    [[nodiscard]] const ObjectCodec& codec() const {
        return object_.codec([this] { return declare(); });
    }
    [[nodiscard]] S load(const Value& value) const {
        Loading loading;
        S spec{};
        codec().load(value, &spec, loading);
        return spec;
    }
    [[nodiscard]] Value store(const S& object, const Value& like) const { return codec().store(&object, like); }

  private:
    DeclaredObject<S> object_;
};

template <class S>
class TypedDataSource : public DeclaredKind<DataSource, S> {
  public:
    virtual Result<S> read(const S& config, Call& call) const = 0;

    Result<Value> read_object(const Value& config, Call& call) const final {
        TRY(const S found, read(this->load(config), call));
        return this->store(found, config);
    }
};

}  // namespace pigsty::framework
