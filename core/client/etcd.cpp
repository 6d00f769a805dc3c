#include "core/client/etcd.h"

#include "core/base/quote.h"

namespace pigsty::client {
namespace {

// The first line of standard input is root's password.
constexpr const char* kLogin = "IFS= read -r ETCDCTL_PASSWORD\nexport ETCDCTL_USER=root ETCDCTL_PASSWORD\n";

}  // namespace

std::string Etcd::exports(bool login) const {
    std::string endpoints;
    for (const std::string& endpoint : target_.endpoints) endpoints += (endpoints.empty() ? "" : ",") + endpoint;
    return std::string("set -e\nexport ETCDCTL_API=3 ETCDCTL_ENDPOINTS=") + shell_quote(endpoints) +
           " ETCDCTL_CACERT=" + kEtcdCaFile + " ETCDCTL_CERT=" + kEtcdClientCertificate +
           " ETCDCTL_KEY=" + kEtcdClientKey + "\n" + (login ? kLogin : "");
}

Result<std::string> Etcd::run(const std::string& body, const std::string& input, const std::string& what, bool writes,
                              const Cancel& cancel) const {
    const node::RunScript script{.text = exports(true) + body,
                                 .input = std::string(target_.root_password.reveal()) + "\n" + input,
                                 .may_fail = true,
                                 .writes = writes};
    TRY(auto results, target_.node->request({script}, cancel));
    if (results.back().status == 0) return std::move(results.back().out);
    return fail(Error{.code = ErrorCode::failed, .message = "etcd: cannot " + what}
                    .at_host(target_.node->address().address)
                    .with_output(results.back().err + results.back().out)
                    .with_hint("see `journalctl -u etcd` on the members"));
}

Result<std::vector<std::string>> Etcd::healthy(const Cancel& cancel) const {
    // A linearizable read needs no permission to prove a quorum: "permission denied" comes after consensus.
    const node::RunScript script{
        .text = exports(false) + "etcdctl endpoint health --cluster=false -w json 2>/dev/null || true\n",
        .writes = false};
    TRY(const auto results, target_.node->request({script}, cancel));
    std::vector<std::string> endpoints;
    const auto reply = nlohmann::json::parse(results.back().out, nullptr, false);
    if (!reply.is_array()) return endpoints;
    for (const auto& entry : reply)
        if (entry.value("health", false)) endpoints.push_back(entry.value("endpoint", ""));
    return endpoints;
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
                         const Cancel& cancel) const {
    const std::string user = shell_quote(name);
    const std::string body = "IFS= read -r new_password\nuser=" + user + "\nprefix=" + shell_quote(prefix) + R"(
etcdctl role list | grep -qxF -- "$user" || etcdctl role add "$user" >/dev/null
etcdctl role grant-permission "$user" readwrite --prefix=true -- "$prefix" >/dev/null
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
