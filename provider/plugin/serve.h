// Runs a ProviderServer as a Terraform plugin until the host ends it.
//
//     int main() {
//         framework::FrameworkServer server(…);
//         return plugin::serve(server, {.source_address = "registry.terraform.io/pigsty/pigsty"});
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
    std::string source_address;  // host/namespace/type, the key in TF_REATTACH_PROVIDERS
};

// True when a plugin host started this process.
bool started_by_host();

int serve(framework::ProviderServer& server, const ServeOptions& options);
int serve_debug(framework::ProviderServer& server, const ServeOptions& options);

}  // namespace pigsty::plugin
