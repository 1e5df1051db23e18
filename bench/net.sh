#!/bin/bash
# Throughput and connections of pods through the switch, beside peers in the same run; see README.md.
# Needs root, iproute2, iptables, iperf3, python3 and a built tree; slirp4netns where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=2
rounds=2
while [ $# -gt 0 ]; do
  case $1 in
    -t) seconds=$2; shift 2 ;;
    -n) rounds=$2; shift 2 ;;
    *) echo "usage: bench/net.sh [-t SECONDS] [-n ROUNDS]" >&2; exit 2 ;;
  esac
done
[ "$(id -u)" = 0 ] || { echo "bench/net.sh makes network namespaces: run it as root" >&2; exit 1; }
for tool in ip iptables iperf3 python3 cc; do
  command -v "$tool" >/dev/null || { echo "bench/net.sh needs $tool" >&2; exit 1; }
done
# The launcher finds the JDK, and builds where it must.
./beagle --version >&2
read -r JAVA_HOME <.build/java-home
export JAVA_HOME
java=$JAVA_HOME/bin/java
[ -d cni-darwin/target/test-classes ] && [ -d base/target/test-classes ] || mvn -q -B -pl cni-darwin -am test-compile >&2
p=bn$$
work=$(mktemp -d)
pids=()
finish() {
  trap - EXIT INT TERM
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  exec 9>&- # The switch's input: it ends, and removes its namespaces.
  [ -z "${switch:-}" ] || wait "$switch" 2>/dev/null || true
  for name in host out a b; do remove $p-$name; done
  rm -rf "$work"
}
remove() {
  ip netns pids "$1" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
  ip netns del "$1" 2>/dev/null || true
}
trap finish EXIT
trap 'exit 130' INT TERM

background() { "$@" >>"$work/log" 2>&1 & pids+=($!); disown; }

# Gbit/s that arrived; "-" when it did not come about.
gigabits() { # COMMAND-PREFIX... -- SERVER OPTIONS...
  local prefix=()
  while [ "$1" != -- ]; do prefix+=("$1"); shift; done
  shift
  local try
  for try in 1 2 3; do
    if timeout $((seconds + 10)) "${prefix[@]}" iperf3 --connect-timeout 2000 -J -t "$seconds" -c "$@" >"$work/json" 2>>"$work/log"; then
      python3 -c 'import json,sys; print("%.2f" % (json.load(open(sys.argv[1]))["end"]["sum_received"]["bits_per_second"]/1e9))' "$work/json" && return
    fi
    sleep 0.3
  done
  echo -
}

# Connections one after the other, each with a byte there and back: how many in a second, and the median in microseconds.
connects() { # COMMAND-PREFIX... -- SERVER PORT
  local prefix=()
  while [ "$1" != -- ]; do prefix+=("$1"); shift; done
  shift
  timeout $((seconds + 10)) "${prefix[@]}" python3 "$work/connect.py" "$1" "$2" "$seconds" 2>>"$work/log" || echo "- -"
}
cat >"$work/connect.py" <<'P'
import socket, sys, time
host, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
taken = []
end = time.monotonic() + seconds
while time.monotonic() < end:
    begin = time.monotonic()
    with socket.create_connection((host, port), 5) as s:
        s.sendall(b"x")
        if s.recv(1) != b"x":
            sys.exit("no echo")
    taken.append(time.monotonic() - begin)
