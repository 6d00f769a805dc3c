#include "core/client/etcd.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"

namespace pigsty::client {
namespace {

// The first line of standard input is root's password.
constexpr const char* kLogin = "IFS= read -r ETCDCTL_PASSWORD\nexport ETCDCTL_USER=root ETCDCTL_PASSWORD\n";

// etcd changes its members only when it has seen a quorum connected for five seconds.
std::string patiently(const std::string& command) {
    return "left=30\nuntil said=$(" + command + R"( 2>&1); do
  left=$((left - 1))
  case $said in *"unhealthy cluster"*) [ "$left" -le 0 ] || { sleep 1; continue; } ;; esac
  printf '%s\n' "$said" >&2
  exit 1
done
)";
}

}  // namespace

std::string etcd_environment(const std::vector<std::string>& endpoints) {
    std::string all;
    for (const std::string& endpoint : endpoints) all += (all.empty() ? "" : ",") + endpoint;
    return "export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=" + shell_quote(all) + " ETCDCTL_CACERT=" + kEtcdCaFile +
           " ETCDCTL_CERT=" + kEtcdClientCertificate + " ETCDCTL_KEY=" + kEtcdClientKey + "\n";
}

// etcdctl refuses a flag whose variable is set. Who we are is asked after the quorum was: both refusals prove it. A silent endpoint is not waited for by the minute.
std::string etcd_reads_function() {
    return R"sh(reads() (
  unset ETCDCTL_USER ETCDCTL_PASSWORD
  said=$(ETCDCTL_ENDPOINTS=$1 etcdctl --dial-timeout=5s --command-timeout=5s get health 2>&1) && exit 0
  case $said in *"user name is empty"* | *"permission denied"*) exit 0 ;; esac
  printf '%s: %s\n' "$1" "$(printf '%s' "$said" | tail -n 1)" >&2
  exit 1
)
)sh";
}

std::string etcd_question_script(std::int64_t port, const std::vector<EtcdQuestion>& questions) {
    std::string all;
    for (const EtcdQuestion& question : questions) {
        const bool is_last = &question == &questions.back();
        all += "POST /v3/" + question.path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
               (is_last ? "Connection: close\r\n" : "") + "Content-Length: " + std::to_string(question.body.size()) +
               "\r\n\r\n" + question.body;
    }
    const std::string ask =
        "printf %s " + shell_quote(all) +
        " | timeout 5 openssl s_client -quiet -verify_return_error -connect 127.0.0.1:" + std::to_string(port) +
        " -CAfile " + kEtcdCaFile + " -cert " + kEtcdClientCertificate + " -key " + kEtcdClientKey + " 2>/dev/null";
    return "[ -e " + std::string(kEtcdClientKey) + " ] || exit 0\nfor try in 1 2 3; do\n  said=$(" + ask +
           ") || :\n  case $said in *\"leader changed\"*) ;; *) break ;; esac\ndone\nprintf '%s\\n' \"$said\"\n";
}

std::vector<std::string> etcd_answers(std::string_view printed) {
    static constexpr std::string_view kReply = "HTTP/1.1 ";
    static constexpr std::string_view kEndOfHead = "\r\n\r\n";
    std::vector<std::string> answers;
    auto at = printed.find(kReply);
    while (at != std::string_view::npos) {
        const auto next = printed.find(kReply, at + kReply.size());
        const std::string_view reply = printed.substr(at, next == std::string_view::npos ? next : next - at);
        const auto body = reply.find(kEndOfHead);
        if (body != std::string_view::npos) answers.emplace_back(reply.substr(body + kEndOfHead.size()));
        at = next;
    }
    return answers;
}

// In a status: "errors": ["memberID:10501334649042878790 alarm:NOSPACE ", "etcdserver: no leader"].
std::set<std::string> etcd_alarms(std::string_view status) {
    static constexpr std::string_view kAlarm = "alarm:";
    std::set<std::string> alarms;
    for (auto at = status.find(kAlarm); at != std::string_view::npos; at = status.find(kAlarm, at)) {
        at += kAlarm.size();
        alarms.emplace(status.substr(at, status.find_first_of(" \n\"", at) - at));
    }
    return alarms;
}

namespace {

// The answer of `etcdctl endpoint status -w json`; nothing where it is none.
std::vector<EtcdStatus> status_from_json(std::string_view text) {
    std::vector<EtcdStatus> all;
    const auto reply = nlohmann::json::parse(text, nullptr, false);
    if (!reply.is_array()) return all;
    for (const auto& entry : reply) {
        if (!entry.is_object() || !entry.contains("Status") || !entry.at("Status").is_object()) continue;
        const nlohmann::json& found = entry.at("Status");
        const nlohmann::json header = found.value("header", nlohmann::json::object());
        EtcdStatus status{.endpoint = entry.value("Endpoint", ""),
                          .member = header.value("member_id", std::uint64_t{0}),
                          .leader = found.value("leader", std::uint64_t{0}),
                          .revision = header.value("revision", std::uint64_t{0}),
                          .db_size = found.value("dbSize", std::uint64_t{0}),
                          .alarms = {}};
        for (const auto& error : found.value("errors", std::vector<std::string>()))
            status.alarms.merge(etcd_alarms(error));
        all.push_back(std::move(status));
    }
    return all;
}

}  // namespace

