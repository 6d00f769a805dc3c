// LocalSocket: a private unix socket on this machine whose connections end at a socket of a node, for libraries that want to
// connect by themselves (libpq).
//
//     TRY(const auto socket, LocalSocket::listen(node, "postgres", "unix:/var/run/postgresql/.s.PGSQL.5432", ".s.PGSQL.5432"));
//     pqxx::connection connection("host=" + conninfo_quote(socket->folder()) + " port=5432 …");
//     if it fails: socket->last_error()      // the library only saw that the connection was closed
//
// The folder is 0700 under $XDG_RUNTIME_DIR or the temporary folder and goes with the object, and so do its connections.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/node/bridge.h"
#include "core/node/file_handle.h"
#include "core/node/node.h"

namespace pigsty::node {

class LocalSocket {
  public:
    static Result<std::unique_ptr<LocalSocket>> listen(NodePtr node, std::string os_user, std::string target,
                                                       const std::string& name);
    ~LocalSocket();
    LocalSocket(const LocalSocket&) = delete;
    LocalSocket& operator=(const LocalSocket&) = delete;

    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    // Why the last connection could not be carried on; nothing while all is well.
    [[nodiscard]] std::optional<Error> last_error() const;

  private:
    struct Connection;

    LocalSocket() = default;
    Status bind(const std::string& name);
    void accept_connections();
    void carry(Connection& connection);

    NodePtr node_;
    std::string os_user_, target_, folder_, path_;
    FileHandle listener_;
    Wakeup wakeup_;
    Cancel cancel_;
    mutable std::mutex mutex_;
    std::optional<Error> last_error_;
    std::list<std::unique_ptr<Connection>> connections_;  // the accepting thread's own
    std::jthread acceptor_;
};

}  // namespace pigsty::node
