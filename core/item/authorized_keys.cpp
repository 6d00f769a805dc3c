#include "core/item/authorized_keys.h"

#include <sstream>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/base/text.h"
#include "core/item/guest_lines.h"
#include "core/item/path_state.h"
#include "core/item/ssh_key.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kAdminGuest = "node admin";

std::string mark() { return guest_line("", kAdminGuest); }

std::string paths_of(const std::string& account) {
    return fmt::format("home=$(getent passwd {0} | cut -d: -f6)\nfolder=$home/.ssh\nfile=$folder/authorized_keys\n",
                       shell_quote(account));
}

// "folder", "file", "open PATH" for what sshd would refuse to read, and "line …" for each of ours.
node::Probe look_at(const std::string& account) {
    return {node::ProbeKind::command,
            paths_of(account) +
                fmt::format(
                    "[ -n \"$home\" ] || exit 0\n[ ! -d \"$folder\" ] || echo folder\n"
                    "[ -f \"$file\" ] || exit 0\necho file\n"
                    "for path in \"$folder\" \"$file\"; do\n"
                    "  case $(stat -L -c %A -- \"$path\") in ?????w????|????????w?) echo \"open $path\" ;; esac\ndone\n"
                    "grep -e {}'$' -- \"$file\" | sed 's/^/line /'\n:\n",
                    shell_quote(mark()))};
}

// Replaces our lines by those on standard input. What it runs as the account gets paths and lines as arguments.
std::string write_script(const std::string& account, bool takes_back_file, bool takes_back_folder) {
    std::string script = paths_of(account);
    script += fmt::format("account={}\nlines=$(cat)\nmark={}\n", shell_quote(account), shell_quote(mark()));
    script += R"sh(as_account() { setpriv --reuid="$account" --regid="$(id -g -- "$account")" --init-groups -- "$@"; }
has_key() { [ -f "$1" ] && grep -qvE '^[[:space:]]*(#|$)' -- "$1"; }
mkdir -p -m 0700 /run/pigsty || exit 1
new=$(mktemp /run/pigsty-keys.XXXXXX) || exit 1
trap 'rm -f -- "$new"' EXIT
{ [ -z "$lines" ] || printf '%s\n' "$lines"
  if [ -f "$file" ]; then grep -v -e "$mark\$" -- "$file" || [ $? -eq 1 ]; fi
} >"$new" || exit 1
if [ "$account" = "$PIGSTY_LOGIN" ] && has_key "$file" && ! has_key "$new"; then
  echo "SSH keys of $account: it is the user of this login and would be left without a key: leave one, or log in as another user first" >&2
  exit 1
fi
)sh";
    script += R"sh(as_account sh -c 'umask 077
file=$1
mkdir -p -- "${file%/*}" || exit 1
[ ! -L "$file" ] || file=$(readlink -f -- "$file") || exit 1
rm -f -- "$file.pigsty-new"
cat >"$file.pigsty-new" || exit 1
if [ -e "$file" ]; then chmod --reference="$file" -- "$file.pigsty-new" || exit 1; fi
chmod go-w -- "${file%/*}" "$file.pigsty-new" && sync -- "$file.pigsty-new" && mv -fT -- "$file.pigsty-new" "$file"
' sh "$file" <"$new" >&2 || { echo "SSH keys of $account: $file could not be written as that account" >&2; exit 1; }
)sh";
    if (takes_back_file) script += "[ -s \"$file\" ] || as_account rm -f -- \"$file\"\n";
    if (takes_back_folder)
        script += "[ ! -d \"$folder\" ] || as_account rmdir --ignore-fail-on-non-empty -- \"$folder\"\n";
    return script + ":\n";
}

struct FoundKeys {
    bool folder = false, file = false;
    std::vector<std::string> open, lines;
};

FoundKeys found_in(const std::string& printed) {
    FoundKeys found;
    std::istringstream lines(printed);
    for (std::string line; std::getline(lines, line);) {
        if (line == "folder") found.folder = true;
        if (line == "file") found.file = true;
        if (line.starts_with("open ")) found.open.push_back(line.substr(5));
        if (line.starts_with("line ")) found.lines.push_back(line.substr(5));
    }
    return found;
}

// Where sshd was told to read other files than the usual one.
std::string sshd_check(const std::string& account) {
    return fmt::format(
        "if command -v sshd >/dev/null; then\n"
        "  where=$(sshd -T -C user={0},host=localhost,addr=127.0.0.1 2>/dev/null | sed -n 's/^authorizedkeysfile "
        "//p')\n"
        "  case \" $where \" in '  ' | *' .ssh/authorized_keys '* | *' %h/.ssh/authorized_keys '*) ;;\n"
        "  *) echo \"SSH keys of {0}: sshd of this node reads them from $where, and not from ~/.ssh/authorized_keys\" "
        ">&2; "
        "exit 1 ;; esac\nfi\n",
        account);
}

}  // namespace

std::string AuthorizedKeysItem::desired() const {
    std::string text;
    for (const std::string& key : keys_) text += guest_line(trimmed(key), kAdminGuest) + "\n";
    return text;
}

node::Probes AuthorizedKeysItem::probes() const { return {look_at(account_)}; }

std::optional<Change> AuthorizedKeysItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const FoundKeys found = found_in(seen.command(look_at(account_).key));
    std::vector<std::string> reasons;
    std::vector<std::string> wanted;
    for (const std::string& key : keys_) wanted.push_back(guest_line(trimmed(key), kAdminGuest));
    if (found.lines.empty())
        reasons.emplace_back("missing");
    else if (found.lines != wanted)
        reasons.emplace_back("other lines");
    for (const std::string& path : found.open)
        reasons.push_back(path + " may be written by others, and sshd refuses it");
    if (reasons.empty()) return std::nullopt;
    return Change{found.lines.empty() ? Verb::create : Verb::update, join(reasons)};
}

std::vector<node::Operation> AuthorizedKeysItem::operations(const Change&) const {
    return {node::RunScript{.text = paths_of(account_) +
                                    fmt::format("[ -d \"$home\" ] || {{ echo {} >&2; exit 1; }}\n",
                                                shell_quote(label() + ": the account has no home folder")) +
                                    sshd_check(account_) + write_script(account_, false, false),
                            .input = desired()}};
}

node::ClaimedItem AuthorizedKeysItem::claimed(const node::Observation& seen) const {
    const FoundKeys found = found_in(seen.command(look_at(account_).key));
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = fingerprint(desired()),
            .existed_before = false,
            .probes = {look_at(account_)},
            .undo = {{"account", account_}, {"was_file", found.file}, {"was_folder", found.folder}}};
}

std::string AuthorizedKeysItem::state(const node::Observation& seen) const {
    std::string text;
    for (const std::string& line : found_in(seen.command(look_at(account_).key)).lines) text += line + "\n";
    return text.empty() ? "missing" : fingerprint(text);
}

Status AuthorizedKeysItem::valid() const {
    for (const std::string& key : keys_) TRY_VOID(check_ssh_key(key));
    return {};
}

std::vector<node::Operation> AuthorizedKeysItem::undo(const node::ClaimedItem& claimed) {
    const std::string account = claimed.undo.value("account", "");
    if (account.empty()) return {};
    const bool file = !claimed.undo.value("was_file", true);
    return {node::RunScript{.text = paths_of(account) + "[ -n \"$home\" ] && [ -f \"$file\" ] || exit 0\n" +
                                    write_script(account, file, file && !claimed.undo.value("was_folder", true))}};
}

}  // namespace pigsty::item
