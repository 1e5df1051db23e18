"""A switch with one port and one neighbour, which answers ARP and ICMP echo."""

import os
import socket
import struct
import threading

MAC = bytes.fromhex("0200000000fe")


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Switch:
    def __init__(self, path, address):
        self.path = path
        self.address = socket.inet_aton(address)
        self.greetings = []
        self.echoes = 0
        self.listener = None
        self.ports = []

    def open(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(4)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for port in self.ports:
            port.shutdown(socket.SHUT_RDWR)
            port.close()
        self.ports.clear()

    def _accept(self, listener):
        while True:
            try:
                port, _ = listener.accept()
            except OSError:
                return
            self.ports.append(port)
            threading.Thread(target=self._serve, args=(port,), daemon=True).start()

    def _serve(self, port):
        try:
            stream = port.makefile("rb")
            self.greetings.append(stream.readline())
            port.sendall(b"OK\n")
            while True:
                (length,) = struct.unpack(">I", stream.read(4))
                frame = stream.read(length)
                answer = self._answer(frame[12:])
                if answer is not None:
                    data = struct.pack(">I", len(answer) + 12) + bytes(12) + answer
                    # Torn into pieces, as a stream may: the other side has to put them together.
                    for at in range(0, len(data), 7):
                        port.sendall(data[at:at + 7])
        except (OSError, struct.error, ValueError):
            return

    def _answer(self, frame):
        kind = frame[12:14]
        if kind == b"\x08\x06" and frame[38:42] == self.address:
            arp = frame[14:20] + b"\0\2" + MAC + self.address + frame[22:32]
            return frame[6:12] + MAC + kind + arp
        if kind == b"\x08\0" and frame[23] == 1 and frame[30:34] == self.address and frame[34] == 8:
            self.echoes += 1
            ip = frame[14:26] + frame[30:34] + frame[26:30]
            length = struct.unpack(">H", frame[16:18])[0]
            icmp = b"\0\0\0\0" + frame[38:14 + length]
            icmp = icmp[:2] + struct.pack(">H", checksum(icmp)) + icmp[4:]
            return frame[6:12] + MAC + kind + ip + icmp
        return None
