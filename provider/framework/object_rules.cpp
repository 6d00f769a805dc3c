// Rules between the attributes of one object.

#include <algorithm>
#include <utility>

#include "provider/framework/validators.h"

namespace pigsty::framework {
namespace {

std::string listed(const std::vector<std::string>& names, std::string_view last_word) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 == names.size() ? " " + std::string(last_word) + " " : ", ";
        text += "`" + names[i] + "`";
    }
    return text;
}

struct Written {
    std::vector<std::string> names;  // written with a value
    bool open = false;               // some are unknown: they may turn out null
};

Written written(const Value& object, const std::vector<std::string>& attributes) {
    Written result;
    for (const std::string& name : attributes) {
        const Value& value = object.get(name);
        if (value.is_unknown()) result.open = true;
        if (value.is_known()) result.names.push_back(name);
    }
    return result;
}

}  // namespace

Validator conflicts_with(std::string attribute, std::vector<std::string> others) {
    std::string text = others.size() == 1 ? "`" + attribute + "` or " + listed(others, "or") + ", not both"
                                          : "either `" + attribute + "`, or " + listed(others, "and");
    return {std::move(text), [attribute = std::move(attribute), others = std::move(others)](const Checked& checked,
                                                                                            Diagnostics& diagnostics) {
                if (!checked.value.get(attribute).is_known()) return;
                for (const std::string& other : written(checked.value, others).names) {
                    diagnostics.add_error(
                        "Attributes that exclude each other",
                        "Expected `" + attribute + "` or `" + other + "`, found both. Remove one of them.",
                        checked.path.attribute(attribute));
                }
            }};
}

Validator exactly_one_of(std::vector<std::string> attributes) {
    std::string text = "exactly one of " + listed(attributes, "and");
    return {text, [text, attributes = std::move(attributes)](const Checked& checked, Diagnostics& diagnostics) {
                const Written found = written(checked.value, attributes);
                if (found.names.size() > 1) {
                    diagnostics.add_error(
                        "Attributes that exclude each other",
                        "Expected " + text + ", found " + listed(found.names, "and") + ". Remove all but one.",
                        checked.path.attribute(found.names[1]));
                } else if (found.names.empty() && !found.open) {
                    diagnostics.add_error("Missing attribute", "Expected " + text + ", found none. Write one of them.",
                                          checked.path.is_root() ? std::optional<Path>() : checked.path);
                }
            }};
}

Validator at_least_one_of(std::vector<std::string> attributes) {
    std::string text = "at least one of " + listed(attributes, "and");
    return {text, [text, attributes = std::move(attributes)](const Checked& checked, Diagnostics& diagnostics) {
                const Written found = written(checked.value, attributes);
                if (!found.names.empty() || found.open) return;
                diagnostics.add_error("Missing attribute", "Expected " + text + ", found none. Write one of them.",
                                      checked.path.is_root() ? std::optional<Path>() : checked.path);
            }};
}

Validator required_together(std::vector<std::string> attributes) {
    std::string text = listed(attributes, "and") + " together or not at all";
    return {text, [text, attributes = std::move(attributes)](const Checked& checked, Diagnostics& diagnostics) {
                const Written found = written(checked.value, attributes);
                if (found.open || found.names.empty() || found.names.size() == attributes.size()) return;
                diagnostics.add_error("Missing attribute",
                                      "Expected " + text + ", found " + listed(found.names, "and") +
                                          " alone. Write the others too, or none.",
                                      checked.path.attribute(found.names.front()));
            }};
}

Validator requires_also(std::string attribute, std::string needs) {
    std::string text = "`" + attribute + "` only together with `" + needs + "`";
    return {
        std::move(text),
        [attribute = std::move(attribute), needs = std::move(needs)](const Checked& checked, Diagnostics& diagnostics) {
            if (!checked.value.get(attribute).is_known() || !checked.value.get(needs).is_null()) return;
            diagnostics.add_error("Missing attribute",
                                  "`" + attribute + "` means something only together with `" + needs +
                                      "`, which is not set. Write `" + needs + "` too, or remove `" + attribute + "`.",
                                  checked.path.attribute(attribute));
        }};
}

}  // namespace pigsty::framework
