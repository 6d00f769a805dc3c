// Publisher: a ProgressSink that whoever runs `terraform-provider-pigsty watch` can read from.
//
//     auto progress = std::make_shared<watch::Publisher>();
//     fleet.progress = progress;
//
// One unix socket per process in runtime_directory(), made with the first event. A watcher that comes late gets what
// this process has said so far (the last kHistory events). A watcher that does not keep up loses events; an operation is
// never slowed. Where no socket can be made, events go nowhere.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "core/converge/progress.h"

namespace pigsty::watch {

class Publisher final : public converge::ProgressSink {
  public:
    static constexpr std::size_t kHistory = 5000;

    Publisher() = default;
    ~Publisher() override;
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    void event(const converge::ProgressEvent& event) noexcept override;

  private:
    void start();
    void serve();

    std::mutex mutex_;
    std::deque<std::string> history_;
    std::size_t first_ = 0;  // number of history_'s first line since the start
    bool started_ = false;
    bool stopping_ = false;

    std::string path_;
    int listener_ = -1;
    int wake_ = -1;
    std::thread thread_;
};

}  // namespace pigsty::watch
