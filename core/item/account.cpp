#include "core/item/account.h"

#include "core/base/hash.h"
#include "core/base/quote.h"

namespace pigsty::item {

std::optional<Change> AccountItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const auto account = seen.account(spec_.name);
    if (!account) return Change{Verb::create, "missing"};
    if (account->home != spec_.home) return Change{Verb::update, "home " + account->home + ", expected " + spec_.home};
    return std::nullopt;
}

std::vector<node::Operation> AccountItem::operations(const Change& change) const {
    const std::string name = shell_quote(spec_.name);
    const std::string home = shell_quote(spec_.home);
    if (change.verb == Verb::update) return {node::RunScript{.text = "usermod --home " + home + " -- " + name + "\n"}};
    return {node::RunScript{.text = "getent group " + name + " >/dev/null || groupadd --system -- " + name +
                                    " || exit 1\nuseradd --system --gid " + name + " --home-dir " + home +
                                    " --no-create-home --shell /usr/sbin/nologin -- " + name + "\n"}};
}

node::ClaimedItem AccountItem::claimed(const node::Observation& seen) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .existed_before = seen.account(spec_.name).has_value(),
            .probes = {*probes().begin()}};
}

std::vector<node::Operation> AccountItem::undo(const std::string& name, const node::ClaimedItem& claimed) {
    if (claimed.existed_before) return {};
    const std::string quoted = shell_quote(name);
    return {node::RunScript{.text = "if getent passwd " + quoted + " >/dev/null; then userdel -- " + quoted +
                                    " || exit 1; fi\nif getent group " + quoted + " >/dev/null; then groupdel -- " +
                                    quoted + " || exit 1; fi\n"}};
}

}  // namespace pigsty::item
