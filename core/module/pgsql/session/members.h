// Patroni of each member, and who leads now. Roles drift: whatever must happen on the leader asks here first.
//
//     const Members members(cluster, sites, signer, rest_password);
//     TRY(const client::PatroniCluster seen, members.cluster(cancel));
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/client/patroni.h"
#include "core/converge/step.h"
#include "core/module/ca/signer.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

inline constexpr const char* kReplicationSecret = "replication";
inline constexpr const char* kRestSecret = "patroni";
inline constexpr const char* kEtcdSecret = "etcd";

// A member's machine as one reaches it now.
struct Reached {
    std::string name;  // "pg-test-1"
    node::NodePtr node;
};
std::vector<Reached> reached(const std::vector<std::shared_ptr<converge::Site>>& sites);

class Members {
  public:
    // `ca_pem`: of the cluster's authority, where its REST interface speaks TLS. `gets` counts what Patroni is asked.
    Members(const PgCluster& cluster, std::vector<Reached> members, std::string ca_pem,
            std::shared_ptr<std::atomic<std::uint64_t>> gets = nullptr);

    // Patroni of one member; changes need a login: see with_login().
    [[nodiscard]] client::Patroni patroni(const Reached& member) const;
    // Reads the REST password from the member's own node.
    Result<client::Patroni> patroni_with_login(const Reached& member, const Cancel& cancel) const;

    // What the first member whose Patroni answers knows; the last error where none does.
    Result<client::PatroniCluster> cluster(const Cancel& cancel) const;
    // The dynamic configuration, from the first member that answers.
    Result<nlohmann::json> configuration(const Cancel& cancel) const;
    // The member that leads now; error `unreachable` where there is no leader, or where its machine is out
    // of reach.
    Result<Reached> leader(const Cancel& cancel) const;
    // The same, of what Patroni was seen to say a moment ago.
    [[nodiscard]] Result<Reached> leader_in(const client::PatroniCluster& seen) const;

    [[nodiscard]] const std::vector<Reached>& all() const { return members_; }

  private:
    template <class Ask>
    auto first_answer(const Ask& ask, const Cancel& cancel) const -> decltype(ask(std::declval<client::Patroni>()));

    std::string name_;
    bool ssl_;
    std::int64_t rest_port_;
    std::string scope_;
    std::vector<Reached> members_;
    std::string ca_pem_;
    std::shared_ptr<std::atomic<std::uint64_t>> gets_;
};

}  // namespace pigsty::module::pgsql
