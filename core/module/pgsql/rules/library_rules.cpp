// `libs` and `extension_packages`: what PostgreSQL loads as it starts, and the packages that bring it.
#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/item/package.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/module/pgsql/spec/settings.h"
#include "core/module/platform/platform.h"

namespace pigsty::module::pgsql {
namespace {

constexpr const char* kPreload = "shared_preload_libraries";

// What PostgreSQL's list of names takes without quotes, in a path as well.
bool is_library(const std::string& name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-.$/").contains(c);
    });
}

}  // namespace

void check_libraries(const PgCluster& cluster, Problems& problems) {
    const std::vector<std::string> libraries = cluster.libs.value_or(std::vector<std::string>());
    for (std::size_t i = 0; i < libraries.size(); ++i)
        if (!has_unknown(libraries[i]) && !is_library(libraries[i]))
            problems.add(entry("libs", i), fmt::format("expected the name of a library, found \"{}\"", libraries[i]),
                         "one name an element, as pg_stat_statements or $libdir/passwordcheck");
    check_unique(problems, "libs", libraries);
    for (const auto& [name, value] : cluster.parameters)
        if (cluster.libs && setting_key(name) == kPreload)
            problems.add(entry("parameters", name), fmt::format("{} is set by the attribute libs", kPreload),
                         "remove it here");
    for (std::size_t i = 0; i < cluster.extension_packages.size(); ++i) {
        const std::string& name = cluster.extension_packages[i];
        // An extension's name may have what a package's has not.
        if (has_unknown(name) || platform::platform_at(nullptr).extension_package(name, kVersions.most)) continue;
        if (auto status = item::check_package(name); !status)
            problems.add(entry("extension_packages", i), status.error().message, status.error().hint);
        else if (name.contains('='))
            problems.add(entry("extension_packages", i),
                         fmt::format("expected a name without a version, found \"{}\"", name),
                         "pin versions of packages with `packages` of pigsty_node");
    }
    check_unique(problems, "extension_packages", cluster.extension_packages);
}

}  // namespace pigsty::module::pgsql
