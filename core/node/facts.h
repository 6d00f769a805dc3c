// Facts: what a node is. Read with the first request of a process to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace pigsty::node {

struct Facts {
    std::string os_id;       // "debian", "ubuntu" (os-release ID)
    std::string os_version;  // "13" (VERSION_ID)
    std::string codename;    // "trixie"
    std::string machine;     // "x86_64", "aarch64"
    std::string host_name;
    std::string machine_id;
    std::string kernel;
    std::string systemd;   // version, "257"
    std::string init;      // "systemd" where PID 1 is systemd
    std::string timezone;  // "Etc/UTC"
    std::int64_t cpu = 0;
    std::int64_t memory_mb = 0;
    std::int64_t data_disk_gb = 0;  // size of the file system that holds /data (or its nearest existing parent)
    std::string boot_id;
    std::string cloud_init;  // "", "running", "done"

    bool operator==(const Facts&) const = default;
};

// From the root end's answer to "facts": name, text, name, text …
Result<Facts> parse_facts(const std::vector<std::string>& fields);
// Debian 12 and 13, Ubuntu 22.04 and 24.04, with systemd; anything else is Error `unsupported`.
Status check_supported(const Facts& facts);

}  // namespace pigsty::node
