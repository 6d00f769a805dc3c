// work_of: merges what can be done at once.
#include "core/item/item.h"
#include "core/item/package.h"

namespace pigsty::item {

std::vector<Work> work_of(const std::vector<std::pair<ItemPtr, Change>>& changes) {
    std::vector<Work> all;
    std::vector<PackageSpec> packages;  // of the run that the last Work will become
    for (const auto& [item, change] : changes) {
        if (const auto* package = dynamic_cast<const PackageItem*>(item.get())) {
            if (packages.empty()) all.emplace_back();
            packages.push_back(package->spec());
            all.back().items.push_back(item);
            all.back().operations = {PackageItem::install(packages)};
            continue;
        }
        packages.clear();
        all.push_back({.items = {item}, .operations = item->operations(change)});
    }
    return all;
}

}  // namespace pigsty::item
