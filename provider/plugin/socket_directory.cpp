#include "provider/plugin/socket_directory.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <grp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace pigsty::plugin {

namespace {

std::string chosen_parent(const std::string& wanted) {
    if (!wanted.empty()) return wanted;
    const char* temporary = std::getenv("TMPDIR");
    return temporary != nullptr && *temporary != '\0' ? temporary : "/tmp";
}

Result<gid_t> group_id(const std::string& group) {
    gid_t id = 0;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), id);
    if (error == std::errc{} && end == group.data() + group.size()) return id;
    struct group entry{};
    struct group* found = nullptr;
    std::vector<char> buffer(16384);
    getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) {
        return fail(Error{
            .code = ErrorCode::invalid,
            .message = "PLUGIN_UNIX_SOCKET_GROUP names the group \"" + group + "\", which this machine does not have"});
    }
    return found->gr_gid;
}

}  // namespace

Result<SocketDirectory> SocketDirectory::make(const std::string& parent, const std::string& group) {
    std::string path = chosen_parent(parent) + "/pigsty-XXXXXX";
    // The socket's path is one field of the handshake line, and has to fit the kernel's address structure.
    const std::size_t limit = sizeof(sockaddr_un::sun_path) - 1;
    if (path.size() + std::strlen("/plugin.sock") > limit || path.find('|') != std::string::npos) {
        if (!parent.empty()) {
            return fail(
                Error{.code = ErrorCode::invalid,
                      .message = "PLUGIN_UNIX_SOCKET_DIR is too long for a socket's path, or holds a '|': " + parent});
        }
        path = "/tmp/pigsty-XXXXXX";
    }
    if (mkdtemp(path.data()) == nullptr) {
        return fail(
            Error{.code = ErrorCode::failed,
                  .message = "cannot make a directory for the plugin's socket: " + path + ": " + std::strerror(errno),
                  .hint = "set TMPDIR to a directory that you can write to"});
    }
    return SocketDirectory(std::move(path), group);
}

SocketDirectory::SocketDirectory(SocketDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), group_(std::move(other.group_)) {}

void SocketDirectory::remove() {
    if (path_.empty()) return;
    unlink(socket_path().c_str());
    rmdir(path_.c_str());
    path_.clear();
}

Status SocketDirectory::admit_group() const {
    if (group_.empty()) return {};
    TRY(const gid_t group, group_id(group_));
    const std::string socket = socket_path();
    const bool done = chown(socket.c_str(), static_cast<uid_t>(-1), group) == 0 && chmod(socket.c_str(), 0660) == 0 &&
                      chown(path_.c_str(), static_cast<uid_t>(-1), group) == 0 && chmod(path_.c_str(), 0710) == 0;
    if (done) return {};
    return fail(ErrorCode::denied, "cannot give the plugin's socket to group " + group_ + ": " + std::strerror(errno));
}

}  // namespace pigsty::plugin
