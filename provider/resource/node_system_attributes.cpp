#include "provider/resource/node_system_attributes.h"

#include <algorithm>
#include <map>

#include "core/item/kernel_modules.h"
#include "core/item/limit_line.h"
#include "provider/framework/validators.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::Checked;
using framework::Diagnostics;
using framework::each;
using framework::nested;
using framework::Validator;
using framework::Value;
using module::machine::HugePages;
using module::machine::Limit;
using module::machine::Machine;

std::string known_text(const Value& object, const char* name) {
    const Value value = object.get(name);
    return value.is_known() && !value.is_null() ? value.as_string() : std::string();
}

// A value by its item, and each domain, type and item once: pam_limits takes the last of two.
Validator limits_that_hold() {
    return {"each domain, type and item once, with a value that the item takes",
            [](const Checked& checked, Diagnostics& diagnostics) {
                std::map<std::string, std::int64_t> seen;
                std::int64_t index = -1;
                for (const Value& limit : checked.value.elements()) {
                    ++index;
                    if (!limit.is_known() || limit.is_null()) continue;
                    const auto path = checked.path.index(index);
                    const std::string item = known_text(limit, "item");
                    const std::string value = known_text(limit, "value");
                    if (!value.empty() && std::ranges::find(item::kLimitItems, item) != item::kLimitItems.end()) {
                        const auto value_path = path.attribute("value");
                        if (const auto good = item::check_limit_value(item, value); !good)
                            framework::refuse_with(checked.inside(limit.get("value"), value_path), good.error(),
                                                   diagnostics);
                    }
                    const std::string domain = known_text(limit, "domain");
                    const Value type_value = limit.get("type");
                    if (domain.empty() || item.empty() || type_value.is_unknown()) continue;
                    std::string type = known_text(limit, "type");
                    if (type.empty()) type = Limit().type;
                    const std::string key = domain + " " + type + " " + item;
                    if (const auto [other, is_new] = seen.try_emplace(key, index); !is_new)
                        diagnostics.add_error("A limit stands there twice",
                                              "Expected " + key + " once, found it in limits[" +
                                                  std::to_string(other->second) + "], too. Only the last would hold.",
                                              path);
                }
            }};
}

Validator modules_once() {
    return {"different modules", [](const Checked& checked, Diagnostics& diagnostics) {
                std::map<std::string, std::string> seen;
                std::int64_t index = -1;
                for (const Value& module : checked.value.elements()) {
                    ++index;
                    if (!module.is_known() || module.is_null()) continue;
                    const std::string name = module.as_string();
                    const auto [other, is_new] = seen.try_emplace(item::module_name(name), name);
                    if (!is_new)
                        diagnostics.add_error(
                            "A kernel module stands there twice",
                            "Expected each module once, found " + other->second + " and " + name + ", which are one.",
                            checked.path.index(index));
                }
            }};
}

Attributes<Limit> limit_attributes() {
    return {
        attribute("domain", &Limit::domain)
            .required()
            .validate(
                framework::follows("a user, `@group`, `%group`, `*` or a range of numbers", item::check_limit_domain))
            .example("\"postgres\"")
            .description("Whose sessions: a user, `@group`, `*` for all but root, or a range of user numbers as "
                         "`1000:2000`."),
        attribute("type", &Limit::type)
            .fixed_default(Limit().type)
            .validate(framework::one_of(item::kLimitTypes))
            .description("`soft`, `hard`, or `-` for both."),
        attribute("item", &Limit::item)
            .required()
            .validate(framework::one_of(item::kLimitItems))
            .example("\"nofile\"")
            .description("What is limited, as `limits.conf(5)` calls it."),
        attribute("value", &Limit::value)
            .required()
            .example("\"65536\"")
            .description("A number, or `unlimited` where the item has that: `nofile` has not."),
    };
}

// More is refused by the node, too, which knows what the pages come to.
constexpr double kMostOfMemory = 0.9;

Validator share_of_memory() {
    return {"more than 0 and less than 0.9", [](const Checked& checked, Diagnostics& diagnostics) {
                const double ratio = checked.value.as_number().to_double();
                if (ratio > 0 && ratio < kMostOfMemory) return;
                checked.refuse(diagnostics, "a share of the memory, more than 0 and less than 0.9");
            }};
}

Attributes<HugePages> huge_pages_attributes() {
    return {
        attribute("count", &HugePages::count)
            .optional()
            .validate(framework::at_least(0))
            .example("1024")
            .description("How many, of the machine's own size (2 MB, mostly)."),
        attribute("ratio", &HugePages::ratio)
            .optional()
            .validate(share_of_memory())
            .same_meaning([](const Value& prior, const Value& next) {
                return prior.is_known() && next.is_known() &&
                       prior.as_number().to_double() == next.as_number().to_double();
            })
            .example("0.25")
            .description("Share of the machine's memory, instead of a number."),
    };
}

}  // namespace

Attributes<Machine> node_system_attributes() {
    return {
        nested("limits", &Machine::limits, limit_attributes())
            .optional()
            .validate(limits_that_hold())
            .description("Limits of sessions: a file of ours in `/etc/security/limits.d`, for those that begin after "
                         "it. Services "
                         "have limits of their own. What would keep root, the user that the provider logs in as, or a "
                         "user named "
                         "here from opening a session is refused, and the file is as before."),
        attribute("kernel_modules", &Machine::kernel_modules)
            .optional()
            .validate(each(framework::follows("the name of a kernel module", item::check_module_name)))
            .validate(modules_once())
            .example("[\"softdog\", \"ip_vs\"]")
            .description("Kernel modules: a file of ours in `/etc/modules-load.d`, and loaded at once. One that this "
                         "kernel does "
                         "not have is an error. They stay loaded when this is removed."),
        nested("hugepages", &Machine::hugepages, huge_pages_attributes())
            .optional()
            .validate(framework::exactly_one_of({"count", "ratio"}))
            .description(
                "Memory that is set aside in huge pages, now and at each boot. A kernel that does not find them in one "
                "piece, and a container, whose memory is its host's, end in an error, and what was set aside before is "
                "so "
                "again. Removed, there are as many as before."),
        attribute("swap", &Machine::swap)
            .optional()
            .example("false")
            .description(
                "`false`: swap is turned off, and `swap.target` masked, so that no boot turns it on again; "
                "`/etc/fstab` "
                "stays as it is. `true`: the swap that the machine has configured is in use; none is made. Not set "
                "any more: the mask goes, and the machine swaps again with its next boot."),
    };
}

}  // namespace pigsty::provider
