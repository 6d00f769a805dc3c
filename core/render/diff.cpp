#include "core/render/diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <spdlog/fmt/fmt.h>

namespace pigsty::render {
namespace {

constexpr std::size_t kContext = 3;

std::vector<std::string_view> split_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

struct Step {
    char mark;  // ' ', '-', '+'
    std::string_view line;
};

// The longest common subsequence, in the plain table form: the files are a few hundred lines.
std::vector<Step> steps_between(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::uint32_t> common((a.size() + 1) * width, 0);
    for (std::size_t i = a.size(); i-- > 0;)
        for (std::size_t j = b.size(); j-- > 0;)
            common[i * width + j] = a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                                                 : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
    std::vector<Step> steps;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() || j < b.size()) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) {
            steps.push_back({' ', a[i]});
            ++i, ++j;
        } else if (j == b.size() || (i < a.size() && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
            steps.push_back({'-', a[i++]});
        } else {
            steps.push_back({'+', b[j++]});
        }
    }
    return steps;
}

// "@@ -3,7 +3,8 @@": first line and count on both sides; an empty side counts from the line before it.
std::string hunk_heading(const std::vector<Step>& steps, std::size_t begin, std::size_t end) {
    std::size_t line[2] = {0, 0};
    std::size_t count[2] = {0, 0};
    for (std::size_t i = 0; i < end; ++i) {
        auto& target = i < begin ? line : count;
        if (steps[i].mark != '+') ++target[0];
        if (steps[i].mark != '-') ++target[1];
    }
    const auto side = [&](int which) { return line[which] + (count[which] > 0 ? 1 : 0); };
    return fmt::format("@@ -{},{} +{},{} @@", side(0), count[0], side(1), count[1]);
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after,
                         std::size_t max_lines) {
    if (before == after) return {};
    const std::vector<Step> steps = steps_between(split_lines(before), split_lines(after));
    std::vector<std::string> lines{fmt::format("--- {}", name), fmt::format("+++ {}", name)};
    for (std::size_t at = 0; at < steps.size();) {
        if (steps[at].mark == ' ') {
            ++at;
            continue;
        }
        // A hunk grows while the next change is near enough that their contexts would touch.
        const std::size_t begin = at < kContext ? 0 : at - kContext;
        std::size_t last = at;
        for (std::size_t i = at; i < steps.size() && i <= last + 2 * kContext; ++i)
            if (steps[i].mark != ' ') last = i;
        const std::size_t end = std::min(last + kContext + 1, steps.size());
        lines.push_back(hunk_heading(steps, begin, end));
        for (std::size_t i = begin; i < end; ++i) lines.push_back(fmt::format("{}{}", steps[i].mark, steps[i].line));
        at = end;
    }
    std::string text;
    const std::size_t shown = lines.size() > max_lines ? max_lines - 1 : lines.size();
    for (std::size_t i = 0; i < shown; ++i) text += lines[i] + "\n";
    if (shown < lines.size()) text += fmt::format("… {} more lines\n", lines.size() - shown);
    return text;
}

}  // namespace pigsty::render
