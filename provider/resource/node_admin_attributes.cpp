#include "provider/resource/node_admin_attributes.h"

#include <map>

#include "core/item/admin_account.h"
#include "core/item/ssh_key.h"
#include "provider/framework/validators.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::each;
using framework::Validator;
using module::machine::Admin;

Validator keys_once() {
    return {"different keys", [](const framework::Checked& checked, framework::Diagnostics& diagnostics) {
                std::map<std::string, std::int64_t> seen;
                std::int64_t index = -1;
                for (const framework::Value& key : checked.value.elements()) {
                    ++index;
                    if (!key.is_known()) continue;
                    const auto [other, is_new] = seen.try_emplace(item::ssh_key_of(key.as_string()), index);
                    if (!is_new)
                        diagnostics.add_error("A key stands there twice",
                                              "Expected each key once, found this one in ssh_public_keys[" +
                                                  std::to_string(other->second) + "], too.",
                                              checked.path.index(index));
                }
            }};
}

}  // namespace

Attributes<Admin> node_admin_attributes() {
    return {
        attribute("name", &Admin::name)
            .required()
            .validate(framework::follows("the name of an account other than root", item::check_account_name))
            .example("\"dba\"")
            .description("Name of the account. Another name is another account: that of before goes as if removed."),
        attribute("uid", &Admin::uid)
            .optional()
            .validate(framework::between(1, 60000))
            .example("88")
            .description("Number of an account that is made here; one that is there keeps its own. Not set: the next "
                         "free one. Cannot change."),
        attribute("ssh_public_keys", &Admin::ssh_public_keys)
            .optional()
            .validate(each(framework::follows("an SSH public key", item::check_ssh_key)))
            .validate(keys_once())
            .example("[file(\"~/.ssh/id_ed25519.pub\")]")
            .description(
                "Public keys that let somebody in as this account, whole lines of files that end with `.pub`. They "
                "are lines of ours in its `~/.ssh/authorized_keys`; other lines stay."),
        attribute("sudo", &Admin::sudo)
            .fixed_default(Admin().sudo)
            .validate(framework::one_of({"nopass", "all", "limited"}))
            .description(
                "What it may do as root, by a file of ours in `/etc/sudoers.d` that `visudo` has checked: `nopass` all "
                "without a password, `all` all with the account's own password (one that is made here has none until "
                "somebody sets it), `limited` without a password `systemctl`, `journalctl`, `cat`, `less`, `tail` and "
                "`head`: with these it reads every file and stops every service."),
    };
}

}  // namespace pigsty::provider
