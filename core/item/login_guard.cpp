#include "core/item/login_guard.h"

namespace pigsty::item {

std::string login_guard_functions() {
    // -k: what sudo remembers of an earlier login proves nothing.
    return "login_can() {\n"
           "  [ -n \"$PIGSTY_LOGIN\" ] && [ \"$PIGSTY_LOGIN\" != root ] && command -v sudo >/dev/null &&\n"
           "    setpriv --reuid=\"$PIGSTY_LOGIN\" --regid=\"$(id -g -- \"$PIGSTY_LOGIN\")\" --init-groups "
           "sudo -k -n perl -e 1 >/dev/null 2>&1 </dev/null\n}\n";
}

}  // namespace pigsty::item
