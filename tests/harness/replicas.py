"""Further processes of a mesh's services, on addresses of their own."""

import urllib.request
from contextlib import contextmanager

from . import wait
from .mesh import READY_SECONDS, free_ports
from .process import Process


class Replica:
    """Of the service `name`, at `host`:`port`, with the settings of `mesh` and more."""

    def __init__(self, mesh, name, host, port, folder, settings=None):
        self.name = name
        self.host = host
        self.address = f"{host}:{port}"
        self.admin = f"127.0.0.1:{free_ports(1)[0]}"
        first = mesh.services[name]
        environment = {
            **first.environment,
            f"{name.upper()}_LISTEN": self.address,
            f"{name.upper()}_ADMIN_LISTEN": self.admin,
            **(settings or {}),
        }
        log = folder / f"{name}-{host}-{port}.log"
        self.process = Process(f"{name} at {self.address}", first.command, environment, log)

    def start(self):
        self.process.start()

    def wait_ready(self):
        wait.until(self._is_ready, READY_SECONDS, f"{self.process.name} is ready")

    def _read(self, path):
        with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=30) as answer:
            return answer.read().decode()

    def _is_ready(self):
        assert self.process.is_running, self.process.log_tail()
        return self._read("/readyz")

    def calls(self, *methods):
        """How many calls of them have ended here, whichever way: "ExportService/ExportDocument"."""
        lines = [
            line.rpartition(" ")
            for line in self._read("/metrics").splitlines()
            if line.startswith("ocrmesh_rpc_calls_total{") and any(f".{one}\"" in line for one in methods)
        ]
        return sum(float(value) for _, _, value in lines)

    def stop(self):
        status = self.process.stop()
        assert status == 0, self.process.log_tail()
        assert not self.process.sanitizer_report(), self.process.log_tail()


@contextmanager
def running(replicas):
    """Started and ready; at the end each that runs must stop cleanly."""
    try:
        for replica in replicas:
            replica.start()
        for replica in replicas:
            replica.wait_ready()
        yield replicas
        for replica in replicas:
            if replica.process.is_running:
                replica.stop()
    finally:
        for replica in replicas:
            if replica.process.is_running:
                replica.process.kill()
