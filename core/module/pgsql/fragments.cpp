#include "core/module/pgsql/fragments.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <sstream>

#include <spdlog/fmt/fmt.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/reservation.h"
#include "core/node/lease.h"
#include "core/node/parallel.h"
#include "core/render/pgbouncer.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::string_view kUserlist = "userlist";
constexpr std::string_view kDatabases = "database";
constexpr std::string_view kUserOptions = "useropts";
constexpr std::size_t kMembersAtATime = 32;

// The lists are what pgbouncer can read, and no more: owner postgres, 0600. It has no checker of its own: it is told to
// reload, and what it says then decides.
constexpr const char* kAssemble = R"sh(set -eu
export LC_ALL=C
umask 077
dir=/etc/pgbouncer
fragments=$dir/fragments
exec 9>/run/pigsty-pgbouncer.lock
flock 9
mkdir -p "$fragments/userlist.d" "$fragments/database.d" "$fragments/useropts.d"
put_together() {
    # The superuser comes in by peer authentication alone; pgbouncer must know the name.
    [ "$1" != userlist ] || printf '"postgres" ""\n'
    find "$fragments/$1.d" -type f ! -name '.*' -print0 | sort -z | xargs -0 -r cat
}
changed=
for name in userlist database useropts; do
    list=$dir/$name.txt
    new=$dir/.$name.txt.new
    put_together "$name" >"$new"
    chown postgres:postgres "$new"
    if [ -e "$list" ] && cmp -s "$new" "$list"; then
        rm -f "$new"
        chown postgres:postgres "$list"
        chmod 0600 "$list"
        continue
    fi
    rm -f "$dir/.$name.txt.old"
    [ ! -e "$list" ] || cp -p "$list" "$dir/.$name.txt.old"
    sync "$new"
    mv "$new" "$list"
    changed="$changed $name"
done
sync "$dir"
if [ -n "$changed" ] && systemctl is-active -q pgbouncer.service; then
    port=$(sed -n 's/^listen_port *= *//p' "$dir/listen.ini")
    console() {
        runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -h /run/postgresql -p "$port" -U postgres -d pgbouncer -c "$1" 2>&1
    }
    # RELOAD says yes to anything; what it minds, and that it goes on with what it had, stands in its log alone.
    reload() {
        seen=$(stat -c %s "$log" 2>/dev/null || echo 0)
        problem=$(console RELOAD) || return 1
        problem=$(tail -c "+$((seen + 1))" "$log" 2>/dev/null | grep -E ' (ERROR|WARNING|FATAL) ' || true)
        case $problem in *'config file loading failed'* | *'broken auth file'*) return 1 ;; esac
        problem=$(console 'SHOW CONFIG')
    }
    log=$(sed -n 's/^logfile *= *//p' "$dir/pgbouncer.ini")
    if ! reload; then
        for name in $changed; do
            if [ -e "$dir/.$name.txt.old" ]; then mv "$dir/.$name.txt.old" "$dir/$name.txt"; else : >"$dir/$name.txt"; fi
        done
        console RELOAD >/dev/null || true
        printf 'pgbouncer does not take its new lists:\n%s\n' "$problem" >&2
        exit 1
    fi
fi
for name in $changed; do rm -f "$dir/.$name.txt.old"; done
)sh";

// `sha256sum` names each fragment as "DIGEST  ./userlist.d/app".
constexpr const char* kShowFragments = R"sh(cd /etc/pgbouncer/fragments 2>/dev/null || exit 0
LC_ALL=C
export LC_ALL
find . -type f ! -name '.*' -print0 | sort -z | xargs -0 -r sha256sum
)sh";

std::string kept(const std::string& path) {
    const auto slash = path.rfind('/');
    return path.substr(0, slash + 1) + "." + path.substr(slash + 1) + ".before";
}

// Remembers the fragments as they are; the folders may not be there yet.
std::string keep_script(const std::set<std::string>& paths) {
    std::string script = "set -eu\numask 077\n";
    for (const std::string_view list : {kUserlist, kDatabases, kUserOptions})
        script += fmt::format("mkdir -p {}/{}.d\n", kFragmentFolder, list);
    script += fmt::format("chmod 0700 {}\n", kFragmentFolder);
    for (const std::string& path : paths) {
        const std::string now = shell_quote(path);
        const std::string before = shell_quote(kept(path));
        script += fmt::format("rm -f {1}\n[ ! -e {0} ] || cp -p {0} {1}\n", now, before);
    }
    return script;
}

