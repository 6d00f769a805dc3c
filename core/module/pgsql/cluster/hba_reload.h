// PostgreSQL of a member takes its pg_hba.conf, or says what is wrong with it.
#pragma once

#include <cstdint>
#include <string>

namespace pigsty::module::pgsql {

// sh; fails where the file is wrong or was not read.
std::string reload_hba_script(std::int64_t port);

}  // namespace pigsty::module::pgsql
