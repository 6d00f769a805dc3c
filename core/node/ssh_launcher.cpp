#include "core/node/ssh_launcher.h"

namespace pigsty::node {

namespace {

class SshProcess : public RemoteProcess {
  public:
    explicit SshProcess(std::shared_ptr<ssh::Channel> channel) : channel_(std::move(channel)) {}
    ~SshProcess() override { channel_->close(); }

    Result<std::size_t> read(std::span<char> into, const Cancel& cancel) override {
        return channel_->read(into, cancel);
    }
    Status write(std::string_view bytes, const Cancel& cancel) override { return channel_->write(bytes, cancel); }
    void close() override { channel_->close(); }

  private:
    const std::shared_ptr<ssh::Channel> channel_;
};

}  // namespace

Result<std::unique_ptr<RemoteProcess>> SshLauncher::start(const std::string& command, const Cancel& cancel) {
    TRY(const auto session, sessions_->session(route_, cancel, patience_));
    TRY(auto channel, session->exec(command, cancel));
    return std::make_unique<SshProcess>(std::move(channel));
}

Status SshLauncher::log_in_anew(const Cancel& cancel) {
    TRY(const auto session, sessions_->another(route_, cancel));
    TRY(const auto channel, session->exec("true", cancel));
    channel->close();
    return {};
}

}  // namespace pigsty::node