std::map<std::string, std::string> etcd_values(std::string_view printed) {
    std::map<std::string, std::string> values;
    const auto reply = nlohmann::json::parse(printed, nullptr, false);
    if (!reply.is_object()) return values;
    for (const auto& entry : reply.value("kvs", nlohmann::json::array())) {
        const auto key = base64_decode(entry.value("key", ""));
        if (key) values[*key] = base64_decode(entry.value("value", "")).value_or("");
    }
    return values;
}

std::string Etcd::exports(bool login) const {
    return "set -e\n" + etcd_environment(target_.endpoints) + (login ? kLogin : "");
}

Result<std::string> Etcd::run(const std::string& body, const std::string& input, const std::string& what, bool writes,
                              const Cancel& cancel) const {
    const node::RunScript script{.text = exports(true) + body,
                                 .input = std::string(target_.root_password.reveal()) + "\n" + input,
                                 .may_fail = true,
                                 .writes = writes};
    TRY(auto results, target_.node->request({script}, cancel));
    TRY_VOID(said_no(results.back(), what));
    return std::move(results.back().out);
}

Status Etcd::said_no(const node::OperationResult& result, const std::string& what) const {
    if (result.status == 0) return {};
    return fail(Error{.code = ErrorCode::failed, .message = "etcd: cannot " + what}
                    .at_host(target_.node->address().address)
                    .with_output(result.err + result.out)
                    .with_hint("see `journalctl -u etcd` on the members"));
}

Result<std::vector<std::string>> Etcd::healthy(const Cancel& cancel) const {
    std::string body = etcd_reads_function();
    for (const std::string& endpoint : target_.endpoints)
        body += "{ reads " + shell_quote(endpoint) + " 2>/dev/null && echo " + shell_quote(endpoint) + "; } &\n";
    const node::RunScript script{.text = exports(false) + body + "wait\n", .writes = false};
    TRY(const auto results, target_.node->request({script}, cancel));
    std::vector<std::string> endpoints;
    for (const std::string& endpoint : target_.endpoints)
        if (("\n" + results.back().out).contains("\n" + endpoint + "\n")) endpoints.push_back(endpoint);
    return endpoints;
}

Status Etcd::prove_login(const Cancel& cancel) const {
    TRY_VOID(run("etcdctl user get root >/dev/null\n", "", "log in as root", false, cancel));
    return {};
}

Result<std::vector<EtcdStatus>> Etcd::status(const Cancel& cancel) const {
    TRY(const std::string answer,
        run("etcdctl endpoint status -w json 2>/dev/null || true\n", "", "read the members' state", false, cancel));
    return status_from_json(answer);
}

Result<std::vector<EtcdMember>> Etcd::members(const Cancel& cancel) const {
    TRY(const std::string answer, run("etcdctl member list -w json\n", "", "list the members", false, cancel));
    const auto reply = nlohmann::json::parse(answer, nullptr, false);
    if (!reply.is_object() || !reply.contains("members"))
        return fail(Error{.code = ErrorCode::failed, .message = "etcd: expected its members as JSON"}
                        .at_host(target_.node->address().address)
                        .with_output(answer));
    std::vector<EtcdMember> members;
    for (const auto& entry : reply.at("members")) {
        members.push_back({.id = fmt::format("{:x}", entry.value("ID", std::uint64_t{0})),
                           .name = entry.value("name", ""),
                           .peer_urls = entry.value("peerURLs", std::vector<std::string>())});
    }
    return members;
}

Status Etcd::remove_member(const std::string& id, const Cancel& cancel) const {
    TRY_VOID(run(patiently("etcdctl member remove " + shell_quote(id)), "", "remove the member " + id, true, cancel));
    return {};
}

Status Etcd::add_member(const std::string& name, const std::string& peer_url, const Cancel& cancel) const {
    TRY_VOID(run(patiently("etcdctl member add " + shell_quote(name) + " --peer-urls=" + shell_quote(peer_url)), "",
                 "add the member " + name, true, cancel));
    return {};
}

Status Etcd::compact(std::uint64_t revision, const std::vector<std::string>& endpoints, const Cancel& cancel) const {
    // Compacted before, by a killed run or by etcd itself: as wanted.
    std::string body = "said=$(etcdctl compact --physical=true " + std::to_string(revision) +
                       " 2>&1) || case $said in *compacted*) ;; *) printf '%s\\n' \"$said\" >&2; exit 1 ;; esac\n";
    // A member answers nobody while it writes its file anew.
    for (const std::string& endpoint : endpoints)
        body += "ETCDCTL_ENDPOINTS=" + shell_quote(endpoint) + " etcdctl --command-timeout=10m defrag >/dev/null\n";
    const node::RunScript script{.text = exports(true) + body,
                                 .input = std::string(target_.root_password.reveal()) + "\n",
                                 .stall = std::chrono::minutes(10),
                                 .may_fail = true};
    TRY(const auto results, target_.node->request({script}, cancel));
    return said_no(results.back(), "compact and defragment");
}

