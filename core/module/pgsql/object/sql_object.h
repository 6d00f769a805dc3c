// What looking at an object that lives in SQL answers: a user, a database.
#pragma once

#include <string>
#include <vector>

namespace pigsty::module::pgsql {

template <class Object>
struct Live {
    Object object;                     // as given, with what is live; same meaning keeps the given spelling
    std::vector<std::string> drift{};  // what the attributes do not show: "password: …", "pgbouncer pg-test-2: …"
};

template <class Object>
struct Imported {
    Object object;   // what only our claim knows, else what is live where it differs from the default
    std::string id;  // of the claim, or a new one that the first change stores
};

}  // namespace pigsty::module::pgsql
