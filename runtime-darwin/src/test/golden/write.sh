#!/bin/sh
# Makes the .hex of every .txtpb that has none.
set -eu
cd "$(dirname "$0")"
for text in *.txtpb; do
  hex=${text%.txtpb}.hex
  [ -e "$hex" ] && continue
  message=$(sed -n '1s/^# //p' "$text")
  protoc --proto_path=../../main/proto --encode="beagle.agent.v1.$message" agent.proto <"$text" |
    od -An -v -tx1 | tr -d ' ' >"$hex"
done
