// Quoting for the languages that we hand text to. Every value that reaches a shell or SQL goes through here.
//
//     "chown " + shell_quote(owner)          'it'\''s'
//     "CREATE ROLE " + sql_identifier(name)  "odd ""name"""
//     "COMMENT … IS " + sql_literal(text)    'it''s', or E'…' where the text holds a backslash
#pragma once

#include <string>
#include <string_view>

namespace pigsty {

// POSIX sh: single quotes. The text must not hold NUL (no argument can).
std::string shell_quote(std::string_view text);
// PostgreSQL, "Identifiers and Key Words": always quoted, so that case and keywords do not matter.
std::string sql_identifier(std::string_view text);
// PostgreSQL, "String Constants with C-Style Escapes": right whatever standard_conforming_strings says.
std::string sql_literal(std::string_view text);
// A key or value of libpq's connection string: single quotes, backslash escapes.
std::string conninfo_quote(std::string_view text);
// RFC 3986: everything but unreserved characters as %XX (import ids, URIs).
std::string percent_encode(std::string_view text);
std::string percent_decode(std::string_view text);

}  // namespace pigsty
