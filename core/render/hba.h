// pg_hba.conf and pgbouncer's HBA file from rules in the words of Pigsty (reference 8.6, behaviour 8 and 12).
//
//     const HbaContext context{.networks = {.infra = {"10.10.10.10/32"}}, .members = {"10.10.10.11", "10.10.10.12"}};
//     TRY(const std::string text, render_pg_hba(default_pg_hba_rules(), business, context));
//
// The text is the same on all members, but for rules with role = "offline": those are live on members declared offline
// and stand as comments on the others. It never depends on who leads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/render/hba_rule.h"

namespace pigsty::render {

struct HbaContext {
    Networks networks{};
    std::vector<std::string> members{};  // addresses, in the order of their numbers: the alias `cluster`
    bool offline = false;                // this member is declared offline (role, or offline_query)
    bool tls = true;                     // the server speaks TLS; without it hostssl lines are errors to PostgreSQL
    std::string superuser = "postgres";
    std::string admin = "dbuser_dba";
    std::string replication = "replicator";
    std::string monitor = "dbuser_monitor";
};

// Rules with an `order` first, lowest first, then the others as they stand: defaults before the user's own.
// Error `invalid` names the rule: "hba_rules[2] (title): …".
Result<std::string> render_pg_hba(const std::vector<HbaRule>& defaults, const std::vector<HbaRule>& rules,
                                  const HbaContext& context);
Result<std::string> render_pgbouncer_hba(const std::vector<HbaRule>& defaults, const std::vector<HbaRule>& rules,
                                         const HbaContext& context);

// These rules of pg_hba.conf alone, under the names of the columns: "rules[2].addr: …" names a wrong one.
Result<std::string> render_pg_hba_rules(const std::vector<HbaRule>& rules, const HbaContext& context);

const std::vector<HbaRule>& default_pg_hba_rules();
const std::vector<HbaRule>& default_pgbouncer_hba_rules();

// RFC 1918 and the carriers' 100.64.0.0/10: what `intra` means where nothing is said.
const std::vector<std::string>& default_intra_networks();

enum class HbaTarget { postgresql, pgbouncer };

struct HbaProblem {
    std::string field;  // "addr", "auth", "role", "user", "db", "rules[0]", "title"; empty: the rule as a whole
    std::string message;
    std::string hint{};
};

// What is wrong with one rule. `own`: written by the user, so that an alias that means nothing, and TLS where there is
// none, are errors; in defaults such a rule is left out. Strings with an unknown marker are not judged.
std::vector<HbaProblem> check_hba_rule(const HbaRule& rule, const HbaContext& context, HbaTarget target, bool own);

// "10.10.10.11" → "10.10.10.11/32", "10.0.0.5/8" → "10.0.0.0/8", "fd00::/8" stays; error `invalid` for what is neither address nor CIDR.
Result<std::string> normalized_cidr(std::string_view text);

}  // namespace pigsty::render
