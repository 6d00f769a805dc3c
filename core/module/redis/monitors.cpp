#include "core/module/redis/monitors.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "core/base/hash.h"
#include "core/base/number.h"
#include "core/base/quote.h"
#include "core/item/path_state.h"
#include "core/item/reservation.h"
#include "core/module/redis/ask.h"

namespace pigsty::module::redis {
namespace {

WatchedPrimary wanted_of(const Monitor& monitor) {
    return {.name = monitor.name,
            .endpoint = monitor.host + " " + std::to_string(monitor.port),
            .quorum = monitor.quorum,
            .down_after = monitor.down_after.value_or(30000),
            .failover_timeout = monitor.failover_timeout.value_or(180000),
            .parallel_syncs = monitor.parallel_syncs.value_or(1),
            .password = password_generation(monitor)};
}

std::string settings_text(const WatchedPrimary& watched) {
    return "quorum " + std::to_string(watched.quorum) + ", down-after " + std::to_string(watched.down_after) +
           ", failover-timeout " + std::to_string(watched.failover_timeout) + ", parallel-syncs " +
           std::to_string(watched.parallel_syncs) + ", password of generation " + std::to_string(watched.password);
}

// Names nobody who leads now.
std::string elsewhere(const WatchedPrimary& wanted) {
    return wanted.name + ": watches another group than that of " + wanted.endpoint;
}

// The address of a primary's replicas, a line each.
constexpr const char* kReplicas = R"sh(
replicas_of() {
  printf 'SENTINEL REPLICAS %s\n' "$1" | ask | awk '
    is_value { if (key == "ip") ip = $0; if (key == "port") print ip, $0; is_value = 0; next }
    { key = $0; is_value = 1 }'
}
)sh";

constexpr const char* kLook = R"sh(
is_up || { echo stopped; exit 0; }
echo 'SENTINEL MASTERS' | ask | awk '
  is_value { field[key] = $0; is_value = 0; if (key == "parallel-syncs") {
      print "watches", field["name"], field["ip"], field["port"], field["quorum"], field["down-after-milliseconds"], field["failover-timeout"], $0, field["flags"] }
    next }
  { key = $0; is_value = 1 }' | while IFS= read -r line; do
  printf '%s\n' "$line"
  name=${line#watches }; name=${name%% *}
  replicas_of "$name" | sed "s/^/knows $name /"
done
grep '^auth ' "$settled" 2>/dev/null
true
)sh";

// The password of the primary that is set up comes by standard input. A member that follows says whom. Where the primary is
// elsewhere now, a failover may have brought it there: only a sentinel that does not even know the address is told anew, and
// only when somebody answers there, for until it is told, clients find what it watched before.
constexpr const char* kSet = R"sh(
group() { REDISCLI_AUTH=$password timeout 10 $client -h "$1" -p "$2" 2>/dev/null | tr -d '\r'; }
primary_of() {
  at="$1 $2"
  for hop in 1 2 3 4 5; do
    found=$(printf 'INFO replication\n' | group ${at% *} ${at#* })
    case $found in
      *role:slave*) at="$(printf '%s\n' "$found" | sed -n 's/^master_host://p') $(printf '%s\n' "$found" | sed -n 's/^master_port://p')";;
      *) break;;
    esac
  done
  printf '%s' "$at"
}
watched_at() { printf 'SENTINEL GET-MASTER-ADDR-BY-NAME %s\n' "$1" | ask | paste -s -d ' ' - | grep ' '; }
knows() { [ "$(watched_at "$1")" = "$2 $3" ] || replicas_of "$1" | grep -qxF "$2 $3"; }
# A replica is found when the sentinel has asked its primary.
is_found() {
  for left in $(seq 100); do
    ! knows "$@" || return 0
    sleep 0.2
  done
  echo "$instance: expected it to find $2 $3 in the group of $1 within 20 s, found: $(watched_at "$1") $(replicas_of "$1" | paste -s -d ',' -)" >&2
  return 1
}
monitor() {
  was=$(watched_at "$1")
  ! knows "$1" "$2" "$3" || return 0
  is_there=$(printf 'PING\n' | group "$2" "$3")
  [ -z "$was" ] || [ -n "$is_there" ] || { echo "$instance: expected somebody to answer at $2 $3, found nobody; $1 stays as it was watched" >&2; return 1; }
  primary=$(primary_of "$2" "$3")
  if [ "$primary" != "$was" ]; then
    [ "$5" != unknown ] || { echo "$instance: expected the password of $1, found none since the import: give it another" >&2; return 1; }
    [ -z "$was" ] || told "SENTINEL REMOVE $1" || return 1
    told "SENTINEL MONITOR $1 $primary $4" || return 1
    # Else the sentinel would look for the replicas without it first.
    [ -z "$password" ] || told "SENTINEL SET $1 auth-pass \"$password\"" "SENTINEL SET $1 auth-pass" || return 1
  fi
  is_found "$1" "$2" "$3"
}
watch() {
  IFS= read -r password || true
  monitor "$1" "$2" "$3" "$4" "$9" && told "SENTINEL SET $1 quorum $4" && told "SENTINEL SET $1 down-after-milliseconds $5" &&
    told "SENTINEL SET $1 failover-timeout $6" && told "SENTINEL SET $1 parallel-syncs $7" || return 1
  if [ "$9" = unknown ]; then
    grep -q "^auth $1 $8\$" "$settled" || { echo "$instance: expected the password of $1, found none since the import: give it another" >&2; return 1; }
  elif [ -n "$password" ] || [ "$8" != 0 ] || grep -q "^auth $1 " "$settled" 2>/dev/null; then
    told "SENTINEL SET $1 auth-pass \"$password\"" "SENTINEL SET $1 auth-pass" || return 1
  fi
  mkdir -p -m 0700 "${settled%/*}"
  { grep -v "^auth $1 " "$settled" 2>/dev/null; echo "auth $1 $8"; } >"$settled.new" && mv -f "$settled.new" "$settled"
}
answers || { echo "$instance: expected an answer, found none" >&2; exit 1; }
)sh";

