// Lines that one resource has in a file of another one: each ends with a comment that says whose it is, so that they are found
// one by one, wherever they stand and whatever somebody did to the lines beside them. Pure, but for the scripts.
//
//     host all all 10.0.0.0/8 scram-sha-256              # the host's own
//     hostssl replication replicator 10.10.10.14/32 scram-sha-256  # pigsty guest standby pg-test2
//
// The host's own item is hosting_file.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pigsty::item {

// The line with the guest's mark behind it. `guest` is plain words: letters, digits, spaces, - and _.
std::string guest_line(std::string_view line, std::string_view guest);

// The text without the lines of guests.
std::string without_guests(std::string_view text);
// Lines of that guest alone, with their marks, in their order.
std::vector<std::string> lines_of_guest(std::string_view text, std::string_view guest);

// sh: puts the guest's lines, as they come on standard input, at the beginning of $FILE instead of those that it has there.
// Owner and rights stay, the file is replaced whole; what it was is kept beside it as "$FILE.pigsty-old". Without a file there
// is nothing to do.
std::string put_guest_script(const std::string& path, std::string_view guest);
// sh: the host's own text comes on standard input, and the lines of guests stay in front of it.
std::string put_host_script(const std::string& path, const std::string& owner, const std::string& group, unsigned mode);

}  // namespace pigsty::item
