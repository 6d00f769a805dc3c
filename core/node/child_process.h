// ChildLauncher: starts processes on this machine. For tests, and for a node that is the machine itself.
//
//     ChildLauncher launcher({"nsenter", "--mount=/proc/123/ns/mnt", "--"});      // put before `sh -c COMMAND`
//     TRY(const auto process, launcher.start("exec perl -e …", cancel));
#pragma once

#include <string>
#include <vector>

#include "core/node/remote_process.h"

namespace pigsty::node {

class ChildLauncher : public Launcher {
  public:
    explicit ChildLauncher(std::vector<std::string> prefix = {}, std::string login_user = "root")
        : prefix_(std::move(prefix)), login_user_(std::move(login_user)) {}

    Result<std::unique_ptr<RemoteProcess>> start(const std::string& command, const Cancel& cancel) override;
    [[nodiscard]] std::string login_user() const override { return login_user_; }

  private:
    std::vector<std::string> prefix_;
    std::string login_user_;
};

}  // namespace pigsty::node
