#include "core/node/remote_node.h"

#include <condition_variable>

#include "core/base/hash.h"
#include "core/node/encode.h"

namespace pigsty::node {
namespace {

constexpr auto kBridgeStarts = std::chrono::seconds(60);

// What a command answered; empty where it answered less.
std::string field_of(const CommandResult& result, std::size_t index) {
    return index < result.fields.size() ? result.fields[index] : std::string();
}

Error short_answer() { return Error{ErrorCode::internal, "the root end answered fewer commands than it was sent"}; }

}  // namespace

Result<std::shared_ptr<RemoteNode>> RemoteNode::connect(Options options, const Cancel& cancel) {
    std::shared_ptr<RemoteNode> node(new RemoteNode(std::move(options)));
    TRY(const auto turn, node->strand_.enter(cancel, "connecting"));
    TRY_VOID(node->ensure_connected(cancel));
    return node;
}

RemoteNode::RemoteNode(Options options)
    : options_(std::move(options)),
      lease_token_(uuid4()),
      heart_([this](const std::stop_token& stop) { beat(stop); }) {}

RemoteNode::~RemoteNode() {
    ended_.request_stop();
    warmer_ = {};
    heart_ = {};  // both join before what they use goes
}

// Tells the programs on the node that we live, also while nothing is asked of them.
void RemoteNode::beat(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    while (!stop.stop_requested()) {
        std::unique_lock lock(mutex);
        stopped.wait_for(lock, stop, options_.settings.touch, [] { return false; });
        std::shared_ptr<RootEnd> root_end;
        std::shared_ptr<Bridge> bridge;
        {
            const std::lock_guard state(mutex_);
            root_end = root_end_;
            bridge = bridge_;
        }
        if (stop.stop_requested()) return;
        if (root_end) root_end->keep_alive();
        if (bridge) bridge->keep_alive();
    }
}

std::unexpected<Error> RemoteNode::here(Error error) const {
    if (error.host.empty()) error.host = options_.address.address;
    return fail(std::move(error));
}

std::vector<Claim> RemoteNode::claims() const {
    const std::lock_guard lock(mutex_);
    std::vector<Claim> found;
    for (const auto& [path, claim] : claims_) found.push_back(claim);
    return found;
}

std::map<std::string, Error> RemoteNode::damaged_claims() const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, Error> found;
    for (const auto& [path, error] : damaged_claims_)
        found.emplace(path.substr(path.rfind('/') + 1), Error(error).at_host(options_.address.address));
    return found;
}

Counters RemoteNode::counters() const {
    const std::lock_guard lock(mutex_);
    return {.requests = wire_->requests,
            .replies = wire_->replies,
            .bytes_out = wire_->bytes_out,
            .bytes_in = wire_->bytes_in,
            .writes = writes_};
}

std::optional<LeaseHolder> RemoteNode::lease_holder() const {
    const std::lock_guard lock(mutex_);
    return foreign_holder_;
}

std::string RemoteNode::claim_path(const Claim& claim) const {
    return options_.settings.base + "/claims/" + claim.file_name();
}

Operation RemoteNode::store_claim(const Claim& claim) {
    return PutFile{.path = claim_path(claim), .content = to_json_text(claim), .mode = 0600};
}

Operation RemoteNode::drop_claim(const Claim& claim) { return RemoveFile{.path = claim_path(claim)}; }

Status RemoteNode::ensure_connected(const Cancel& cancel) {
    std::shared_ptr<RootEnd> open;
    bool claims_known = false;
    int shares = 0;
    LeaseHolder holder;
    {
        const std::lock_guard lock(mutex_);
        open = root_end_;
        claims_known = claims_known_;
        shares = lease_shares_;
        holder = own_holder_;
    }
    if (open && open->usable()) {
        if (claims_known) return {};
        // A request that broke may have written claims or not.
        TRY(const auto results, open->request({command("claims")}, cancel));
        if (results.empty() || results[0].status != 0)
            return fail(ErrorCode::failed, "the claims on the node cannot be read");
        take_claims(results[0].fields);
        return {};
    }

    std::vector<Command> first = {command("facts"), command("claims"), command("holder")};
    if (shares > 0) first.push_back(command("lease", {to_json_text(holder), lease_token_}));
    TRY(auto started, RootEnd::start(*options_.launcher, options_.become, options_.settings, first, wire_, cancel));
    TRY(auto results, started->first_answer(cancel));
    if (shares > 0 && (results.size() != 4 || results[3].status != 0 || field_of(results[3], 0) != lease_token_))
        return fail(Error{ErrorCode::conflict,
                          "the connection broke while the node was being changed, and another process "
                          "has changed it since"}
                        .with_hint("plan again"));
    {
        const std::lock_guard lock(mutex_);
        root_end_ = std::move(started);
        seen_ = {};
    }
    return take_first_answer(std::move(results));
}

