// What a user asks of one machine (pigsty_node). Only what is set is managed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/json_fields.h"
#include "core/module/platform/node_address_fields.h"
#include "core/node/node.h"

namespace pigsty::module::machine {

struct Repository {
    std::vector<std::string> types{};  // empty: deb
    std::vector<std::string> uris;
    std::vector<std::string> suites;
    std::vector<std::string> components{};
    std::optional<std::string> signed_by{};
    std::vector<std::string> architectures{};
    bool trusted = false;
    bool operator==(const Repository&) const = default;
};

struct Limit {
    std::string domain;
    std::string type = "-";  // soft, hard, or - for both
    std::string item;
    std::string value;
    bool operator==(const Limit&) const = default;
};

// An account that people log in as.
struct Admin {
    std::string name;
    std::optional<std::int64_t> uid{};  // of one that we make
    std::vector<std::string> ssh_public_keys{};
    std::string sudo = "nopass";  // all, limited
    bool operator==(const Admin&) const = default;
};

struct Dns {
    std::vector<std::string> servers{};
    std::vector<std::string> search{};
    std::vector<std::string> options{};
    std::string mode = "add";  // overwrite
    bool operator==(const Dns&) const = default;
};

struct Ntp {
    std::vector<std::string> servers{};  // "HOST" or "pool HOST"
    std::vector<std::string> serve{};    // networks that may ask this machine
    bool operator==(const Ntp&) const = default;
};

// Who may open connections to the machine.
struct Firewall {
    std::vector<std::string> trusted{};
    std::vector<std::int64_t> ports{};  // TCP, open to all
    bool operator==(const Firewall&) const = default;
};

// One of the two.
struct HugePages {
    std::optional<std::int64_t> count{};
    std::optional<double> ratio{};  // of the memory
    bool operator==(const HugePages&) const = default;
};

struct Machine {
    node::NodeAddress address;
    std::optional<std::string> name{};                        // host name
    std::map<std::string, std::vector<std::string>> hosts{};  // /etc/hosts: address → names
    std::map<std::string, Repository> repositories{};
    std::set<std::string> packages{};  // "name" or "name=version"
    std::optional<std::string> timezone{};
    std::map<std::string, std::string> sysctl{};
    std::vector<std::string> crontab{};                         // system crontab lines, with user
    std::map<std::string, std::string> trusted_certificates{};  // name → PEM
    std::vector<Limit> limits{};
    std::vector<std::string> kernel_modules{};
    std::optional<bool> swap{};
    std::optional<Admin> admin{};
    std::optional<Dns> dns{};
    std::optional<Ntp> ntp{};
    std::optional<Firewall> firewall{};
    std::optional<HugePages> hugepages{};
    bool operator==(const Machine&) const = default;
};

void fields(auto& visit, FieldsOf<Repository> auto& repository) {
    visit("types", repository.types);
    visit("uris", repository.uris);
    visit("suites", repository.suites);
    visit("components", repository.components);
    visit("signed_by", repository.signed_by);
    visit("architectures", repository.architectures);
    visit("trusted", repository.trusted);
}

void fields(auto& visit, FieldsOf<Limit> auto& limit) {
    visit("domain", limit.domain);
    visit("type", limit.type);
    visit("item", limit.item);
    visit("value", limit.value);
}

void fields(auto& visit, FieldsOf<Admin> auto& admin) {
    visit("name", admin.name);
    visit("uid", admin.uid);
    visit("ssh_public_keys", admin.ssh_public_keys);
    visit("sudo", admin.sudo);
}

void fields(auto& visit, FieldsOf<Dns> auto& dns) {
    visit("servers", dns.servers);
    visit("search", dns.search);
    visit("options", dns.options);
    visit("mode", dns.mode);
}

void fields(auto& visit, FieldsOf<Ntp> auto& ntp) {
    visit("servers", ntp.servers);
    visit("serve", ntp.serve);
}

void fields(auto& visit, FieldsOf<Firewall> auto& firewall) {
    visit("trusted", firewall.trusted);
    visit("ports", firewall.ports);
}

void fields(auto& visit, FieldsOf<HugePages> auto& pages) {
    visit("count", pages.count);
    visit("ratio", pages.ratio);
}

void fields(auto& visit, FieldsOf<Machine> auto& machine) {
    visit("address", machine.address);
    visit("name", machine.name);
    visit("hosts", machine.hosts);
    visit("repositories", machine.repositories);
    visit("packages", machine.packages);
    visit("timezone", machine.timezone);
    visit("sysctl", machine.sysctl);
    visit("crontab", machine.crontab);
    visit("trusted_certificates", machine.trusted_certificates);
    visit("limits", machine.limits);
    visit("kernel_modules", machine.kernel_modules);
    visit("swap", machine.swap);
    visit("admin", machine.admin);
    visit("dns", machine.dns);
    visit("ntp", machine.ntp);
    visit("firewall", machine.firewall);
    visit("hugepages", machine.hugepages);
}

}  // namespace pigsty::module::machine
