#include "core/item/put_back.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kFolder = "/run/pigsty/put-back";

std::string copy_of(const std::string& path, std::string_view keeper) {
    return fmt::format("{}/{}{}", kFolder, fingerprint(path), keeper);
}

}  // namespace

std::string keep_script(const std::vector<std::string>& paths, std::string_view keeper) {
    std::string script = fmt::format("mkdir -p -m 0700 {} || exit 1\n", kFolder);
    for (const std::string& path : paths) {
        const std::string copy = copy_of(path, keeper);
        script += fmt::format("rm -f {1}; if [ -e {0} ] || [ -L {0} ]; then cp -a -- {0} {1} || exit 1; fi\n",
                              shell_quote(path), copy);
    }
    return script;
}

std::string put_back_script(const std::vector<std::string>& paths, std::string_view keeper) {
    std::string script;
    for (const std::string& path : paths) {
        const std::string copy = copy_of(path, keeper);
        // Beside it first, then renamed: a reader never sees half a file.
        script += fmt::format(
            "if [ -e {1} ] || [ -L {1} ]; then cp -a -- {1} {2} && mv -fT -- {2} {0} && rm -f {1}; else rm -f -- {0}; "
            "fi\n",
            shell_quote(path), copy, shell_quote(path + ".pigsty-old"));
    }
    return script;
}

std::string forget_script(const std::vector<std::string>& paths, std::string_view keeper) {
    std::string script = "rm -f --";
    for (const std::string& path : paths) script += " " + copy_of(path, keeper);
    return script + "\n";
}

}  // namespace pigsty::item
