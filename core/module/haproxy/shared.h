// What every resource with services on a node's one HAProxy has in common: the main file, the folder of services, the unit. The
// first resource of a node makes them, the last takes them away; a service's own file is its resource's alone.
//
//     items = haproxy::base_items();
//     items.push_back(haproxy::service_file("pg-test-primary", text));
//     …
//     items = haproxy::serving_items({5433, 5434});   // behind the files: the unit runs and the ports are listened to
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/item/item.h"

namespace pigsty::module::haproxy {

inline constexpr const char* kUnit = "haproxy.service";

// Counts when HAProxy listens on the ports of all services of ours.
item::Handler reload();

// The folder of services, the main file, the unit's drop-in and its folder.
item::Items base_items();
// conf.d/<name>.cfg, checked in its place by HAProxy together with all the others.
item::ItemPtr service_file(const std::string& name, std::string text);
item::Items serving_items(std::set<std::int64_t> ports);

// A program that prints those of the proxies (names of `listen` sections, without spaces) none of whose servers is up for
// HAProxy's own checks, one a line. It fails where HAProxy's socket does not answer.
std::string unserved_script(const std::vector<std::string>& proxies);

}  // namespace pigsty::module::haproxy