print("%.0f %.0f" % (len(taken) / seconds, sorted(taken)[len(taken) // 2] * 1e6))
P
cat >"$work/echo.py" <<'P'
import socket
with socket.create_server(("0.0.0.0", 5300), backlog=512) as server:
    while True:
        connection, _ = server.accept()
        with connection:
            connection.sendall(connection.recv(1))
P
row() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$work/rows"; } # PEER WHAT VALUE

servers() { # NAMESPACE
  background ip netns exec "$1" iperf3 -s -p "${2:-5201}"
  background ip netns exec "$1" python3 "$work/echo.py"
}

# A host and a machine outside, joined by a veth pair: as the switch's tests make them.
surroundings() {
  ip netns add $p-host; ip netns add $p-out
  ip -n $p-host link set lo up; ip -n $p-out link set lo up
  ip -n $p-host link add up0 type veth peer name up1 netns $p-out
  ip -n $p-host addr add 192.0.2.1/24 dev up0; ip -n $p-host link set up0 up
  ip -n $p-out addr add 192.0.2.2/24 dev up1; ip -n $p-out link set up1 up
  servers $p-out
}

measure() { # PEER PREFIX-OF-POD-A B-ADDRESS-OR-NOTHING OUTSIDE-NAMESPACE-OR-NOTHING
  local peer=$1 b=$3 result
  local a=($2)
  row "$peer" "pod to host, Gbit/s" "$(gigabits "${a[@]}" -- 192.0.2.2)"
  row "$peer" "host to pod (answers), Gbit/s" "$(gigabits "${a[@]}" -- 192.0.2.2 -R)"
  result=$(connects "${a[@]}" -- 192.0.2.2 5300)
  row "$peer" "connections out, 1/s" "${result% *}"
  row "$peer" "... median, us" "${result#* }"
  [ -z "$b" ] || row "$peer" "pod to pod, Gbit/s" "$(gigabits "${a[@]}" -- "$b")"
  [ -n "$4" ] || return 0
  row "$peer" "host port, Gbit/s" "$(gigabits ip netns exec "$4" -- 192.0.2.1 -p 6201)"
  result=$(connects ip netns exec "$4" -- 192.0.2.1 6300)
  row "$peer" "connections in, 1/s" "${result% *}"
  row "$peer" "... median, us " "${result#* }"
}

kernel() {
  ip netns add $p-a; ip netns add $p-b
  ip -n $p-host link add br0 type bridge
  ip -n $p-host addr add 10.77.0.1/24 dev br0; ip -n $p-host link set br0 up
  local n=2 name
  for name in a b; do
    ip -n $p-$name link set lo up
    ip -n $p-host link add v$name type veth peer name eth0 netns $p-$name
    ip -n $p-host link set v$name master br0 up
    ip -n $p-$name addr add 10.77.0.$n/24 dev eth0; ip -n $p-$name link set eth0 up
    ip -n $p-$name route add default via 10.77.0.1
    servers $p-$name; n=$((n + 1))
  done
  ip netns exec $p-host sysctl -qw net.ipv4.ip_forward=1
  ip netns exec $p-host iptables -t nat -A POSTROUTING -s 10.77.0.0/24 -o up0 -j MASQUERADE
  ip netns exec $p-host iptables -t nat -A PREROUTING -i up0 -p tcp --dport 6201 -j DNAT --to 10.77.0.2:5201
  ip netns exec $p-host iptables -t nat -A PREROUTING -i up0 -p tcp --dport 6300 -j DNAT --to 10.77.0.2:5300
  sleep 0.5
  measure kernel "ip netns exec $p-a" 10.77.0.3 $p-out
  for name in a b; do remove $p-$name; done
  ip -n $p-host link del br0
  ip netns exec $p-host iptables -t nat -F
}

# A user-space peer: slirp4netns in the host's namespace. Host ports are left out: it has them through other programs.
slirp_peer() {
  command -v slirp4netns >/dev/null || return 0
  ip netns add $p-a
  ip -n $p-a link set lo up
  background ip netns exec $p-host slirp4netns --configure --mtu=65520 --disable-dns --netns-type=path /run/netns/$p-a tap0
  for _ in $(seq 50); do ip -n $p-a route | grep default >/dev/null && break; sleep 0.1; done
  if ip -n $p-a route | grep default >/dev/null; then
    sleep 0.5
    measure slirp4netns "ip netns exec $p-a" "" ""
  else
    echo "slirp4netns did not come up:" >&2
    tail -3 "$work/log" >&2
  fi
  remove $p-a
}

# The switch between two TAPs; the program goes on until its input ends.
switch_peer() {
  rm -f "$work/hold"; mkfifo "$work/hold"; : >"$work/up"
  (cd cni-darwin && exec "$java" -Djava.io.tmpdir="$work" --enable-native-access=ALL-UNNAMED -cp \
    target/classes:target/test-classes:../base/target/classes:../base/target/test-classes \
    dev.beagle.net.control.SwitchForBench 6201:5201 6300:5300 <"$work/hold" >"$work/up" 2>>"$work/log") &
  switch=$!
  exec 9>"$work/hold"
  for _ in $(seq 200); do grep -q ^up "$work/up" && break; kill -0 $switch 2>/dev/null || break; sleep 0.1; done
  grep -q ^up "$work/up" || { tail -5 "$work/log" >&2; exit 1; }
  local names name b
  read -r _ names b <"$work/up"
  for name in out a b; do servers "$names$name"; done
  sleep 0.5
  measure switch "ip netns exec ${names}a" "$b" "${names}out"
  for name in out a b; do ip netns pids "$names$name" | xargs -r kill; done
  exec 9>&-
  wait $switch || true
  switch=
}

surroundings
for _ in $(seq "$rounds"); do
  kernel
  switch_peer
  slirp_peer
done
echo "$(uname -sr), $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg); $seconds s a figure, $rounds rounds, the medians"
python3 - "$work/rows" <<'P'
import statistics, sys
table = {}
for line in open(sys.argv[1]):
    peer, what, value = line.rstrip("\n").split("\t")
    if value.strip() not in ("-", ""):
        table.setdefault(what, {}).setdefault(peer, []).append(float(value))
print("%-32s %10s %10s %12s %16s %16s" % ("", "kernel", "switch", "slirp4netns", "switch/kernel", "switch/slirp"))
for what, of in table.items():
    m = {peer: statistics.median(values) for peer, values in of.items()}
    ratio = lambda peer: "%.2f" % (m["switch"] / m[peer]) if "switch" in m and m.get(peer) else "-"
    show = lambda peer: "%.4g" % m[peer] if peer in m else "-"
    print("%-32s %10s %10s %12s %16s %16s" % (what, show("kernel"), show("switch"), show("slirp4netns"), ratio("kernel"), ratio("slirp4netns")))
P