class MonitorsItem final : public item::Item {
  public:
    MonitorsItem(const RedisCluster& cluster, const InstancePlace& place)
        : name_(place.name), functions_(ask_functions(cluster) + at_instance(cluster, place)) {
        probe_ = monitors_probe(cluster, place);
        client_ = engine_of(cluster) + "-cli" + (cluster.ca ? " --tls --cacert " + authority_path(cluster) : "");
        for (const Monitor& monitor : cluster.sentinel_monitor) {
            wanted_.push_back(wanted_of(monitor));
            passwords_.push_back(monitor.password.value_or(Secret()));
        }
    }

    [[nodiscard]] std::string kind() const override { return std::string(item::ReservationItem::kKind); }
    [[nodiscard]] std::string label() const override { return name_ + " monitors"; }
    [[nodiscard]] std::string desired() const override {
        std::string text;
        for (const WatchedPrimary& one : wanted_)
            text += one.name + " " + one.endpoint + ": " + settings_text(one) + "\n";
        return text;
    }
    [[nodiscard]] node::Probes probes() const override { return {probe_}; }
    [[nodiscard]] std::optional<item::Change> compare(const node::Observation& seen,
                                                      const node::ClaimedItem*) const override {
        const std::string printed = seen.command(probe_.key);
        // One that does not run is told by its unit; in a create it does not run yet.
        if (printed.starts_with("stopped")) return std::nullopt;
        const auto watched = read_watched(printed);
        std::vector<std::string> reasons;
        for (const WatchedPrimary& wanted : wanted_) {
            const auto found = std::ranges::find(watched, wanted.name, &WatchedPrimary::name);
            if (found == watched.end()) {
                reasons.push_back("does not watch " + wanted.name);
                continue;
            }
            if (found->endpoint != wanted.endpoint && !found->replicas.contains(wanted.endpoint))
                reasons.push_back(elsewhere(wanted));
            if (settings_text(*found) != settings_text(wanted))
                reasons.push_back(wanted.name + ": " + settings_text(*found) + ", expected " + settings_text(wanted));
        }
        for (const WatchedPrimary& found : watched)
            if (std::ranges::find(wanted_, found.name, &WatchedPrimary::name) == wanted_.end())
                reasons.push_back("watches " + found.name);
        if (reasons.empty()) return std::nullopt;
        return item::Change{item::Verb::update, item::join(reasons)};
    }
    [[nodiscard]] std::vector<node::Operation> operations(const item::Change&) const override {
        std::string script = functions_ + "client=" + shell_quote(client_) + "\n" + kReplicas + kSet;
        std::string input, names = " ";
        for (std::size_t i = 0; i < wanted_.size(); ++i) {
            const WatchedPrimary& one = wanted_[i];
            const auto blank = one.endpoint.find(' ');
            for (const std::string& word :
                 {std::string("watch"), one.name, one.endpoint.substr(0, blank), one.endpoint.substr(blank + 1),
                  std::to_string(one.quorum), std::to_string(one.down_after), std::to_string(one.failover_timeout),
                  std::to_string(one.parallel_syncs), std::to_string(one.password),
                  std::string(is_unknown_password(passwords_[i]) ? "unknown" : "known")})
                script += shell_quote(word) + " ";
            script += "|| exit 1\n";
            input += (is_unknown_password(passwords_[i]) ? "" : std::string(passwords_[i].reveal())) + "\n";
            names += one.name + " ";
        }
        script +=
            "echo 'SENTINEL MASTERS' | ask | awk 'name { print; name = 0; next } $0 == \"name\" { name = 1 }' | "
            "while IFS= read -r one; do\n  case " +
            shell_quote(names) + " in *\" $one \"*) ;; *) told \"SENTINEL REMOVE $one\" || exit 1;; esac\ndone\n";
        return {node::RunScript{.text = script, .input = input}};
    }
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation&) const override {
        return {.kind = kind(), .fingerprint = {}, .probes = {probe_}};
    }

  private:
    std::string name_;
    std::string functions_;
    std::string client_;
    node::Probe probe_{};
    std::vector<WatchedPrimary> wanted_;
    std::vector<Secret> passwords_;
};

}  // namespace

