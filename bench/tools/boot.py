"""The rounds of boot.sh, in the namespaces that it made."""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")
POLL_SECONDS = 0.002
LIMIT_SECONDS = 60


def now():
    """Seconds, on the clock that processes' start times are told by."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def started(pid):
    """When a process was started; a tick is 10 ms."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[19]) / TICKS


def machine_process():
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"dev.beagle.runtime.launch.MachineMain" in words:
                return int(entry.name)
    return None


class Console:
    """When lines appear in a machine's console."""

    def __init__(self, machines):
        self.machines = machines
        self.seen = {}

    def look(self, wanted):
        for log in self.machines.glob("*/console.log"):
            text = log.read_text(errors="replace")
            for line in wanted:
                if line not in self.seen and line in text:
                    self.seen[line] = now()


INIT, LISTENS = "Run /init as init process", "machine: the agent listens"


def pod(arguments, number):
    base = arguments.base
    run = base / "run"
    config = base / f"pod-{number}.json"
    name = f"boot-{number}"
    config.write_text(
        json.dumps({"metadata": {"name": name, "uid": name, "namespace": "bench", "attempt": 0}, "log_directory": str(base / "logs"), "linux": {}})
    )
    crictl = [arguments.crictl, "--config", str(base / "crictl.yaml")]
    console = Console(run / "vms")
    begin = now()
    call = subprocess.Popen([*crictl, "runp", str(config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    pid = None
    while call.poll() is None and now() - begin < LIMIT_SECONDS:
        pid = pid or machine_process()
        console.look([INIT, LISTENS])
        time.sleep(POLL_SECONDS)
    end = now()
    if call.returncode != 0:
        sys.exit(f"bench: crictl runp: {call.returncode}: {call.stderr.read()}")
    console.look([INIT, LISTENS])
    process = started(pid)
    steps = {}
    for line in next((run / "vms").glob("*/timeline")).read_text().splitlines():
        step, millis = line.split()
        steps[step] = int(millis) / 1000 - time.time() + now()
    subprocess.run([*crictl, "rmp", "-f", call.stdout.read().strip()], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    points = [begin, process, steps["main"], steps["running"], console.seen[INIT], console.seen[LISTENS], end]
    parts = [after - before for before, after in zip(points, points[1:])]
    return [*parts, end - begin, console.seen[INIT] - process, console.seen[LISTENS] - process]


def bare(arguments):
    begin = now()
    with subprocess.Popen([arguments.vmm, arguments.kernel, arguments.initramfs], stdout=subprocess.PIPE, text=True) as vmm:
        seen = next((now() for line in vmm.stdout if line.startswith("INIT ")), None)
        vmm.stdout.read()
    if vmm.returncode != 0 or seen is None:
        sys.exit(f"bench: vmm: {vmm.returncode}")
    return seen - begin


def await_socket(daemon, socket):
    begin = now()
    while not socket.exists():
        if daemon.poll() is not None or now() - begin > LIMIT_SECONDS:
            sys.exit("bench: the daemon does not start")
        time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser()
    for name in ("beagle", "crictl", "vmm", "kernel", "initramfs"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--base", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", required=True, type=int)
    arguments = parser.parse_args()
    base = arguments.base
    with open(base / "daemon.log", "w", encoding="utf-8") as log:
        command = [arguments.beagle, "daemon", "--root", base / "root", "--run", base / "run", "--config", base / "config.yaml", "--stop-pods"]
        daemon = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log)
        await_socket(daemon, base / "run" / "cri.sock")
        pod(arguments, 0)
        bare(arguments)
        ours, peers = [], []
        for number in range(1, arguments.rounds + 1):
            ours.append(pod(arguments, number))
            peers.append(bare(arguments))
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
    medians = [statistics.median(column) * 1000 for column in zip(*ours)]
    labels = [
        "crictl, records, address, to the process",
        "JVM, to main",
        "load: hypervisor, kernel, devices, to the first vCPU",
        "kernel, to init",
        "init, to the agent's listening",
        "agent: connection, network, sandbox, to the answer",
        "RunPodSandbox",
    ]
    print(f"medians of {arguments.rounds} rounds, ms")
    for label, value in zip(labels, medians):
        print(f"{label:56} {value:8.0f}")
    peer = statistics.median(peers) * 1000
    # The bare boot's point lies between our two: init's first words, which come after the kernel's line about it.
    to_init, to_agent = medians[-2:]
    print(f"{'the bare VMM in C, process to the first words of init':56} {peer:8.0f}")
    print(f"{'ours, process to the kernel starting init':56} {to_init:8.0f}   ratio {to_init / peer:.2f}")
    print(f"{'ours, process to the agent listening':56} {to_agent:8.0f}   ratio {to_agent / peer:.2f}")
    print(f"load average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


main()
