"""A daemon's side of the agent's protocol, blocking, for tests."""

import array
import ctypes
import os
import queue
import socket
import struct
import threading

from protocol import Schema

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = Schema(os.path.join(HERE, "../../../main/proto/agent.proto"))
LIBC = ctypes.CDLL(None, use_errno=True)


class AgentError(Exception):
    def __init__(self, error):
        super().__init__(f"{error.get('kind')}: {error.get('message')}")
        self.kind = error.get("kind")
        self.message = error.get("message", "")


def open_tree(path, flags=1 | 0x80000 | 0x8000):
    """A detached, recursive copy of the mount at path."""
    fd = LIBC.syscall(428, -100, path.encode(), flags)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "open_tree", path)
    return fd


def receive_exactly(connection, length):
    data = bytearray()
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def send_frame(connection, kind, values, descriptors=()):
    body = SCHEMA.encode(kind, values)
    frame = struct.pack(">I", len(body)) + body
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    sent = connection.sendmsg([frame], ancillary)
    if sent < len(frame):
        connection.sendall(frame[sent:])


def receive_frame(connection, kind):
    (length,) = struct.unpack(">I", receive_exactly(connection, 4))
    return SCHEMA.decode(kind, receive_exactly(connection, length))


def connect(path, role, token=b"", log=""):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(30)
    connection.connect(path)
    send_frame(connection, "Hello", {"protocol": 1, "role": role, "token": token, "log": log})
    return connection


class Client:
    def __init__(self, path):
        self.path = path
        self.connection = connect(path, "CONTROL")
        self.connection.settimeout(None)
        self.hello = receive_frame(self.connection, "HelloReply")
        self.last = 0
        self.lock = threading.Lock()
        self.waiting = {}
        self.exits = queue.Queue()
        self.seen = {}
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        try:
            while True:
                reply = receive_frame(self.connection, "Reply")
                if "id" in reply:
                    self.waiting.pop(reply["id"]).put(reply)
                else:
                    self.exits.put(reply["exited"])
        except (EOFError, OSError):
            for waiting in list(self.waiting.values()):
                waiting.put(None)

    def begin(self, call, **values):
        answer = queue.Queue()
        with self.lock:
            self.last += 1
            self.waiting[self.last] = answer
            send_frame(self.connection, "Request", {"id": self.last, call: values})
        return answer

    def call(self, call, **values):
        return self.finish(self.begin(call, **values))

    @staticmethod
    def finish(answer):
        reply = answer.get(timeout=60)
        if reply is None:
            raise EOFError("control connection ended")
        if "error" in reply:
            raise AgentError(reply["error"])
        return reply

    def hand_over(self, **descriptors):
        with connect(self.path, "DESCRIPTORS") as connection:
            send_frame(connection, "Handover", {"names": list(descriptors)}, list(descriptors.values()))
            reply = receive_frame(connection, "HelloReply")
        for fd in descriptors.values():
            os.close(fd)
        if "error" in reply:
            raise AgentError(reply["error"])

    def open_log(self, name):
        """A connection that the agent writes a container's log to."""
        connection = connect(self.path, "LOG", log=name)
        reply = receive_frame(connection, "HelloReply")
        if "error" in reply:
            connection.close()
            raise AgentError(reply["error"])
        return connection

    def stream(self, token):
        connection = connect(self.path, "STREAM", token)
        reply = receive_frame(connection, "HelloReply")
        if "error" in reply:
            connection.close()
            raise AgentError(reply["error"])
        return connection

    def exited(self, container, exec_id="", timeout=30):
        """The exit of a process, acknowledged."""
        key = (container, exec_id)
        while key not in self.seen:
            exited = self.exits.get(timeout=timeout)
            self.seen[(exited["container"], exited.get("exec", ""))] = exited
        self.call("acknowledge_exit", container=container, exec=exec_id)
        return self.seen.pop(key)

    def close(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()


def read_all(connection):
    data = bytearray()
    while True:
        part = connection.recv(1 << 16)
        if not part:
            connection.close()
            return bytes(data)
        data += part
