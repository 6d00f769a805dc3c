#include "core/item/admin_account.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"

namespace pigsty::item {

Status check_account_name(std::string_view name) {
    const bool plain = !name.empty() && name.size() <= 32 && name != "root" &&
                       ((name.front() >= 'a' && name.front() <= 'z') || name.front() == '_') &&
                       std::ranges::all_of(name, [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
                       });
    if (plain) return {};
    return fail(
        ErrorCode::invalid,
        fmt::format("expected the name of an account other than root, of lower-case letters, digits, - and _ with at "
                    "most 32 of them, found \"{}\"",
                    name));
}

std::string AdminAccountItem::desired() const {
    return spec_.uid ? fmt::format("{} {}", label(), *spec_.uid) : label();
}

std::optional<Change> AdminAccountItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    if (seen.account(spec_.name)) return std::nullopt;
    return Change{Verb::create, "missing"};
}

std::vector<node::Operation> AdminAccountItem::operations(const Change&) const {
    // A home whose number nobody has any more is that of the account that went: it is taken up again. No password: it comes in
    // by its keys, or by what somebody sets later.
    const std::string uid = spec_.uid ? std::to_string(*spec_.uid) : "";
    return {node::RunScript{.text = fmt::format("name={}\nuid={}\nhome=/home/$name\n", shell_quote(spec_.name), uid) +
                                    R"sh(new=--create-home
if [ -e "$home" ]; then
  owner=$(stat -c %u -- "$home")
  if getent passwd "$owner" >/dev/null || [ "${uid:-$owner}" != "$owner" ]; then
    echo "account $name: $home is there already, of somebody else (number $owner): move it away" >&2; exit 1
  fi
  uid=$owner new=--no-create-home
fi
other=
[ -z "$uid" ] || other=$(getent passwd "$uid" | cut -d: -f1)
if [ -n "$other" ]; then
  echo "account $name: the number $uid is that of $other on this node: use another uid, or leave it out" >&2; exit 1
fi
group=--user-group
! getent group "$name" >/dev/null || group="--gid $name"
useradd $group ${uid:+--uid $uid} $new --home-dir "$home" --shell /bin/bash --password '*' -- "$name" >&2
)sh"}};
}

node::ClaimedItem AdminAccountItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .existed_before = seen.account(spec_.name).has_value(),
            .probes = {looked.begin(), looked.end()},
            .undo = {{"was_group", seen.group_exists(spec_.name)}}};
}

// A home that somebody put anything into is theirs, and the account with it.
std::vector<node::Operation> AdminAccountItem::undo(const std::string& name, const node::ClaimedItem& claimed) {
    if (claimed.existed_before) return {};
    return {node::RunScript{.text = fmt::format("name={0}\nhome=/home/{1}\nwas_group={2}\n", shell_quote(name), name,
                                                claimed.undo.value("was_group", false) ? "yes" : "no") +
                                    R"sh(getent passwd "$name" >/dev/null || exit 0
[ "$name" != "$PIGSTY_LOGIN" ] || exit 0
[ "$(getent passwd "$name" | cut -d: -f6)" = "$home" ] && [ ! -L "$home" ] || exit 0
of_others() {
  [ -d "$home" ] || return 0
  find "$home" -mindepth 1 ! -path "$home/.ssh" | while IFS= read -r path; do
    new="/etc/skel/${path#"$home"/}"
    if [ -d "$path" ] && [ ! -L "$path" ] && [ -d "$new" ]; then continue; fi
    if [ -f "$path" ] && [ ! -L "$path" ] && cmp -s -- "$path" "$new"; then continue; fi
    echo "$path"
  done
}
[ -z "$(of_others)" ] || exit 0
gid=$(getent group "$name" | cut -d: -f3)
userdel -- "$name" >/dev/null 2>&1 || exit 0
# It goes with the account, whoever made it.
if [ $was_group = yes ] && [ -n "$gid" ] && ! getent group "$name" >/dev/null; then groupadd --gid "$gid" -- "$name"; fi
[ ! -d "$home" ] || rm -rf --one-file-system -- "$home"
)sh"}};
}

}  // namespace pigsty::item
