// What a user asks of one machine (pigsty_node). Only what is set is managed.
#pragma once

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
}

}  // namespace pigsty::module::machine
