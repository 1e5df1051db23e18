# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced: packages of a Debian suite other than this machine's own, by apt, which checks the archive's signed
# index. Everything apt keeps lies in a private folder: the machine's apt state stays as it is, and root is not
# needed.
#
#   debian_open FOLDER ARCH SUITE   prepares FOLDER and fetches the index
#   debian_apt get|cache ARGUMENT...
#   debian_close

# Where this machine gets its own release from, told by its apt sources (both formats); works before the first
# "apt-get update" too.
debian_mirror() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  find /etc/apt -name '*.sources' -o -name '*.list' 2>/dev/null | sort | xargs -r cat | awk -v c="$codename" '
    /^URIs:/ { uri = $2 }
    /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == c) hit = 1 }
    /^$/ { uri = ""; hit = 0 }
    $1 == "deb" { sub(/\[[^]]*\] */, ""); if ($3 == c) { uri = $2; hit = 1 } }
    hit && uri != "" { print uri; exit }'
}

debian_keyring() { # the archive's keys, where Debian puts them
  local keyring
  for keyring in /usr/share/keyrings/debian-archive-keyring.*; do
    [ -e "$keyring" ] && echo "signed-by=$keyring" && return
  done
  return 0
}

debian_apt() {
  local tool=apt-$1
  shift
  "$tool" -q -o Dir::State="$debian_folder" -o Dir::State::lists="$debian_folder/lists" \
    -o Dir::Cache="$debian_folder/cache" -o Dir::Etc::sourcelist="$debian_folder/sources.list" \
    -o Dir::Etc::sourceparts=/dev/null -o APT::Architecture="$debian_arch" -o APT::Architectures="$debian_arch" \
    -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=2 -o Acquire::Languages=none "$@"
}

debian_open() {
  debian_folder=$1 debian_arch=$2
  local uri
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || { echo "E: apt and dpkg are not here" >&2; return 1; }
  uri=$(debian_mirror)
  [ -n "$uri" ] || { echo "E: no Debian mirror in the sources of apt" >&2; return 1; }
  mkdir -p "$debian_folder/lists/partial" "$debian_folder/cache/archives/partial"
  echo "deb [arch=$debian_arch $(debian_keyring)] $uri $3 main" >"$debian_folder/sources.list"
  # apt-get update only warns of an index that it could not fetch.
  debian_apt get -o APT::Update::Error-Mode=any update
}

debian_close() { rm -rf "$debian_folder"; }
