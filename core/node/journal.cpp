#include "core/node/journal.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/node/clock_text.h"

namespace pigsty::node {

namespace {

using nlohmann::json;

WriteJournal line(const std::string& operation, const std::string& event, const std::string& step, json more) {
    more["at"] = utc_now();
    more["event"] = event;
    more["step"] = step;
    return {.operation = operation, .line = more.dump(-1, ' ', false, json::error_handler_t::replace)};
}

}  // namespace

Journal::Journal(const std::string& verb, const std::string& kind, const std::string& name) {
    auto now = utc_now();
    std::erase_if(now, [](char c) { return c == '-' || c == ':'; });
    operation_ = now + "-" + verb + "-" + kind + "-" + name.substr(0, 64) + "-" + hex(random_bytes(4));
    std::ranges::replace_if(operation_, [](unsigned char c) { return !std::isalnum(c) && c != '_' && c != '-'; }, '-');
}

Operation Journal::begin(const std::string& step, const std::map<std::string, std::string>& digests_by_item) const {
    return line(operation_, "begin", step, {{"items", digests_by_item}});
}

Operation Journal::end(const std::string& step) const { return line(operation_, "end", step, json::object()); }

Operation Journal::failed(const std::string& step, const std::string& error) const {
    return line(operation_, "failed", step, {{"error", error}});
}

}  // namespace pigsty::node
