// Databases in SQL: from what is wanted and what is live to the statements that close the gap. Nothing where it already
// holds. Some run in database postgres, some inside the database itself.
//
//     for (const Statement& s : database_statements(wanted, catalog.database("app"), catalog)) …     // outside, in order
//     for (const Statement& s : contents_statements(wanted, contents, catalog)) …                    // inside, one transaction
//
// Pure.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/module/pgsql/session/catalog.h"
#include "core/module/pgsql/session/statement.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/render/role.h"

namespace pigsty::module::pgsql {

inline std::string owner_of(const PgDatabase& database) { return database.owner.value_or(render::kSuperuser); }

// CREATE DATABASE; cannot run inside a transaction block.
Statement create_database_statement(const PgDatabase& wanted, const Catalog& catalog);
// Before it is made: the template is there, and has the encoding and locale that are asked for, since a copy cannot get
// others (only template0 is copied into any).
Status check_template(const PgDatabase& wanted, const Catalog& catalog);
// As PostgreSQL compares names of encodings: "UTF8", "utf-8" and "unicode" are one.
bool same_encoding(std::string_view a, std::string_view b);
// As the C library does: "C" is "POSIX", "en_US.UTF-8" is "en_US.utf8".
bool same_locale(std::string_view a, std::string_view b);
// Of the database's provider: ICU's names are language tags.
bool same_locale_of(std::string_view provider, std::string_view a, std::string_view b);
// Owner, limits, comment, privileges of an existing database.
Statements database_statements(const PgDatabase& wanted, const DatabaseState& live, const Catalog& catalog);
// Last of all: once connections are refused nothing inside can be changed. Empty where it already holds.
Statements allow_connections_statements(const PgDatabase& wanted, const DatabaseState& live);
// Schemas, extensions, privileges on schema public, default privileges of the owner.
// `default_privileges`: GRANT texts of the cluster (render::default_privileges or the user's).
Statements contents_statements(const PgDatabase& wanted, const DatabaseContents& live, const Catalog& catalog,
                               const std::vector<std::string>& default_privileges);

// ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT …, where an entry of pg_default_acl is missing. A text is of the form
// "GRANT SELECT ON TABLES TO dbrole_readonly"; see valid_default_privilege().
Statements default_privilege_statements(const std::string& owner, const std::vector<std::string>& grants,
                                        const DatabaseContents& live, const Catalog& catalog);
bool valid_default_privilege(std::string_view text);

Statement drop_database_statement(const std::string& name, bool force);

}  // namespace pigsty::module::pgsql
