#include "core/module/minio/look.h"

#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/base/number.h"
#include "core/base/quote.h"
#include "core/base/text.h"
#include "core/item/path_state.h"
#include "core/item/reservation.h"
#include "core/module/minio/files.h"
#include "core/module/minio/policy.h"
#include "core/node/own_folder.h"

namespace pigsty::module::minio {
namespace {

using nlohmann::json;

// A client takes longer to start than its answer: four ask side by side. Whether a user's secret is the one that we keep, only
// a login tells (its configuration never touches a disk, and nothing of it is on a command line).
constexpr const char* kPieces = R"sh(
pieces=$(mktemp -d /run/minio-look.XXXXXX) || { echo unready; exit 0; }
trap 'rm -rf -- "$pieces"' EXIT
count=0
piece() {
  count=$((count + 1))
  "$@" >"$pieces/$count" &
  [ $((count % 4)) -ne 0 ] || wait
}
said() { timeout 30 minio-client --config-dir "$conf" --json "$@" 2>&1 </dev/null | tr '\n' ' '; echo; }
# object KIND NAME COMMAND…: begins what is said of one.
object() { echo "$1 $2"; shift 2; said "$@"; }
objects_in() { mc ls --recursive --versions "local/$1" 2>/dev/null </dev/null | head -n "$2" | wc -l; }
login() {
  [ -e "$2" ] || { echo unkept; return; }
  d=$(mktemp -d /run/minio-login.XXXXXX) || return
  perl -e '
    my ($url, $key, $file) = @ARGV;
    open my $in, "<", $file or exit 1;
    local $/; my $secret = <$in>; $secret =~ s/^[^\n]*\n//; $secret =~ s/(["\\])/\\$1/g;
    print qq({"version":"10","aliases":{"login":{"url":"$url","accessKey":"$key","secretKey":"$secret","api":"S3v4","path":"auto"}}});
  ' "$url" "$1" "$2" >"$d/config.json"
  out=$(timeout 30 minio-client --config-dir "$d" --json ls login/ 2>&1 </dev/null) && out="works $out"
  rm -rf "$d"
  case $out in
    works*|*AccessDenied*) echo works ;;
    *SignatureDoesNotMatch*) echo other ;;
    *InvalidAccessKeyId*) echo absent ;;
    *) echo unknown ;;
  esac
}
)sh";

std::string look_script(const MinioCluster& cluster) {
    std::string script = client_functions(cluster) + "url=" + shell_quote(url_of(cluster, "127.0.0.1")) +
                         "\n[ -e \"$conf/config.json\" ] || exit 0\nserves || { echo unready; exit 0; }\n" + kPieces;
    for (const auto& [name, bucket] : buckets_of(cluster)) {
        const std::string at = shell_quote("local/" + name);
        script += "piece object bucket " + shell_quote(name) + " stat " + at + "\npiece said quota info " + at +
                  "\npiece objects_in " + shell_quote(name) + " " + std::to_string(kMostCounted) + "\n";
    }
    for (const auto& [name, user] : users_of(cluster)) {
        const std::string file = node::secrets_folder(secret_scope(cluster.name)) + "/" + secret_name(name, user);
        const std::string quoted = shell_quote(name);
        script += "piece object user " + quoted + " admin user info local " + quoted + "\npiece login " + quoted + " " +
                  shell_quote(file) + "\n";
    }
    for (const auto& [name, text] : policies_of(cluster))
        script += "piece object policy " + shell_quote(name) + " admin policy info local " + shell_quote(name) + "\n";
    script +=
        "wait\necho serves\nat=0\n"
        "while [ \"$at\" -lt \"$count\" ]; do at=$((at + 1)); cat \"$pieces/$at\"; done\n";
    return script;
}

// Nothing where the client said that there is no such thing.
std::optional<json> answer(const std::string& line) {
    json parsed = json::parse(line, nullptr, false);
    if (!parsed.is_object() || parsed.value("status", "") != "success") return std::nullopt;
    return parsed;
}

// A member that may be missing, or of another type.
json member(const json& object, const char* name) {
    return object.is_object() && object.contains(name) ? object[name] : json();
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : ""; }

Login login_of(const std::string& word) {
    if (word == "works") return Login::works;
    if (word == "other") return Login::other_secret;
    if (word == "absent") return Login::no_such_user;
    return Login::unknown;
}

