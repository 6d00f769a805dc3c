# What this machine has to be, said in one line where it is not. Sourced by test.sh and demo.sh.
# shellcheck shell=bash

# require_host PROGRAM
require_host() {
  local missing=
  local system
  system=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown} ${VERSION_ID:-}") || system='no /etc/os-release'
  if [[ ! $system =~ ^debian\ 1[23]$ ]]; then
    missing="Debian 12 or 13 is needed, this is $system"
  elif [[ $(uname -m) != x86_64 ]]; then
    missing="an x86-64 machine is needed, this is $(uname -m)"
  elif ((EUID != 0)); then
    missing="root is needed (it installs packages and starts nodes in namespaces): run it with sudo"
  elif ! unshare --mount --net --pid --fork true 2>/dev/null; then
    missing="root may not make namespaces here (a container without privileges?): the nodes need a machine where it may"
  fi
  [[ -z $missing ]] || {
    echo "$1: $missing" >&2
    exit 1
  }
}
