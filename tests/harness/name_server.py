"""A DNS server for names that tests change: every answer is fresh, by UDP (RFC 1035)."""

import ipaddress
import socket
import struct
import threading
from contextlib import contextmanager

QUESTION_BYTES = 512
HEADER = struct.Struct(">HHHHHH")
TYPE_A, CLASS_IN = 1, 1
ANSWER, NO_SUCH_NAME = 0x8400, 0x8403  # authoritative
POINTER_TO_QUESTION = 0xC000 | HEADER.size


class NameServer:
    """`addresses`: {name: IPv4 addresses}, to be replaced while it runs."""

    def __init__(self, addresses):
        self.addresses = addresses
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)

    def _serve(self):
        while True:
            question, client = self.socket.recvfrom(QUESTION_BYTES)
            if not question:  # from stop()
                return
            self.socket.sendto(self._answer(question), client)

    def _answer(self, question):
        identity = HEADER.unpack_from(question)[0]
        labels, at = [], HEADER.size
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode())
            at += 1 + question[at]
        wanted, _ = struct.unpack_from(">HH", question, at + 1)
        found = self.addresses.get(".".join(labels).lower())
        records = [
            struct.pack(">HHHIH", POINTER_TO_QUESTION, TYPE_A, CLASS_IN, 0, 4)
            + ipaddress.IPv4Address(address).packed
            for address in (found or []) * (wanted == TYPE_A)
        ]
        flags = NO_SUCH_NAME if found is None else ANSWER
        head = HEADER.pack(identity, flags, 1, len(records), 0, 0)
        return head + question[HEADER.size : at + 5] + b"".join(records)

    def stop(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


@contextmanager
def running(addresses):
    server = NameServer(addresses)
    server.thread.start()
    try:
        yield server
    finally:
        server.stop()
