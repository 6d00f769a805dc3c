// YAML text from a JSON tree: block style, keys in the order of the tree, every string quoted that any YAML reader
// (1.1 as PyYAML, 1.2 as Go's) could take for something else.
//
//     Yaml etcd;                                    // an ordered JSON tree
//     etcd["name"] = "etcd-1";
//     etcd["client-transport-security"]["cert-file"] = "/etc/etcd/server.crt";
//     put_file("/etc/etcd/etcd.conf", to_yaml(etcd));
//
// Not yaml-cpp's emitter: it leaves `off` and "123" unquoted, and replaces Unicode noncharacters, with which unknown
// text is marked while planning.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/render/secret_reference.h"

namespace pigsty::render {

using Yaml = nlohmann::ordered_json;

std::string to_yaml(const Yaml& tree);
// A scalar of that text, quoted where it must be. What looks like a reference to a secret is escaped.
std::string yaml_string(std::string_view text);
// A value that the node replaces with the secret while it writes the file.
Yaml yaml_secret(const SecretReference& secret);

}  // namespace pigsty::render
