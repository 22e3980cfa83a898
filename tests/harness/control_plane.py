"""An xDS control plane (tests/programs/xds-server), and the file by which gRPC's clients find it."""

import json
import socket
import subprocess
from contextlib import contextmanager

from . import wait
from .mesh import free_ports

STARTS_SECONDS = 180
RESTING_SECONDS = 60


class ControlPlane:
    def __init__(self, program, folder):
        self.address = f"127.0.0.1:{free_ports(1)[0]}"
        self.log = folder / "xds-server.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, self.address], stdin=subprocess.PIPE, stdout=log, stderr=log, text=True
            )
        self.version = 0
        self.bootstrap = folder / "bootstrap.json"
        server = {
            "server_uri": self.address,
            "channel_creds": [{"type": "insecure"}],
            "server_features": ["xds_v3"],
        }
        self.bootstrap.write_text(json.dumps({"xds_servers": [server], "node": {"id": "test"}}))

    def _listens(self):
        assert self.process.poll() is None, self.log.read_text()
        host, _, port = self.address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=5):
            return True

    def serve(self, **services):
        """`services`: {name: {"retried": methods by path, "endpoints": addresses}}, in place of those before."""
        self.version += 1
        print(json.dumps(services), file=self.process.stdin, flush=True)
        line = f"serves {self.version}\n"
        wait.until(lambda: line in self.log.read_text(), STARTS_SECONDS, line.strip())

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(RESTING_SECONDS)
        finally:
            self.process.kill()


@contextmanager
def running(program, folder):
    plane = ControlPlane(program, folder)
    try:
        wait.until(plane._listens, STARTS_SECONDS, "the control plane listens")
        yield plane
    finally:
        plane.stop()
