// Agent: asks a running ssh-agent for its keys and for signatures (draft-ietf-sshm-ssh-agent).
//
//     TRY(auto agent, Agent::connect("", cancel));              // $SSH_AUTH_SOCK
//     TRY(const auto keys, agent.keys());
//     TRY(const std::string signature, agent.sign(keys[0].blob, data, Agent::kRsaSha512));
//
// libssh2's own client waits for the agent without end; one that asks its user to confirm must not hold up Ctrl-C.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/ssh/file_descriptor.h"
#include "core/ssh/public_key.h"

namespace pigsty::ssh {

class Agent {
  public:
    static constexpr std::uint32_t kRsaSha256 = 2;
    static constexpr std::uint32_t kRsaSha512 = 4;

    static Result<Agent> connect(const std::string& socket_path, const Cancel& cancel);

    Result<std::vector<PublicKey>> keys();
    // The signature as the agent gives it: string algorithm, string signature, and for security keys what follows.
    Result<std::string> sign(std::string_view key_blob, std::string_view data, std::uint32_t flags);

  private:
    Agent(FileDescriptor socket, Cancel cancel) : socket_(std::move(socket)), cancel_(std::move(cancel)) {}
    Result<std::string> request(std::string_view message);
    Status send_all(std::string_view bytes);
    Result<std::string> receive(std::size_t length);

    FileDescriptor socket_;
    Cancel cancel_;
};

}  // namespace pigsty::ssh
