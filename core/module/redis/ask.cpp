#include "core/module/redis/ask.h"

#include <algorithm>

#include "core/base/quote.h"
#include "core/node/own_folder.h"
#include "core/node/secrets.h"

namespace pigsty::module::redis {
namespace {

// redis-cli ends with 0 on an error reply, so replies are read. Where the login fails it goes on without one.
constexpr const char* kAsk = R"sh(
answers() { [ "$(echo PING | ask)" = PONG ]; }
is_up() { systemctl is-active --quiet "$instance.service" && answers; }
# told COMMAND [NAME]: a command that is answered by OK; NAME is what an error calls it, where it holds more than may be shown.
told() {
  said=$(printf '%s\n' "$1" | ask)
  [ "$said" = OK ] || { echo "$instance: ${2:-$1}: expected OK, found ${said:-no answer}" >&2; return 1; }
}
names() {
  awk '/^[a-z][a-z0-9_-]* / && $1 !~ /^(rename-command|masterauth|masteruser|sentinel)$/ && !seen[$1]++ { printf "%s ", $1 }' "$own"
}
# A sentinel has no ECHO.
now_commands() {
  echo 'ACL LIST'
  [ -n "$sentinel" ] || { echo 'PING pigsty:settings'; echo "CONFIG GET $(names)"; }
}
# Names and values of CONFIG GET come in turns.
now_lines() {
  awk '$0 == "pigsty:settings" { settings = 1; next }
    !settings { if (/^user /) print; next }
    is_value { print "setting " name " " $0; is_value = 0; next }
    { name = $0; is_value = 1 }'
}
now() { now_commands | ask | now_lines; }
# Of the lines of `now` on standard input, what differs from what was settled.
differing() {
  [ -e "$settled" ] || { echo unsettled; return; }
  awk -v kept="$settled" '
    BEGIN { while ((getline line < kept) > 0) { if (line ~ /^pending /) waits[substr(line, 9)] = 1; else if (line !~ /^(started|auth) /) was[line] = 1 } }
    { split($0, word, " ") }
    word[1] == "setting" && word[2] in waits { next }
    $0 in was { delete was[$0]; next }
    { differs[word[1] " " word[2]] = 1 }
    END { for (line in was) { split(line, word, " "); if (!(word[1] == "setting" && word[2] in waits)) differs[word[1] " " word[2]] = 1 }
          for (one in differs) print one }' | sort
}
# look COMMANDS: what they answer, lines of CLUSTER NODES (which begin with an id) marked, and what differs. All in one client:
# starting one costs more than its answer.
look() {
  said=$({ echo PING; printf "$1"; echo 'PING pigsty:users'; now_commands; echo 'PING pigsty:end'; } | ask)
  case $said in
    PONG*pigsty:end) ;;
    *) systemctl is-active --quiet "$instance.service" && echo silent || echo stopped; return;;
  esac
  printf '%s\n' "$said" | sed -n -e '/^pigsty:users$/q' -e 1d -e '/^#/d' -e 's/^[0-9a-f]\{40\} /node:&/' -e p | tr -d '\r'
  printf '%s\n' "$said" | sed -e '1,/^pigsty:users$/d' -e '/^pigsty:end$/d' | now_lines | differing | sed 's/^/differs:/'
}
# What a directive is without us, told by a throw-away server: of the names given, as lines that CONFIG SET takes.
defaults() {
  scratch=$(mktemp -d) && chown "$engine:" "$scratch" || return 1
  runuser -u "$engine" -- timeout 20 "$engine-server" --port 0 --unixsocket "$scratch/s" --dir "$scratch" --save '' --logfile '' >/dev/null 2>&1 </dev/null &
  for left in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(echo PING | "$engine-cli" -s "$scratch/s" 2>/dev/null)" != PONG ] || break
    sleep 0.2
  done
  for name in "$@"; do
    echo "CONFIG GET $name" | "$engine-cli" -s "$scratch/s" 2>/dev/null | awk 'NR == 2 { gsub(/[\\"]/, "\\\\&"); print name " \"" $0 "\"" }' name="$name"
  done
  echo 'SHUTDOWN NOSAVE' | "$engine-cli" -s "$scratch/s" >/dev/null 2>&1
  rm -rf -- "${scratch:?}"
}
taken_out() {
  [ -e "$settled" ] || return 0
  gone=$(sed -n 's/^setting \([^ ]*\) .*/\1/p; s/^pending //p' "$settled" | grep -vx rename-command | sort -u | while IFS= read -r one; do
    case " $(names) " in *" $one "*) ;; *) echo "$one";; esac
  done)
  [ -z "$gone" ] || defaults $gone
}
set_all() {
  pending=
  [ -z "$sentinel" ] || return 0
  taken=$(taken_out)
  while IFS= read -r line; do
    name=${line%% *}
    case $name in ''|'#'*|rename-command|masterauth|masteruser|sentinel|port|tls-port) continue;; esac
    said=$(printf 'CONFIG SET %s\n' "$line" | ask)
    case $said in
      OK) ;;
      *immutable*|*"protected config"*) is_live "$line" || pending="$pending $name";;
      *) echo "$instance: CONFIG SET $name: ${said:-no answer}" >&2; return 1;;
    esac
  done <<LINES
