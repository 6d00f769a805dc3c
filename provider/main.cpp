// terraform-provider-pigsty: a plugin where Terraform or OpenTofu starts it, a small tool where a person does.

#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <pthread.h>

#include "provider/docs/generate.h"
#include "provider/framework/framework_server.h"
#include "provider/pigsty_provider.h"
#include "provider/plugin/serve.h"
#include "provider/release.h"
#include "provider/watch/event_line.h"
#include "provider/watch/follow.h"

namespace {

using pigsty::framework::FrameworkServer;
using pigsty::plugin::ServeOptions;
using pigsty::provider::PigstyProvider;

ServeOptions serve_options() { return {.source_address = "pigsty/pigsty"}; }

int complain(const pigsty::Error& error) {
    std::fprintf(stderr, "%s\n", summary(error).c_str());
    if (const std::string more = detail(error); !more.empty()) std::fprintf(stderr, "%s\n", more.c_str());
    return 1;
}

int write_docs(const std::string& out, const std::string& examples) {
    const PigstyProvider provider;
    const auto pages = pigsty::docs::pages(provider, {.provider_name = "pigsty", .examples = examples});
    const pigsty::Status done = pigsty::docs::write_pages(pages, out);
    return done ? 0 : complain(done.error());
}

// Prints until Ctrl-C or SIGTERM.
int watch() {
    sigset_t endings;
    sigemptyset(&endings);
    sigaddset(&endings, SIGINT);
    sigaddset(&endings, SIGTERM);
    // Before the thread exists, so that it inherits the mask and the signals wait for us here.
    pthread_sigmask(SIG_BLOCK, &endings, nullptr);
    const std::vector<std::string> directories = pigsty::watch::runtime_directories();
    if (directories.empty())
        return complain({.code = pigsty::ErrorCode::failed,
                         .message =
                             "the runtime folder ($XDG_RUNTIME_DIR/pigsty, or below /tmp) cannot be made or is open "
                             "to others",
                         .hint = "applies of this user say nothing then, either; its mode must be 0700"});
    // So that silence has a meaning: applies of other users, and those with another runtime folder, are not seen.
    std::string folders;
    for (const std::string& directory : directories) folders += (folders.empty() ? "" : ", ") + directory;
    std::fprintf(stderr, "watching applies of this user in %s\n", folders.c_str());
    std::jthread follower([&](const std::stop_token& stop) { pigsty::watch::follow(directories, stdout, stop); });
    int signal = 0;
    sigwait(&endings, &signal);
    return 0;
}

int release_by_hand(const std::string& name, const std::vector<std::string>& addresses,
                    const pigsty::provider::ReleaseRoute& route) {
    const auto undone = pigsty::provider::release(name, addresses, route);
    if (!undone) return complain(undone.error());
    for (const std::string& line : *undone) std::printf("%s\n", line.c_str());
    return 0;
}

#ifdef PIGSTY_FAULT_POINTS
int list_fault_points(const std::string& resource) {
    const auto points = pigsty::provider::fault_points(resource);
    if (!points) return complain(points.error());
    for (const std::string& point : *points) std::printf("%s\n", point.c_str());
    return 0;
}
#endif

int run_by_hand(int argc, char** argv) {
    CLI::App app{
        "Provider for Terraform and OpenTofu that builds highly available PostgreSQL clusters on plain Linux "
        "machines.\n"
        "They start it themselves: name pigsty/pigsty in required_providers and run `tofu init` or `terraform init`."};
    app.set_version_flag("--version", PIGSTY_VERSION);
    bool debug = false;
    app.add_flag("--debug", debug,
                 "Serve until Ctrl-C and print the TF_REATTACH_PROVIDERS that makes a CLI use this process");

    std::string out;
    std::string examples = "examples";
    CLI::App* docs = app.add_subcommand("docs", "Write the registry documentation");
    docs->add_option("--out", out, "Folder to write to")->required();
    docs->add_option("--examples", examples, "Folder with the examples to include")->capture_default_str();
    CLI::App* watching =
        app.add_subcommand("watch", "Show what running applies do, a line for each finished step and node");

    std::string name;
    std::vector<std::string> addresses;
    CLI::App* releasing =
        app.add_subcommand("release", "Undo a create that did not finish and that nobody wants to finish");
    releasing->add_option("name", name, "Name of the cluster or authority; of a node its address")->required();
    releasing->add_option("address", addresses, "Machines that belong to it")->required();
    pigsty::provider::ReleaseRoute route;
    releasing->add_option("--user", route.user, "SSH user; PIGSTY_SSH_USER, else root");
    releasing->add_option("--port", route.port, "SSH port")->capture_default_str()->check(CLI::Range(1, 65535));
    releasing->add_option("--private-key-file", route.private_key_file,
                          "SSH key; PIGSTY_SSH_PRIVATE_KEY_FILE, else the agent's");
    releasing->add_option("--known-hosts-file", route.known_hosts_file,
                          "PIGSTY_SSH_KNOWN_HOSTS_FILE, else ~/.ssh/known_hosts");
    releasing->add_option("--bastion", route.bastions, "[USER@]HOST[:PORT] on the way; more than one in their order")
        ->allow_extra_args(false);
#ifdef PIGSTY_FAULT_POINTS
    std::string resource;
    CLI::App* faults = app.add_subcommand("fault-points", "List where a create of a resource can be made to fail");
    faults->add_option("resource", resource, "pigsty_pg_cluster and the like")->required();
#endif

    CLI11_PARSE(app, argc, argv);
    if (docs->parsed()) return write_docs(out, examples);
    if (watching->parsed()) return watch();
    if (releasing->parsed()) return release_by_hand(name, addresses, route);
#ifdef PIGSTY_FAULT_POINTS
    if (faults->parsed()) return list_fault_points(resource);
#endif
    FrameworkServer server(std::make_unique<PigstyProvider>());
    if (debug) return pigsty::plugin::serve_debug(server, serve_options());
    return pigsty::plugin::serve(server, serve_options());
}

}  // namespace

int main(int argc, char** argv) {
    // The usual way first: a plugin's start is paid several times in every run.
    if (pigsty::plugin::started_by_host() && argc == 1) {
        FrameworkServer server(std::make_unique<PigstyProvider>());
        return pigsty::plugin::serve(server, serve_options());
    }
    return run_by_hand(argc, argv);
}
