"""The five processes on free ports, over a cluster of their own."""

import os
import random
import signal
import socket
import subprocess
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path

from . import wait
from .api import create_account
from .postgres import Cluster
from .process import Process

# In the order of starting; stopped the other way round.
SERVICES = ["billing", "ocr", "export", "chat", "bridge"]
# Guards, for a machine at full load: under sanitizers, a process starts and ends in seconds at best.
READY_SECONDS = 240
UNKNOWN_JOB = "0" * 32


def own_ports():
    """Below the range that Linux gives to outgoing connections, so that none takes a chosen port. Of runs at the
    same time each is given a part of it, and so is each worker of a run."""
    first, last = map(int, os.environ.get("OCRMESH_TEST_PORTS", "20000-31999").split("-"))
    share = (last + 1 - first) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return range(first + number * share, first + (number + 1) * share)


PORTS = own_ports()

SUPPRESSIONS = Path(__file__).resolve().parents[1] / "leak-suppressions.txt"
SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1:halt_on_error=1:exitcode=99",
    "LSAN_OPTIONS": f"suppressions={SUPPRESSIONS}:print_suppressions=0",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def free_ports(count):
    ports = []
    for port in random.sample(PORTS, 500):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise AssertionError("no free ports")


class Mesh:
    def __init__(self, build, logs, settings=None, certificates=None):
        """`settings`: further environment variables for all processes. `certificates`: a folder as
        `./ocrmesh certs` makes it, for mutual TLS between them."""
        self.build = build
        self.certificates = certificates
        self.logs = logs
        self.cluster = Cluster(logs)
        ports = free_ports(2 * len(SERVICES))
        self.address = {}
        self.admin = {}
        environment = {**os.environ, **SANITIZER_ENVIRONMENT}
        for name in SERVICES:
            self.address[name] = f"127.0.0.1:{ports.pop()}"
            self.admin[name] = f"127.0.0.1:{ports.pop()}"
            environment[f"{name.upper()}_LISTEN"] = self.address[name]
            environment[f"{name.upper()}_ADMIN_LISTEN"] = self.admin[name]
            environment[f"{name.upper()}_TARGET"] = f"dns:///{self.address[name]}"
        work_dir = self.cluster.folder / "spool"
        work_dir.mkdir()
        environment["OCR_WORK_DIR"] = str(work_dir)
        environment["OCR_WORKERS"] = str(os.cpu_count())
        # Loading the model takes a second of a processor; who asks by meaning turns it on.
        environment["CHAT_EMBEDDINGS"] = "false"
        environment.update(settings or {})
        self.environment = environment
        self.services = {name: self._process(name) for name in SERVICES}
        self.prober = None

    def _process(self, name):
        folder = self.build / ("bridge" if name == "bridge" else f"services/{name}")
        environment = {**self.environment, **self.tls_settings(name)}
        if name in ("ocr", "billing", "chat"):
            environment["DATABASE_URL"] = self.cluster.url(name)
        return Process(name, [folder / f"ocrmesh-{name}"], environment, self.logs / f"{name}.log")

    def tls_settings(self, name):
        if self.certificates is None:
            return {}
        return {
            "MESH_TLS_CERTIFICATE": str(self.certificates / f"{name}.pem"),
            "MESH_TLS_KEY": str(self.certificates / f"{name}.key"),
            "MESH_TLS_CA": str(self.certificates / "ca.pem"),
        }

    @property
    def url(self):
        return f"http://{self.address['bridge']}"

    def start(self):
        self.cluster.start()
        self.cluster.prepare()
        for name in SERVICES:
            self.services[name].start()
        self.wait_ready()

    def wait_ready(self):
        for name in SERVICES:
            wait.until(lambda: self._answers_ready(name), READY_SECONDS, f"{name} is ready")
        wait.until(self._neighbours_answer, READY_SECONDS, "the services reach each other")

    def _neighbours_answer(self):
        """A process that lost a neighbour calls it again after a pause, which grows while it is away: that both are ready
        does not say that one reaches the other. A job that nobody has is looked for by all of them."""
        if self.prober is None:
            self.prober = create_account(self.url, f"prober-{uuid.uuid4().hex}@example.com")
        told = [
            self.prober.job(UNKNOWN_JOB),  # bridge, ocr, billing
            self.prober.download(UNKNOWN_JOB, "txt"),  # bridge, export, ocr
            self.prober.history(UNKNOWN_JOB),  # bridge, chat, ocr, billing
        ]
        for answer in told:
            assert answer.status_code == 404, answer.text
        return True

    def _answers_ready(self, name):
        if not self.services[name].is_running:
            raise RuntimeError(f"{name} has ended:\n{self.services[name].log_tail()}")
        with urllib.request.urlopen(f"http://{self.admin[name]}/readyz", timeout=30) as answer:
            return answer.status == 200

    def metrics(self, name):
        """{sample: value} of a process, labels with the name: `ocrmesh_ocr_pages_total{...}`."""
        with urllib.request.urlopen(f"http://{self.admin[name]}/metrics", timeout=60) as answer:
            samples = [line for line in answer.read().decode().splitlines() if line[:1] != "#"]
        return {sample: float(value) for sample, _, value in (s.rpartition(" ") for s in samples)}

    def kill(self, name):
        self._process_named(name).kill()

    def start_again(self, name):
        """After a kill; returns when the whole mesh is ready."""
        if name == "postgres":
            self.cluster.start()
        else:
            self.services[name].start()
        self.wait_ready()

    def _process_named(self, name):
        return self.cluster.process if name == "postgres" else self.services[name]

    def kill_pid(self, pid):
        """SIGKILL to one process of a service's session, such as a worker."""
        os.kill(pid, signal.SIGKILL)

    @contextmanager
    def running(self):
        """Started with plans that tests do not run into; at the end each process must stop cleanly."""
        try:
            self.start()
            self.raise_plan_caps()
            yield self
            faults = self.stop()
        finally:
            self.stop()
            self.remove()
        assert not faults, "\n\n".join(faults)

    def raise_plan_caps(self):
        """Plans allow whatever the tests need; those that test a cap set it with plan()."""
        self.cluster.sql(
            "UPDATE billing.plan SET day_cap_credits = sign(day_cap_credits) * 1000000,"
            " month_cap_credits = sign(month_cap_credits) * 1000000, pages_per_file = 1000,"
            " bytes_per_file = 104857600, jobs_at_once = 0, requests_per_minute = 0"
        )

    @contextmanager
    def plan(self, name, **columns):
        """Changes columns of a plan for a while."""
        names = ", ".join(columns)
        values = ", ".join(str(int(value)) for value in columns.values())
        before = self.cluster.sql(f"SELECT {names} FROM billing.plan WHERE name = '{name}'")[0]
        update = f"UPDATE billing.plan SET ({names}) = ROW({{}}) WHERE name = '{name}'"
        self.cluster.sql(update.format(values))
        try:
            yield
        finally:
            self.cluster.sql(update.format(", ".join(before)))

    def operate(self, *arguments):
        """As `./ocrmesh grant`, `suspend`, `audit` and so on do it."""
        done = subprocess.run(
            [self.build / "services/billing/ocrmesh-admin", *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            env={**self.environment, **self.tls_settings("operator")},
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def grant(self, email, amount_credits):
        self.operate("grant", email, amount_credits)

    def reserved_credits(self, email):
        """Credits' worth of pages that an account's open reservations hold."""
        rows = self.cluster.sql(
            "SELECT coalesce(sum(r.quota_credits + r.paid_credits), 0)::bigint"
            " FROM billing.reservation r JOIN billing.account a ON a.id = r.account_id"
            f" WHERE a.email = '{email}' AND r.state = 'open'"
        )
        return int(rows[0][0])

    def stop(self):
        """Ends everything and returns what was wrong with how it ended."""
        faults = []
        for name in reversed(SERVICES):
            faults += self.services[name].end()
        faults += self.sanitizer_reports()
        return faults

    def sanitizer_reports(self):
        reports = ((name, self.services[name].sanitizer_report()) for name in SERVICES)
        return [f"{name}:\n{report}" for name, report in reports if report]

    def remove(self):
        self.cluster.remove()
