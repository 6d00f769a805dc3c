// /etc/hosts: a file of others in which some lines are ours. Nothing that is not ours is ever taken away.
//
// Our lines stand between two marks of their own for each owner. Marks get lost, doubled, swapped and rewritten with CR LF by
// people and programs: such a block is damaged. Whatever then is ours is known by what we wrote last, which the node keeps
// beside the claims (kWritten); every other line stays.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/node/operation.h"

namespace pigsty::item {

inline constexpr std::string_view kHosts = "/etc/hosts";

struct HostsBlock {
    std::optional<std::string> lines;  // between the marks; nothing where there is no whole block
    std::string damage;                // "the mark of its end is missing"; empty where all is well
};

HostsBlock block_in(std::string_view text, const std::string& owner);

// Does a line outside of our blocks give this name an address?
bool names_host(std::string_view text, std::string_view name);

// Writes the block where its first mark is, else at the end; takes it away where `block` is empty. `written` are lines that we
// are known to have written, besides those that the node remembers. Within a whole block a line that is neither, and names no
// host that we name, was put there by somebody else: it stays, below the block.
node::RunScript rewrite_block(const std::string& owner, const std::string& block, const std::string& written);

// "127.0.1.1 NAME", as Debian's installer writes it: in place of the line that named the machine by its old name alone, else
// below that of localhost.
std::string loopback_line(std::string_view name);
node::RunScript write_loopback_line(const std::string& name);

}  // namespace pigsty::item
