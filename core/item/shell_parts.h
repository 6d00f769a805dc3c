// Shell fragments that several items use.
#pragma once

#include <string>

namespace pigsty::item {

// Defines `apt_get COMMAND …` (without questions, keeping configuration files that are there, waiting for apt's lock for
// $apt_patience seconds (300) and saying so; its output is in $apt_log), `apt_done`, to be called at the end, and `apt_failed`, which says why and exits with 1.
std::string apt_function();

// "\036wTEXT" on a line of its own tells, while a script runs, what it waits for (converge/delivery.cpp shows it).

// Defines `unit_failed UNIT`: prints to standard error why a unit is not as it should be (state, last journal lines).
std::string unit_failed_function();

// Defines `stop_unit UNIT`: disabled and stopped afterwards, whatever there was of it. Fails where it does not end; a unit that
// is not there is right, and so is one whose file is gone while it still ran.
std::string stop_unit_function();

}  // namespace pigsty::item
