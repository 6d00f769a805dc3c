// Runs a ProviderServer as a Terraform plugin until the host ends it.
//
//     int main() {
//         framework::FrameworkServer server(…);
//         return plugin::serve(server, {.source_address = "pigsty/pigsty"});
//     }
//
// serve() answers the handshake of Terraform or OpenTofu; started without their cookie it explains itself and returns 1.
// serve_debug() is for debuggers and test hosts: started by hand, no TLS, and the line for TF_REATTACH_PROVIDERS on
// standard output. Both return the exit code, and may be called once in a process.
#pragma once

#include <string>

#include "provider/framework/server.h"

namespace pigsty::plugin {

struct ServeOptions {
    // The key in TF_REATTACH_PROVIDERS. Without a host each CLI takes its own registry's, so one text serves both.
    std::string source_address;
};

// True when a plugin host started this process.
bool started_by_host();

int serve(framework::ProviderServer& server, const ServeOptions& options);
int serve_debug(framework::ProviderServer& server, const ServeOptions& options);

}  // namespace pigsty::plugin