Status RemoteNode::take_first_answer(std::vector<CommandResult> results) {
    if (results.size() < 3 || results[2].status != 0)
        return fail(Error{ErrorCode::failed, "facts and claims of the node cannot be read"}.with_output(
            results.empty() ? "" : results.back().err));
    TRY(const auto facts, parse_facts(results[0].fields));
    {
        const std::lock_guard lock(mutex_);
        // facts() hands out a reference: a node that was rebooted keeps the ones that this process began with.
        if (!has_facts_) facts_ = facts;
        has_facts_ = true;
        foreign_holder_ = lease_holder_from_json_text(field_of(results[2], 0));
    }
    take_claims(results[1].fields);
    return {};
}

// One that cannot be read is the trouble of its resource alone: the others of the node go on.
void RemoteNode::take_claims(const std::vector<std::string>& fields) {
    std::map<std::string, Claim> claims;
    std::map<std::string, Error> damaged;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        const std::string path = options_.settings.base + "/claims/" + fields[i];
        auto claim = claim_from_json_text(fields[i + 1], path);
        if (claim && claim->file_name() != fields[i]) {
            claim =
                fail(Error{ErrorCode::failed, path + " is damaged: expected the claim of that name, found that of " +
                                                  claim->kind + " \"" + claim->name + "\""}
                         .with_hint("was it copied by hand? Remove the copy"));
        }
        if (claim)
            claims.emplace(path, *std::move(claim));
        else
            damaged.emplace(path, std::move(claim).error());
    }
    const std::lock_guard lock(mutex_);
    claims_ = std::move(claims);
    damaged_claims_ = std::move(damaged);
    claims_known_ = true;
}

Result<std::vector<CommandResult>> RemoteNode::send(const std::vector<Command>& commands, const Cancel& cancel,
                                                    const Progress& progress) {
    std::shared_ptr<RootEnd> open;
    {
        const std::lock_guard lock(mutex_);
        open = root_end_;
    }
    return open->request(commands, cancel, progress);
}

Result<Observation> RemoteNode::look(const Probes& probes, const Cancel& cancel) {
    if (probes.empty()) return Observation();
    TRY(const auto results, send({observe_command(probes)}, cancel));
    if (results.empty()) return fail(short_answer());
    TRY(const auto seen, read_observation(probes, results.front()));
    const std::lock_guard lock(mutex_);
    seen_.merge(seen);
    return seen;
}

Result<Observation> RemoteNode::observe(const Probes& probes, const Cancel& cancel) {
    const auto remembered = [&] {
        const std::lock_guard lock(mutex_);
        return seen_.subset(probes);
    };
    if (auto known = remembered()) return *std::move(known);
    auto turn = strand_.enter(cancel, "waiting for the node");
    if (!turn) return here(std::move(turn).error());
    if (auto connected = ensure_connected(cancel); !connected) return here(std::move(connected).error());
    // Whoever was before us may have looked at the same.
    if (auto known = remembered()) return *std::move(known);

    Probes missing = probes;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [path, claim] : claims_)
            for (const auto& [label, item] : claim.items) missing.insert(item.probes.begin(), item.probes.end());
        std::erase_if(missing, [this](const Probe& probe) { return seen_.has(probe); });
    }
    if (auto seen = look(missing, cancel); !seen) return here(std::move(seen).error());
    return *remembered();
}

Result<Observation> RemoteNode::observe_now(const Probes& probes, const Cancel& cancel) {
    auto turn = strand_.enter(cancel, "waiting for the node");
    if (!turn) return here(std::move(turn).error());
    if (auto connected = ensure_connected(cancel); !connected) return here(std::move(connected).error());
    auto seen = look(probes, cancel);
    if (!seen) return here(std::move(seen).error());
    return seen;
}

Result<std::vector<OperationResult>> RemoteNode::request(std::vector<Operation> operations, const Cancel& cancel,
                                                         const Progress& progress) {
    if (operations.empty()) return std::vector<OperationResult>();
    std::vector<Command> commands;
    std::uint64_t writes = 0;
    for (const auto& operation : operations) {
        commands.push_back(encode(operation));
        if (may_write(operation)) ++writes;
    }
    auto turn = strand_.enter(cancel, "waiting for the node");
    if (!turn) return here(std::move(turn).error());
    if (auto connected = ensure_connected(cancel); !connected) return here(std::move(connected).error());
    const auto results = send(commands, cancel, progress);
    if (writes > 0) {
        const std::lock_guard lock(mutex_);
        writes_ += writes;
        seen_ = {};
        claims_known_ = results.has_value();
    }
    if (!results) return here(results.error());
    remember_written(operations, *results);
    if (const auto* const look = std::get_if<Observe>(&operations.back());
        look != nullptr && results->size() == operations.size()) {
        const auto seen = read_observation(look->probes, results->back());
        if (!seen) return here(seen.error());
        const std::lock_guard lock(mutex_);
        seen_.merge(*seen);
    }
    return read_results(operations, *results);
}

