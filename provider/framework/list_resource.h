// TypedList<S>: finds what exists (`terraform query`, Terraform 1.14+). S is the struct of the `config`
// block; the list has the name of a managed resource that has an identity.
//
//     class PgClusters final : public TypedList<PgClusterQuery> {
//         Declaration<PgClusterQuery> declare() const override;
//         Status list(const PgClusterQuery& config, Call& call, const Found& found) const override {
//             …
//             if (!found({.display_name = "pg-test", .identity = {{"name", "pg-test"}, {"address",
//             "10.10.10.11"}}})) return {};
#pragma once

#include <functional>
#include <map>
#include <string>

#include "provider/framework/data_source.h"

namespace pigsty::framework {

struct FoundResource {
    std::string display_name;
    // Attributes of the resource's identity; the framework completes the rest with null.
    std::map<std::string, std::string> identity;
    Diagnostics diagnostics = {};
};
// False: Terraform has read enough.
using Found = std::function<bool(FoundResource)>;

class ListResource {
  public:
    virtual ~ListResource() = default;
    [[nodiscard]] virtual const ObjectDeclaration& declaration() const = 0;
    virtual void validate_object(const Value& config, Diagnostics& diagnostics) const = 0;
    virtual Status list_objects(const Value& config, Call& call, const Found& found) const = 0;
};

template <class S>
class TypedList : public DeclaredKind<ListResource, S> {
  public:
    virtual Status list(const S& config, Call& call, const Found& found) const = 0;

    Status list_objects(const Value& config, Call& call, const Found& found) const final {
        return list(this->load(config), call, found);
    }
};

}  // namespace pigsty::framework