std::string put_back_script(const std::set<std::string>& paths) {
    std::string script = "set -eu\n";
    for (const std::string& path : paths) {
        const std::string now = shell_quote(path);
        const std::string before = shell_quote(kept(path));
        script += fmt::format("if [ -e {1} ]; then mv {1} {0}; else rm -f {0}; fi\n", now, before);
    }
    return script;
}

std::string forget_script(const std::set<std::string>& paths) {
    std::string script = "rm -f";
    for (const std::string& path : paths) script += " " + shell_quote(kept(path));
    return script + "\n";
}

Error refused(const Reached& member, const node::OperationResult& result) {
    return Error{.code = ErrorCode::failed, .message = "pgbouncer's lists cannot be put together"}
        .at_host(member.name)
        .with_output(result.err.empty() ? result.out : result.err)
        .with_hint("see `journalctl -u pgbouncer` there; the lists are as they were");
}

bool as_wanted(const node::PathState& seen, const std::optional<Secret>& text) {
    if (!text) return seen.type == node::PathType::absent;
    return seen.type == node::PathType::file && seen.digest == sha256_hex(text->reveal()) && seen.mode == 0600;
}

// Writes what differs; where pgbouncer does not take it, the fragments come back as they were.
Status write_member(const Reached& member, const Fragments& wanted, bool resumed, const node::Observation& seen,
                    const Cancel& cancel) {
    std::set<std::string> differing;
    for (const auto& [path, text] : wanted)
        if (!as_wanted(seen.path(path), text)) differing.insert(path);
    if (differing.empty() && !resumed) return {};
    std::vector<node::Operation> operations{node::RunScript{.text = keep_script(differing)}};
    for (const std::string& path : differing) {
        const auto& text = wanted.at(path);
        if (text)
            operations.emplace_back(node::PutFile{.path = path, .content = std::string(text->reveal()), .mode = 0600});
        else
            operations.emplace_back(node::RemoveFile{.path = path});
    }
    operations.emplace_back(node::RunScript{.text = assemble_lists_script()});
    if (!differing.empty()) operations.emplace_back(node::RunScript{.text = forget_script(differing)});
    const std::size_t asked = operations.size();
    TRY(const auto results, member.node->request(std::move(operations), cancel));
    if (results.size() == asked && results.back().status == 0) return {};
    if (!differing.empty())
        TRY_VOID(member.node->request({node::RunScript{.text = put_back_script(differing)},
                                       node::RunScript{.text = assemble_lists_script(), .may_fail = true}},
                                      cancel));
    return fail(refused(member, results.back()));
}

class FragmentsItem final : public item::ReservationItem {
  public:
    using item::ReservationItem::ReservationItem;
    [[nodiscard]] node::Probes probes() const override { return {fragments_probe()}; }
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override {
        node::ClaimedItem claimed = item::ReservationItem::claimed(seen);
        claimed.probes = {fragments_probe()};
        return claimed;
    }
};

std::optional<Secret> line(const std::string& text) { return Secret(text + "\n"); }

}  // namespace

std::string fragment_path(std::string_view list, std::string_view name) {
    std::string file = percent_encode(name);
    // Hidden files are ours for other purposes, "." and ".." are none.
    if (file.starts_with('.')) file.replace(0, 1, "%2E");
    return fmt::format("{}/{}.d/{}", kFragmentFolder, list, file);
}

Result<Fragments> fragments_of(const PgUser& user, const std::optional<Secret>& verifier, bool live) {
    Fragments fragments;
    auto& login = fragments[fragment_path(kUserlist, user.name)];
    auto& options = fragments[fragment_path(kUserOptions, user.name)];
    if (!live) return fragments;
    if (user.pgbouncer) {
        // No password: nobody logs in with one, which is what an empty one means to pgbouncer.
        TRY(const std::string text, render::pgbouncer_user_line(user.name, verifier ? verifier->reveal() : ""));
        login = line(text);
    }
    TRY(const auto text, render::pgbouncer_user_options_line(
                             {.name = user.name, .pool_mode = user.pool_mode, .pool_connlimit = user.pool_connlimit}));
    if (text) options = line(*text);
    return fragments;
}

