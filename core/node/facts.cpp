#include "core/node/facts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "core/base/text.h"

namespace pigsty::node {

namespace {

using Texts = std::map<std::string, std::string>;

// os-release(5): KEY=VALUE lines, the value perhaps quoted.
Texts read_os_release(const std::string& text) {
    Texts values;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto equals = line.find('=');
        if (equals == std::string::npos) continue;
        auto value = std::string(trimmed(line.substr(equals + 1)));
        if (value.size() >= 2 && (value.front() == '"' || value.front() == '\''))
            value = value.substr(1, value.size() - 2);
        values[line.substr(0, equals)] = value;
    }
    return values;
}

std::int64_t memory_mb(const std::string& meminfo) {
    std::istringstream lines(meminfo);
    for (std::string name, line; lines >> name; std::getline(lines, line)) {
        std::int64_t kilobytes = 0;
        if (name == "MemTotal:" && lines >> kilobytes) return kilobytes / 1024;
    }
    return 0;
}

// The last line of df -Pk: device, size in kB, used …
std::int64_t disk_gb(const std::string& df) {
    std::istringstream line(df);
    std::string device;
    std::int64_t kilobytes = 0;
    line >> device >> kilobytes;
    return kilobytes / (1024 * 1024);
}

std::string timezone(const std::string& link, const std::string& name) {
    constexpr std::string_view kFolder = "zoneinfo/";
    const auto at = link.find(kFolder);
    return at == std::string::npos ? std::string(trimmed(name)) : link.substr(at + kFolder.size());
}

}  // namespace

Result<Facts> parse_facts(const std::vector<std::string>& fields) {
    if (fields.size() % 2 != 0) return fail(ErrorCode::internal, "the root end sent half a fact");
    Texts texts;
    for (std::size_t i = 0; i < fields.size(); i += 2) texts[fields[i]] = fields[i + 1];
    auto os = read_os_release(texts["os_release"]);
    // "systemd 257 (257.7-1)"
    std::istringstream systemd(texts["systemd"]);
    std::string word;
    std::string version;
    systemd >> word >> version;
    return Facts{.os_id = os["ID"],
                 .os_version = os["VERSION_ID"],
                 .codename = os["VERSION_CODENAME"],
                 .machine = texts["machine"],
                 .host_name = texts["host_name"],
                 .machine_id = std::string(trimmed(texts["machine_id"])),
                 .kernel = texts["kernel"],
                 .systemd = version,
                 .init = std::string(trimmed(texts["init"])),
                 .timezone = timezone(texts["timezone"], texts["timezone_name"]),
                 .cpu = std::atoll(texts["cpu"].c_str()),
                 .memory_mb = memory_mb(texts["meminfo"]),
                 .data_disk_gb = disk_gb(texts["df"]),
                 .boot_id = std::string(trimmed(texts["boot_id"])),
                 .cloud_init = texts["cloud_init"]};
}

Status check_supported(const Facts& facts) {
    static const std::set<std::string> known = {"debian 12", "debian 13", "ubuntu 22.04", "ubuntu 24.04"};
    const std::string system = facts.os_id + " " + facts.os_version;
    if (!known.contains(system))
        return fail(Error{ErrorCode::unsupported,
                          "expected Debian 12 or 13 or Ubuntu 22.04 or 24.04, found " + system + " (/etc/os-release)"}
                        .with_hint("use a machine with one of these systems"));
    if (facts.init != "systemd")
        return fail(
            Error{ErrorCode::unsupported, "the node's first process is " + facts.init + ", expected systemd"}.with_hint(
                "containers without systemd cannot be managed"));
    return {};
}

}  // namespace pigsty::node
