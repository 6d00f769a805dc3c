#include "core/item/sudoers.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/login_guard.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

constexpr unsigned kSudoersMode = 0440;

// What `limited` may run. Without a way to start another program from inside (pagers have one).
constexpr std::string_view kLookingCommands =
    "/usr/bin/systemctl, /usr/bin/journalctl, /usr/bin/cat, /usr/bin/less, /usr/bin/tail, /usr/bin/head";

// Defines $file, $old (where it is kept meanwhile) and `put_back`; asks whether the login can become root now.
std::string begin_script(const std::string& path) {
    return login_guard_functions() +
           fmt::format(
               "file={}\nold=/run/pigsty/sudoers-before\nmkdir -p -m 0700 /run/pigsty || exit 1\n"
               "rm -f -- \"$old\"\n[ ! -e \"$file\" ] || cp -p -- \"$file\" \"$old\" || exit 1\n"
               "put_back() {{ if [ -e \"$old\" ]; then cp -p -- \"$old\" \"$file\"; else rm -f -- \"$file\"; fi; "
               "rm -f -- \"$old\"; }}\n"
               "could=no; login_can && could=yes\n",
               shell_quote(path));
}

constexpr std::string_view kLoginGuard =
    "if [ $could = yes ] && ! login_can; then\n"
    "  put_back\n"
    "  echo \"sudo: $PIGSTY_LOGIN, the user of this login, could no longer become root: log in as another user first "
    "(provider block, ssh.user); nothing was changed\" >&2\n  exit 1\nfi\n"
    "rm -f -- \"$old\"\n";

}  // namespace

std::string SudoersItem::desired() const {
    const std::string text = "# What pigsty lets this account do; written whole\n" + account_;
    switch (rights_) {
        case SudoRights::nopass: return text + " ALL=(ALL:ALL) NOPASSWD: ALL\n";
        case SudoRights::all: return text + " ALL=(ALL:ALL) ALL\n";
        case SudoRights::limited: break;
    }
    return fmt::format("{} ALL=(root) NOPASSWD: NOEXEC: {}\n", text, kLookingCommands);
}

std::optional<Change> SudoersItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState file = seen.path(label());
    if (file.type == node::PathType::absent) return Change{Verb::create, "missing"};
    std::vector<std::string> reasons;
    if (file.digest != sha256_hex(desired())) reasons.emplace_back("content differs");
    compare_rights(file, "root", "root", kSudoersMode, reasons);
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> SudoersItem::operations(const Change&) const {
    std::string script =
        "if ! command -v visudo >/dev/null; then\n"
        "  echo 'sudo: not on this node: install it (packages = [\"sudo\"] of its pigsty_node)' >&2; exit 1\nfi\n" +
        begin_script(label());
    // Other files of sudo's may be wrong already, which is their owners' to know.
    script += fmt::format(R"sh(held=no; visudo -c >/dev/null 2>&1 && held=yes
new="$file.pigsty-new"
umask 0337
rm -f -- "$new"
cat >"$new" && chown root:root -- "$new" && chmod {:04o} -- "$new" && sync -- "$new" || exit 1
visudo -c -f "$new" >&2 || {{ rm -f -- "$new"; exit 1; }}
mv -fT -- "$new" "$file" || exit 1
if [ $held = yes ] && ! visudo -c >&2; then
  put_back
  echo 'sudo: its files do not hold together with ours, which was taken back' >&2; exit 1
fi
)sh",
                          kSudoersMode);
    return {node::RunScript{.text = script + std::string(kLoginGuard), .input = desired()}};
}

node::ClaimedItem SudoersItem::claimed(const node::Observation& seen) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = sha256_hex(desired()) + " " + rights_text("root", "root", kSudoersMode),
            .existed_before = seen.path(label()).type != node::PathType::absent,
            .probes = {*probes().begin()}};
}

std::string SudoersItem::state(const node::Observation& seen) const {
    const node::PathState file = seen.path(label());
    return file.type == node::PathType::absent ? "missing"
                                               : file.digest + " " + rights_text(file.owner, file.group, file.mode);
}

std::vector<node::Operation> SudoersItem::undo(const std::string& path) {
    return {node::RunScript{.text = begin_script(path) + "rm -f -- \"$file\"\n" + std::string(kLoginGuard)}};
}

}  // namespace pigsty::item
