#include "provider/framework/common_attributes.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/base/utf8.h"
#include "provider/framework/validators.h"

namespace pigsty::framework {
namespace {

AttributeBuilder<Timeouts, true> timeout_attribute(const char* name, std::optional<std::string> Timeouts::* member,
                                                   const char* what) {
    return attribute(name, member)
        .optional()
        .validate(duration())
        .description(std::string("How long ") + what + " may take, as `30s` or `1h30m`.");
}

Attributes<Timeouts> timeout_attributes() {
    return {
        timeout_attribute("create", &Timeouts::create, "the creation"),
        timeout_attribute("read", &Timeouts::read, "a refresh"),
        timeout_attribute("update", &Timeouts::update, "a change"),
        timeout_attribute("delete", &Timeouts::destroy, "the destruction"),
    };
}

Attributes<CommonState> forecast_attributes() {
    return {
        attribute("managed", &CommonState::managed)
            .computed()
            .description(
                "What is managed: member and file or item → the first digits of a digest over its content, with "
                "secrets as placeholders. A change here is a change on that member and nothing else."),
        attribute("last_change", &CommonState::last_change)
            .computed()
            .description(
                "What the last change did besides writing files: reloads, restarts and their order. In a plan: what "
                "it is going to do."),
    };
}

Attributes<CommonState> upkeep_attributes(const std::string& ignore_example) {
    return {
        attribute("drift", &CommonState::drift)
            .computed()
            .description("What was found different from what is managed, one sentence each. The next apply repairs it, "
                         "unless `drift_policy` is `report`."),
        attribute("drift_policy", &CommonState::drift_policy)
            .fixed_default("repair")
            .validate(one_of({"repair", "report"}))
            .description("`repair` plans an update where something drifted, `report` only shows it in `drift`."),
        attribute("drift_ignore", &CommonState::drift_ignore)
            .optional()
            .validate(each(not_empty()))
            .description("What may differ: patterns over the beginnings of the sentences in `drift`, `*` for any text.")
            .example(ignore_example),
        nested("timeouts", &CommonState::timeouts, timeout_attributes())
            .optional()
            .description("Bounds for the operations on this resource."),
    };
}

}  // namespace

Attributes<CommonState> common_attributes(CommonOptions options) {
    Attributes<CommonState> id = {attribute("id", &CommonState::id)
                                      .computed_once()
                                      .description("Identifies what was created: a UUID that its nodes know too.")};
    BoundAttributes all = id.bound();
    const auto add = [&](const Attributes<CommonState>& more) {
        all.insert(all.end(), more.bound().begin(), more.bound().end());
    };
    if (options.forecast) add(forecast_attributes());
    add(upkeep_attributes(options.ignore_example));
    if (options.deletion_protection) {
        add({attribute("deletion_protection", &CommonState::deletion_protection)
                 .fixed_default(true)
                 .description("While true, plans that destroy or replace this resource are refused.")});
    }
    return Attributes<CommonState>(std::move(all));
}

std::vector<std::string> noted_drift(std::vector<std::string> sentences, const std::vector<std::string>& ignore) {
    // What a node or a server said may be any bytes, and a state holds UTF-8 alone.
    for (std::string& sentence : sentences) sentence = replace_invalid_utf8(sentence);
    std::erase_if(sentences, [&](const std::string& sentence) {
        const std::string_view subject = std::string_view(sentence).substr(0, sentence.find(": "));
        return std::any_of(ignore.begin(), ignore.end(),
                           [&](const std::string& pattern) { return pigsty::matches(pattern, subject); });
    });
    std::sort(sentences.begin(), sentences.end());
    sentences.erase(std::unique(sentences.begin(), sentences.end()), sentences.end());
    return sentences;
}

}  // namespace pigsty::framework
