#include "core/item/shell_parts.h"

namespace pigsty::item {

std::string apt_function() {
    // The lock is waited for here and not by apt, so that the wait shows and has one bound for all of apt's locks.
    return R"sh(export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt_log=$(mktemp /run/pigsty-apt.XXXXXX) || exit 1
apt_get() {
  began=$(date +%s); since=$(date +%H:%M:%S)
  while :; do
    { apt-get -q -y -o DPkg::Lock::Timeout=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
      -o APT::Install-Recommends=false -o APT::Update::Error-Mode=any "$@" </dev/null; echo $? > $apt_log.status; } 2>&1 | tee $apt_log
    status=$(cat $apt_log.status)
    if [ "$status" = 0 ] || ! grep -q 'Could not get lock' $apt_log; then return $status; fi
    holder=$(sed -n 's/.*It is held by \(process [0-9]* ([^)]*)\).*/\1/p' $apt_log | head -n 1)
    if [ $(($(date +%s) - began)) -ge ${apt_patience:-300} ]; then
      echo "apt is busy: ${holder:-another process} holds its lock, waited for since $since ($(($(date +%s) - began)) s): let it end, then apply again" > $apt_log.cause
      return $status
    fi
    printf '\036w%s\n' "apt is busy: waits for ${holder:-another process} since $since"
    sleep 2
  done
}
apt_done() { rm -f $apt_log $apt_log.status $apt_log.cause; }
apt_failed() {
  grep -E '^(E|Err|W):?' $apt_log >&2 || tail -n 20 $apt_log >&2
  if [ -e $apt_log.cause ]; then cat $apt_log.cause >&2
  elif grep -q 'dpkg was interrupted' $apt_log; then
    echo 'an installation was interrupted on this node: run "dpkg --configure -a" there as root, then apply again' >&2
  elif grep -qi 'held .*packages' $apt_log && [ -n "$(apt-mark showhold)" ]; then
    echo "packages are held on this node: $(echo $(apt-mark showhold)): release them there (apt-mark unhold NAME), or leave them as they are" >&2
  fi
  apt_done; exit 1
}
)sh";
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
