// RootEnd: the client of one running root end (perl/root_end.pl): sends requests, collects what comes back.
//
//     TRY(auto root_end, RootEnd::start(launcher, become, settings, counters, cancel));
//     TRY(const auto results, root_end->request({command("facts"), command("claims")}, cancel));
//
// request() is for one thread at a time (the node's strand); keep_alive() and release_lease() may come from others.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/node/operation.h"
#include "core/node/own_folder.h"
#include "core/node/program_start.h"

namespace pigsty::node {

// Where things live on the node, and the bounds of silence. Tests use others than the defaults.
struct RootEndSettings {
    std::string base = kOwnFolder;
    std::string run = "/run/pigsty";
    std::chrono::milliseconds silence{60000};  // after which either side takes the other for gone
    std::chrono::milliseconds touch{10000};    // between signs of life
    std::chrono::milliseconds grace{5000};     // between TERM and KILL
    std::string path{};                        // put before PATH of what the root end starts
    std::string run_id{};                      // the run that this process is, as core/node/run_id.h looks for it
};

// "0.25": a bound as the programs on the node take it.
std::string in_seconds(std::chrono::milliseconds bound);

// One thing to do in a request; encoded as fields, name first.
struct Command {
    std::string fields;
    std::string shown{};  // for errors: the beginning of a script
};
Command command(std::string_view name, std::initializer_list<std::string_view> arguments = {});

struct CommandResult {
    int status = 0;
    std::string out, err;
    std::vector<std::string> fields;
};

struct WireCounters {
    std::atomic<std::uint64_t> requests = 0, replies = 0, bytes_out = 0, bytes_in = 0;
};

class RootEnd {
  public:
    // `first` goes out together with the program, so that its answer costs no round trip of its own.
    static Result<std::unique_ptr<RootEnd>> start(Launcher& launcher, const Become& become,
                                                  const RootEndSettings& settings, const std::vector<Command>& first,
                                                  std::shared_ptr<WireCounters> counters, const Cancel& cancel);
    ~RootEnd();

    // The answer to `first`; once.
    Result<std::vector<CommandResult>> first_answer(const Cancel& cancel);

    // The results end at the first command that failed. Error: the request itself broke (stalled, cancelled, unreachable).
    Result<std::vector<CommandResult>> request(const std::vector<Command>& commands, const Cancel& cancel,
                                               const Progress& progress = {});

    // False once the connection is gone: start another one.
    [[nodiscard]] bool usable() const { return usable_; }
    void keep_alive();
    void release_lease();

  private:
    RootEnd(StartedProgram started, const RootEndSettings& settings, std::vector<Command> first,
            std::shared_ptr<WireCounters> counters);

    Result<std::vector<CommandResult>> await_reply(std::uint64_t number, const std::vector<Command>& commands,
                                                   const Cancel& cancel, const Progress& progress);
    Result<Frame> next_frame(std::uint64_t number, const Cancel& cancel, bool& cancel_sent);
    Status send(std::string_view text);
    std::unexpected<Error> broken(Error error);

    const RootEndSettings settings_;
    const std::shared_ptr<WireCounters> counters_;
    std::unique_ptr<RemoteProcess> process_;
    FrameReader frames_;
    std::vector<Command> first_;
    std::mutex write_mutex_;
    std::atomic<bool> usable_ = true;
    std::uint64_t last_number_ = 1;
};

}  // namespace pigsty::node
