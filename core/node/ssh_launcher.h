// SshLauncher: starts processes on a node through its one SSH session.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/node/remote_process.h"
#include "core/ssh/session_pool.h"

namespace pigsty::node {

class SshLauncher : public Launcher {
  public:
    SshLauncher(std::shared_ptr<ssh::SessionPool> sessions, ssh::Route route)
        : sessions_(std::move(sessions)), route_(std::move(route)) {}

    Result<std::unique_ptr<RemoteProcess>> start(const std::string& command, const Cancel& cancel) override;
    Status log_in_anew(const Cancel& cancel) override;
    [[nodiscard]] std::string login_user() const override { return route_.endpoint.user; }
    [[nodiscard]] const ssh::Route& route() const { return route_; }

    // For the connections to come.
    void set_patience(ssh::Patience patience) { patience_ = patience; }

  private:
    const std::shared_ptr<ssh::SessionPool> sessions_;
    const ssh::Route route_;
    std::atomic<ssh::Patience> patience_ = ssh::Patience::one_try;
};

}  // namespace pigsty::node
