"""A host for one agent: toolbox, image, cgroups and OCI configurations, made below a temporary folder."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import uuid

from client import Client, open_tree

AGENT = os.environ["AGENT"]
RUNTIME = os.environ.get("OCI_RUNTIME") or shutil.which("crun") or shutil.which("runc")
CGROUPS = "/sys/fs/cgroup"
CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETUID", "CAP_SETGID", "CAP_NET_RAW"]


def libraries(program):
    listing = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return re.findall(r"(/\S+) \(0x", listing)


def install(program, root, name):
    """Copies a program and what it links to, each to its usual path below root."""
    target = os.path.join(root, name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy(program, target)
    for library in libraries(program):
        copy = root + library
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy(library, copy)


def hierarchies():
    if os.path.exists(f"{CGROUPS}/cgroup.controllers"):
        return [CGROUPS]
    return [f"{CGROUPS}/{name}" for name in os.listdir(CGROUPS)
            if name != "unified" and os.path.exists(f"{CGROUPS}/{name}/cgroup.procs")
            and not os.path.islink(f"{CGROUPS}/{name}")]


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="beagle-agent-test-")
        self.cgroup = f"beagle-test-{uuid.uuid4().hex[:8]}"
        self.toolbox = f"{self.folder}/toolbox"
        self.image = f"{self.folder}/image"
        self.socket = f"{self.folder}/agent.sock"
        install(RUNTIME, self.toolbox, "bin/runtime")
        install(shutil.which("busybox"), self.image, "bin/busybox")
        for applet in subprocess.run(["busybox", "--list"], capture_output=True, text=True).stdout.split():
            if applet != "busybox":
                os.symlink("busybox", f"{self.image}/bin/{applet}")
        for folder in ("proc", "sys", "dev", "tmp", "etc", "host"):
            os.makedirs(f"{self.image}/{folder}", exist_ok=True)
        for hierarchy in hierarchies():
            self._make_cgroup(f"{hierarchy}/{self.cgroup}/agent")
        self.log = open(f"{self.folder}/agent.log", "wb")
        self.agent = None
        self.count = 0

    @staticmethod
    def _make_cgroup(path):
        os.makedirs(path, exist_ok=True)
        for folder in (os.path.dirname(path), path):
            for name in ("cpuset.cpus", "cpuset.mems"):
                if os.path.exists(f"{folder}/{name}"):
                    with open(f"{os.path.dirname(folder)}/{name}") as source, open(f"{folder}/{name}", "w") as target:
                        target.write(source.read())

    def start(self):
        arguments = [AGENT, "sandbox", "--socket", self.socket, "--port", f"{self.folder}/port.sock",
                     "--toolbox", self.toolbox]
        for hierarchy in hierarchies():
            arguments += ["--cgroup", f"{hierarchy}/{self.cgroup}/agent"]
        self.agent = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        ready = self.agent.stdout.read()
        assert ready == b"ready\n", f"{ready} {self.agent_log()}"
        return Client(self.socket)

    def agent_log(self):
        with open(f"{self.folder}/agent.log", encoding="utf-8", errors="replace") as log:
            return log.read()

    def processes(self):
        found = set()
        for hierarchy in hierarchies():
            for folder, _, files in os.walk(f"{hierarchy}/{self.cgroup}"):
                if "cgroup.procs" in files:
                    with open(f"{folder}/cgroup.procs") as listing:
                        found.update(int(pid) for pid in listing.read().split())
        return found

    def kill_cgroup(self):
        while pids := self.processes():
            for pid in pids:
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass

    def close(self):
        self.kill_cgroup()
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait()
            self.agent.stdout.close()
        self.log.close()
        for hierarchy in hierarchies():
            for folder, _, _ in os.walk(f"{hierarchy}/{self.cgroup}", topdown=False):
                os.rmdir(folder)
        shutil.rmtree(self.folder)

    def open_sandbox(self, client, **values):
        settings = {"sandbox": "pod1", "hostname": "pod-one", "own_network": True, "own_ipc": True,
                    "files": {"hosts": b"127.0.0.1 localhost\n"}, "shm_bytes": 1 << 20}
        settings.update(values)
        client.call("open_sandbox", **settings)
        self.add_folder(client, "image", self.image, read_only=True)
        return settings

    def add_folder(self, client, name, path, read_only=False):
        client.hand_over(**{name: open_tree(path)})
        client.call("add_folder", name=name, handed_over=name, read_only=read_only)

    def create(self, client, name, args, namespaces=None, config=None, layers=("image",), **values):
        """Creates a container with an upper folder and a log of its own."""
        upper = f"{self.folder}/upper-{name}"
        os.makedirs(f"{upper}/upper")
        os.makedirs(f"{upper}/work")
        self.add_folder(client, f"upper-{name}", upper)
        log = os.open(f"{self.folder}/{name}.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o640)
        client.hand_over(**{f"log-{name}": log})
        spec = self.spec(name, args, namespaces, tty=values.get("tty", False))
        if config is not None:
            config(spec)
        return client.call("create_container", container=name, layers=list(layers), upper=f"upper-{name}",
                           config=json.dumps(spec).encode(), log=f"log-{name}", cgroup=self.cgroup_of(name), **values)

    def cgroup_of(self, name):
        return f"/{self.cgroup}/{name}"

    def read_log(self, name):
        with open(f"{self.folder}/{name}.log", "rb") as log:
            return log.read()

    def spec(self, name, args, namespaces=None, tty=False):
        if namespaces is None:
            namespaces = {"network": "/sandbox/ns/net", "ipc": "/sandbox/ns/ipc", "uts": "/sandbox/ns/uts", "pid": ""}
        listed = [{"type": "mount"}]
        for kind, path in namespaces.items():
            listed.append({"type": kind, "path": path} if path else {"type": kind})
        return {
            "ociVersion": "1.0.2",
            "root": {"path": f"/containers/{name}/rootfs"},
            "process": process(args, tty),
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
                 "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
                {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
                 "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
                {"destination": "/dev/shm", "type": "bind", "source": "/sandbox/shm",
                 "options": ["rbind", "nosuid", "nodev", "noexec"]},
                {"destination": "/etc/hosts", "type": "bind", "source": "/sandbox/files/hosts",
                 "options": ["rbind", "rprivate", "rw", "nosuid", "nodev", "noexec"]},
            ],
            "linux": {"cgroupsPath": self.cgroup_of(name), "namespaces": listed, "resources": {}},
        }


def process(args, tty=False, **more):
    capabilities = {kind: CAPABILITIES for kind in ("bounding", "effective", "permitted")}
    return {"terminal": tty, "user": {"uid": 0, "gid": 0}, "args": list(args), "cwd": "/", "env": ["PATH=/bin"],
            "capabilities": capabilities, **more}
