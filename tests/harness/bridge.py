"""The bridge alone, for tests of what it does before any service is asked."""

import os
from contextlib import contextmanager

from . import wait
from .mesh import SANITIZER_ENVIRONMENT, free_ports
from .process import Process

READY_SECONDS = 180


@contextmanager
def running(build, log, settings=None, certificate=None):
    """Its addresses as (plain, TLS); `certificate` is (file, key file)."""
    plain, admin, tls = (f"127.0.0.1:{port}" for port in free_ports(3))
    environment = {
        **os.environ,
        **SANITIZER_ENVIRONMENT,
        "BRIDGE_LISTEN": plain,
        "BRIDGE_ADMIN_LISTEN": admin,
        "BRIDGE_TLS_LISTEN": tls,
        **(settings or {}),
    }
    if certificate:
        environment["BRIDGE_TLS_CERTIFICATE"], environment["BRIDGE_TLS_KEY"] = map(str, certificate)
    process = Process("bridge", [build / "bridge/ocrmesh-bridge"], environment, log)
    process.start()
    try:
        wait.until(lambda: '"serving"' in log.read_text(), READY_SECONDS, "the bridge serves")
        yield plain, tls
    finally:
        status = process.stop()
    assert status == 0, process.log_tail()
    assert not process.sanitizer_report()
