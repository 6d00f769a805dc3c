// The scripts that write pgbouncer's lists on a member, and the one that looks at them. Text alone.
//
// Order of a change, so that a kill at any point is seen: the paths are noted as owed, the fragments are written, the lists
// put together, pgbouncer reloads, the note goes.
#pragma once

#include <set>
#include <string>

namespace pigsty::module::pgsql {

// What the script below ends with where pgbouncer does not take its lists: they are as they were before.
inline constexpr int kListsRefused = 3;

// sh: makes the folders and puts the three lists together; where one changed, or a reload is owed, and pgbouncer runs, it
// reloads. Writes nothing where the lists are right. May be run by anyone at any time: it locks. Prints "list NAME" for each
// list that it replaced and "reload" for each reload.
std::string assemble_lists_script();

// One line each: "DIGEST ./userlist.d/app", "owed ./userlist.d/app", "stale userlist".
std::string show_fragments_script();

// Notes what is wanted as owed, and remembers the fragments at `paths` as they are; the folders may not be there yet.
std::string keep_fragments_script(const std::set<std::string>& wanted, const std::set<std::string>& paths);
std::string put_back_fragments_script(const std::set<std::string>& paths);
std::string forget_fragments_script(const std::set<std::string>& paths);

}  // namespace pigsty::module::pgsql
