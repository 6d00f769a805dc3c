#include "core/item/shell_parts.h"

namespace pigsty::item {

std::string apt_function() {
    // apt-get update has no lock timeout of its own: it is tried again while another apt holds the lists.
    return R"(export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt_log=$(mktemp /run/pigsty-apt.XXXXXX) || exit 1
apt_get() {
  tries=0
  while :; do
    { apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
      -o APT::Install-Recommends=false -o APT::Update::Error-Mode=any "$@" </dev/null; echo $? > $apt_log.status; } 2>&1 | tee $apt_log
    status=$(cat $apt_log.status)
    if [ "$status" = 0 ] || [ $tries -ge 150 ] || ! grep -q 'Could not get lock' $apt_log; then return $status; fi
    tries=$((tries + 1)); echo 'waiting for the lock of another apt'; sleep 2
  done
}
apt_done() { rm -f $apt_log $apt_log.status; }
apt_failed() { grep -E '^(E|Err|W):?' $apt_log >&2 || tail -n 20 $apt_log >&2; apt_done; exit 1; }
)";
}

std::string unit_failed_function() {
    return R"(unit_failed() {
  systemctl show --property=ActiveState,SubState,Result,ExecMainStatus "$1" | tr '\n' ' ' >&2; echo >&2
  journalctl --unit="$1" --lines=20 --no-pager --output=cat >&2
}
)";
}

std::string stop_unit_function() {
    return R"sh(
stop_unit() {
    systemctl disable --quiet -- "$1" >/dev/null 2>&1 || :
    case $(systemctl is-active -- "$1" 2>/dev/null) in
    inactive | failed | unknown | '') ;;
    *) systemctl stop -- "$1" || return 1 ;;
    esac
    systemctl reset-failed -- "$1" >/dev/null 2>&1 || :
}
)sh";
}

}  // namespace pigsty::item
