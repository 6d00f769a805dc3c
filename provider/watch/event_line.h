// The wire of `watch`: one JSON object a line for each progress event.
//
//     {"operation":"create pg_cluster pg-test","member":"pg-test-2","what":"package postgresql-17","state":"done","took_ms":6100}
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/converge/progress.h"

namespace pigsty::watch {

std::string to_line(const converge::ProgressEvent& event);  // ends with a newline
// Nothing where the line is not one of ours: a newer provider may say more.
std::optional<converge::ProgressEvent> from_line(std::string_view line);

// Folder of the sockets, one per provider process: $XDG_RUNTIME_DIR/pigsty, or /tmp/pigsty-UID. Made with mode 0700;
// empty where it exists and belongs to somebody else or is open to others.
std::string runtime_directory();
// Where processes of this user may have their sockets, the one above first: an apply and its watcher need not have the same
// environment (sudo, cron, a CI job). Those that are there and nobody else's.
std::vector<std::string> runtime_directories();

}  // namespace pigsty::watch
