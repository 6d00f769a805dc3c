// ProgressSink: who wants to know what an operation has done so far. One event for each finished item or step and node.
//
//     sink.event({.operation = "create pg_cluster pg-test", .member = "pg-test-2", .what = "package postgresql-17",
//                 .state = ProgressState::done, .took = 6100ms});       // "pg-test-2 package postgresql-17 … 6.1 s"
//
// event() is called from many threads at once and must neither block nor throw: events are dropped rather than an apply
// slowed. Events hold names, never content.
#pragma once

#include <chrono>
#include <string>

namespace pigsty::converge {

enum class ProgressState { begun, moving, done, failed };

struct ProgressEvent {
    std::string operation;  // "create pg_cluster pg-test"
    std::string member;     // "pg-test-2"; the cluster's name where a step belongs to no member
    std::string what;       // "package postgresql-17", "/etc/etcd/etcd.conf", "step start etcd"
    ProgressState state = ProgressState::done;
    std::chrono::milliseconds took{0};
    std::string detail{};  // failed: the error's first line; moving: what moves ("LSN 0/5000060")
};

class ProgressSink {
  public:
    virtual ~ProgressSink() = default;
    virtual void event(const ProgressEvent& event) noexcept = 0;
};

// "pg-test-2 package postgresql-17 … 6.1 s"
std::string line(const ProgressEvent& event);

}  // namespace pigsty::converge