$taken
$(cat "$own")
LINES
}
is_live() {
  value=${1#* }; value=${value#\"}; value=${value%\"}
  [ "$(echo "CONFIG GET ${1%% *}" | ask | sed -n 2p)" = "$value" ]
}
# keep [settings]: all that is live now is what is wanted; `settings`: all but the users, who stay as they were settled.
# rename-command counts from a start on, and no answer tells of it.
keep() {
  renames=$(grep '^rename-command ' "$own" | sha256sum | cut -c1-16)
  started="$(systemctl show -P InvocationID "$instance.service") "
  was=$(sed -n "s/^started $started//p" "$settled" 2>/dev/null)
  [ -z "$was" ] || [ "$was" = "$renames" ] || { pending="$pending rename-command"; renames=$was; }
  mkdir -p -m 0700 "${settled%/*}" && {
    { if [ -n "${1-}" ]; then grep '^user ' "$settled"; now | grep '^setting '; else now; fi; } | sort | while IFS= read -r line; do
      of=${line#setting }
      case " $pending " in *" ${of%% *} "*) [ "$of" = "$line" ] || continue;; esac
      printf '%s\n' "$line"
    done
    for name in $pending; do echo "pending $name"; done
    echo "started $started$renames"
    grep '^auth ' "$settled" 2>/dev/null
    true
  } >"$settled.new" && chmod 0600 "$settled.new" && mv -f "$settled.new" "$settled"
}
# What own.conf says, in a server that runs. Who may log in is settled when all members have both passwords.
set_live() {
  is_up || return 0
  set_all || return 1
  [ ! -e "$settled" ] || keep settings
}
settle() {
  systemctl is-active --quiet "$instance.service" || return 0
  if ! answers; then
    # Our user was taken away: only a start reads the users then.
    systemctl restart "$instance.service" || { echo "$instance: did not start again" >&2; return 1; }
    answers || { echo "$instance: expected to be let in as user pigsty, found: $(echo PING | ask)" >&2; return 1; }
  fi
  told 'ACL LOAD' && set_all && keep
}
)sh";

std::string asked_at(const RedisCluster& cluster) {
    const auto& listen = cluster.listen;
    const auto has = [&](const char* address) { return std::ranges::find(listen, address) != listen.end(); };
    return listen.empty() || has("127.0.0.1") || has("0.0.0.0") ? "127.0.0.1" : listen.front();
}

}  // namespace

std::string ask_functions(const RedisCluster& cluster) {
    const std::string tls = cluster.ca ? " --tls --cacert " + shell_quote(authority_path(cluster)) : "";
    return "REDISCLI_AUTH=$(sed 1d " + shell_quote(node::secrets_folder(secret_scope(cluster)) + "/" + kAdministrator) +
           " 2>/dev/null)\nexport REDISCLI_AUTH\nsentinel=" + (cluster.mode == "sentinel" ? "1" : "") +
           "\nengine=" + engine_of(cluster) + "\nask() { timeout 20 " + engine_of(cluster) + "-cli --user " +
           kAdministrator + tls + " -h \"$host\" -p \"$port\" 2>/dev/null; }" + kAsk;
}

std::string at_instance(const RedisCluster& cluster, const InstancePlace& place) {
    return "instance=" + shell_quote(place.name) + "\nhost=" + shell_quote(asked_at(cluster)) + "\nport=" + place.port +
           "\nown=" + place.own_conf() + "\nsettled=" + place.settled() + "\n";
}

}  // namespace pigsty::module::redis
