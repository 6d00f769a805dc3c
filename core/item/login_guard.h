// Never lock out whom we log in as: fragments of sh around a change that could.
//
//     script = login_guard_functions() +
//              "could=no; login_can && could=yes\n"                 // before
//              "…change…\n"
//              "[ $could = no ] || login_can || { …take it back…; }"
//
// $PIGSTY_LOGIN is the user of our SSH session (the root end sets it).
#pragma once

#include <string>

namespace pigsty::item {

// `login_can`: whoever we log in as becomes root without a password, as the next connection will want to. A login with a
// password, or as root, has nothing that could be asked: then it fails before the change as well.
std::string login_guard_functions();

}  // namespace pigsty::item
