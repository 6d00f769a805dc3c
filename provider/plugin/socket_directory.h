// A private directory for the server's socket, removed with its owner.
//
//     TRY(auto directory, SocketDirectory::make(request.socket_directory, request.socket_group));
//     builder.AddListeningPort("unix:" + directory.socket_path(), credentials);
//     …BuildAndStart()…
//     TRY_VOID(directory.admit_group());      // the socket exists now
//
// 0700, made by mkdtemp: gRPC makes the socket itself 0755, so the directory is what keeps others out.
#pragma once

#include <string>

#include "core/base/result.h"

namespace pigsty::plugin {

class SocketDirectory {
  public:
    // `parent`: empty for $TMPDIR or /tmp. `group`: name or number of the group that may connect; empty: nobody.
    static Result<SocketDirectory> make(const std::string& parent, const std::string& group);
    SocketDirectory(SocketDirectory&& other) noexcept;
    SocketDirectory& operator=(SocketDirectory&&) = delete;
    ~SocketDirectory() { remove(); }
    void remove();

    [[nodiscard]] std::string socket_path() const { return path_ + "/plugin.sock"; }
    // Opens directory and socket to the group, if one was asked for. After the server listens.
    [[nodiscard]] Status admit_group() const;

  private:
    SocketDirectory(std::string path, std::string group) : path_(std::move(path)), group_(std::move(group)) {}

    std::string path_;
    std::string group_;
};

}  // namespace pigsty::plugin
