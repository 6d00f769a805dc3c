// Logging in: key or certificate, agent, password, in this order, until the server is content.
//
//     TRY_VOID(authenticate(transport, route.endpoint, route.credentials, cancel));
//
// `denied` names the user, what was tried with which fingerprint, and what the server would take. Servers that want two
// methods (key and password) get both.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/ssh/route.h"
#include "core/ssh/transport.h"

namespace pigsty::ssh {

Status authenticate(Transport& transport, const Endpoint& endpoint, const Credentials& credentials,
                    const Cancel& cancel);

}  // namespace pigsty::ssh
