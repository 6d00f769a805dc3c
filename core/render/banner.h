// The first line of every file that we write.
#pragma once

#include <string>

namespace pigsty::render {

// The heading's first words, by which scripts know a file as ours.
inline constexpr const char* kWrittenByUs = "Written by terraform-provider-pigsty";

// `comment`: what begins a comment in that file. `more`: a sentence beside it.
inline std::string banner(const std::string& comment = "#", const std::string& more = {}) {
    return comment + " " + kWrittenByUs + ": a change made here is drift." + (more.empty() ? "" : " " + more) + "\n";
}

}  // namespace pigsty::render
