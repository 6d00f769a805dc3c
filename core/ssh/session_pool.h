// SessionPool: one session per node and process, shared by everything that works there.
//
//     SessionPool pool(std::make_shared<HostKeys>(options));
//     TRY(const auto session, pool.session(route, cancel));       // connects, or hands out what is open
//
// Ten threads that ask for the same node at the same time make one connection and share its outcome. A session that
// ended is replaced at the next call. Bastions are sessions of the pool too: thirty nodes behind one make one connection
// to it. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/ssh/host_keys.h"
#include "core/ssh/route.h"
#include "core/ssh/session.h"

namespace pigsty::ssh {

// What to do about a host that does not answer.
enum class Patience {
    until_connect_timeout,  // ask again: a fresh machine needs a minute
    one_try,                // a refresh goes on without it; asked again within kRemembered, it fails at once
};

class SessionPool {
  public:
    static constexpr std::chrono::seconds kRemembered{30};

    explicit SessionPool(std::shared_ptr<HostKeys> host_keys);
    ~SessionPool();
    SessionPool(const SessionPool&) = delete;
    SessionPool& operator=(const SessionPool&) = delete;

    // Only `unreachable` is tried again; a wrong key or host key never is.
    Result<std::shared_ptr<Session>> session(const Route& route, const Cancel& cancel,
                                             Patience patience = Patience::until_connect_timeout);

    // A connection beside the one that is open, for whoever wants to know that the way is open now. One try.
    Result<std::shared_ptr<Session>> another(const Route& route, const Cancel& cancel);

    // Lets go of all sessions; those that nobody else holds end.
    void close();

  private:
    struct Entry;

    // `remembered`: how long a failed attempt answers for the next one.
    Result<std::shared_ptr<Session>> obtain(const Route& route, const Cancel& cancel, Patience patience,
                                            std::chrono::seconds remembered);
    Result<std::shared_ptr<Session>> connect_once(const Route& route, const Cancel& cancel);
    Result<std::shared_ptr<Session>> connect(const Route& route, const Cancel& cancel, Patience patience);

    const std::shared_ptr<HostKeys> host_keys_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Entry>> entries_;
};

}  // namespace pigsty::ssh
