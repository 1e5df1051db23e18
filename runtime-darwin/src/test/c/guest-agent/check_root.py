"""Drives the real agent with a real OCI runtime. As root: `make check-root`."""

import glob
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

from client import AgentError, Client, read_all
from switch import Switch
from world import World, hierarchies, install, process

LINE = re.compile(rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (stdout|stderr) ([PF]) (.*)$")


def contents(log, stream=None):
    lines = [LINE.match(line) for line in log.split(b"\n")[:-1]]
    return [m[4] for m in lines if stream is None or m[2] == stream]


class AgentTest(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.client = self.world.start()
        self.addCleanup(lambda: self.client.close())

    def run_container(self, name, args, **more):
        self.world.create(self.client, name, args, **more)
        self.client.call("start_container", container=name)
        return self.client.exited(name)

    def start_container(self, name, args, **more):
        self.world.create(self.client, name, args, **more)
        return self.client.call("start_container", container=name)["started"]["pid"]

    def exec(self, container, name, args, stdin=None, tty=False, timeout_millis=0, **more):
        tokens = {"stdout_token": os.urandom(16)}
        if not tty:
            tokens["stderr_token"] = os.urandom(16)
        if stdin is not None:
            tokens["stdin_token"] = os.urandom(16)
        self.client.call("exec", container=container, exec=name, tty=tty, timeout_millis=timeout_millis,
                         process=json.dumps(process(args, tty, **more)).encode(), **tokens)
        streams = {kind: self.client.stream(token) for kind, token in tokens.items()}
        for stream in streams.values():
            self.addCleanup(stream.close)
        if stdin is not None:
            streams["stdin_token"].sendall(stdin)
            streams["stdin_token"].shutdown(1)
        out = read_all(streams["stdout_token"])
        err = b"" if tty else read_all(streams["stderr_token"])
        return out, err, self.client.exited(container, name)



def eventually(condition, seconds=10):
    """Polls from a test only: nothing of the agent waits like this."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        threading.Event().wait(0.01)


def mounts():
    with open("/proc/self/mounts", encoding="utf-8") as table:
        return sorted(table)


HOST = {"pid": "", "uts": "/sandbox/ns/uts"}
SHARED_PID = {"network": "/sandbox/ns/net", "ipc": "/sandbox/ns/ipc", "uts": "/sandbox/ns/uts",
              "pid": "/sandbox/ns/pid"}


class Life(AgentTest):
    def test_output_code_and_log_format(self):
        self.world.open_sandbox(self.client)
        script = "echo out; echo err >&2; cat /etc/hosts; hostname; printf tail; exit 7"
        exited = self.run_container("c1", ["sh", "-c", script])
        self.assertEqual(exited["code"], 7)
        log = self.world.read_log("c1")
        self.assertEqual(contents(log, b"stdout"), [b"out", b"127.0.0.1 localhost", b"pod-one", b"tail"])
        self.assertEqual(contents(log, b"stderr"), [b"err"])
        self.assertIn(b" stdout P tail\n", log)
        self.client.call("delete_container", container="c1")
        with self.assertRaises(AgentError) as caught:
            self.client.call("delete_container", container="c1")
        self.assertEqual(caught.exception.kind, "NOT_FOUND")

    def test_two_containers_delete_and_close_leave_nothing(self):
        before = mounts()
        self.world.open_sandbox(self.client)
        for name in ("c1", "c2"):
            self.start_container(name, ["sleep", "1000"])
        listed = self.client.call("list_processes")["processes"]
        self.assertEqual({c["container"]: c["state"] for c in listed["containers"]}, {"c1": 2, "c2": 2})
        self.assertIn("image", listed["folders"])
        self.client.call("delete_container", container="c1")
        self.client.call("remove_folder", name="upper-c1")
        self.client.call("close_sandbox")
        self.assertEqual(self.world.agent.wait(10), 0)
        self.assertEqual(mounts(), before)
        self.assertEqual(self.world.processes(), set())
        left = [path for path in hierarchies() if os.path.exists(f"{path}/{self.world.cgroup}/c1")]
        self.assertEqual(left, [])

    def test_killed_agent_leaves_no_mounts(self):
        before = mounts()
        self.world.open_sandbox(self.client, shared_pid=True)
        self.start_container("c1", ["sleep", "1000"], namespaces=SHARED_PID)
        self.world.agent.kill()
        self.world.agent.wait()
        self.world.kill_cgroup()
        self.assertEqual(mounts(), before)
        self.assertFalse(glob.glob("/run/runtime*"))

    def test_signals_and_states(self):
        self.world.open_sandbox(self.client)
        self.start_container("c1", ["sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done"])
        eventually(lambda: b"up" in self.world.read_log("c1"))
        with self.assertRaises(AgentError) as caught:
            self.client.call("start_container", container="c1")
        self.assertEqual(caught.exception.kind, "WRONG_STATE")
        self.client.call("signal", container="c1", signal=signal.SIGTERM)
        self.assertEqual(self.client.exited("c1")["code"], 5)
        self.start_container("c2", ["sleep", "1000"])
        self.client.call("signal", container="c2", signal=signal.SIGKILL, all=True)
        self.assertEqual(self.client.exited("c2")["code"], 137)

    def test_failures_say_why_and_leave_nothing(self):
        self.world.open_sandbox(self.client)
        with self.assertRaises(AgentError) as caught:
            self.run_container("c1", ["/no/such/program"])
        self.assertIn("/no/such/program", caught.exception.message)
        listed = self.client.call("list_processes")["processes"]
        self.assertNotIn("containers", listed)
        eventually(lambda: not glob.glob(f"/sys/fs/cgroup/*/{self.world.cgroup}/c1"))
        with self.assertRaises(AgentError) as caught:
            self.client.call("create_container", container="../x", layers=["image"], cgroup="/x")
        self.assertEqual(caught.exception.kind, "INVALID_ARGUMENT")

    def test_exits_wait_for_the_next_daemon(self):
        self.world.open_sandbox(self.client)
        self.world.create(self.client, "c1", ["sh", "-c", "sleep 0.2; exit 3"])
        self.client.call("start_container", container="c1")
        self.client.close()
        self.client = Client(self.world.socket)
        self.assertEqual(self.client.exits.get(timeout=10)["code"], 3)
        self.client.close()
        self.client = Client(self.world.socket)
        self.assertEqual(self.client.exited("c1")["code"], 3)
        self.assertNotIn("exits", self.client.call("list_processes")["processes"])

    def test_terminate_closes_the_sandbox(self):
        self.world.open_sandbox(self.client, shared_pid=True)
        self.start_container("c1", ["sleep", "1000"], namespaces=SHARED_PID)
        self.world.agent.terminate()
        self.assertEqual(self.world.agent.wait(10), 0)
        self.assertEqual(self.world.processes(), set())

    def test_killed_runtime_is_cleaned_up_after(self):
        self.world.open_sandbox(self.client)
        runtime = f"{self.world.toolbox}/bin/runtime"
        os.rename(runtime, f"{runtime}.real")
        install(shutil.which("busybox"), self.world.toolbox, "bin/busybox")
        with open(runtime, "w", encoding="utf-8") as script:
            script.write("#!/bin/busybox sh\ncase \"$*\" in *create*) kill -9 $$;; esac\nexec /bin/runtime.real \"$@\"\n")
        os.chmod(runtime, 0o755)
        with self.assertRaises(AgentError) as caught:
            self.run_container("c1", ["true"])
        self.assertIn("killed by signal 9", caught.exception.message)
        self.assertNotIn("containers", self.client.call("list_processes")["processes"])
        os.rename(f"{runtime}.real", runtime)
        self.assertEqual(self.run_container("c2", ["true"]).get("code", 0), 0)

    def test_what_a_killed_runtime_had_started_ends(self):
        self.world.open_sandbox(self.client)
        runtime = f"{self.world.toolbox}/bin/runtime"
        os.rename(runtime, f"{runtime}.real")
        install(shutil.which("busybox"), self.world.toolbox, "bin/busybox")
        with open(runtime, "w", encoding="utf-8") as script:
            script.write("#!/bin/busybox sh\ncase \"$*\" in *start*) /bin/runtime.real \"$@\"; kill -9 $$;; esac\n"
                         "exec /bin/runtime.real \"$@\"\n")
        os.chmod(runtime, 0o755)
        with self.assertRaises(AgentError) as caught:
            self.start_container("c1", ["sleep", "1000"])
        self.assertIn("killed by signal 9", caught.exception.message)
        self.assertEqual(self.client.exited("c1")["code"], 137)
        self.client.call("delete_container", container="c1")
        self.assertNotIn("containers", self.client.call("list_processes")["processes"])

    def test_long_names_and_terminal(self):
        self.world.open_sandbox(self.client)
        name = "c" * 128
        layer = "l" * 128
        self.world.add_folder(self.client, layer, self.world.image, read_only=True)
        log = os.open(f"{self.world.folder}/long.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o640)
        self.client.hand_over(long=log)
        spec = json.dumps({**self.world.spec(name, ["tty"], tty=True), "mounts": self.world.spec("x", [])["mounts"][:3]})
        self.client.call("create_container", container=name, layers=[layer], config=spec.encode(), log="long", tty=True,
                         cgroup=self.world.cgroup_of("long"))
        self.client.call("start_container", container=name)
        self.assertEqual(self.client.exited(name).get("code", 0), 0)
        self.client.call("delete_container", container=name)

    def test_out_of_memory(self):
        self.world.open_sandbox(self.client)

        def limit(spec):
            spec["linux"]["resources"] = {"memory": {"limit": 16 << 20}}

        script = "a=x; while :; do a=$a$a; done"
        exited = self.run_container("c1", ["sh", "-c", script], config=limit)
        self.assertEqual(exited["code"], 137)
        self.assertTrue(exited["oom_killed"])

    def test_a_container_that_fills_its_files_stops_nobody(self):
        self.world.open_sandbox(self.client)
        script = ("grep -E ' (/etc/hosts|/dev/shm) ' /proc/mounts; dd if=/dev/zero of=/etc/hosts bs=64k 2>&1;"
                  " stat -c %s /etc/hosts; sleep 1000")
        self.start_container("c1", ["sh", "-c", script])
        eventually(lambda: any(line.isdigit() for line in contents(self.world.read_log("c1"))))
        lines = contents(self.world.read_log("c1"))
        for line in lines[:2]:
            self.assertLessEqual({b"nosuid", b"nodev", b"noexec"}, set(line.split()[3].split(b",")))
        self.assertTrue(any(b"No space left on device" in line for line in lines), lines)
        self.assertLessEqual(int(lines[-1]), 256 << 10)
        out, _, exited = self.exec("c1", "e1", ["echo", "here"])
        self.assertEqual((out, exited.get("code", 0)), (b"here\n", 0))
        self.assertEqual(self.run_container("c2", ["true"]).get("code", 0), 0)

    def test_usage(self):
        self.world.open_sandbox(self.client)
        self.start_container("c1", ["sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 1000"])
        eventually(lambda: self.client.call("usage")["usage"]["containers"][0].get("cpu_nanos", 0) > 1_000_000)
        usage = self.client.call("usage", containers=["c1"])["usage"]["containers"][0]
        self.assertGreater(usage["memory_bytes"], 0)
        self.assertGreater(usage["at"], 0)
        self.assertGreaterEqual(usage["processes"], 1)

    def test_layers(self):
        self.world.open_sandbox(self.client)
        names = []
        for i in range(120):
            folder = f"{self.world.folder}/layer{i}"
            os.mkdir(folder)
            with open(f"{folder}/f{i}", "w", encoding="utf-8") as file:
                file.write("x")
            with open(f"{folder}/top", "w", encoding="utf-8") as file:
                file.write(str(i))
            name = f"sha256-{i:064d}"
            self.world.add_folder(self.client, name, folder, read_only=True)
            names.append(name)
        script = "cat /top; ls /f* | wc -l; touch /new"
        exited = self.run_container("c1", ["sh", "-c", script], layers=["image"] + names)
        self.assertEqual(exited.get("code", 0), 0)
        self.assertEqual(b" ".join(contents(self.world.read_log("c1"))), b"119120")

    def test_what_need_not_last_is_not_synced(self):
        self.world.open_sandbox(self.client)
        script = "grep ' / / ' /proc/self/mountinfo; echo x >/new; sync /new"
        for name, unsynced in (("c1", True), ("c2", False)):
            self.assertEqual(self.run_container(name, ["sh", "-c", script], unsynced=unsynced).get("code", 0), 0)
            root = b"".join(contents(self.world.read_log(name)))
            self.assertIn(b" overlay ", root)
            self.assertEqual(b"volatile" in root, unsynced)


class Streams(AgentTest):
    def test_exec(self):
        self.world.open_sandbox(self.client)
        self.start_container("c1", ["sleep", "1000"])
        out, err, exited = self.exec("c1", "e1", ["sh", "-c", "cat; echo bad >&2; exit 4"], stdin=b"x" * 200000)
        self.assertEqual((out, err, exited["code"]), (b"x" * 200000, b"bad\n", 4))
        with self.assertRaises(AgentError) as caught:
            self.exec("c1", "e2", ["/no/such/program"])
        self.assertIn("/no/such/program", caught.exception.message)

    def test_many_execs_at_once(self):
        self.world.open_sandbox(self.client)
        self.start_container("c1", ["sleep", "1000"])
        answers = [self.client.begin("exec", container="c1", exec=f"e{i}",
                                     process=json.dumps(process(["sh", "-c", f"exit {i}"])).encode())
                   for i in range(30)]
        for answer in answers:
            self.client.finish(answer)
        codes = [self.client.exited("c1", f"e{i}").get("code", 0) for i in range(30)]
        self.assertEqual(codes, list(range(30)))

    def test_exec_timeout_kills_descendants(self):
        self.world.open_sandbox(self.client)
        self.start_container("c1", ["sleep", "1000"])
        script = "(setsid sleep 777 &) ; sleep 888"
        out, _, exited = self.exec("c1", "e1", ["sh", "-c", script], timeout_millis=300)
        self.assertEqual((out, exited["code"], exited["timed_out"]), (b"", 137, True))

    def test_slow_reader_stops_its_process_only(self):
        self.world.open_sandbox(self.client)
        self.start_container("c1", ["sleep", "1000"])
        token = os.urandom(16)
        self.client.call("exec", container="c1", exec="e1", stdout_token=token,
                         process=json.dumps(process(["sh", "-c", "cat /dev/zero | head -c 50000000"])).encode())
        slow = self.client.stream(token)
        out, _, exited = self.exec("c1", "e2", ["echo", "quick"])
        self.assertEqual((out, exited.get("code", 0)), (b"quick\n", 0))
        self.assertEqual(len(read_all(slow)), 50_000_000)
        self.assertEqual(self.client.exited("c1", "e1").get("code", 0), 0)

    def test_tokens_are_used_once(self):
        self.world.open_sandbox(self.client)
        self.start_container("c1", ["sleep", "1000"])
        with self.assertRaises(AgentError) as caught:
            self.client.stream(os.urandom(16))
        self.assertEqual(caught.exception.kind, "NOT_FOUND")
        token = os.urandom(16)
        self.client.call("attach", container="c1", stdout_token=token)
        stream = self.client.stream(token)
        with self.assertRaises(AgentError):
            self.client.stream(token)
        stream.close()

    def test_attach_by_several_and_stdin_once(self):
        self.world.open_sandbox(self.client)
        self.world.create(self.client, "c1", ["sh", "-c", "cat; echo end"], stdin=True, stdin_once=True)
        tokens = [os.urandom(16) for _ in range(3)]
        self.client.call("attach", container="c1", stdin_token=tokens[0], stdout_token=tokens[1])
        self.client.call("attach", container="c1", stdout_token=tokens[2])
        stdin, first, second = (self.client.stream(token) for token in tokens)
        self.client.call("start_container", container="c1")
        stdin.sendall(b"hello\n")
        stdin.shutdown(socket.SHUT_WR)
        self.assertEqual(read_all(first), b"hello\nend\n")
        self.assertEqual(read_all(second), b"hello\nend\n")
        stdin.close()
        self.assertEqual(self.client.exited("c1").get("code", 0), 0)
        self.assertEqual(contents(self.world.read_log("c1")), [b"hello", b"end"])

    def test_stuck_attach_does_not_hold_up_the_exit(self):
        self.world.open_sandbox(self.client)
        self.world.create(self.client, "c1", ["sh", "-c", "cat /dev/zero | head -c 5000000; echo; sleep 1000"])
        token = os.urandom(16)
        self.client.call("attach", container="c1", stdout_token=token)
        stuck = self.client.stream(token)
        self.client.call("start_container", container="c1")
        eventually(lambda: self.world.read_log("c1"))
        self.client.call("signal", container="c1", signal=9)
        self.assertEqual(self.client.exited("c1", timeout=5)["code"], 137)
        stuck.close()

    def test_terminal(self):
        self.world.open_sandbox(self.client)
        self.start_container("c1", ["sh", "-c", "tty; read x; stty size; echo got $x"], tty=True, stdin=True)
        eventually(lambda: b"/dev/pts/0" in self.world.read_log("c1"))
        self.client.call("resize", container="c1", columns=132, rows=43)
        token = os.urandom(16)
        self.client.call("attach", container="c1", stdin_token=token)
        with self.client.stream(token) as stdin:
            stdin.sendall(b"yes\n")
            self.assertEqual(self.client.exited("c1").get("code", 0), 0)
        log = self.world.read_log("c1")
        self.assertIn(b"got yes\r", contents(log, b"stdout"))
        self.assertIn(b"43 132\r", contents(log, b"stdout"))

    def test_exec_terminal(self):
        self.world.open_sandbox(self.client)
        self.start_container("c1", ["sleep", "1000"])
        out, _, exited = self.exec("c1", "e1", ["sh", "-c", "read x; echo got $x; exit 6"], stdin=b"hi\n", tty=True)
        self.assertIn(b"got hi\r\n", out)
        self.assertEqual(exited["code"], 6)

    def test_port_of_the_sandbox(self):
        self.world.open_sandbox(self.client)
        self.start_container("c1", ["sh", "-c", "echo up; nc -l -p 8080 -e cat"])
        eventually(lambda: b"up" in self.world.read_log("c1"))
        token = os.urandom(16)

        def connected():
            try:
                self.client.call("connect", port=8080, token=token)
                return True
            except AgentError as error:
                self.assertEqual(error.kind, "UNAVAILABLE")
                return False

        eventually(connected)
        stream = self.client.stream(token)
        data = os.urandom(300000)
        threading.Thread(target=lambda: (stream.sendall(data), stream.shutdown(socket.SHUT_WR)), daemon=True).start()
        self.assertEqual(read_all(stream), data)

    def test_log_of_ten_megabytes_a_second(self):
        self.world.open_sandbox(self.client)
        line = "x" * 99
        script = f"yes {line} | head -n 1000000"
        begin = time.monotonic()
        exited = self.run_container("c1", ["sh", "-c", script])
        seconds = time.monotonic() - begin
        self.assertEqual(exited.get("code", 0), 0)
        log = self.world.read_log("c1")
        self.assertEqual(len(contents(log)), 1000000)
        self.assertTrue(all(text == line.encode() for text in contents(log)))
        with open(f"/proc/{self.world.agent.pid}/stat", encoding="utf-8") as stat:
            cpu = sum(map(int, stat.read().split(")")[1].split()[11:13])) / 100
        print(f"[100 MB in {seconds:.1f} s, agent {cpu:.1f} s of CPU] ", end="")
        self.assertGreater(100 / seconds, 10)

    def test_log_can_be_reopened(self):
        self.world.open_sandbox(self.client)
        script = "echo one; while [ ! -e /go ]; do sleep 0.02; done; echo two"
        self.start_container("c1", ["sh", "-c", script])
        eventually(lambda: b"one" in self.world.read_log("c1"))
        os.rename(f"{self.world.folder}/c1.log", f"{self.world.folder}/c1.log.1")
        self.client.hand_over(again=os.open(f"{self.world.folder}/c1.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND))
        self.client.call("reopen_log", container="c1", log="again")
        self.exec("c1", "e1", ["touch", "/go"])
        self.client.exited("c1")
        self.assertEqual(contents(self.world.read_log("c1")), [b"two"])

    def test_log_can_be_a_connection(self):
        self.world.open_sandbox(self.client)
        script = "while [ ! -e /go ]; do sleep 0.02; done; echo two; while [ ! -e /on ]; do sleep 0.02; done; echo three"
        self.start_container("c1", ["sh", "-c", script])
        connection = self.client.open_log("live")
        with self.assertRaises(AgentError) as caught:
            self.client.open_log("live")
        self.assertEqual(caught.exception.kind, "ALREADY_EXISTS")
        with self.assertRaises(AgentError) as caught:
            self.client.open_log("")
        self.assertEqual(caught.exception.kind, "INVALID_ARGUMENT")
        self.client.call("reopen_log", container="c1", log="live")
        self.exec("c1", "e1", ["touch", "/go"])
        line = connection.recv(1000)
        self.assertEqual(contents(line), [b"two"])
        # Whoever stops taking lines loses them, and nothing else.
        connection.close()
        self.exec("c1", "e2", ["touch", "/on"])
        self.assertEqual(self.client.exited("c1").get("code", 0), 0)

    def test_logs_that_no_request_took_end_with_the_control_connection(self):
        connection = self.client.open_log("unused")
        self.client.close()
        self.assertEqual(connection.recv(1), b"")
        connection.close()
        self.client = Client(self.world.socket)


class Isolation(AgentTest):
    def test_shared_pid_namespace_has_pause_with_an_empty_root(self):
        self.world.open_sandbox(self.client, shared_pid=True)
        pause = self.client.call("list_processes")["processes"]["pause_pid"]

        def trace(spec):
            for kind in ("bounding", "effective", "permitted"):
                spec["process"]["capabilities"][kind] = ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"]

        script = "cat /proc/1/comm; ls -A /proc/1/root/ | wc -l; grep CapEff /proc/1/status; " \
                 "echo x > /proc/1/root/x; echo x >> /proc/1/exe; sleep 1000"
        self.start_container("c1", ["sh", "-c", script], namespaces=SHARED_PID, config=trace)
        eventually(lambda: len(contents(self.world.read_log("c1"))) >= 5)
        out = contents(self.world.read_log("c1"), b"stdout")
        self.assertEqual([line.split()[-1] for line in out], [b"pause", b"0", b"0000000000000000"])
        self.world.agent.kill()
        eventually(lambda: not os.path.exists(f"/proc/{pause}"))

    def test_host_pid_sees_the_host(self):
        self.world.open_sandbox(self.client, own_network=False)
        namespaces = {"uts": "/sandbox/ns/uts", "ipc": "/sandbox/ns/ipc"}
        self.run_container("c1", ["sh", "-c", f"cat /proc/{os.getpid()}/comm"], namespaces=namespaces)
        with open("/proc/self/comm", "rb") as comm:
            self.assertEqual(contents(self.world.read_log("c1")), [comm.read().strip()])

    def test_end_of_main_kills_what_it_left_in_a_shared_pid_namespace(self):
        self.world.open_sandbox(self.client, shared_pid=True)
        exited = self.run_container("c1", ["sh", "-c", "setsid sleep 1000 & exit 2"], namespaces=SHARED_PID)
        self.assertEqual(exited["code"], 2)
        eventually(lambda: len(self.world.processes()) == 2)

    def test_container_inherits_nothing(self):
        self.world.open_sandbox(self.client)
        self.run_container("c1", ["ls", "/proc/self/fd"])
        self.assertEqual(contents(self.world.read_log("c1")), [b"0", b"1", b"2", b"3"])
        self.run_container("c2", ["cat", "/proc/self/status"])
        text = b"\n".join(contents(self.world.read_log("c2")))
        self.assertIn(b"SigBlk:\t0000000000000000", text)
        # Without signal 32, which crun 1.8.1 ignores.
        ignored = int(re.search(rb"SigIgn:\t(\w+)", text)[1], 16)
        self.assertEqual(ignored & 0x7fffffff, 0)

    def test_sysctls_belong_to_the_sandbox(self):
        with self.assertRaises(AgentError) as caught:
            self.world.open_sandbox(self.client, sysctls={"kernel.panic": "1"})
        self.assertEqual(caught.exception.kind, "INVALID_ARGUMENT")
        self.world.open_sandbox(self.client, sysctls={"net.ipv4.ip_forward": "1", "kernel.shmmni": "77"})
        script = "cd /proc/sys; cat net/ipv4/ip_forward net/ipv4/ip_unprivileged_port_start kernel/shmmni"
        self.run_container("c1", ["sh", "-c", script])
        self.assertEqual(contents(self.world.read_log("c1")), [b"1", b"0", b"77"])

    def test_broken_frames_end_their_connection_only(self):
        self.world.open_sandbox(self.client)
        for data in (b"\xff\xff\xff\xff", b"\0\0\0\3\x08\xff\xff", b"\0\0\0\4\x08\1\x10\x09"):
            with socket.socket(socket.AF_UNIX) as broken:
                broken.settimeout(5)
                broken.connect(self.world.socket)
                broken.sendall(data)
                self.assertEqual(broken.recv(100), b"")
        self.client.call("list_processes")


class Network(AgentTest):
    def interface(self, name):
        return {"name": name, "mac": bytes.fromhex("020000000002"), "mtu": 1400,
                "addresses": [{"address": socket.inet_aton("10.211.3.2"), "prefix_length": 24}],
                "port_name": "pod1", "port_token": "secret"}

    def test_tap_carries_frames_and_reconnects(self):
        switch = Switch(f"{self.world.folder}/port.sock", "10.211.3.1")
        switch.open()
        self.addCleanup(lambda: switch.close())
        interface = self.interface("eth0")
        interface["gateways"] = [socket.inet_aton("10.211.3.1")]
        self.world.open_sandbox(self.client, network=interface)
        script = "ip -o link show eth0; ip route; ping -c 3 -i 0.2 10.211.3.1"
        self.assertEqual(self.run_container("c1", ["sh", "-c", script]).get("code", 0), 0)
        text = b"\n".join(contents(self.world.read_log("c1")))
        self.assertIn(b"mtu 1400", text)
        self.assertIn(b"02:00:00:00:00:02", text)
        self.assertIn(b"default via 10.211.3.1 dev eth0", text)
        self.assertEqual(switch.greetings, [b"PORT 1 pod1 secret\n"])
        switch.close()
        switch.open()
        eventually(lambda: len(switch.greetings) == 2)
        self.assertEqual(self.run_container("c2", ["ping", "-c", "2", "10.211.3.1"]).get("code", 0), 0)
        self.assertGreaterEqual(switch.echoes, 5)

    def test_port_of_the_host(self):
        switch = Switch(f"{self.world.folder}/port.sock", "10.211.3.1")
        switch.open()
        self.addCleanup(lambda: switch.close())
        interface = self.interface("bgtest0")
        interface["addresses"][0]["prefix_length"] = 32
        interface["routes"] = [{"address": socket.inet_aton("10.211.3.0"), "prefix_length": 24}]
        self.client.call("open_sandbox", sandbox="host", network=interface)
        ping = subprocess.run(["busybox", "ping", "-c", "1", "10.211.3.1"], capture_output=True, check=False)
        self.assertEqual(ping.returncode, 0, ping)
        self.world.agent.kill()
        self.world.agent.wait()
        eventually(lambda: not os.path.exists("/sys/class/net/bgtest0"))


class Web(unittest.TestCase):
    def test_page_and_errors(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        web = subprocess.Popen([os.environ["WEB"], str(port)], stdout=subprocess.PIPE)
        self.addCleanup(lambda: (web.kill(), web.wait(), web.stdout.close()))
        self.assertIn(b"listening", web.stdout.readline())

        def ask(text):
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(text)
                connection.shutdown(socket.SHUT_WR)
                return read_all(connection)

        page = ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertTrue(page.startswith(b"HTTP/1.1 200 OK\r\n"))
        self.assertIn(b"Hello from Beagle", page)
        self.assertIn(socket.gethostname().encode(), page)
        self.assertIn(b"address: 127.0.0.1<", page)
        self.assertTrue(ask(b"HEAD / HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\n"))
        self.assertIn(b" 404 ", ask(b"GET /x HTTP/1.1\r\n\r\n"))
        self.assertIn(b" 405 ", ask(b"POST / HTTP/1.1\r\n\r\n"))
        self.assertEqual(ask(b"A" * 9000), b"")
        web.terminate()
        self.assertEqual(web.wait(5), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
