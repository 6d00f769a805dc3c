// The attributes that every resource with nodes has: identity of the claim, what is managed, what changed,
// what drifted, protection and timeouts.
//
//     struct EtcdState { core::etcd::Spec spec; CommonState common; };
//     Attributes<EtcdState> etcd_attributes() {
//         return { …, within(&EtcdState::common, common_attributes()) };
//     }
//
// The planner knows these names: `drift` plans a repair, `drift_policy` and `deletion_protection` do what
// they say, `managed` and `last_change` carry the forecast.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provider/framework/attributes.h"

namespace pigsty::framework {

struct Timeouts {
    std::optional<std::string> create;
    std::optional<std::string> read;
    std::optional<std::string> update;
    std::optional<std::string> destroy;  // `delete` in Terraform
};

struct CommonState {
    std::string id;                              // uuid of the claim
    std::map<std::string, std::string> managed;  // "MEMBER PATH-or-item" → fingerprint
    std::vector<std::string> last_change;
    std::vector<std::string> drift;  // sentences, sorted: "pg-test-2 /etc/hosts: content differs"
    std::string drift_policy = "repair";
    std::vector<std::string> drift_ignore;
    bool deletion_protection = true;
    std::optional<Timeouts> timeouts;
};

struct CommonOptions {
    // `managed` and `last_change`. Users and databases do without: their attributes are the plan.
    bool forecast = true;
    // For what holds data or keys.
    bool deletion_protection = true;
    // Of `drift_ignore`: the beginning of a sentence that this very resource may have in `drift`.
    std::string ignore_example = "[\"pg-test-2 /etc/haproxy/*\"]";
};

Attributes<CommonState> common_attributes(CommonOptions options = {});

// Sorted, without doubles, without what a pattern of drift_ignore matches. A pattern is compared with the
// sentence up to its first ": ", `*` stands for any text.
std::vector<std::string> noted_drift(std::vector<std::string> sentences, const std::vector<std::string>& ignore);

}  // namespace pigsty::framework
