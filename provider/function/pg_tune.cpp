#include "provider/function/pg_tune.h"

#include "core/render/pg_tune.h"

namespace pigsty::provider {

using framework::argument_error;

framework::FunctionDeclaration PgTune::declare() const {
    return {.summary = "PostgreSQL's parameters for a template and a machine",
            .description =
                "The parameters that `pigsty_pg_cluster` sets for a `template` and a `sizing`: for PostgreSQL 17, the "
                "newest revision "
                "of the templates, services that lead to pgbouncer, and the template's own `max_connections`.\n\n"
                "The result is a map of texts as PostgreSQL takes them. It can be merged and handed to any server, or "
                "compared with "
                "what a cluster runs (`data.pigsty_pg_cluster`'s `settings`).",
            .parameters = {{"template", "`oltp`, `olap`, `crit` or `tiny`."},
                           {"cpu", "CPUs of the smallest member."},
                           {"memory_mb", "Its memory, in MB; at least 256."},
                           {"disk_gb", "The size of its data disk, in GB."}}};
}

framework::FunctionResult<std::map<std::string, std::string>> PgTune::call(std::string template_name, std::int64_t cpu,
                                                                           std::int64_t memory_mb,
                                                                           std::int64_t disk_gb) const {
    if (!render::is_template(template_name))
        return argument_error(0, "expected oltp, olap, crit or tiny, found \"" + template_name + "\"");
    const auto least = [](std::int64_t argument, std::int64_t found, std::int64_t wanted, const char* unit) {
        return argument_error(
            argument, "expected at least " + std::to_string(wanted) + unit + ", found " + std::to_string(found));
    };
    if (cpu < 1) return least(1, cpu, 1, " CPU");
    if (memory_mb < render::kLeastMemoryMb) return least(2, memory_mb, render::kLeastMemoryMb, " MB of memory");
    if (disk_gb < 1) return least(3, disk_gb, 1, " GB of disk");
    const auto tuned = render::pg_tune({.template_name = template_name, .sizing = {cpu, memory_mb, disk_gb}});
    if (!tuned) return argument_error(0, tuned.error().message);
    return std::map<std::string, std::string>(tuned->begin(), tuned->end());
}

}  // namespace pigsty::provider
