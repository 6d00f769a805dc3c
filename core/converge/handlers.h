// Handlers of one node: collected while items change, run once, in order, after the files they depend on.
//
//     PendingHandlers pending;
//     for (const auto& item : changed) pending.add(item->handlers(), item->paths());
//     for (const auto& handler : pending.in_order()) operations.push_back(script_of(handler));
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/item/item.h"
#include "core/node/operation.h"

namespace pigsty::converge {

struct PendingHandler {
    item::Handler handler;
    std::vector<std::string> paths;  // files to put back when the service is not well with them
};

class PendingHandlers {
  public:
    void add(const std::vector<item::Handler>& handlers, const std::vector<std::string>& paths);
    // A unit that this run starts anyway reads its files then.
    void drop_unit(const std::string& unit);
    // daemon-reload, then scripts, reloads, restarts; a unit that is restarted is not reloaded as well.
    [[nodiscard]] std::vector<PendingHandler> in_order() const;
    [[nodiscard]] std::vector<std::string> paths() const;
    [[nodiscard]] bool any_one_at_a_time() const;

  private:
    std::vector<PendingHandler> handlers_;
};

// Runs it and waits until the service is well; else shows why, puts the files back, runs it again and fails.
node::RunScript script_of(const PendingHandler& pending);

nlohmann::json to_json(const std::vector<item::Handler>& handlers);
std::vector<item::Handler> handlers_from_json(const nlohmann::json& json);

}  // namespace pigsty::converge
