// The body of `terraform-provider-pigsty release NAME ADDRESS…`: undoes a create that did not finish and that nobody wants to
// finish. What is finished is never touched.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace pigsty::provider {

// The way to the machines; what is empty comes from the environment (PIGSTY_SSH_USER and its kin), as for an empty
// provider block.
struct ReleaseRoute {
    std::string user, private_key_file, known_hosts_file;
    int port = 22;
    std::vector<std::string> bastions;  // [USER@]HOST[:PORT], the first is the one that is reached directly
};

// Answers what was undone, a line each.
Result<std::vector<std::string>> release(const std::string& name, const std::vector<std::string>& addresses,
                                         const ReleaseRoute& route = {});

// Where a test build can be made to fail in a create of this resource ("pigsty_pg_cluster"), in the order in which they come;
// a release build knows of none. Error `invalid` where there is no such resource.
Result<std::vector<std::string>> fault_points(const std::string& resource);

}  // namespace pigsty::provider