Status Etcd::disarm_alarms(const Cancel& cancel) const {
    TRY_VOID(run("etcdctl alarm disarm >/dev/null\n", "", "disarm the alarms", true, cancel));
    return {};
}

// Asked without a login: where that works, authentication is off (`auth status` is younger than etcd 3.4). Each step is
// one that a killed run may have done already.
Status Etcd::enable_authentication(const Cancel& cancel) const {
    const std::string body = R"(
if env -u ETCDCTL_USER -u ETCDCTL_PASSWORD etcdctl user list >/dev/null 2>&1; then
  unset ETCDCTL_USER
  password=$ETCDCTL_PASSWORD
  unset ETCDCTL_PASSWORD
  etcdctl user list | grep -qx root || printf '%s\n' "$password" | etcdctl user add root --interactive=false >/dev/null
  printf '%s\n' "$password" | etcdctl user passwd root --interactive=false >/dev/null
  etcdctl role list | grep -qx root || etcdctl role add root >/dev/null
  etcdctl user grant-role root root >/dev/null
  etcdctl auth enable >/dev/null
else
  etcdctl user get root >/dev/null
fi
)";
    TRY_VOID(run(body, "", "switch authentication on", true, cancel));
    return {};
}

Status Etcd::ensure_user(const std::string& name, const Secret& password, const std::string& prefix,
                         const std::string& readable, const Cancel& cancel) const {
    const std::string user = shell_quote(name);
    const std::string body = "IFS= read -r new_password\nuser=" + user + "\nprefix=" + shell_quote(prefix) +
                             "\nreadable=" + shell_quote(readable) + R"(
etcdctl role list | grep -qxF -- "$user" || etcdctl role add "$user" >/dev/null
etcdctl role grant-permission "$user" readwrite --prefix=true -- "$prefix" >/dev/null
[ -z "$readable" ] || etcdctl role grant-permission "$user" read --prefix=true -- "$readable" >/dev/null
if etcdctl user list | grep -qxF -- "$user"; then
  # Only who cannot log in gets the password set: setting it ends the sessions of those who are.
  (ETCDCTL_USER=$user ETCDCTL_PASSWORD=$new_password; export ETCDCTL_USER ETCDCTL_PASSWORD
   etcdctl get -- "$prefix" --keys-only >/dev/null 2>&1) ||
    printf '%s\n' "$new_password" | etcdctl user passwd "$user" --interactive=false >/dev/null
else
  printf '%s\n' "$new_password" | etcdctl user add "$user" --interactive=false >/dev/null
fi
etcdctl user grant-role "$user" "$user" >/dev/null
)";
    TRY_VOID(run(body, std::string(password.reveal()) + "\n", "make the user " + name, true, cancel));
    return {};
}

Status Etcd::remove_user(const std::string& name, const std::string& prefix, const Cancel& cancel) const {
    const std::string body = "user=" + shell_quote(name) + R"(
etcdctl del --prefix -- )" + shell_quote(prefix) +
                             R"( >/dev/null
etcdctl user list | grep -qxF -- "$user" && etcdctl user delete "$user" >/dev/null
etcdctl role list | grep -qxF -- "$user" && etcdctl role delete "$user" >/dev/null
true
)";
    TRY_VOID(run(body, "", "remove the user " + name, true, cancel));
    return {};
}

Result<std::string> Etcd::value(const std::string& key, const Cancel& cancel) const {
    TRY(std::string text,
        run("etcdctl get --print-value-only -- " + shell_quote(key) + "\n", "", "read " + key, false, cancel));
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

Result<std::map<std::string, std::string>> Etcd::values(const std::string& prefix, const Cancel& cancel) const {
    TRY(const std::string answer, run("etcdctl get --prefix -w json -- " + shell_quote(prefix) + "\n", "",
                                      "read what begins with " + prefix, false, cancel));
    return etcd_values(answer);
}

Result<bool> Etcd::put_new(const std::string& key, const std::string& value, const Cancel& cancel) const {
    // etcdctl's transaction language: compares, success, failure, each ended by an empty line.
    const std::string transaction =
        "create(\"" + key + "\") = \"0\"\n\nput " + key + " " + nlohmann::json(value).dump() + "\n\n\n";
    TRY(const std::string reply, run("etcdctl txn\n", transaction, "write " + key, true, cancel));
    return reply.starts_with("SUCCESS");
}

Status Etcd::put(const std::string& key, const std::string& value, const Cancel& cancel) const {
    TRY_VOID(run("etcdctl txn >/dev/null\n", "\nput " + key + " " + nlohmann::json(value).dump() + "\n\n\n",
                 "write " + key, true, cancel));
    return {};
}

}  // namespace pigsty::client
