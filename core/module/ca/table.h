// The steps that make a certificate authority and keep its key on each of its nodes.
#pragma once

#include <string>
#include <vector>

#include "core/converge/run.h"
#include "core/converge/step.h"
#include "core/module/ca/spec.h"

namespace pigsty::module::ca {

// The claim's kind.
inline constexpr const char* kKind = "ca";

std::vector<converge::Member> members_of(const Authority& authority);
// `fingerprint`: of the authority's certificate, empty until it exists. `connect`: null while planning.
converge::Table table_of(const Authority& authority, const std::string& fingerprint, const converge::Connect& connect);

// The authority's certificate as one of its connected sites has it; empty where none has.
Result<std::string> read_certificate_pem(const Authority& authority,
                                         const std::vector<std::shared_ptr<converge::Site>>& sites,
                                         const Cancel& cancel);

}  // namespace pigsty::module::ca
