#include "core/ssh/session_pool.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/ssh/transport.h"

namespace pigsty::ssh {
namespace {

constexpr std::chrono::milliseconds kFirstPause{500};
constexpr std::chrono::milliseconds kLongestPause{5000};
constexpr int kMostTurnedAway = 4;

}  // namespace

// Guarded by SessionPool::mutex_.
struct SessionPool::Entry {
    bool connecting = false;
    std::uint64_t attempts = 0;  // finished ones
    std::shared_ptr<Session> session;
    std::optional<Error> error;  // of the last finished attempt
    Cancel::Clock::time_point failed_at{};
    std::condition_variable_any changed;
};

SessionPool::SessionPool(std::shared_ptr<HostKeys> host_keys) : host_keys_(std::move(host_keys)) {}
SessionPool::~SessionPool() = default;

Result<std::shared_ptr<Session>> SessionPool::session(const Route& route, const Cancel& cancel, Patience patience) {
    return obtain(route, cancel, patience, patience == Patience::one_try ? kRemembered : std::chrono::seconds(0));
}

Result<std::shared_ptr<Session>> SessionPool::obtain(const Route& route, const Cancel& cancel, Patience patience,
                                                     std::chrono::seconds remembered) {
    std::unique_lock lock(mutex_);
    auto& slot = entries_[session_key(route)];
    if (!slot) slot = std::make_shared<Entry>();
    const std::shared_ptr<Entry> entry = slot;
    while (true) {
        if (entry->session && !entry->session->ended()) return entry->session;
        if (entry->error && entry->error->code == ErrorCode::unreachable &&
            Cancel::Clock::now() - entry->failed_at < remembered)
            return fail(*entry->error);
        if (!entry->connecting) break;
        const auto seen = entry->attempts;
        if (auto time = cancel.check("waiting for an SSH session"); !time)
            return fail(std::move(time.error().at_host(route.endpoint.host)));
        entry->changed.wait_until(lock, cancel.token(), cancel.deadline(), [&] { return entry->attempts != seen; });
        // The outcome of another caller's attempt is ours, unless it gave up for reasons of its own.
        if (entry->attempts != seen && entry->error && entry->error->code != ErrorCode::cancelled &&
            entry->error->code != ErrorCode::stalled)
            return fail(*entry->error);
    }
    entry->connecting = true;
    const auto ended = std::exchange(entry->session, nullptr);
    lock.unlock();
    auto session = connect(route, cancel, patience);
    lock.lock();
    entry->connecting = false;
    ++entry->attempts;
    entry->error.reset();
    if (session) {
        entry->session = *session;
    } else {
        entry->error = session.error();
        entry->failed_at = Cancel::Clock::now();
    }
    entry->changed.notify_all();
    return session;
}

Result<std::shared_ptr<Session>> SessionPool::connect(const Route& route, const Cancel& cancel, Patience patience) {
    const Cancel bound = cancel.within_at_most(route.connect_timeout);
    std::string before;  // why the attempt before this one failed
    int times_turned_away = 0;
    for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
        auto session = connect_once(route, bound);
        if (session) return session;
        const ErrorCode code = session.error().code;
        // A server that has too many logins under way turns some away at random: that says nothing about the next try.
        const bool turned_away = session.error().hint == kTurnedAway && ++times_turned_away <= kMostTurnedAway;
        if (code == ErrorCode::unreachable && (patience == Patience::until_connect_timeout || turned_away) &&
            bound.pause(pause)) {
            before = session.error().message;
            continue;
        }
        if (code != ErrorCode::unreachable && code != ErrorCode::stalled) return session;
        if (auto time = cancel.check("connecting"); !time) {
            // The caller gave up, which says nothing about the host: whoever else waits for it goes on.
            time.error().message += ": " + session.error().message;
            return fail(std::move(time.error().at_host(route.endpoint.host)));
        }
        if (!bound.expired()) return session;
        // The last attempt ran into our own bound: the host did not answer in all that time.
        Error error = std::move(session).error();
        // An attempt that our bound cut short knows no cause; the one before it may.
        if (error.code == ErrorCode::stalled && !before.empty()) error.message += "; before that: " + before;
        error.code = ErrorCode::unreachable;
        if (error.hint.empty())
            error.with_hint(
                "is the machine running, does sshd listen there, and is the port open from here? One that takes "
                "longer to start wants a longer connect_timeout");
        error.message = "no SSH session within " + std::to_string(route.connect_timeout.count()) +
                        " s (connect_timeout): " + error.message;
        if (error.host.empty()) error.host = route.endpoint.host;
        return fail(std::move(error));
    }
}

Result<std::shared_ptr<Session>> SessionPool::connect_once(const Route& route, const Cancel& cancel) {
    if (route.bastions.empty() || !route.proxy_command.empty()) return Session::connect(route, *host_keys_, cancel);
    // The patience is the caller's: with each of its rounds the bastion is asked again.
    TRY(const auto bastion, obtain(route_to_last_bastion(route), cancel, Patience::one_try, std::chrono::seconds(0)));
    return Session::connect_through(bastion, route, *host_keys_, cancel);
}

Result<std::shared_ptr<Session>> SessionPool::another(const Route& route, const Cancel& cancel) {
    return connect_once(route, cancel.within_at_most(route.connect_timeout));
}

void SessionPool::close() {
    std::map<std::string, std::shared_ptr<Entry>> entries;
    {
        const std::lock_guard lock(mutex_);
        entries.swap(entries_);
    }
}

}  // namespace pigsty::ssh
