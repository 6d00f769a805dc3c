#include "core/node/testing/local_machine.h"

#include <array>
#include <fstream>
#include <sstream>

#include <stdlib.h>
#include <unistd.h>

#include "core/base/quote.h"
#include "core/node/child_process.h"

namespace pigsty::node {

namespace {

constexpr auto kPatience = std::chrono::seconds(30);

Result<std::string> read_all(RemoteProcess& process, const Cancel& cancel) {
    std::string text;
    std::array<char, 65536> buffer;
    while (true) {
        TRY(const auto count, process.read(buffer, cancel));
        if (count == 0) return text;
        text.append(buffer.data(), count);
    }
}

std::string systemctl() {
    std::ifstream file(PIGSTY_FAKE_SYSTEMCTL);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Prints its process id once everything is in place, then lives until its input ends.
std::string machine_script(const std::string& folder) {
    return "exec 2>&1; set -e; cd " + shell_quote(folder) +
           "\n"
           "mount -t tmpfs -o mode=0755 tmpfs .; cd " +
           shell_quote(folder) +
           "\n"
           "mkdir upper work root\n"
           "mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root\n"
           "for part in proc sys dev; do mount --rbind /$part root/$part; done\n"
           "mkdir -p root/run root/usr/local/bin\n"
           "cat > root/usr/local/bin/systemctl <<'SYSTEMCTL'\n" +
           systemctl() +
           "SYSTEMCTL\n"
           "chmod 0755 root/usr/local/bin/systemctl\n"
           "ip link set lo up 2>/dev/null || true\n"
           "echo ready $$\n"
           "exec cat > /dev/null\n";
}

// Keeps the machine for as long as anything was launched there.
class MachineLauncher : public ChildLauncher {
  public:
    MachineLauncher(std::vector<std::string> prefix, std::shared_ptr<LocalMachine> machine)
        : ChildLauncher(std::move(prefix)), machine_(std::move(machine)) {}

  private:
    std::shared_ptr<LocalMachine> machine_;
};

}  // namespace

Result<std::shared_ptr<LocalMachine>> LocalMachine::start() {
    std::shared_ptr<LocalMachine> machine(new LocalMachine());
    std::string folder = "/tmp/pigsty-machine-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) return fail(ErrorCode::failed, "mkdtemp " + folder + " failed");
    machine->folder_ = folder;

    std::vector<std::string> namespaces = {"unshare", "--mount", "--uts", "--net", "--propagation", "private"};
    if (::geteuid() != 0) namespaces.insert(namespaces.end(), {"--user", "--map-root-user"});
    ChildLauncher launcher(namespaces);
    const auto cancel = Cancel::within(kPatience);
    TRY(machine->keeper_, launcher.start(machine_script(folder), cancel));
    std::string said;
    while (!said.ends_with('\n') || said.find("ready ") == std::string::npos) {
        std::array<char, 4096> buffer;
        TRY(const auto count, machine->keeper_->read(buffer, cancel));
        if (count == 0)
            return fail(
                Error{ErrorCode::unsupported, "no mount namespace with an overlay can be made here"}.with_output(said));
        said.append(buffer.data(), count);
    }
    const auto pid = said.substr(said.find("ready ") + 6);
    machine->prefix_ = {"nsenter", "-t", pid.substr(0, pid.find('\n')), "--mount", "--uts", "--net"};
    if (::geteuid() != 0) machine->prefix_.insert(machine->prefix_.end(), {"--user", "--preserve-credentials"});
    machine->prefix_.insert(machine->prefix_.end(), {"--", "chroot", folder + "/root"});
    return machine;
}

LocalMachine::~LocalMachine() {
    keeper_.reset();
    ::rmdir(folder_.c_str());
}

std::shared_ptr<Launcher> LocalMachine::launcher() {
    return std::make_shared<MachineLauncher>(prefix_, shared_from_this());
}

Result<std::shared_ptr<RemoteNode>> LocalMachine::connect(const Cancel& cancel, RootEndSettings settings,
                                                          std::string address) {
    return RemoteNode::connect(
        {.address = {.address = std::move(address)}, .launcher = launcher(), .settings = std::move(settings)}, cancel);
}

Result<std::string> LocalMachine::run(const std::string& script) {
    const auto cancel = Cancel::within(kPatience);
    TRY(const auto process, ChildLauncher(prefix_).start(script, cancel));
    return read_all(*process, cancel);
}

std::string LocalMachine::read(const std::string& path) {
    return run("cat -- " + shell_quote(path) + " 2>/dev/null").value_or("");
}

}  // namespace pigsty::node
