// The test server as a plugin binary of its own.

#include <string_view>

#include "provider/plugin/serve.h"
#include "provider/plugin/test_server.h"

int main(int argc, char** argv) {
    pigsty::plugin::TestServer server;
    const pigsty::plugin::ServeOptions options{.source_address = "example.org/pigsty/test"};
    if (argc == 2 && std::string_view(argv[1]) == "--debug") return pigsty::plugin::serve_debug(server, options);
    return pigsty::plugin::serve(server, options);
}
