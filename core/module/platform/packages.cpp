#include "core/module/platform/packages.h"

#include "core/item/package.h"
#include "core/module/platform/required_version.h"

namespace pigsty::module::platform {

item::Items package_items(const std::vector<Component>& components, const Platform& platform,
                          const PackageChoice& choice) {
    std::set<std::string> names = choice.more;
    for (const Component component : components)
        for (std::string& name : platform.packages(component, choice.postgresql)) names.insert(std::move(name));
    item::Items items{std::make_shared<RequiredVersionsItem>(components, platform, choice.least)};
    for (const std::string& name : names)
        items.push_back(std::make_shared<item::PackageItem>(item::PackageSpec{.name = name}));
    return items;
}

}  // namespace pigsty::module::platform