std::vector<WatchedPrimary> read_watched(std::string_view printed) {
    std::vector<WatchedPrimary> watched;
    std::map<std::string, std::int64_t> passwords;
    std::map<std::string, std::set<std::string>> replicas;
    while (!printed.empty()) {
        const auto end = printed.find('\n');
        std::string_view line = printed.substr(0, end);
        printed = end == std::string_view::npos ? std::string_view() : printed.substr(end + 1);
        std::vector<std::string> words;
        while (!line.empty()) {
            const auto blank = line.find(' ');
            words.emplace_back(line.substr(0, blank));
            line = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
        }
        if (words.size() == 3 && words[0] == "auth") passwords[words[1]] = number_in(words[2]).value_or(0);
        if (words.size() == 4 && words[0] == "knows") replicas[words[1]].insert(words[2] + " " + words[3]);
        if (words.size() >= 8 && words[0] == "watches")
            watched.push_back({.name = words[1],
                               .endpoint = words[2] + " " + words[3],
                               .quorum = number_in(words[4]).value_or(0),
                               .down_after = number_in(words[5]).value_or(0),
                               .failover_timeout = number_in(words[6]).value_or(0),
                               .parallel_syncs = number_in(words[7]).value_or(0),
                               .is_down = words.size() > 8 && words[8].find("_down") != std::string::npos});
    }
    for (WatchedPrimary& one : watched) {
        if (const auto found = passwords.find(one.name); found != passwords.end()) one.password = found->second;
        if (const auto found = replicas.find(one.name); found != replicas.end()) one.replicas = found->second;
    }
    return watched;
}

std::vector<std::string> monitors_forecast(const RedisCluster& prior, const RedisCluster& planned,
                                           const std::vector<std::string>& drift) {
    std::vector<std::string> sentences;
    for (const Monitor& monitor : planned.sentinel_monitor) {
        const WatchedPrimary wanted = wanted_of(monitor);
        const auto was = std::ranges::find(prior.sentinel_monitor, monitor.name, &Monitor::name);
        const bool is_told_anew = was != prior.sentinel_monitor.end() && wanted_of(*was).endpoint != wanted.endpoint;
        const bool is_elsewhere = std::ranges::any_of(
            drift, [&](const std::string& sentence) { return sentence.find(elsewhere(wanted)) != std::string::npos; });
        if (is_told_anew || is_elsewhere)
            sentences.push_back("let the sentinels of " + planned.name + " that do not know " + wanted.endpoint +
                                " as a member of " + monitor.name + " forget that group and watch the one there");
    }
    return sentences;
}

node::Probe monitors_probe(const RedisCluster& cluster, const InstancePlace& place) {
    return {node::ProbeKind::command, ask_functions(cluster) + at_instance(cluster, place) + kReplicas + kLook};
}

item::ItemPtr monitors_item(const RedisCluster& cluster, const InstancePlace& place) {
    return std::make_shared<MonitorsItem>(cluster, place);
}

}  // namespace pigsty::module::redis
