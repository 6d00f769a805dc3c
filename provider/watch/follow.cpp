#include "provider/watch/follow.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/converge/progress.h"
#include "provider/watch/event_line.h"

namespace pigsty::watch {
namespace {

// How long a stop request may go unnoticed.
constexpr int kPollMilliseconds = 200;

int connect_to(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.size() >= sizeof(address.sun_path)) return -1;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int joined = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (joined < 0) return -1;
    if (connect(joined, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return joined;
    close(joined);
    return -1;
}

// Names of roles and databases may hold anything; a terminal shall show them, not obey them.
std::string for_terminal(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string shown;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == '\n') {
            shown += "\\n";
        } else if (byte < 0x20 || byte == 0x7F) {
            shown += {'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
        } else {
            shown += c;
        }
    }
    return shown;
}

class Followed {
  public:
    Followed(std::vector<std::string> directories, std::FILE* out) : directories_(std::move(directories)), out_(out) {}
    ~Followed() {
        for (const auto& [path, process] : processes_) close(process.socket);
    }
    Followed(const Followed&) = delete;
    Followed& operator=(const Followed&) = delete;

    void look_for_processes() {
        std::error_code error;
        for (const std::string& directory : directories_) {
            for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
                const std::string path = entry.path().string();
                if (!path.ends_with(".sock") || processes_.contains(path)) continue;
                if (const int joined = connect_to(path); joined >= 0) processes_[path] = {.socket = joined};
            }
        }
    }

    void wait_and_read(int watch) {
        std::vector<pollfd> polled{{.fd = watch, .events = POLLIN, .revents = 0}};
        std::vector<std::string> paths;
        for (const auto& [path, process] : processes_) {
            polled.push_back({.fd = process.socket, .events = POLLIN, .revents = 0});
            paths.push_back(path);
        }
        if (poll(polled.data(), polled.size(), kPollMilliseconds) <= 0) return;
        for (std::size_t i = 0; i < paths.size(); ++i)
            if (polled[i + 1].revents != 0) read_from(paths[i]);
        std::array<char, 4096> names{};
        if (polled[0].revents != 0) {
            [[maybe_unused]] const auto count = read(watch, names.data(), names.size());
        }
    }

    [[nodiscard]] std::size_t printed() const { return printed_; }

  private:
    struct Process {
        int socket = -1;
        std::string pending = {};
    };

    void read_from(const std::string& path) {
        Process& process = processes_.at(path);
        std::array<char, 65536> buffer{};
        const ssize_t count = recv(process.socket, buffer.data(), buffer.size(), 0);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) {
            close(process.socket);
            processes_.erase(path);
            return;
        }
        process.pending.append(buffer.data(), static_cast<std::size_t>(count));
        while (true) {
            const auto end = process.pending.find('\n');
            if (end == std::string::npos) return;
            print(process.pending.substr(0, end));
            process.pending.erase(0, end + 1);
        }
    }

    void print(const std::string& text) {
        const auto event = from_line(text);
        if (!event) return;
        if (event->state != converge::ProgressState::done && event->state != converge::ProgressState::failed) return;
        std::fprintf(out_, "%s\n", for_terminal(converge::line(*event)).c_str());
        std::fflush(out_);
        ++printed_;
    }

    std::vector<std::string> directories_;
    std::FILE* out_;
    std::map<std::string, Process> processes_;
    std::size_t printed_ = 0;
};

}  // namespace

std::size_t follow(const std::vector<std::string>& directories, std::FILE* out, const std::stop_token& stop) {
    const int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    for (const std::string& directory : directories)
        inotify_add_watch(watch, directory.c_str(), IN_CREATE | IN_MOVED_TO);
    Followed followed(directories, out);
    while (!stop.stop_requested()) {
        followed.look_for_processes();
        followed.wait_and_read(watch);
    }
    close(watch);
    return followed.printed();
}

}  // namespace pigsty::watch
