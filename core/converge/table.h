// TableBuilder: writes a module's table, so that it reads like one.
//
//     TableBuilder table;
//     table.items("packages", [](const Site& site) { return packages(site); });
//     table.items("directories", directories(cluster));                     // the same on every member
//     table.items("replicas", patroni_service()).where(is_replica);
//     table.act("quorum", When::when_changed, wait_for_quorum).watches({"start etcd"});
//     table.act("streaming", When::always, stream).on_each();
//     return table.done();
//
// Rows stand in the order in which they were written. An act runs once, on the first member, unless on_each() says otherwise.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/converge/step.h"

namespace pigsty::converge {

using ItemsOf = std::function<item::Items(const Site&)>;
using Act = std::function<Status(Site&, StepContext&)>;

class TableBuilder {
  public:
    // Valid until the next row is written.
    class Row {
      public:
        explicit Row(Step& step) : step_(step) {}

        Row& where(std::function<bool(const Site&)> where);
        // An act beside the step's items, on every member.
        Row& then(When when, Act act);
        Row& watches(std::vector<std::string> steps);  // for When::when_changed
        Row& on_each();                                // all members at once
        Row& one_after_the_other();
        Row& while_in_use();  // of a destroy

      private:
        Step& step_;
    };

    Row items(std::string name, ItemsOf items);
    Row items(std::string name, item::Items items);
    Row act(std::string name, When when, Act act);

    [[nodiscard]] Table done() { return std::move(table_); }

  private:
    Table table_;
};

}  // namespace pigsty::converge