Result<Fragments> fragments_of(const PgDatabase& database, const PgCluster& cluster, bool live) {
    Fragments fragments;
    auto& fragment = fragments[fragment_path(kDatabases, database.name)];
    if (!live || !database.pgbouncer) return fragments;
    TRY(const std::string text, render::pgbouncer_database_line({.name = database.name,
                                                                 .port = cluster.port,
                                                                 .auth_query = database.pool_auth_user.has_value(),
                                                                 .pool_mode = database.pool_mode,
                                                                 .pool_size = database.pool_size,
                                                                 .pool_size_min = database.pool_size_min,
                                                                 .pool_reserve = database.pool_reserve,
                                                                 .pool_connlimit = database.pool_connlimit}));
    fragment = line(text);
    return fragments;
}

std::string assemble_lists_script() { return kAssemble; }

node::Probe fragments_probe() { return {node::ProbeKind::command, kShowFragments}; }

item::ItemPtr fragments_item() { return std::make_shared<FragmentsItem>("pgbouncer fragments"); }

std::vector<std::string> fragment_drift(const Fragments& wanted, const std::string& member,
                                        const node::Observation& seen) {
    const std::string shown = seen.command(kShowFragments);
    std::map<std::string, std::string> digests;  // by path
    std::istringstream lines(shown);
    for (std::string digest, path; lines >> digest >> path;)
        if (path.starts_with("./")) digests[kFragmentFolder + path.substr(1)] = digest;
    std::vector<std::string> sentences;
    const std::size_t prefix = std::string_view(kFragmentFolder).size() + 1;
    for (const auto& [path, text] : wanted) {
        const auto found = digests.find(path);
        const std::string subject = "pgbouncer " + member + ": " + path.substr(prefix);
        if (!text && found != digests.end())
            sentences.push_back(subject + " is there");
        else if (text && found == digests.end())
            sentences.push_back(subject + " is missing");
        else if (text && found->second != sha256_hex(text->reveal()))
            sentences.push_back(subject + " differs");
    }
    return sentences;
}

Status put_fragments(ClusterSession& session, const Fragments& wanted, bool resumed, const Operation& operation,
                     const Cancel& cancel) {
    const PgCluster& cluster = session.cluster();
    if (!cluster.pgbouncer.enabled) return {};
    const std::vector<Reached> members = session.reach_members(cancel);
    if (members.empty()) return fail(ErrorCode::unreachable, "no machine of " + cluster.name + " answers");
    if (members.size() < cluster.instances.size() && operation.warnings != nullptr) {
        std::string silent;
        for (const auto& [number, instance] : cluster.instances) {
            const std::string name = member_name(cluster, number);
            if (std::ranges::find(members, name, &Reached::name) == members.end())
                silent += (silent.empty() ? "" : ", ") + name;
        }
        operation.warnings->push_back(silent +
                                      " did not answer: pgbouncer's lists there are as they were until the next apply");
    }
    std::vector<node::LeaseWish> wishes;
    for (const Reached& member : members) {
        node::LeaseWish wish{.node = member.node};
        for (const auto& [path, text] : wanted) wish.probes.insert({node::ProbeKind::path, path});
        wishes.push_back(std::move(wish));
    }
    TRY(const node::Leased leased,
        node::lease_all(std::move(wishes), operation.name, operation.lock_timeout, cancel, kMembersAtATime));
    return node::first_failure(node::in_parallel(members.size(), kMembersAtATime, [&](std::size_t i) {
        return write_member(members[i], wanted, resumed, leased.seen.at(members[i].node->address().address), cancel);
    }));
}

Result<std::vector<std::string>> fragment_drift(const ClusterSession& session, const Fragments& wanted,
                                                const Cancel& cancel) {
    std::vector<std::string> sentences;
    const bool any = std::ranges::any_of(wanted, [](const auto& fragment) { return fragment.second.has_value(); });
    if (!session.cluster().pgbouncer.enabled || !any) return sentences;
    for (const Reached& member : session.reach_members(cancel)) {
        // One that stopped answering is the cluster's own warning.
        const auto seen = member.node->observe({fragments_probe()}, cancel);
        if (!seen) continue;
        const auto more = fragment_drift(wanted, member.name, *seen);
        sentences.insert(sentences.end(), more.begin(), more.end());
    }
    return sentences;
}

}  // namespace pigsty::module::pgsql
