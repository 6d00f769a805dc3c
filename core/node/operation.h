// Operation: one thing that the root end of a node does; a request carries many of them in one round trip.
//
//     std::vector<Operation> work;
//     work.push_back(PutFile{.path = "/etc/etcd/etcd.conf", .content = text, .owner = "etcd", .group = "etcd", .mode = 0644});
//     work.push_back(RunScript{.text = "systemctl restart etcd"});
//     TRY(const auto results, node.request(std::move(work), cancel));   // stops at the first that fails
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/secret.h"
#include "core/node/probe.h"

namespace pigsty::node {

// A POSIX sh script, run as root in a process group of its own, standard input = `input`, never on argv.
struct RunScript {
    std::string text;
    std::string input{};
    // Fails when nothing was printed and no child used CPU time for this long. Never a fixed clock on growing work.
    std::chrono::seconds stall{120};
    // Go on with the next operation where this one exits with another status than 0 (the caller reads the status).
    bool may_fail = false;
    // False where it only looks: what was observed on the node stays remembered.
    bool writes = true;
};

// Replaces a file whole: written beside, owner and mode set, fsync, rename, fsync of the folder.
struct PutFile {
    std::string path;
    std::string content{};
    std::string owner = "root";
    std::string group = "root";
    unsigned mode = 0644;
    // `{{NAME:GENERATION}}` in the content stands for the secret /var/lib/pigsty/secrets/<secret_scope>/NAME: replaced
    // on the node while writing. Another generation on the node is an error. Empty: nothing is replaced.
    std::string secret_scope{};
    // Keep what was there as /var/lib/pigsty/before/PATH (behaviour 3) unless it is a package's untouched conffile, or
    // something is kept there already. The result's `out` is the path of the copy that was made, or empty.
    bool keep_before = false;
};

// Removes a file or link and syncs its folder; one that is not there is right.
struct RemoveFile {
    std::string path;
};

// Appends a line to /var/lib/pigsty/journal/OPERATION.jsonl and syncs it (core/node/journal.h makes the lines).
struct WriteJournal {
    std::string operation;  // letters, digits, - and _
    std::string line;
};

// The generation and bytes of a secret, for core/node/secrets.h, which is what others use.
struct ReadSecret {
    std::string scope, name;
};
struct KeepSecret {
    std::string scope, name;
    int generation = 1;
    Secret bytes;
};

// A look at what the operations before it have left, as the last of a request: Node::observe() then knows it.
struct Observe {
    Probes probes;
};

using Operation = std::variant<RunScript, PutFile, RemoveFile, WriteJournal, ReadSecret, KeepSecret, Observe>;

struct OperationResult {
    int status = 0;   // exit status; 0 for a PutFile that worked, 128 + signal for a killed script
    std::string out;  // all of standard output
    std::string err;  // tail of standard error (or what a PutFile failed with)
};

// Called from the node's strand with each piece of output as it comes (package installation, base backup).
using Progress = std::function<void(std::string_view piece)>;

}  // namespace pigsty::node
