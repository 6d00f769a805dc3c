#include "core/ssh/host_keys.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "core/base/quote.h"
#include "core/ssh/file_descriptor.h"

namespace pigsty::ssh {
namespace {

Error cannot_record(const std::string& path, int cause) {
    return Error{.code = ErrorCode::failed,
                 .message = "cannot record a new host key in " + path + ": " + std::strerror(cause)}
        .with_hint("known_hosts_file must be writable with host_key_policy = \"accept_new\"");
}

std::string expected_keys(const std::vector<KnownHost>& known) {
    std::string text;
    for (const auto& entry : known) {
        if (entry.revoked || entry.authority) continue;
        if (!text.empty()) text += " or ";
        text += entry.key.type + " " + entry.key.fingerprint() + " (" + entry.origin + ")";
    }
    return text;
}

constexpr std::uint16_t kSshPort = 22;

bool is_of_host(const KnownHost& entry) { return !entry.revoked && !entry.authority; }

}  // namespace

HostKeys::HostKeys(Options options) : options_(std::move(options)) {}

Result<std::vector<KnownHost>> HostKeys::entries_of(const std::string& host, std::uint16_t port) const {
    const std::string name = known_hosts_name(host, port);
    std::vector<KnownHost> found;
    for (const auto& [address, lines] : options_.pinned) {
        if (address != host && known_hosts_name(address, 22) != name) continue;
        std::istringstream stream(lines);
        for (std::string line; std::getline(stream, line);) {
            if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
            auto key = parse_public_key(line);
            if (!key) return fail(std::move(key.error().at_step("host_keys[\"" + address + "\"]")));
            found.push_back({.names = name, .key = *std::move(key), .origin = "host_keys"});
        }
    }
    if (!found.empty()) return found;
    std::vector<KnownHost> all = remembered_;
    for (const auto& file : options_.files) {
        TRY(auto entries, read_known_hosts(file));
        std::ranges::move(entries, std::back_inserter(all));
    }
    std::ranges::copy_if(all, std::back_inserter(found), [&](const auto& entry) { return entry.matches(name); });
    return found;
}

Result<std::vector<std::string>> HostKeys::known_types(const std::string& host, std::uint16_t port) const {
    const std::lock_guard lock(mutex_);
    TRY(auto known, entries_of(host, port));
    if (std::ranges::none_of(known, is_of_host) && port != kSshPort) {
        TRY(known, entries_of(host, kSshPort));
    }
    std::vector<std::string> types;
    for (const auto& entry : known)
        if (is_of_host(entry) && std::ranges::find(types, entry.key.type) == types.end())
            types.push_back(entry.key.type);
    return types;
}

Status HostKeys::verify(const std::string& host, std::uint16_t port, const PublicKey& found) {
    const std::lock_guard lock(mutex_);
    TRY(const auto known, entries_of(host, port));
    const std::string name = known_hosts_name(host, port);
    const std::string found_text = found.type + " " + found.fingerprint();
    const auto same_key = [&](const KnownHost& entry) { return entry.key == found; };

    const auto revoked = std::ranges::find_if(known, [&](const auto& e) { return e.revoked && same_key(e); });
    if (revoked != known.end())
        return fail(Error{.code = ErrorCode::denied,
                          .message = "the host key " + found_text + " is revoked (" + revoked->origin + ")"}
                        .at_host(host)
                        .with_hint("give the machine a new host key, or take the @revoked line away"));
    if (std::ranges::any_of(known, [&](const auto& e) { return is_of_host(e) && same_key(e); })) return {};

    const std::string expected = expected_keys(known);
    // As ssh does: a host whose port has no line of its own is known by its line without a port, should the key be the same.
    if (expected.empty() && port != kSshPort) {
        TRY(const auto plain, entries_of(host, kSshPort));
        if (std::ranges::any_of(plain, [&](const auto& e) { return is_of_host(e) && same_key(e); }) &&
            std::ranges::none_of(plain, [&](const auto& e) { return e.revoked && same_key(e); }))
            return {};
    }
    const bool has_type =
        std::ranges::any_of(known, [&](const auto& e) { return is_of_host(e) && e.key.type == found.type; });
    if (!expected.empty())
        return fail(Error{.code = ErrorCode::denied,
                          .message = (has_type ? "the host key changed: expected "
                                               : "the host is known by another type of key: expected ") +
                                     expected + ", found " + found_text}
                        .at_host(host)
                        .with_hint("either another machine answers at this address, or this one was installed anew. "
                                   "Compare with `ssh-keygen -lf /etc/ssh/ssh_host_" +
                                   std::string(found.type.starts_with("ecdsa")     ? "ecdsa"
                                               : found.type.starts_with("ssh-rsa") ? "rsa"
                                                                                   : "ed25519") +
                                   "_key.pub` on the machine; if that is the key found, remove the old one (" +
                                   (known.front().origin == "host_keys" ? "the entry in host_keys"
                                                                        : "`ssh-keygen -R " + shell_quote(name) + "`") +
                                   ") and add: " + name + " " + found.line()));
    if (options_.policy == HostKeyPolicy::accept_new) return record(name, found);

    std::string where = "host_keys";
    for (const auto& file : options_.files) where += ", " + file;
    std::string but;
    if (const auto authority = std::ranges::find_if(known, &KnownHost::authority); authority != known.end()) {
        but = "; " + authority->origin + " is a @cert-authority line, and certificates of hosts are not supported";
    } else {
        TRY(but, known_at_another_port(host));
    }
    return fail(Error{.code = ErrorCode::denied,
                      .message = "the host key is not known: expected an entry for " + name + " in " + where +
                                 ", found " + found_text + but}
                    .at_host(host)
                    .with_hint("if the machine shows that fingerprint (`ssh-keygen -lf "
                               "/etc/ssh/ssh_host_…_key.pub` there), set host_keys = { \"" +
                               name + "\" = \"" + found.line() + "\" }, or host_key_policy = \"accept_new\""));
}

Result<std::string> HostKeys::known_at_another_port(const std::string& host) const {
    const std::string part = known_hosts_name(host, 0);  // "[host]:0"
    for (const auto& file : options_.files) {
        TRY(const auto entries, read_known_hosts(file));
        for (const KnownHost& entry : entries)
            if (("," + entry.names).contains("," + part.substr(0, part.size() - 1)))
                return "; " + entry.origin + " knows it at another port";
    }
    return std::string();
}

Status HostKeys::record(const std::string& name, const PublicKey& key) {
    remembered_.push_back({.names = name, .key = key, .origin = "accepted in this run"});
    if (options_.files.empty()) return {};
    const std::string& path = options_.files.front();
    std::error_code ignored;  // open() says what is wrong with the folder
    if (const auto folder = std::filesystem::path(path).parent_path();
        !folder.empty() && std::filesystem::create_directories(folder, ignored))
        ::chmod(folder.c_str(), 0700);
    const FileDescriptor file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    // The lock keeps the lines of two processes apart; it goes with the descriptor.
    if (!file || ::flock(file.get(), LOCK_EX) != 0) return fail(cannot_record(path, errno));
    std::string line = name + " " + key.line() + "\n";
    const auto size = ::lseek(file.get(), 0, SEEK_END);
    char last = '\n';
    if (size > 0 && ::pread(file.get(), &last, 1, size - 1) == 1 && last != '\n') line.insert(0, "\n");
    if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        return fail(cannot_record(path, errno));
    return {};
}

}  // namespace pigsty::ssh
