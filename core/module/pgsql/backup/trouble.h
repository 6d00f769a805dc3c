// What is the matter with a repository, out of what pgBackRest prints: a few cases that people can do something about, in
// words that do not move, and its own first line for all others.
//
//     const Trouble trouble = trouble_in(printed, backup);
//     if (trouble.kind == TroubleKind::refused_key) …
//     return fail(error_of(trouble));
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/module/pgsql/spec/backup.h"

namespace pigsty::module::pgsql {

enum class TroubleKind {
    none,
    unreachable,    // nobody answers there in time
    certificate,    // somebody answers, and his certificate is not to be trusted
    refused_key,    // the repository does not know the key that we have
    refused_right,  // it does, and its owner may not do that
    no_bucket,
    full,
    other_key,      // what is there was encrypted with another key, or is not encrypted
    other_cluster,  // … is of another PostgreSQL cluster
    unreadable,     // a folder or file that the account may not use
    no_stanza,
    busy,          // another backup of this stanza runs
    not_archived,  // PostgreSQL did not bring its WAL there in time
    other,
};

struct Trouble {
    TroubleKind kind = TroubleKind::none;
    std::string message{};  // "the repository is not reached"
    std::string hint{};
};

// `printed`: what a command of pgBackRest printed, or a message of its `info`; may hold any bytes.
Trouble trouble_in(std::string_view printed, const Backup& backup);
// Without control characters and bytes of no text, so that it can be shown: with a wrong key pgBackRest prints the bytes of
// the repository.
std::string printable(std::string_view text);
// The error code that fits.
Error error_of(const Trouble& trouble);

}  // namespace pigsty::module::pgsql
