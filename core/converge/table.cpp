#include "core/converge/table.h"

#include <utility>

namespace pigsty::converge {

TableBuilder::Row& TableBuilder::Row::where(std::function<bool(const Site&)> where) {
    step_.where = std::move(where);
    return *this;
}

TableBuilder::Row& TableBuilder::Row::then(When when, Act act) {
    step_.act_when = when;
    step_.act = std::move(act);
    return *this;
}

TableBuilder::Row& TableBuilder::Row::watches(std::vector<std::string> steps) {
    step_.watches = std::move(steps);
    return *this;
}

TableBuilder::Row& TableBuilder::Row::on_each() {
    step_.spread = Spread::parallel;
    return *this;
}

TableBuilder::Row& TableBuilder::Row::one_after_the_other() {
    step_.spread = Spread::serial;
    return *this;
}

TableBuilder::Row& TableBuilder::Row::while_in_use() {
    step_.while_in_use = true;
    return *this;
}

TableBuilder::Row TableBuilder::items(std::string name, ItemsOf items) {
    Step& step = table_.emplace_back();
    step.name = std::move(name);
    step.items = std::move(items);
    return Row(step);
}

TableBuilder::Row TableBuilder::items(std::string name, item::Items items) {
    return this->items(std::move(name), ItemsOf([items = std::move(items)](const Site&) { return items; }));
}

TableBuilder::Row TableBuilder::act(std::string name, When when, Act act) {
    Step& step = table_.emplace_back();
    step.name = std::move(name);
    step.spread = Spread::once;
    return Row(step).then(when, std::move(act));
}

}  // namespace pigsty::converge
