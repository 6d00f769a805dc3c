#include "core/converge/diff.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace pigsty::converge {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

struct Edit {
    char sign;  // ' ', '-', '+'
    std::string_view line;
};

// Longest common subsequence by table: configuration files are small; what is not falls back to "all replaced".
constexpr std::size_t kMostCells = 4'000'000;

std::vector<Edit> edits_between(const Lines& before, const Lines& after) {
    std::vector<Edit> edits;
    std::size_t head = 0;
    while (head < before.size() && head < after.size() && before[head] == after[head]) ++head;
    std::size_t tail = 0;
    while (tail < before.size() - head && tail < after.size() - head &&
           before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
        ++tail;
    for (std::size_t i = 0; i < head; ++i) edits.push_back({' ', before[i]});
    const std::size_t rows = before.size() - head - tail;
    const std::size_t columns = after.size() - head - tail;
    std::size_t row = 0;
    std::size_t column = 0;
    if (rows * columns <= kMostCells) {
        const std::size_t width = columns + 1;
        std::vector<std::uint32_t> common((rows + 1) * width, 0);
        for (std::size_t i = rows; i-- > 0;) {
            for (std::size_t j = columns; j-- > 0;) {
                common[i * width + j] = before[head + i] == after[head + j]
                                            ? common[(i + 1) * width + j + 1] + 1
                                            : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
            }
        }
        while (row < rows && column < columns) {
            if (before[head + row] == after[head + column]) {
                edits.push_back({' ', before[head + row]});
                ++row;
                ++column;
            } else if (common[(row + 1) * width + column] >= common[row * width + column + 1]) {
                edits.push_back({'-', before[head + row++]});
            } else {
                edits.push_back({'+', after[head + column++]});
            }
        }
    }
    while (row < rows) edits.push_back({'-', before[head + row++]});
    while (column < columns) edits.push_back({'+', after[head + column++]});
    for (std::size_t i = before.size() - tail; i < before.size(); ++i) edits.push_back({' ', before[i]});
    return edits;
}

constexpr std::size_t kContext = 3;

std::string hunk(const std::vector<Edit>& edits, std::size_t first, std::size_t end) {
    const auto counted = [&](std::size_t from, std::size_t to, char skipped) {
        return std::count_if(edits.begin() + static_cast<std::ptrdiff_t>(from),
                             edits.begin() + static_cast<std::ptrdiff_t>(to),
                             [=](const Edit& edit) { return edit.sign != skipped; });
    };
    const auto range = [](std::ptrdiff_t start, std::ptrdiff_t count) {
        return count == 1 ? fmt::format("{}", start + 1) : fmt::format("{},{}", count == 0 ? start : start + 1, count);
    };
    std::string text = fmt::format("@@ -{} +{} @@\n", range(counted(0, first, '+'), counted(first, end, '+')),
                                   range(counted(0, first, '-'), counted(first, end, '-')));
    for (std::size_t i = first; i < end; ++i) text += fmt::format("{}{}\n", edits[i].sign, edits[i].line);
    return text;
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
    if (before == after) return {};
    const std::vector<Edit> edits = edits_between(lines_of(before), lines_of(after));
    std::string text = fmt::format("--- {0}\n+++ {0}\n", name);
    std::size_t at = 0;
    while (true) {
        const auto changed = std::find_if(edits.begin() + static_cast<std::ptrdiff_t>(at), edits.end(),
                                          [](const Edit& edit) { return edit.sign != ' '; });
        if (changed == edits.end()) return text;
        const auto position = static_cast<std::size_t>(changed - edits.begin());
        const std::size_t first = position > at + kContext ? position - kContext : at;
        // The hunk ends where more than twice the context follows unchanged.
        std::size_t last = position;
        for (std::size_t i = position; i < edits.size() && i <= last + 2 * kContext; ++i) {
            if (edits[i].sign != ' ') last = i;
        }
        const std::size_t end = std::min(edits.size(), last + 1 + kContext);
        text += hunk(edits, first, end);
        at = end;
    }
}

}  // namespace pigsty::converge
