#include "core/module/minio/objects.h"

#include <algorithm>

#include "core/base/quote.h"
#include "core/converge/shared_secrets.h"
#include "core/module/minio/files.h"
#include "core/node/secrets.h"

namespace pigsty::module::minio {
namespace {

using converge::Site;
using converge::StepContext;

template <class T>
std::set<std::string> gone(const Named<T>& prior, const Named<T>& planned) {
    std::set<std::string> names;
    for (const auto& [name, value] : prior)
        if (!planned.contains(name)) names.insert(name);
    return names;
}

std::string local(const std::string& name) { return shell_quote("local/" + name); }

// Each step in a line, so that an error names it; what the client prints of users may hold their secret and is not shown.
class Script {
  public:
    explicit Script(const MinioCluster& cluster)
        : text_(client_functions(cluster) +
                "step() { out=$(mc \"$@\" 2>&1 </dev/null) || { printf '%s\\n' \"minio-client $1 $2: $out\" >&2; exit "
                "1; }; }\n"
                "steps() { what=$1; shift; out=$(mc \"$@\" 2>&1) || { printf '%s\\n' \"minio-client $what: $out\" >&2; "
                "exit 1; }; }\n") {}

    void step(const std::string& arguments) { text_ += "step " + arguments + "\n"; }
    void line(const std::string& line) { text_ += line + "\n"; }
    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

void set_bucket(Script& script, const std::string& name, const Bucket& wanted, const Look& look) {
    const auto found = look.buckets.find(name);
    const BucketLook seen = found == look.buckets.end() ? BucketLook{} : found->second;
    if (found == look.buckets.end())
        script.step(std::string("mb --ignore-existing ") + (wanted.object_lock ? "--with-lock " : "") + local(name));
    // A lock turns versioning on by itself.
    if (!wanted.object_lock && wanted.versioning != (seen.versioning == "Enabled"))
        script.step(std::string("version ") + (wanted.versioning ? "enable " : "suspend ") + local(name));
    if (wanted.quota)
        script.step("quota set " + local(name) + " --size " + std::to_string(bytes_of(*wanted.quota)));
    else if (seen.quota)
        script.step("quota clear " + local(name));
}

void set_policy(Script& script, const std::string& name, const std::string& text) {
    script.line("printf %s " + shell_quote(text) + " | steps 'admin policy create' admin policy create local " +
                shell_quote(name) + " /dev/stdin || exit 1");
}

void set_user(Script& script, const MinioCluster& cluster, const std::string& name, const User& wanted,
              const Look& look) {
    const auto found = look.users.find(name);
    const std::string user = shell_quote(name);
    if (found == look.users.end() || found->second.login != Login::works) {
        const std::string file =
            shell_quote(node::secrets_folder(secret_scope(cluster.name)) + "/" + secret_name(name, wanted));
        script.line("{ printf '%s\\n' " + user + "; sed 1d " + file +
                    "; echo; } | steps 'admin user add' admin user add local || exit 1");
    }
    if (found != look.users.end() && !found->second.enabled) script.step("admin user enable local " + user);
    const std::set<std::string> has = found == look.users.end() ? std::set<std::string>{} : found->second.policies;
    const std::set<std::string> wants = policies_of(wanted);
    for (const std::string& policy : wants)
        if (!has.contains(policy)) script.step("admin policy attach local " + shell_quote(policy) + " --user " + user);
    for (const std::string& policy : has)
        if (!wants.contains(policy))
            script.step("admin policy detach local " + shell_quote(policy) + " --user " + user);
}

std::set<std::string> names_of(const std::vector<Difference>& differences, Kind kind) {
    std::set<std::string> names;
    for (const Difference& difference : differences)
        if (difference.kind == kind) names.insert(difference.name);
    return names;
}

// Policies before users, who need them; what goes in the opposite order.
std::string script_for(const MinioCluster& cluster, const Look& look, const std::vector<Difference>& differences,
                       const Changes& changes) {
    Script script(cluster);
    const auto buckets = buckets_of(cluster);
    const auto policies = policies_of(cluster);
    const auto users = users_of(cluster);
    for (const std::string& name : names_of(differences, Kind::bucket))
        set_bucket(script, name, buckets.at(name), look);
    for (const std::string& name : names_of(differences, Kind::policy)) set_policy(script, name, policies.at(name));
    for (const std::string& name : names_of(differences, Kind::user))
        set_user(script, cluster, name, users.at(name), look);
    const auto remove = [&](const std::string& shows, const std::string& removes) {
        script.line("if mc " + shows + " >/dev/null 2>&1 </dev/null; then step " + removes + "; fi");
    };
    for (const std::string& name : changes.users)
        remove("admin user info local " + shell_quote(name), "admin user remove local " + shell_quote(name));
    for (const std::string& name : changes.policies)
        remove("admin policy info local " + shell_quote(name), "admin policy rm local " + shell_quote(name));
    // Without force: the server itself refuses one that holds objects.
    for (const std::string& name : changes.buckets) remove("stat " + local(name), "rb " + local(name));
    return script.take();
}

Result<Look> look_now(const MinioCluster& cluster, Site& site, StepContext& context) {
    TRY(const auto seen, site.node->observe_now({look_probe(cluster)}, context.cancel()));
    Look look = read_look(seen.command(look_probe(cluster).key));
    if (!look.serves)
        return fail(Error{.code = ErrorCode::failed,
                          .message = "MinIO cluster " + cluster.name + " does not answer its administration"}
                        .at_host(site.member.name)
                        .with_hint("journalctl -u minio on its members says why; then apply again"));
    return look;
}

std::vector<Difference> to_be_repaired(const MinioCluster& cluster, const Look& look, const Changes& changes) {
    std::vector<Difference> all = differences(cluster, look);
    if (changes.leaves_alone)
        std::erase_if(all, [&](const Difference& one) { return changes.leaves_alone(one.sentence(cluster)); });
    return all;
}

}  // namespace

Changes changes_between(const MinioCluster& prior, const MinioCluster& planned) {
    return {.buckets = gone(buckets_of(prior), buckets_of(planned)),
            .users = gone(users_of(prior), users_of(planned)),
            .policies = gone(policies_of(prior), policies_of(planned))};
}

Status keep_secrets(const MinioCluster& cluster, StepContext& context) {
    const std::string scope = secret_scope(cluster.name);
    std::vector<std::string> made{kRootSecret};
    node::StoredSecrets given;
    for (const auto& [name, user] : users_of(cluster)) {
        if (!user.secret_wo_version)
            made.push_back(secret_name(name, user));
        else if (user.secret_wo)
            given.insert_or_assign(
                secret_name(name, user),
                node::StoredSecret{.generation = static_cast<int>(*user.secret_wo_version), .value = *user.secret_wo});
    }
    std::vector<std::string> names = made;
    for (const auto& [name, secret] : given) names.push_back(name);
    std::vector<node::NodePtr> nodes;
    bool all_are_there = true;
    for (const auto& site : context.sites()) {
        nodes.push_back(site->node);
        TRY(const auto stored, node::read_secrets(*site->node, scope, names, context.cancel()));
        all_are_there =
            all_are_there && std::ranges::all_of(made, [&](const auto& name) { return stored.contains(name); });
        for (const auto& [name, secret] : given) {
            const auto found = stored.find(name);
            all_are_there = all_are_there && found != stored.end() && found->second.generation == secret.generation;
        }
    }
    if (all_are_there) return {};
    TRY_VOID(context.begin_changes());
    TRY_VOID(converge::ensure_secrets(context, scope, made));
    if (!given.empty()) TRY_VOID(node::store_secrets(nodes, scope, given, context.cancel()));
    return {};
}

Status wait_until_it_serves(const MinioCluster& cluster, Site& site, StepContext& context) {
    return context.wait_for(
        {.fact = cluster.name + " takes writes", .node = site.node, .unit = kUnit}, [&]() -> Result<converge::Look> {
            TRY(const auto result, site.node->request({node::RunScript{.text = client_functions(cluster) + "serves\n",
                                                                       .may_fail = true,
                                                                       .writes = false}},
                                                      context.cancel()));
            return converge::Look{.reached = result.back().status == 0, .moved = {}};
        });
}

Status converge_objects(const MinioCluster& cluster, const Changes& changes, Site& site, StepContext& context) {
    TRY(const Look look, look_now(cluster, site, context));
    const std::vector<Difference> found = to_be_repaired(cluster, look, changes);
    if (found.empty() && !changes.removes()) return {};
    const auto begun = Cancel::Clock::now();
    TRY_VOID(context.begin_changes());
    TRY_VOID(context.request(site, {node::RunScript{.text = script_for(cluster, look, found, changes)}}));
    context.changed_something(site);
    TRY(const Look after, look_now(cluster, site, context));
    if (const auto left = to_be_repaired(cluster, after, changes); !left.empty())
        return fail(Error{.code = ErrorCode::failed,
                          .message = "set, but the server does not have it: " + left.front().sentence(cluster)}
                        .at_host(site.member.name));
    context.report(site, "buckets, policies and users", begun);
    return {};
}

}  // namespace pigsty::module::minio
