"""Drives the real agent with a real OCI runtime. As root: `make check-root`."""

import os
import re
import signal
import time
import unittest

from client import AgentError, Client, read_all
from world import World, process

LINE = re.compile(rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (stdout|stderr) ([PF]) (.*)$")


def contents(log, stream=None):
    lines = [LINE.match(line) for line in log.split(b"\n")[:-1]]
    return [m[4] for m in lines if stream is None or m[2] == stream]


class AgentTest(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.client = self.world.start()

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
        import json
        self.client.call("exec", container=container, exec=name, tty=tty, timeout_millis=timeout_millis,
                         process=json.dumps(process(args, tty, **more)).encode(), **tokens)
        streams = {kind: self.client.stream(token) for kind, token in tokens.items()}
        if stdin is not None:
            streams["stdin_token"].sendall(stdin)
            streams["stdin_token"].shutdown(1)
        out = read_all(streams["stdout_token"])
        err = b"" if tty else read_all(streams["stderr_token"])
        return out, err, self.client.exited(container, name)


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
