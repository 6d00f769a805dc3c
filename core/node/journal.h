// Journal: what an operation did on a node, step by step: /var/lib/pigsty/journal/OPERATION.jsonl (behaviour 10). Each line is
// on disk before its step begins. Names and digests only, never content. Kept for 30 days.
//
//     const Journal journal("apply", "pg_cluster", "pg-test");
//     work.push_back(journal.begin("configuration", {{"/etc/haproxy/haproxy.cfg", "3f1d5a0b9c7e"}}));
//     …                                                          // the step's own operations, in the same request
//     work.push_back(journal.end("configuration"));
#pragma once

#include <map>
#include <string>

#include "core/node/operation.h"

namespace pigsty::node {

class Journal {
  public:
    Journal(const std::string& verb, const std::string& kind, const std::string& name);

    // "20261123T190000Z-apply-pg_cluster-pg-test-1a2b3c4d": sorts by time, unique.
    [[nodiscard]] const std::string& operation() const { return operation_; }

    [[nodiscard]] Operation begin(const std::string& step,
                                  const std::map<std::string, std::string>& digests_by_item) const;
    [[nodiscard]] Operation end(const std::string& step) const;
    // `error`: a message without secrets.
    [[nodiscard]] Operation failed(const std::string& step, const std::string& error) const;

  private:
    std::string operation_;
};

}  // namespace pigsty::node
