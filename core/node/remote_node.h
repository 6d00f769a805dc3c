// RemoteNode: a Node that works through a root end, started by a Launcher (SSH, or a child process in tests).
//
//     TRY(const auto node, RemoteNode::connect({.address = address, .launcher = launcher}, cancel));
//
// A connection that breaks is an Error of the request that ran; the next request connects again. Where this process held
// the lease, that reconnection takes it again and fails with `conflict` if anybody else held it in between.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/node/bridge.h"
#include "core/node/node.h"
#include "core/node/root_end.h"
#include "core/node/strand.h"

namespace pigsty::node {

class RemoteNode : public Node {
  public:
    struct Options {
        NodeAddress address;
        std::shared_ptr<Launcher> launcher;
        Become become{};
        RootEndSettings settings{};
    };

    // Request 1: facts, claims and who holds the lease.
    static Result<std::shared_ptr<RemoteNode>> connect(Options options, const Cancel& cancel);
    ~RemoteNode() override;

    [[nodiscard]] const NodeAddress& address() const override { return options_.address; }
    [[nodiscard]] const Facts& facts() const override { return facts_; }
    [[nodiscard]] std::vector<Claim> claims() const override;
    [[nodiscard]] std::map<std::string, Error> damaged_claims() const override;
    [[nodiscard]] Counters counters() const override;
    [[nodiscard]] std::optional<LeaseHolder> lease_holder() const override;

    Result<Observation> observe(const Probes& probes, const Cancel& cancel) override;
    Result<Observation> observe_now(const Probes& probes, const Cancel& cancel) override;
    Result<std::vector<OperationResult>> request(std::vector<Operation> operations, const Cancel& cancel,
                                                 const Progress& progress) override;
    Operation store_claim(const Claim& claim) override;
    Operation drop_claim(const Claim& claim) override;
    Result<std::shared_ptr<Stream>> open_stream(const std::string& os_user, const std::string& target,
                                                const Cancel& cancel) override;
    Status log_in_anew(const Cancel& cancel) override { return options_.launcher->log_in_anew(cancel); }
    void expect_streams() override;
    Result<LeaseAttempt> try_lease(const LeaseHolder& holder, const Probes& probes, const Cancel& cancel) override;
    void leave_lease() override;

  private:
    explicit RemoteNode(Options options);

    // Inside the strand from here on.
    Status ensure_connected(const Cancel& cancel);
    Status take_first_answer(std::vector<CommandResult> results);
    void take_claims(const std::vector<std::string>& fields);
    Result<std::vector<CommandResult>> send(const std::vector<Command>& commands, const Cancel& cancel,
                                            const Progress& progress = {});
    Result<Observation> look(const Probes& probes, const Cancel& cancel);
    void remember_written(const std::vector<Operation>& operations, const std::vector<CommandResult>& results);

    Result<std::shared_ptr<Bridge>> bridge(const Cancel& cancel);
    [[nodiscard]] std::string claim_path(const Claim& claim) const;
    std::unexpected<Error> here(Error error) const;
    void beat(const std::stop_token& stop);

    const Options options_;
    const std::string lease_token_;
    const std::shared_ptr<WireCounters> wire_ = std::make_shared<WireCounters>();
    Strand strand_;
    Strand bridge_strand_;
    std::mutex lease_mutex_;  // held while the lease is given back; taken before mutex_

    mutable std::mutex mutex_;  // all below
    std::shared_ptr<RootEnd> root_end_;
    std::shared_ptr<Bridge> bridge_;
    Facts facts_;  // written once, before connect() returns
    bool has_facts_ = false;
    std::map<std::string, Claim> claims_;          // by path on the node
    std::map<std::string, Error> damaged_claims_;  // by path
    bool claims_known_ = false;
    Observation seen_;
    std::optional<LeaseHolder> foreign_holder_;
    LeaseHolder own_holder_;
    std::uint64_t writes_ = 0;
    int lease_shares_ = 0;

    Cancel ended_;         // stops `warmer_`
    std::jthread heart_;   // these two last: they use everything above
    std::jthread warmer_;  // starts the bridge
};

}  // namespace pigsty::node
