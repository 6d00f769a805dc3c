// Catalog: what a provider offers, by kind and name. Things and their schemas are made on first use: a run that touches
// one resource pays for one.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "provider/framework/provider.h"
#include "provider/framework/server.h"

namespace pigsty::framework {

// Things of one kind. Thread-safe; references stay valid.
template <class Kind>
class Shelf {
  public:
    explicit Shelf(const std::vector<Entry<Kind>>& entries) {
        for (const Entry<Kind>& entry : entries) {
            auto slot = std::make_unique<Slot>();
            slot->make = entry.make;
            slots_.emplace(entry.name, std::move(slot));
        }
    }

    // Null when there is none of that name.
    [[nodiscard]] const Kind* find(std::string_view name) {
        const auto found = slots_.find(name);
        if (found == slots_.end()) return nullptr;
        Slot& slot = *found->second;
        std::call_once(slot.made, [&slot] { slot.thing = slot.make(); });
        return slot.thing.get();
    }
    // Throws std::out_of_range, which the plugin turns into a diagnostic: it asks for known names only.
    [[nodiscard]] const Kind& at(std::string_view name) {
        const Kind* thing = find(name);
        if (thing == nullptr) throw std::out_of_range("no such type: " + std::string(name));
        return *thing;
    }
    [[nodiscard]] const Schema* schema(std::string_view name) {
        const Kind* thing = find(name);
        if (thing == nullptr) return nullptr;
        Slot& slot = *slots_.find(name)->second;
        std::call_once(slot.described, [&] {
            const auto& declaration = thing->declaration();
            constexpr bool config_only = std::is_same_v<Kind, ListResource> || std::is_same_v<Kind, Action>;
            slot.schema.block = block_schema(declaration.attributes, declaration.description,
                                             config_only ? SchemaUse::kConfigOnly : SchemaUse::kState);
            if constexpr (requires { declaration.version; }) slot.schema.version = declaration.version;
        });
        return &slot.schema;
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& [name, slot] : slots_) names.push_back(name);
        return names;
    }

  private:
    struct Slot {
        std::unique_ptr<Kind> (*make)() = nullptr;
        std::once_flag made;
        std::unique_ptr<const Kind> thing;
        std::once_flag described;
        Schema schema;
    };
    std::map<std::string, std::unique_ptr<Slot>, std::less<>> slots_;
};

class Catalog {
  public:
    explicit Catalog(const Provider& provider)
        : resources(provider.resources()),
          data_sources(provider.data_sources()),
          functions(provider.functions()),
          ephemerals(provider.ephemerals()),
          lists(provider.lists()),
          actions(provider.actions()),
          provider_(provider) {}

    [[nodiscard]] const Schema& provider_schema() {
        std::call_once(described_, [this] {
            const ObjectDeclaration& declaration = provider_.declaration();
            schema_.block = block_schema(declaration.attributes, declaration.description, SchemaUse::kConfigOnly);
        });
        return schema_;
    }
    // Null when there is no such resource, or it has no identity.
    [[nodiscard]] const IdentitySchema* identity(std::string_view resource);

    Shelf<Resource> resources;
    Shelf<DataSource> data_sources;
    Shelf<Function> functions;
    Shelf<Ephemeral> ephemerals;
    Shelf<ListResource> lists;
    Shelf<Action> actions;

  private:
    const Provider& provider_;
    std::once_flag described_;
    Schema schema_;
    std::mutex mutex_;  // guards identities_
    std::map<std::string, IdentitySchema, std::less<>> identities_;
};

}  // namespace pigsty::framework
