"""What goes wrong in a mesh of replicas (replica_hosts.py): random events, the same for the same seed, each mended after a while.

At any moment one replica of each service is left in peace, as an anti-affinity and a disruption budget would have it; but
PostgreSQL is one.
"""

import contextlib
import os
import random
import signal
import time
from dataclasses import dataclass

from . import vision_server, wait

START_AGAIN_SECONDS = (0.2, 3)  # as a supervisor does


@dataclass
class Fault:
    what: str
    target: str
    begin: float  # monotonic seconds
    end: float = float("inf")
    error: str = ""

    def touches(self, begin, end, slack):
        return self.begin - slack <= end and begin <= self.end + slack


class Chaos:
    def __init__(self, mesh, seed, llm=None):
        self.mesh = mesh
        self.llm = llm
        self.chance = random.Random(seed)
        self.faults = []
        self.log = print
        # what: (weight, shortest, longest seconds, function)
        self.events = {
            "kill": (5, 0, 0, self._kill),
            "kill worker": (3, 0, 0, self._kill_worker),
            "restart": (3, 0, 0, self._restart),
            "pause": (4, 2, 15, self._pause),
            "hang": (1, 45, 60, self._pause),  # beyond every time limit of a call
            "cut": (4, 3, 25, self._cut),
            "loss": (3, 5, 20, self._lose),
            "postgres restart": (1, 0, 0, self._postgres_restart),
            "postgres crash": (1, 0, 0, self._postgres_crash),
            "postgres pause": (1, 2, 10, self._postgres_pause),
            "postgres cut": (1, 2, 12, self._postgres_cut),
            "full disk": (1, 4, 12, self._fill_work_disk),
        }
        if mesh.blob_disk is not None:
            self.events["full blob disk"] = (1, 4, 12, self._fill_blob_disk)
        if llm is not None:
            self.events["llm stalls"] = (2, 5, 25, self._stall_llm)

    def random_event(self):
        names = list(self.events)
        return self.chance.choices(names, weights=[self.events[name][0] for name in names])[0]

    def run(self, what, longest=None):
        """One event from its begin to its end."""
        _, low, high, function = self.events[what]
        high = min(high, longest) if longest is not None else high
        seconds = self.chance.uniform(min(low, high), high)
        fault = Fault(what, "", time.monotonic())
        self.faults.append(fault)
        try:
            function(fault, seconds)
        except Exception as error:  # noqa: BLE001: told at the end of the run
            fault.error = f"{type(error).__name__}: {error}"
        fault.end = time.monotonic()
        self.log(f"  {what} {fault.target} {fault.end - fault.begin:.1f} s {fault.error}".rstrip())

    # --- one replica ---

    def _replica(self, fault, service=None):
        replicas = self.mesh.replicas[service] if service else self.mesh.all()
        replica = self.chance.choice(replicas)
        fault.target = replica.name
        return replica

    def _again(self, replica):
        time.sleep(self.chance.uniform(*START_AGAIN_SECONDS))
        replica.start()
        replica.wait_ready()

    def _kill(self, fault, _):
        replica = self._replica(fault)
        replica.process.kill()
        self._again(replica)

    def _kill_worker(self, fault, _):
        replica = self._replica(fault, "ocr")
        with contextlib.suppress(OSError):  # the process is gone already, by another event
            workers = replica.process.children()
            if workers and not self._page_has_killed():
                os.kill(self.chance.choice(workers), signal.SIGKILL)

    def _page_has_killed(self):
        """Whether a page waits whose worker has died: a second death would be the page's, and end it as a failed one."""
        try:
            return self.mesh.cluster.sql("SELECT count(*) FROM ocr.page_task WHERE worker_deaths > 0") != [["0"]]
        except Exception:  # noqa: BLE001: PostgreSQL is ill, by another event
            return True

    def _restart(self, fault, _):
        replica = self._replica(fault)
        status = replica.process.stop()
        if status != 0:
            fault.error = f"ended with status {status} after SIGTERM"
        self._again(replica)

    def _pause(self, fault, seconds):
        replica = self._replica(fault)
        os.kill(replica.process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(replica.process.pid, signal.SIGCONT)
        replica.wait_ready()

    def _cut(self, fault, seconds):
        replica = self._replica(fault)
        replica.host.cut()
        time.sleep(seconds)
        replica.host.mend()
        replica.wait_ready()

    def _lose(self, fault, seconds):
        replica = self._replica(fault)
        percent = self.chance.choice([3, 10, 25])
        fault.what = f"loss {percent} %"
        replica.host.lose(percent)
        time.sleep(seconds)
        replica.host.mend()
        replica.wait_ready()

    def _fill_work_disk(self, fault, seconds):
        replica = self._replica(fault, "ocr")
        replica.disk.fill()
        time.sleep(seconds)
        replica.disk.free()

    # --- what is there once ---

    def _all_ready(self):
        for replica in self.mesh.all():
            replica.wait_ready()

    def _postgres_restart(self, fault, _):
        fault.target = "postgres"
        self.mesh.cluster.process.stop(with_signal=signal.SIGINT)  # fast shutdown
        self.mesh.cluster.start()
        self._all_ready()

    def _postgres_crash(self, fault, _):
        fault.target = "postgres"
        self.mesh.cluster.process.stop(with_signal=signal.SIGQUIT)  # immediate: recovers at its start
        self.mesh.cluster.start()
        self._all_ready()

    def _postgres_pause(self, fault, seconds):
        """The server with all its sessions, as on a machine that stands still."""
        fault.target = "postgres"
        pids = [self.mesh.cluster.process.pid, *children_of(self.mesh.cluster.process.pid)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._all_ready()

    def _postgres_cut(self, fault, seconds):
        fault.target = "postgres"
        self.mesh.database_host.cut()
        time.sleep(seconds)
        self.mesh.database_host.mend()
        self._all_ready()

    def _fill_blob_disk(self, fault, seconds):
        fault.target = "postgres"
        self.mesh.blob_disk.fill()
        time.sleep(seconds)
        self.mesh.blob_disk.free()

    def _stall_llm(self, fault, seconds):
        fault.target = "llm"
        self.llm.play(self.chance.choice([vision_server.silent(), vision_server.stalled_stream("It opens at")]))
        time.sleep(seconds)
        self.llm.play(vision_server.stream("The harbour office opens at eight [1]."))

    def excuses(self, replica_url, begin, end, slack):
        """The faults of this very bridge within that time: a client that asks it may get nothing then."""
        names = {replica.url: replica.name for replica in self.mesh.replicas["bridge"]}
        return [f for f in self.faults if f.target == names[replica_url] and f.touches(begin, end, slack)]


def children_of(pid):
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{process}/stat") as stat:
                if int(stat.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(process))
    return found


def wait_settled(mesh, seconds):
    """No job is under way any more."""
    left = "SELECT count(*) FROM ocr.job WHERE state NOT IN ('done', 'failed', 'cancelled')"
    wait.until(lambda: mesh.cluster.sql(left) == [["0"]], seconds, "all jobs have ended")
