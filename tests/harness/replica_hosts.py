"""The mesh with several replicas of each service, each on a host of its own, and PostgreSQL on another (network.py)."""

import os
import shutil
import subprocess
import threading
import urllib.request
from pathlib import Path

from . import wait
from .mesh import SANITIZER_ENVIRONMENT, SERVICES
from .network import Network
from .postgres import SETTINGS, Cluster
from .process import Process

PORT = {"bridge": 8080, "ocr": 50051, "billing": 50052, "chat": 50053, "export": 50054}
ADMIN_PORT = 9000
READY_SECONDS = 240
BLOB_DISK = "blob_disk"  # a tablespace


class Disk:
    """A small file system in memory; of this program's own mounts alone."""

    def __init__(self, folder, size_mib, owner=None):
        self.folder = Path(folder)
        self.folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "ocrmesh-disk", self.folder]
        subprocess.run(mount, check=True)
        if owner is not None:
            subprocess.run(["chown", owner, self.folder], check=True)
        self.filler = self.folder / "filler"

    def fill(self):
        with open(self.filler, "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(1 << 16))
            except OSError:
                pass  # full

    def free(self):
        self.filler.unlink(missing_ok=True)

    def room_mib(self):
        return shutil.disk_usage(self.folder).free >> 20

    def close(self):
        subprocess.run(["umount", "--lazy", self.folder], check=False)


class Replica:
    """One process on its host. What happens to it is done here, so that the host knows what was done to it."""

    def __init__(self, mesh, service, number):
        self.service = service
        self.name = f"{service}-{number}"
        self.host = mesh.network.add(self.name)
        self.address = f"{self.host.address}:{PORT[service]}"
        self.admin = f"{self.host.address}:{ADMIN_PORT}"
        self.mesh = mesh
        self.process = None
        self.disk = None

    def prepare(self, environment):
        environment = dict(environment)
        prefix = self.service.upper()
        environment[f"{prefix}_LISTEN"] = self.address
        environment[f"{prefix}_ADMIN_LISTEN"] = self.admin
        if self.service in ("ocr", "billing", "chat"):
            environment["DATABASE_URL"] = self.mesh.database_url(self.service)
        if self.service == "ocr":
            self.disk = Disk(self.mesh.cluster.folder / self.name, size_mib=256)
            environment["OCR_WORK_DIR"] = str(self.disk.folder)
        folder = self.mesh.build / ("bridge" if self.service == "bridge" else f"services/{self.service}")
        self.process = Process(
            self.name,
            self.host.inside([folder / f"ocrmesh-{self.service}"]),
            environment,
            self.mesh.logs / f"{self.name}.log",
        )

    @property
    def url(self):
        return f"http://{self.address}"

    def start(self):
        self.process.start()

    def is_ready(self):
        with urllib.request.urlopen(f"http://{self.admin}/readyz", timeout=5) as answer:
            return answer.status == 200

    def wait_ready(self):
        wait.until(self.is_ready, READY_SECONDS, f"{self.name} is ready")


class ReplicaMesh:
    def __init__(self, build, logs, replicas=2, settings=None, blob_disk_mib=0, counts=None):
        """`counts`: {service: replicas}, where they are not `replicas`."""
        self.build = Path(build)
        self.logs = Path(logs)
        self.settings = settings or {}
        self.blob_disk_mib = blob_disk_mib
        self.blob_disk = None
        self.network = Network()
        self.database_host = self.network.add("postgres")
        address = self.database_host.address
        self.cluster = Cluster(self.logs, [*SETTINGS, f"listen_addresses = '{address}'", "port = 5432"])
        self.cluster.process.command = self.database_host.inside(self.cluster.process.command)
        with open(self.cluster.folder / "data/pg_hba.conf", "a") as access:
            access.write("host all all 10.77.0.0/24 trust\n")
        counts = {name: (counts or {}).get(name, replicas) for name in SERVICES}
        self.replicas = {
            name: [Replica(self, name, number + 1) for number in range(counts[name])] for name in SERVICES
        }
        environment = {**os.environ, **SANITIZER_ENVIRONMENT, "MESH_PLAINTEXT": "true"}
        for name in SERVICES:
            environment[f"{name.upper()}_TARGET"] = self.target(name)
        environment |= {"OCR_WORKERS": "1", "OCR_INSPECTORS": "1", "CHAT_EMBEDDINGS": "false", **self.settings}
        self.environment = environment
        for replica in self.all():
            replica.prepare(environment)

    def all(self):
        return [replica for name in SERVICES for replica in self.replicas[name]]

    def target(self, name):
        return "ipv4:" + ",".join(replica.address for replica in self.replicas[name])

    def database_url(self, role):
        return f"postgresql://{role}@{self.database_host.address}:5432/ocrmesh?connect_timeout=5"

    @property
    def bridges(self):
        return [replica.url for replica in self.replicas["bridge"]]

    def start(self):
        self.cluster.start()
        self.cluster.prepare()
        for replica in self.all():
            replica.start()
        for replica in self.all():
            replica.wait_ready()
        if self.blob_disk_mib > 0:
            self._move_blobs()

    def _move_blobs(self):
        """To a disk of their own, which is small."""
        self.blob_disk = Disk(self.cluster.folder / BLOB_DISK, self.blob_disk_mib, owner="postgres")
        self.cluster.sql(f"CREATE TABLESPACE {BLOB_DISK} LOCATION '{self.blob_disk.folder}'")
        self.cluster.sql(f"ALTER TABLE ocr.blob_chunk SET TABLESPACE {BLOB_DISK}")

    def raise_plan_caps(self):
        self.cluster.sql(
            "UPDATE billing.plan SET day_cap_credits = sign(day_cap_credits) * 1000000,"
            " month_cap_credits = sign(month_cap_credits) * 10000000, pages_per_file = 1000,"
            " bytes_per_file = 104857600, jobs_at_once = 0, requests_per_minute = 0, questions_per_day = 1000000"
        )

    def operate(self, *arguments):
        """What `./ocrmesh audit` and its like print, and whether they are content."""
        done = subprocess.run(
            [self.build / "services/billing/ocrmesh-admin", *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            env=self.environment,
        )
        return done.returncode, done.stdout + done.stderr

    def sanitizer_reports(self):
        reports = ((replica.name, replica.process.sanitizer_report()) for replica in self.all())
        return [f"{name}: {report}" for name, report in reports if report]

    def stop(self):
        """Ends everything and returns what was wrong with how it ended."""
        faults = []
        for name in reversed(SERVICES):
            stopping = [
                threading.Thread(target=lambda process=replica.process: faults.extend(process.end()))
                for replica in self.replicas[name]
            ]
            for thread in stopping:
                thread.start()
            for thread in stopping:
                thread.join()
        return faults + self.sanitizer_reports()

    def close(self):
        if self.cluster.process.is_running:
            self.cluster.process.kill()
        for disk in [self.blob_disk, *(replica.disk for replica in self.all())]:
            if disk is not None:
                disk.close()
        self.cluster.remove()
        self.network.close()
