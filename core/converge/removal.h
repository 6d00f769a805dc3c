// Stop, prove, remove: what runs on a member before all that is in its claim is undone.
//
//     table.act("remove data", When::always,
//               run(removal_script({.units = {"etcd.service"}, .paths = {data_dir + "/member"}, .secrets = scope})))
//         .on_each();
#pragma once

#include <string>
#include <vector>

#include "core/converge/table.h"

namespace pigsty::converge {

struct RemovalScript {
    std::vector<std::string> units{};  // stopped and disabled, whatever there is of them
    // Their servers end at once: one that first saves what is removed next does not end while its disk is full.
    bool kills = false;
    std::string proof{};               // sh; another status than 0: nothing is removed, and what it printed says why
    std::vector<std::string> paths{};  // by name, never a folder that others may have put something into
    std::string secrets{};             // the scope of the resource's secrets; empty: it has none
};

std::string removal_script(const RemovalScript& removal);
// An act that runs a script on the node. What runs may take long to end, and says nothing meanwhile.
Act run(std::string script);

}  // namespace pigsty::converge
