#include "core/item/guest_lines.h"

#include <fmt/format.h>

#include "core/base/quote.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kMark = "  # pigsty guest ";

std::string mark_of(std::string_view guest) { return std::string(kMark) + std::string(guest); }

template <class Take>
void each_line(std::string_view text, const Take& take) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        take(text.substr(0, end), end != std::string_view::npos);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

// Puts what `parts` print beside $file, as $new.
std::string write_beside(std::string_view parts) {
    return fmt::format("new=\"$file.pigsty-new\"\nrm -f -- \"$new\"\numask 077\n{{\n{}}} >\"$new\" || exit 1\n", parts);
}

// Prints the lines of $file that have that mark, or (-v) all others. grep ends with 1 where there are none.
std::string print_lines(std::string_view option, const std::string& pattern) {
    return fmt::format("grep {} -e {} -- \"$file\" || [ $? -eq 1 ]\n", option, shell_quote(pattern));
}

}  // namespace

std::string guest_line(std::string_view line, std::string_view guest) { return std::string(line) + mark_of(guest); }

std::string without_guests(std::string_view text) {
    std::string kept;
    each_line(text, [&](std::string_view line, bool is_ended) {
        if (line.find(kMark) == std::string_view::npos) kept += std::string(line) + (is_ended ? "\n" : "");
    });
    return kept;
}

std::vector<std::string> lines_of_guest(std::string_view text, std::string_view guest) {
    std::vector<std::string> lines;
    each_line(text, [&](std::string_view line, bool) {
        if (line.ends_with(mark_of(guest))) lines.emplace_back(line);
    });
    return lines;
}

std::string put_guest_script(const std::string& path, std::string_view guest) {
    // Of plain words, so that the pattern means itself.
    return fmt::format("file={}\n[ -f \"$file\" ] || exit 0\n", shell_quote(path)) +
           write_beside("cat || exit 1\n" + print_lines("-v", mark_of(guest) + "$")) +
           "chown --reference=\"$file\" -- \"$new\" && chmod --reference=\"$file\" -- \"$new\" && sync -- \"$new\" || "
           "exit 1\n"
           "cp -p -- \"$file\" \"$file.pigsty-old\" && mv -f -- \"$new\" \"$file\" || exit 1\n";
}

std::string put_host_script(const std::string& path, const std::string& owner, const std::string& group,
                            unsigned mode) {
    return fmt::format("file={}\n[ -f \"$file\" ] || {{ echo \"$file is no file\" >&2; exit 1; }}\n",
                       shell_quote(path)) +
           write_beside(print_lines("", std::string(kMark)) + "cat || exit 1\n") +
           fmt::format(
               "chown -- {} \"$new\" && chmod -- {:04o} \"$new\" && sync -- \"$new\" && mv -f -- \"$new\" \"$file\" || "
               "exit 1\n",
               shell_quote(owner + ":" + group), mode);
}

}  // namespace pigsty::item
