// The steps that make a certificate authority and keep its key on each of its nodes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/converge/run.h"
#include "core/converge/step.h"
#include "core/item/certificate_text.h"
#include "core/module/ca/spec.h"

namespace pigsty::module::ca {

// The claim's kind.
inline constexpr const char* kKind = "ca";

std::vector<converge::Member> members_of(const Authority& authority);
// `fingerprint`: of the authority's certificate, empty until it exists. `connect`: null while planning.
converge::Table table_of(const Authority& authority, const std::string& fingerprint, const node::Connect& connect);

// The authority's certificate as one of its connected sites has it; empty where none has.
Result<std::string> read_certificate_pem(const Authority& authority,
                                         const std::vector<std::shared_ptr<converge::Site>>& sites,
                                         const Cancel& cancel);

// Said to people when the authority's own end is near, by the clock of a node that holds it: a date, no count of days, so
// that every Read says the same.
struct EndWarning {
    std::string summary, detail;
};
std::optional<EndWarning> end_warning(const std::string& name, const item::CertificateText& certificate,
                                      std::chrono::sys_seconds now);
Result<std::optional<EndWarning>> end_warning(const Authority& authority,
                                              const std::vector<std::shared_ptr<converge::Site>>& sites,
                                              const Cancel& cancel);

}  // namespace pigsty::module::ca
