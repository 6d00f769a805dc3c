#!/bin/sh
# An imitation of systemctl for tests (local_machine.h): enough for items and handlers, and nothing runs.
state=/run/units
mkdir -p "$state"
verb=""
now=""
units=""
for word; do
    case $word in
    --now) now=1 ;;
    --*) ;;
    *) if [ -z "$verb" ]; then verb=$word; else units="$units $word"; fi ;;
    esac
done
[ "$verb" = show ] || echo "$*" >> /run/systemctl.log
exists() { for d in /etc /usr/lib /lib; do [ -e "$d/systemd/system/$1" ] && return 0; done; return 1; }
status=0
for unit in $units; do
    case $unit in *.*) ;; *) unit=$unit.service ;; esac
    load=not-found; if exists "$unit"; then load=loaded; fi
    if [ -e "$state/$unit.masked" ]; then load=masked; fi
    active=inactive; sub=dead; if [ -e "$state/$unit.active" ]; then active=active; sub=running; fi
    if [ -e "$state/$unit.failing" ]; then active=activating; sub=auto-restart; fi
    enabled=""; if exists "$unit"; then enabled=disabled; fi
    if [ -e "$state/$unit.enabled" ]; then enabled=enabled; fi
    if [ "$load" = masked ]; then enabled=masked; fi
    case $verb in
    show) [ -z "$second" ] || echo; second=1; printf 'LoadState=%s\nActiveState=%s\nUnitFileState=%s\nSubState=%s\n' "$load" "$active" "$enabled" "$sub"; continue ;;
    is-active) echo "$active"; [ "$active" = active ] || status=3; continue ;;
    is-enabled) echo "$enabled"; [ "$enabled" = enabled ] || status=1; continue ;;
    mask) : > "$state/$unit.masked"; continue ;;
    unmask) rm -f "$state/$unit.masked"; continue ;;
    esac
    if [ "$load" != loaded ]; then echo "Unit $unit not found." >&2; status=5; continue; fi
    case $verb in
    start | restart | reload-or-restart) : > "$state/$unit.active" ;;
    stop) rm -f "$state/$unit.active" ;;
    reload) [ "$active" = active ] || status=1 ;;
    enable) : > "$state/$unit.enabled"; [ -z "$now" ] || : > "$state/$unit.active" ;;
    disable) rm -f "$state/$unit.enabled"; [ -z "$now" ] || rm -f "$state/$unit.active" ;;
    esac
done
exit $status
