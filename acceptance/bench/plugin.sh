# What a provider's program costs before it does anything, for ours and for a peer written in Go. Sourced after suite.sh.
# shellcheck shell=bash disable=SC2154

# Started as both CLIs start a plugin: cookie, versions, and a certificate of theirs that it has to answer with its own.
plugin_environment() {
  export TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2
  export PLUGIN_PROTOCOL_VERSIONS=6,5 PLUGIN_MIN_PORT=10000 PLUGIN_MAX_PORT=25000
  export TMPDIR=$work_root # where a plugin that is killed leaves its socket
}

# handshake_times PROGRAM…: milliseconds from start to the handshake line of each, on a line. The best of twenty, taken
# in turns: what the program needs, not what else the machine does.
handshake_times() (
  plugin_environment
  PLUGIN_CLIENT_CERT=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-521 -nodes -subj /O=HashiCorp/CN=localhost \
    -addext subjectAltName=DNS:localhost -days 2 -keyout /dev/null 2>/dev/null)
  export PLUGIN_CLIENT_CERT
  perl -MTime::HiRes=time -e '
    my %best;
    for (1 .. 20) {
      for my $program (@ARGV) {
        my $began = time;
        my $pid = open(my $out, "-|") // die;
        if (!$pid) {
          open STDERR, ">", "/dev/null";
          exec $program;
        }
        my $line = <$out> // "";
        my $took = (time - $began) * 1000;
        die "no handshake from $program\n" unless $line =~ /^1\|[56]\|/;
        $best{$program} = $took if !defined $best{$program} || $took < $best{$program};
        kill "KILL", $pid;
        close $out;
      }
    }
    printf "%.1f\n", $best{$_} for @ARGV;' "$@"
)

# resident_memory PROGRAM: KiB after it has given its schemas to the CLI. It is started here and the CLI attaches to it,
# so that it is still there to be looked at when the CLI has ended.
resident_memory() (
  plugin_environment
  local line='' address version pid folder=$work_root/peer
  mkdir -p "$folder"
  printf 'terraform {\n  required_providers {\n    peer = { source = "bench/peer" }\n  }\n}\n' >"$folder/main.tf"
  coproc PLUGIN { exec "$1" 2>/dev/null; }
  pid=$PLUGIN_PID
  trap 'kill -KILL "$pid"' EXIT
  read -r -t 10 line <&"${PLUGIN[0]}"
  version=$(cut -d'|' -f2 <<<"$line") address=$(cut -d'|' -f4 <<<"$line")
  [[ $line == *"|unix|$address|grpc|"* ]] || { echo "no handshake from $1" >&2; exit 1; }
  export TF_REATTACH_PROVIDERS="{\"bench/peer\":{\"Protocol\":\"grpc\",\"ProtocolVersion\":$version,\"Pid\":$pid,\"Test\":true,
    \"Addr\":{\"Network\":\"unix\",\"String\":\"$address\"}}}"
  TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 "$PIGSTY_TOFU" -chdir="$folder" providers schema -json >"$work_root/schema.json" || exit 1
  jq -e '.provider_schemas | length == 1' "$work_root/schema.json" >/dev/null || { echo "no schema from $1" >&2; exit 1; }
  sed -n 's/^VmRSS:\s*\([0-9]*\) kB/\1/p' "/proc/$pid/status"
)
