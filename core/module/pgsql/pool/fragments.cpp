#include "core/module/pgsql/pool/fragments.h"

#include <algorithm>
#include <memory>
#include <sstream>

#include <spdlog/fmt/fmt.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/reservation.h"
#include "core/module/pgsql/pool/list_scripts.h"
#include "core/render/pgbouncer.h"
#include "core/render/scram.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::string_view kUserlist = "userlist";
constexpr std::string_view kDatabases = "database";
constexpr std::string_view kUserOptions = "useropts";

std::optional<Secret> line(const std::string& text) { return Secret(text + "\n"); }

bool has_usable_verifier(const RoleLogin& login) {
    return !login.verifier || render::parse_scram_verifier(login.verifier->reveal());
}

}  // namespace

std::string fragment_path(std::string_view list, std::string_view name) {
    std::string file = percent_encode(name);
    // Hidden files are ours for other purposes, "." and ".." are none.
    if (file.starts_with('.')) file.replace(0, 1, "%2E");
    return fmt::format("{}/{}.d/{}", kFragmentFolder, list, file);
}

std::string why_left_out(const PgUser& user, const RoleLogin& login) {
    if (!user.attributes.login) return "it may not log in";
    return login.has_expired ? "its valid_until has passed" : "";
}

Status check_verifier(const PgUser& user, const RoleLogin& login) {
    if (!user.pgbouncer || !why_left_out(user, login).empty() || has_usable_verifier(login)) return {};
    const bool is_md5 = login.verifier->reveal().starts_with("md5");
    return fail(
        Error{.code = ErrorCode::conflict,
              .message = fmt::format("pgbouncer's user list leaves \"{}\" out: what the server has stored as its "
                                     "password is {}no SCRAM-SHA-256 verifier",
                                     user.name, is_md5 ? "an MD5 hash, " : "")}
            .with_hint("set its password anew, by `password` or `password_wo`, or set pgbouncer = false"));
}

Fragments no_fragments_of(const PgUser& user) {
    return {{fragment_path(kUserlist, user.name), std::nullopt},
            {fragment_path(kUserOptions, user.name), std::nullopt}};
}

Fragments no_fragments_of(const PgDatabase& database) {
    return {{fragment_path(kDatabases, database.name), std::nullopt}};
}

Result<Fragments> fragments_of(const PgUser& user, const RoleLogin& login) {
    Fragments fragments = no_fragments_of(user);
    // pgbouncer lets in whom it knows: PostgreSQL's own checks come after its answer to the password.
    if (!why_left_out(user, login).empty()) return fragments;
    if (user.pgbouncer && has_usable_verifier(login)) {
        // No password: nobody logs in with one, which is what an empty one means to pgbouncer.
        TRY(const std::string text,
            render::pgbouncer_user_line(user.name, login.verifier ? login.verifier->reveal() : ""));
        fragments[fragment_path(kUserlist, user.name)] = line(text);
    }
    TRY(const auto text, render::pgbouncer_user_options_line(
                             {.name = user.name, .pool_mode = user.pool_mode, .pool_connlimit = user.pool_connlimit}));
    if (text) fragments[fragment_path(kUserOptions, user.name)] = line(*text);
    return fragments;
}

Result<Fragments> fragments_of(const PgDatabase& database, const PgCluster& cluster) {
    Fragments fragments = no_fragments_of(database);
    if (!database.pgbouncer) return fragments;
    TRY(const std::string text, render::pgbouncer_database_line({.name = database.name,
                                                                 .port = cluster.port,
                                                                 .auth_query = database.pool_auth_user.has_value(),
                                                                 .pool_mode = database.pool_mode,
                                                                 .pool_size = database.pool_size,
                                                                 .pool_size_min = database.pool_size_min,
                                                                 .pool_reserve = database.pool_reserve,
                                                                 .pool_connlimit = database.pool_connlimit}));
    fragments[fragment_path(kDatabases, database.name)] = line(text);
    return fragments;
}

node::Probe fragments_probe() { return {node::ProbeKind::command, show_fragments_script()}; }

item::ItemPtr fragments_item() {
    return std::make_shared<item::ReservationItem>("pgbouncer fragments", node::Probes{fragments_probe()});
}

bool FragmentsSeen::holds(const std::string& path, const std::optional<Secret>& text) const {
    const auto found = digests.find(path);
    return text ? found != digests.end() && found->second == sha256_hex(text->reveal()) : found == digests.end();
}

FragmentsSeen fragments_seen(const node::Observation& seen) {
    FragmentsSeen fragments;
    std::istringstream lines(seen.command(fragments_probe().key));
    for (std::string word, path; lines >> word >> path;) {
        if (word == "stale")
            fragments.stale.insert(path);
        else if (!path.starts_with("./"))
            continue;
        else if (word == "owed")
            fragments.owed.insert(kFragmentFolder + path.substr(1));
        else
            fragments.digests[kFragmentFolder + path.substr(1)] = word;
    }
    return fragments;
}

std::vector<std::string> fragment_drift(const Fragments& wanted, const std::string& member, const FragmentsSeen& seen,
                                        const std::string& left_out) {
    std::vector<std::string> sentences;
    const std::size_t prefix = std::string_view(kFragmentFolder).size() + 1;
    for (const auto& [path, text] : wanted) {
        const std::string name = path.substr(prefix);  // "userlist.d/app"
        const std::string list = name.substr(0, name.find('.'));
        const std::string subject = "pgbouncer " + member + ": " + name;
        if (!seen.holds(path, text)) {
            if (!text)
                sentences.push_back(subject + " is there" + (left_out.empty() ? "" : ", and " + left_out));
            else
                sentences.push_back(subject + (seen.digests.contains(path) ? " differs" : " is missing"));
        } else if (seen.owed.contains(path)) {
            sentences.push_back(subject + " was written by a run that ended before pgbouncer took it");
        } else if (text && seen.stale.contains(list)) {
            sentences.push_back("pgbouncer " + member + ": " + list + ".txt is not what its fragments say");
        }
    }
    return sentences;
}

Result<std::vector<std::string>> fragment_drift(const ClusterSession& session, const Fragments& wanted,
                                                const Cancel& cancel, const std::string& left_out) {
    std::vector<std::string> sentences;
    const bool any = std::ranges::any_of(wanted, [](const auto& fragment) { return fragment.second.has_value(); });
    if (!session.cluster().pgbouncer.enabled || (!any && left_out.empty())) return sentences;
    for (const Reached& member : session.reach_members(cancel)) {
        // One that stopped answering is the cluster's own warning.
        const auto seen = member.node->observe({fragments_probe()}, cancel);
        if (!seen) continue;
        const auto more = fragment_drift(wanted, member.name, fragments_seen(*seen), left_out);
        sentences.insert(sentences.end(), more.begin(), more.end());
    }
    return sentences;
}

}  // namespace pigsty::module::pgsql
