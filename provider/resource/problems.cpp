#include "provider/resource/problems.h"

#include <charconv>
#include <string>

namespace pigsty::provider {

value::Path path_from_text(std::string_view text) {
    value::Path path;
    while (!text.empty()) {
        if (text.front() == '.') text.remove_prefix(1);
        if (text.starts_with("[\"")) {
            const auto end = text.find("\"]");
            if (end == std::string_view::npos) return path;
            path = path.key(std::string(text.substr(2, end - 2)));
            text.remove_prefix(end + 2);
        } else if (text.starts_with('[')) {
            const auto end = text.find(']');
            std::int64_t index = 0;
            if (end == std::string_view::npos ||
                std::from_chars(text.data() + 1, text.data() + end, index).ec != std::errc{})
                return path;
            path = path.index(index);
            text.remove_prefix(end + 1);
        } else {
            const auto end = std::min(text.find_first_of(".["), text.size());
            path = path.attribute(std::string(text.substr(0, end)));
            text.remove_prefix(end);
        }
    }
    return path;
}

void report_problems(const std::vector<Problem>& problems, framework::Validation& validation) {
    for (const Problem& problem : problems) {
        const value::Path path = path_from_text(problem.path);
        // What is not known yet was not read into the specification: nothing can be said of it.
        if (!problem.path.empty() && validation.unknown.at(path)) continue;
        validation.error(path, problem.message, problem.hint);
    }
}

}  // namespace pigsty::provider
