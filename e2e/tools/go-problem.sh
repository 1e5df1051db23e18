#!/usr/bin/env bash
# go-problem.sh: prints why the Go of this machine cannot build what tests use, and the way out; prints nothing where it can.
# A Go from 1.21 on fetches the version that go.mod asks for by itself; older ones neither know how nor say so in words that help.
set -u
cd "$(dirname "$0")" || exit 1
needed=$(sed -n 's/^go //p' go.mod)
way_out="install Go $needed or later from https://go.dev/dl/, or any Go from 1.21 on, which fetches it by itself, and put it first in PATH"
if ! said=$(go version 2>&1); then # from 1.21 on this is where it fetches
  last=$(tail -1 <<<"$said")
  echo "Go $needed is needed (e2e/tools/go.mod) and the Go here ($(command -v go)) cannot become it: $last; $way_out"
  exit
fi
found=${said#go version go}
found=${found%% *}
if [ "$found" != "$needed" ] && [ "$(printf '%s\n' "$found" "$needed" | sort -V | head -1)" = "$found" ]; then
  echo "Go $found ($(command -v go)) is too old, $needed is needed (e2e/tools/go.mod); $way_out"
fi
