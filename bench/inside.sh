#!/usr/bin/env bash
# inside.sh: the part of cri.sh that runs in namespaces of its own, where every process, port and mount is its own and ends with it.
set -euo pipefail
ip link set lo up
ip address add 10.99.0.1/32 dev lo

cat >"$base/registry.yml" <<YAML
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $storage}, maintenance: {readonly: {enabled: true}}}
http: {addr: "127.0.0.1:5000"}
YAML
"$registry" serve "$base/registry.yml" >"$base/registry.log" 2>&1 &
for host in registry.k8s.io docker.io; do
  mkdir -p "$base/hosts/$host"
  printf 'server = "http://127.0.0.1:5000"\n[host."http://127.0.0.1:5000"]\n  capabilities = ["pull", "resolve"]\n' >"$base/hosts/$host/hosts.toml"
done

start_beagle() {
  printf 'registry:\n  configPath: %s\n' "$base/hosts" >"$node/config.yaml"
  "$top/beagle" daemon --root "$node/root" --run "$node/run" --config "$node/config.yaml" --stop-pods >"$node/log" 2>&1 &
}
start_containerd() {
  mkdir -p "$node/cni"
  sed "s|@NODE@|$node|; s|@BRIDGE@|bench0|; s|@SUBNET@|10.89.0.0/16|" e2e/peer/cni.conflist >"$node/cni/10-bench.conflist"
  # With all its plugins, as it comes.
  sed "/^disabled_plugins/d; s|@NODE@|$node|; s|@HOSTS@|$base/hosts|" e2e/peer/containerd.toml >"$node/config.toml"
  PATH=$peer:$PATH "$peer/containerd" --config "$node/config.toml" >"$node/log" 2>&1 &
}

for server in $servers_list; do
  node=$base/$server
  mkdir -p "$node/root" "$node/logs"
  "start_$server"
  daemon=$!
  for ((i = 0; i < 300; i++)); do
    [[ -S $node/run/cri.sock ]] && break
    kill -0 "$daemon" 2>/dev/null || { tail -20 "$node/log" >&2; exit 1; }
    sleep 0.1
  done
  sleep 1
  "$client" -socket "$node/run/cri.sock" -pid "$daemon" -logs "$node/logs" -n "$rounds" -many "$many" \
    -pull docker.io/library/four-layers:latest -json "$base/$server.json" || { tail -20 "$node/log" >&2; exit 1; }
  kill "$daemon"
  wait "$daemon" || true
done
# Mounts below the folder would keep it from being removed.
grep -o " $base/[^ ]*" /proc/self/mounts | tac | xargs -r umount --lazy 2>/dev/null || true
