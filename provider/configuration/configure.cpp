#include "provider/configuration/configure.h"

#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/unknown.h"
#include "provider/framework/duration.h"

namespace pigsty::provider {
namespace {

std::string expanded(const std::string& path, const Environment& environment) {
    return path.starts_with("~/") ? environment("HOME") + path.substr(1) : path;
}

// Not known yet while planning: as if not written. What is not known at apply is refused by Terraform itself.
std::string known_or(const std::optional<std::string>& value, const std::string& otherwise) {
    return value && !value->empty() && !has_unknown(*value) ? *value : otherwise;
}

std::chrono::milliseconds duration_or(const std::string& text, std::chrono::milliseconds otherwise) {
    return framework::parse_duration(text).value_or(otherwise);
}

bool names_something(const LoginConfig& login) {
    return login.private_key_file || login.private_key || login.password || login.agent;
}

Result<ssh::Credentials> credentials_from(const LoginConfig& login, const std::string& where,
                                          const Environment& environment) {
    if (login.private_key_file && login.private_key) {
        return fail(Error{.code = ErrorCode::invalid,
                          .message = where + ": expected one private key, found both private_key_file and private_key"}
                        .with_hint("remove one of them"));
    }
    return ssh::Credentials{.private_key_file = expanded(known_or(login.private_key_file, ""), environment),
                            .private_key = login.private_key.value_or(Secret()),
                            .passphrase = login.passphrase.value_or(Secret()),
                            .certificate_file = expanded(known_or(login.certificate_file, ""), environment),
                            .password = login.password.value_or(Secret()),
                            .agent = login.agent};
}

// What the environment says where the block names no way to log in.
LoginConfig from_environment(LoginConfig login, const Environment& environment) {
    if (names_something(login)) return login;
    if (const std::string file = environment("PIGSTY_SSH_PRIVATE_KEY_FILE"); !file.empty())
        login.private_key_file = file;
    else
        login.agent = !environment("SSH_AUTH_SOCK").empty();
    return login;
}

ssh::HostKeys::Options host_keys_from(const SshConfig& config, const Environment& environment) {
    std::string file = known_or(config.known_hosts_file, environment("PIGSTY_SSH_KNOWN_HOSTS_FILE"));
    if (file.empty()) file = "~/.ssh/known_hosts";
    ssh::HostKeys::Options options{
        .policy = config.host_key_policy == "accept_new" ? ssh::HostKeyPolicy::accept_new : ssh::HostKeyPolicy::strict,
        .files = {expanded(file, environment)}};
    for (const auto& [address, key] : config.host_keys)
        if (!has_unknown(key)) options.pinned[address] = key;
    return options;
}

}  // namespace

Result<node::Connection> connection_from(const PigstyConfig& config, const Environment& environment) {
    const SshConfig& ssh = config.ssh;
    const std::string login = environment("PIGSTY_SSH_USER");
    const std::string user = known_or(ssh.user, login.empty() ? "root" : login);
    const LoginConfig node_login = from_environment(ssh.login, environment);
    node::Connection connection;
    connection.route.endpoint = {.host = "", .port = static_cast<std::uint16_t>(ssh.port), .user = user};
    TRY(connection.route.credentials, credentials_from(node_login, "ssh", environment));
    for (const BastionConfig& bastion : ssh.bastions) {
        TRY(auto credentials,
            credentials_from(names_something(bastion.login) ? bastion.login : node_login, "ssh.bastions", environment));
        connection.route.bastions.push_back({.endpoint = {.host = bastion.host,
                                                          .port = static_cast<std::uint16_t>(bastion.port),
                                                          .user = known_or(bastion.user, user)},
                                             .credentials = std::move(credentials)});
    }
    connection.route.proxy_command = known_or(ssh.proxy_command, "");
    if (!connection.route.proxy_command.empty() && !ssh.bastions.empty()) {
        return fail(
            Error{.code = ErrorCode::invalid, .message = "ssh: expected bastions or a proxy_command, found both"}
                .with_hint("remove one of them"));
    }
    using std::chrono::duration_cast;
    using std::chrono::seconds;
    connection.route.connect_timeout =
        duration_cast<seconds>(duration_or(ssh.connect_timeout, std::chrono::minutes(5)));
    connection.route.keepalive_interval = duration_cast<seconds>(duration_or(ssh.keepalive_interval, seconds(15)));
    connection.host_keys = host_keys_from(ssh, environment);
    connection.become = {.enabled = config.become.enabled.value_or(true),
                         .password = config.become.password.value_or(Secret())};
    return connection;
}

Fleet::~Fleet() {
    if (nodes == nullptr) return;
    for (const auto& [address, count] : nodes->counters()) {
        spdlog::debug("counters node={} requests={} replies={} writes={} bytes_out={} bytes_in={}", address,
                      count.requests, count.replies, count.writes, count.bytes_out, count.bytes_in);
    }
    if (sessions == nullptr) return;
    for (const auto& [cluster, count] : sessions->counters())
        spdlog::debug(
            "counters cluster={} connections={} statements={} patroni_gets={} pool_list_writes={} pool_reloads={}",
            cluster, count.connections, count.statements, count.patroni_gets, count.pool.list_writes,
            count.pool.reloads);
}

Result<std::shared_ptr<Fleet>> fleet_from(const PigstyConfig& config, const Environment& environment,
                                          std::shared_ptr<converge::ProgressSink> progress) {
    TRY(auto connection, connection_from(config, environment));
    auto fleet = std::make_shared<Fleet>();
    connection.settings.run_id = fleet->handover->run_id();
    fleet->nodes = std::make_shared<node::NodePool>(std::move(connection));
    if (progress != nullptr)
        fleet->nodes->tell_waits(
            [progress](const std::string& address, const std::string& what, std::chrono::milliseconds so_far) {
                progress->event({.operation = "connect " + address,
                                 .member = address,
                                 .what = "cloud-init",
                                 .state = converge::ProgressState::moving,
                                 .took = so_far,
                                 .detail = what});
            });
    fleet->nodes->expect_streams_where(module::pgsql::is_asked_first);
    fleet->sessions = std::make_shared<module::pgsql::Sessions>(
        [nodes = fleet->nodes](const node::NodeAddress& address, const Cancel& cancel, node::Reach reach) {
            return nodes->node(address, cancel, reach);
        },
        fleet->handover->run_id());
    fleet->progress = std::move(progress);
    if (config.max_parallel_nodes > 0) fleet->max_parallel_nodes = static_cast<std::size_t>(config.max_parallel_nodes);
    fleet->lock_timeout = duration_or(config.lock_timeout, std::chrono::minutes(5));
    fleet->forget_unreachable = config.forget_unreachable;
    return fleet;
}

}  // namespace pigsty::provider
