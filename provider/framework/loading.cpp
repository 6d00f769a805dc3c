#include "provider/framework/loading.h"

#include <algorithm>

namespace pigsty::framework {
namespace {

bool starts_with(const value::Path& path, const value::Path& start) {
    const auto& steps = path.steps();
    const auto& first = start.steps();
    return first.size() <= steps.size() && std::equal(first.begin(), first.end(), steps.begin());
}

}  // namespace

bool Unknowns::at(const value::Path& path) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return starts_with(entry.path, path) || starts_with(path, entry.path);
    });
}

bool Unknowns::missing_at(const value::Path& path) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return !entry.text && (starts_with(entry.path, path) || starts_with(path, entry.path));
    });
}

std::vector<value::Path> Unknowns::missing() const {
    std::vector<value::Path> paths;
    for (const Entry& entry : entries_) {
        if (!entry.text) paths.push_back(entry.path);
    }
    return paths;
}

value::Path Loading::path() const {
    value::Path path;
    for (const value::Path::Step& step : steps_) path = path.then(step);
    return path;
}

}  // namespace pigsty::framework