void compare_bucket(const std::string& name, const Bucket& wanted, const Look& look, std::vector<Difference>& all) {
    const auto differ = [&](std::string text) { all.push_back({Kind::bucket, name, std::move(text)}); };
    const auto found = look.buckets.find(name);
    if (found == look.buckets.end()) return differ("is not there");
    const BucketLook& seen = found->second;
    if (wanted.versioning != (seen.versioning == "Enabled"))
        differ(std::string("versioning is ") + (wanted.versioning ? "off, expected on" : "on, expected off"));
    if (wanted.object_lock != seen.object_lock)
        differ(std::string("object lock is ") + (wanted.object_lock ? "off, expected on" : "on, expected off"));
    const std::optional<std::int64_t> quota = wanted.quota ? std::optional(bytes_of(*wanted.quota)) : std::nullopt;
    const auto shown = [](const std::optional<std::int64_t>& bytes) {
        return bytes ? std::to_string(*bytes) + " bytes" : std::string("none");
    };
    if (quota != seen.quota) differ("quota is " + shown(seen.quota) + ", expected " + shown(quota));
}

std::string listed(const std::set<std::string>& names) {
    return names.empty() ? "none" : item::join({names.begin(), names.end()});
}

void compare_user(const std::string& name, const User& wanted, const Look& look, std::vector<Difference>& all) {
    const auto differ = [&](std::string text) { all.push_back({Kind::user, name, std::move(text)}); };
    const auto found = look.users.find(name);
    if (found == look.users.end()) return differ("is not there");
    const UserLook& seen = found->second;
    if (!seen.enabled) differ("is disabled");
    if (seen.policies != policies_of(wanted))
        differ("policies are " + listed(seen.policies) + ", expected " + listed(policies_of(wanted)));
    if (seen.login == Login::other_secret) differ("has another secret");
}

}  // namespace

node::Probe look_probe(const MinioCluster& cluster) { return {node::ProbeKind::command, look_script(cluster)}; }

item::ItemPtr look_item(const MinioCluster& cluster) {
    return std::make_shared<item::ReservationItem>("minio objects", node::Probes{look_probe(cluster)});
}

Look read_look(std::string_view said) {
    Look look;
    std::istringstream lines{std::string(said)};
    std::string line;
    look.asked = static_cast<bool>(std::getline(lines, line)) && !line.empty();
    look.serves = line == "serves";
    while (look.serves && std::getline(lines, line)) {
        const auto space = line.find(' ');
        const std::string what = line.substr(0, space);
        const std::string name = space == std::string::npos ? "" : line.substr(space + 1);
        std::string first;
        std::getline(lines, first);
        const auto found = answer(first);
        // Any other refusal says nothing of what is there.
        if (!found && !first.contains("does not exist")) look.serves = false;
        if (what == "bucket") {
            std::string quota;
            std::string count;
            std::getline(lines, quota);
            std::getline(lines, count);
            if (!found) continue;
            BucketLook bucket{.versioning = text_of(member(member(*found, "Versioning"), "status"))};
            bucket.object_lock = text_of(member(member(*found, "ObjectLock"), "enabled")) == "Enabled";
            if (const auto limit = answer(quota))
                if (const json bytes = member(*limit, "quota"); bytes.is_number_integer() && bytes > 0)
                    bucket.quota = bytes.get<std::int64_t>();
            bucket.objects = number_in(trimmed(count)).value_or(0);
            look.buckets.emplace(name, std::move(bucket));
        } else if (what == "user") {
            std::string login;
            std::getline(lines, login);
            if (!found) continue;
            UserLook user{.enabled = text_of(member(*found, "userStatus")) == "enabled", .login = login_of(login)};
            std::istringstream names(text_of(member(*found, "policyName")));
            for (std::string policy; std::getline(names, policy, ',');) user.policies.insert(policy);
            look.users.emplace(name, std::move(user));
        } else if (what == "policy" && found) {
            const json text = member(member(*found, "policyInfo"), "Policy");
            look.policies.emplace(name, text.is_string() ? text.get<std::string>() : text.dump());
        }
    }
    return look;
}

std::string_view word(Kind kind) {
    switch (kind) {
        case Kind::bucket: return "bucket";
        case Kind::user: return "user";
        case Kind::policy: return "policy";
    }
    return "?";
}

std::string Difference::sentence(const MinioCluster& cluster) const {
    return cluster.name + " " + std::string(word(kind)) + " " + name + ": " + text;
}

std::vector<Difference> differences(const MinioCluster& cluster, const Look& look) {
    std::vector<Difference> all;
    for (const auto& [name, bucket] : buckets_of(cluster)) compare_bucket(name, bucket, look, all);
    for (const auto& [name, text] : policies_of(cluster)) {
        const auto found = look.policies.find(name);
        if (found == look.policies.end())
            all.push_back({Kind::policy, name, "is not there"});
        else if (policy_meaning(found->second) != policy_meaning(text))
            all.push_back({Kind::policy, name, "says something else"});
    }
    for (const auto& [name, user] : users_of(cluster)) compare_user(name, user, look, all);
    return all;
}

}  // namespace pigsty::module::minio