// A claim is remembered as it was stored, digests of the node included.
void RemoteNode::remember_written(const std::vector<Operation>& operations, const std::vector<CommandResult>& results) {
    const std::string folder = options_.settings.base + "/claims/";
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < results.size() && i < operations.size(); ++i) {
        if (results[i].status != 0) continue;
        const auto* const put = std::get_if<PutFile>(&operations[i]);
        if (put && put->path.starts_with(folder) && results[i].fields.size() == 2) {
            damaged_claims_.erase(put->path);
            if (auto claim = claim_from_json_text(results[i].fields[1], put->path))
                claims_.insert_or_assign(put->path, *std::move(claim));
            else
                claims_known_ = false;
        }
        if (const auto* const removed = std::get_if<RemoveFile>(&operations[i])) {
            claims_.erase(removed->path);
            damaged_claims_.erase(removed->path);
        }
    }
}

Result<LeaseAttempt> RemoteNode::try_lease(const LeaseHolder& holder, const Probes& probes, const Cancel& cancel) {
    auto turn = strand_.enter(cancel, "waiting for the node");
    if (!turn) return here(std::move(turn).error());
    if (auto connected = ensure_connected(cancel); !connected) return here(std::move(connected).error());
    bool shared = false;
    {
        // A lease that is just being given back is gone before we ask for it again.
        const std::lock_guard lease(lease_mutex_);
        const std::lock_guard lock(mutex_);
        shared = lease_shares_ > 0;
        if (shared) ++lease_shares_;
    }
    LeaseAttempt attempt;
    if (shared) {
        auto seen = look(probes, cancel);
        if (!seen) {
            leave_lease();
            return here(std::move(seen).error());
        }
        attempt.seen = *std::move(seen);
        return attempt;
    }

    // The claims again, and nothing seen counts: whoever held the lease before us may have changed both since we connected.
    std::vector<Command> commands = {command("lease", {to_json_text(holder), lease_token_}), command("claims")};
    if (!probes.empty()) commands.push_back(observe_command(probes));
    const auto results = send(commands, cancel);
    if (!results) return here(results.error());
    if (results->empty()) return here(short_answer());
    const auto& taken = results->front();
    if (taken.status == kLeaseHeld) {
        attempt.held_by = lease_holder_from_json_text(field_of(taken, 0)).value_or(LeaseHolder{});
        return attempt;
    }
    if (taken.status != 0)
        return here(
            Error{ErrorCode::failed, "the node cannot keep a record of what is done there: " + taken.err}.with_hint(
                "is its root file system full, or mounted read-only?"));
    {
        const std::lock_guard lock(mutex_);
        lease_shares_ = 1;
        own_holder_ = holder;
        seen_ = {};
    }
    const auto give_back = [this](Error error) {
        leave_lease();
        return here(std::move(error));
    };
    if (results->size() < 2 || (*results)[1].status != 0)
        return give_back(Error{ErrorCode::failed, "the claims on the node cannot be read"}.with_output(
            results->size() < 2 ? "" : (*results)[1].err));
    take_claims((*results)[1].fields);
    if (probes.empty()) return attempt;
    if (results->size() < 3) return give_back(short_answer());
    auto seen = read_observation(probes, (*results)[2]);
    if (!seen) return give_back(std::move(seen).error());
    attempt.seen = *std::move(seen);
    const std::lock_guard lock(mutex_);
    seen_.merge(attempt.seen);
    return attempt;
}

void RemoteNode::leave_lease() {
    const std::lock_guard lease(lease_mutex_);
    std::shared_ptr<RootEnd> root_end;
    {
        const std::lock_guard lock(mutex_);
        if (lease_shares_ == 0 || --lease_shares_ > 0) return;
        root_end = root_end_;
    }
    if (root_end) root_end->release_lease();
}

Result<std::shared_ptr<Bridge>> RemoteNode::bridge(const Cancel& cancel) {
    TRY(const auto turn, bridge_strand_.enter(cancel, "waiting for the bridge"));
    {
        const std::lock_guard lock(mutex_);
        if (bridge_ && bridge_->usable()) return bridge_;
    }
    TRY(auto started, Bridge::start(*options_.launcher, options_.become, options_.settings, wire_, cancel));
    const std::lock_guard lock(mutex_);
    bridge_ = started;
    return started;
}

void RemoteNode::expect_streams() {
    const std::lock_guard lock(mutex_);
    if (warmer_.joinable() || bridge_) return;
    warmer_ = std::jthread([this] { (void)bridge(ended_.within_at_most(kBridgeStarts)); });
}

Result<std::shared_ptr<Stream>> RemoteNode::open_stream(const std::string& os_user, const std::string& target,
                                                        const Cancel& cancel) {
    auto through = bridge(cancel);
    if (!through) return here(std::move(through).error());
    auto stream = (*through)->open(os_user, target, cancel);
    if (!stream) return here(std::move(stream).error());
    return stream;
}

}  // namespace pigsty::node
