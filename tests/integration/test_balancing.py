"""Calls spread over the replicas of a service, which come and go."""

import threading
from contextlib import contextmanager

import pytest
import requests

from harness import bridge, name_server, pages, replicas, wait
from harness.api import create_account
from harness.mesh import free_ports
from harness.replicas import Replica

NAME = "export.mesh.test"
EXPORT = "ExportService/ExportDocument"
HOSTS = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
CALLS = 30
NOTICE_SECONDS = 180  # a guard: it takes a second or two
# Connections are made anew all the time, and names are asked for as soon as they may be.
QUICKLY = {"MESH_CONNECTION_AGE": "1s"}
ASKING = {"MESH_DNS_INTERVAL": "100ms"}

pytestmark = pytest.mark.once


class Download:
    """One file again and again, through a bridge of its own."""

    def __init__(self, url, account, uuid):
        self.url = f"{url}/api/v1/ocr/{uuid}/download/?format=txt"
        self.headers = {"authorization": f"Bearer {account.token}"}

    def __call__(self):
        answer = requests.get(self.url, headers=self.headers, timeout=60)
        assert answer.status_code == 200, answer.text
        assert "Replica" in answer.text


@pytest.fixture(scope="module")
def document(mesh):
    """(account, uuid) of a job that is done."""
    account = create_account(mesh.url, "balancing@example.com")
    job = account.read(pages.png(["Replica"]))
    assert job["status"] == "done", job
    return account, job["uuid"]


@contextmanager
def download_through(build, mesh, tmp_path, document, settings):
    """Through a bridge that finds export by `settings`."""
    targets = {f"{name.upper()}_TARGET": f"dns:///{mesh.address[name]}" for name in ("ocr", "billing", "chat")}
    log = tmp_path / "bridge.log"
    with bridge.running(build, log, {**targets, **mesh.tls_settings("bridge"), **settings}) as (plain, _):
        yield Download(f"http://{plain}", *document)


@contextmanager
def exports(mesh, tmp_path):
    port = free_ports(1)[0]
    with replicas.running([Replica(mesh, "export", host, port, tmp_path, QUICKLY) for host in HOSTS]) as three:
        yield port, three


def counts(some):
    return [one.calls(EXPORT) for one in some]


def call_until(download, condition, what):
    def try_once():
        download()
        return condition()

    wait.until(try_once, NOTICE_SECONDS, what)


def test_a_replica_that_comes_gets_its_part(build, mesh, tmp_path, document):
    with exports(mesh, tmp_path) as (port, three), name_server.running({NAME: HOSTS[:2]}) as dns:
        target = {"EXPORT_TARGET": f"dns://{dns.address}/{NAME}:{port}", **ASKING}
        with download_through(build, mesh, tmp_path, document, target) as download:
            call_until(download, lambda: all(counts(three[:2])), "the first two have calls")
            assert counts(three[2:]) == [0]
            dns.addresses = {NAME: HOSTS}
            call_until(download, lambda: all(counts(three)), "the third has calls")
            before = counts(three)
            for _ in range(CALLS):
                download()
            # As many as those that answered: an answer comes before its call is counted.
            wait.until(lambda: sum(counts(three)) >= sum(before) + CALLS, 60, "all calls are counted")
            parts = [now - then for now, then in zip(counts(three), before)]
            # A tenth of the calls each would be chance; a connection that is being made misses some.
            assert min(parts) >= CALLS / len(three) / 2, parts


def test_replicas_that_go_take_no_call_with_them(build, mesh, tmp_path, document):
    with exports(mesh, tmp_path) as (port, three), name_server.running({NAME: HOSTS}) as dns:
        target = {"EXPORT_TARGET": f"dns://{dns.address}/{NAME}:{port}", **ASKING}
        with download_through(build, mesh, tmp_path, document, target) as download:
            call_until(download, lambda: all(counts(three)), "all have calls")
            failures, is_over = [], threading.Event()

            def keep_calling():
                while not is_over.is_set():
                    try:
                        download()
                    except (AssertionError, requests.RequestException) as error:
                        failures.append(error)
                        return

            callers = [threading.Thread(target=keep_calling) for _ in range(3)]
            for caller in callers:
                caller.start()
            three[0].stop()  # as an orchestrator does it
            is_over.set()
            for caller in callers:
                caller.join()
            assert not failures, failures
            before = counts(three[1:])
            three[1].process.kill()  # as a machine that is lost
            for _ in range(CALLS):
                download()
            wait.until(lambda: counts(three[2:])[0] >= before[1] + CALLS, 60, "the last has them all")
