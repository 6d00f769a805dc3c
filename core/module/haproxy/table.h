// The steps that put a service onto the HAProxy of its nodes. Main file, unit and the authority's certificate are shared with
// the node's other services, those of PostgreSQL clusters among them: the first makes them, the last takes them away.
//
//     Run(options).create(table_of(service, connect));
#pragma once

#include <vector>

#include "core/converge/step.h"
#include "core/module/haproxy/spec.h"

namespace pigsty::module::haproxy {

// The claim's kind.
inline constexpr const char* kKind = "haproxy_service";

std::vector<converge::Member> members_of(const HaproxyService& service);
// `connect`: null while planning.
converge::Table table_of(const HaproxyService& service, const node::Connect& connect);

}  // namespace pigsty::module::haproxy
