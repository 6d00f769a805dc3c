#include "core/ssh/session.h"

#include <mutex>
#include <utility>

#include "core/ssh/authenticate.h"
#include "core/ssh/io_loop.h"
#include "core/ssh/proxy_command.h"
#include "core/ssh/socket.h"

namespace pigsty::ssh {

Session::Session(std::string host) : host_(std::move(host)) {}
Session::~Session() = default;

Result<std::shared_ptr<Session>> Session::connect(const Route& route, HostKeys& host_keys, const Cancel& cancel) {
    if (!route.bastions.empty()) {
        if (!route.proxy_command.empty())
            return fail(Error{.code = ErrorCode::invalid, .message = "both bastions and proxy_command are set"}
                            .at_host(route.endpoint.host)
                            .with_hint("keep one of them: a proxy_command can itself run ssh -J"));
        TRY(const auto bastion, connect(route_to_last_bastion(route), host_keys, cancel));
        return connect_through(bastion, route, host_keys, cancel);
    }
    const std::shared_ptr<Session> session(new Session(route.endpoint.host));
    FileDescriptor socket;
    if (route.proxy_command.empty()) {
        TRY(socket, tcp_connect(route.endpoint.host, route.endpoint.port, cancel));
    } else {
        TRY(session->proxy_, ProxyCommand::start(route.proxy_command, route.endpoint));
        socket = session->proxy_->take_socket();
    }
    TRY_VOID(session->log_in(std::move(socket), route, host_keys, cancel));
    return session;
}

Result<std::shared_ptr<Session>> Session::connect_through(const std::shared_ptr<Session>& bastion, const Route& route,
                                                          HostKeys& host_keys, const Cancel& cancel) {
    const std::shared_ptr<Session> session(new Session(route.endpoint.host));
    session->bastion_ = bastion;
    TRY(auto socket, bastion->direct_tcp(route.endpoint.host, route.endpoint.port, cancel));
    TRY_VOID(session->log_in(std::move(socket), route, host_keys, cancel));
    return session;
}

Status Session::log_in(FileDescriptor socket, const Route& route, HostKeys& host_keys, const Cancel& cancel) {
    const Endpoint& endpoint = route.endpoint;
    const Cancel bound = cancel.within_at_most(kLoginBound);
    auto transport = std::make_unique<Transport>(std::move(socket), endpoint.host, counters_);
    const auto steps = [&]() -> Status {
        TRY(const auto types, host_keys.known_types(endpoint.host, endpoint.port));
        TRY_VOID(transport->handshake(types, bound));
        TRY(const PublicKey key, transport->host_key());
        TRY_VOID(host_keys.verify(endpoint.host, endpoint.port, key));
        return authenticate(*transport, endpoint, route.credentials, bound);
    };
    if (auto done = steps(); !done) {
        Error error = std::move(done).error();
        // Our own bound is over, not the caller's: the host is to blame, and another try may help.
        if (error.code == ErrorCode::stalled && cancel.check("logging in")) {
            error.code = ErrorCode::unreachable;
            error.message += " (" + std::to_string(kLoginBound.count()) + " s)";
        }
        if (proxy_ && error.hint == kTurnedAway) error.hint.clear();  // the command ended, which says nothing of sshd
        if (error.code == ErrorCode::unreachable) explain(error);
        if (error.host.empty()) error.host = endpoint.host;
        return fail(std::move(error));
    }
    loop_ = std::make_unique<IoLoop>(std::move(transport), host_, counters_, route.keepalive_interval,
                                     [this](Error& error) { explain(error); });
    return {};
}

void Session::explain(Error& error) const {
    if (proxy_) error.with_output(proxy_->printed_errors());
    if (!bastion_) return;
    error.message += " (through bastion " + bastion_->host();
    if (const auto cause = bastion_->ended()) error.message += ": " + cause->message;
    error.message += ")";
}

Result<std::shared_ptr<ChannelState>> Session::open(std::shared_ptr<ChannelState> state, const Cancel& cancel) {
    TRY_VOID(loop_->open(state));
    std::unique_lock lock(loop_->mutex());
    const auto settled = [&] { return state->started || state->error.has_value(); };
    while (!settled()) {
        if (auto time = cancel.check("opening an SSH channel"); !time) {
            state->abandoned = true;
            loop_->wake();
            if (const auto limit = loop_->command_limit(); limit > 0 && state->is_command())
                time.error().with_hint("sshd there lets one connection run " + std::to_string(limit) +
                                       " commands at a time (MaxSessions), and none of them ended");
            return fail(std::move(time.error().at_host(host_)));
        }
        state->changed.wait_until(lock, cancel.token(), cancel.deadline(), settled);
    }
    if (state->error) return fail(*state->error);
    return state;
}

Result<std::shared_ptr<Channel>> Session::exec(const std::string& command, const Cancel& cancel) {
    if (command.size() > kLongestCommand)
        return fail(Error{.code = ErrorCode::invalid,
                          .message = "a command of " + std::to_string(command.size()) + " bytes: SSH carries at most " +
                                     std::to_string(kLongestCommand)}
                        .at_host(host_)
                        .with_hint("send long text on its standard input"));
    auto state = std::make_shared<ChannelState>();
    state->command = command;
    TRY(const auto opened, open(std::move(state), cancel));
    return std::shared_ptr<Channel>(new Channel(shared_from_this(), opened));
}

Result<FileDescriptor> Session::direct_tcp(const std::string& host, std::uint16_t port, const Cancel& cancel) {
    TRY(auto ends, socket_pair());
    auto state = std::make_shared<ChannelState>();
    state->tcp_host = host;
    state->tcp_port = port;
    state->pump = std::move(ends.first);
    TRY_VOID(open(std::move(state), cancel));
    return std::move(ends.second);
}

std::optional<Error> Session::ended() const {
    const std::lock_guard lock(loop_->mutex());
    return loop_->ended();
}

}  // namespace pigsty::ssh
