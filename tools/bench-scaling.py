"""What more replicas and more workers give: documents a second by replicas of ocr, and the queue with up to 1,000 lanes.

    ./ocrmesh bench scaling [--seconds N] [--replicas 1,2,3] [--lanes 10,100,1000] [--page-ms N] [--json FILE]

The first table is measured: a mesh with so many replicas of ocr, one worker each, on hosts of their own (network namespaces:
needs root) that share this machine's processors. The second is a queue on a real PostgreSQL, by the service's own statements,
with lanes that pause in place of reading: it shows what the database bears, not what workers do.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import network

network.enter()

import requests  # noqa: E402
from harness import pages  # noqa: E402
from harness.api import create_account  # noqa: E402
from harness.postgres import Cluster  # noqa: E402
from harness.replica_hosts import ReplicaMesh  # noqa: E402

BUILD = Path(os.environ["OCRMESH_BUILD"])
CALLERS = 100
PAGES_PER_JOB = 5


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench scaling")
    parser.add_argument("--seconds", type=int, default=20, help="of each measurement")
    parser.add_argument("--replicas", default="1,2,3")
    parser.add_argument("--lanes", default="10,100,1000")
    parser.add_argument("--page-ms", type=int, default=1000, help="what a page takes in the simulated queue")
    parser.add_argument("--connections", type=int, default=100, help="to PostgreSQL, of all simulated lanes")
    parser.add_argument("--json", type=Path, help="writes both tables there")
    return parser.parse_args()


def say(text=""):
    print(text, flush=True)


# --- replicas ---


def documents_a_second(replicas, seconds, logs):
    mesh = ReplicaMesh(BUILD, logs, 1, {"BILLING_SIGN_UPS_PER_ADDRESS": "0"}, counts={"ocr": replicas})
    try:
        mesh.start()
        mesh.raise_plan_caps()
        tokens = [create_account(mesh.bridges[0], f"reader-{n}@example.com").token for n in range(8)]
        data = pages.png()
        end = time.monotonic() + seconds
        done = []

        def work(token):
            session = requests.Session()
            while time.monotonic() < end:
                answer = session.post(
                    f"{mesh.bridges[0]}/api/v1/ocr/?wait=60",
                    files={"file": ("page.png", data)},
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=120,
                )
                if answer.status_code == 200 and time.monotonic() < end:
                    done.append(time.monotonic())

        with ThreadPoolExecutor(8) as pool:
            for token in tokens:
                pool.submit(work, token)
        rest = [moment for moment in done if moment > end - seconds * 0.75]
        faults = mesh.stop()
        assert not faults, faults
        return len(rest) / (seconds * 0.75)
    finally:
        mesh.close()


# --- the queue ---


def fill(cluster, jobs):
    """Jobs of many callers, as submissions leave them."""
    cluster.sql("TRUNCATE ocr.job CASCADE", role="postgres")
    cluster.sql(
        "INSERT INTO ocr.job (id, account_id, principal_key, state, tier, language, tool, translate_to, file_name,"
        " media_type, size_bytes, discards_renditions, page_count, priority, reservation_id, price_credits,"
        " reservation_extend_time, retention_seconds, expire_time)"
        f" SELECT md5(n::text), 'a' || n % {CALLERS}, 'a' || n % {CALLERS}, 'pending', 1, 'auto', '', '', '', 'image/png', 1,"
        f" true, {PAGES_PER_JOB}, n % 3, n::text, {PAGES_PER_JOB}, now() + interval '1 hour', 86400,"
        f" now() + interval '1 day' FROM generate_series(1, {jobs}) n;"
        "INSERT INTO ocr.page_task (job_id, page_index, principal_key, rank, job_number)"
        f" SELECT id, page, principal_key, -priority, number FROM ocr.job, generate_series(0, {PAGES_PER_JOB - 1}) page;"
        "ANALYZE ocr.job; ANALYZE ocr.page_task",
        role="postgres",
    )


def processor_seconds(pid):
    """Of a process and its children that are there: PostgreSQL with its sessions."""
    total = 0
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(process) == pid or int(fields[1]) == pid:
            total += int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
    return total / os.sysconf("SC_CLK_TCK")


def queue_row(cluster, lanes, wanted):
    ideal = lanes * 1000 / wanted.page_ms
    fill(cluster, int(ideal * (wanted.seconds + 10) / PAGES_PER_JOB) + 1000)
    connections = min(lanes, wanted.connections)
    command = [BUILD / "services/ocr/ocr-queue-load", cluster.url("ocr"), lanes, wanted.page_ms, wanted.seconds, connections]
    before, began = processor_seconds(cluster.process.pid), time.monotonic()
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"ocr-queue-load: {done.stderr[-2000:]}")
    used = (processor_seconds(cluster.process.pid) - before) / (time.monotonic() - began)
    return {"lanes": lanes, "ideal": ideal, "processors": used, "connections": connections, **json.loads(done.stdout)}


def queue_rows(wanted, logs):
    cluster = Cluster(logs, settings=["max_connections = 400", "shared_buffers = 256MB", "max_wal_size = 4GB"])
    try:
        cluster.start()
        cluster.prepare()
        environment = {**os.environ, "DATABASE_URL": cluster.url("ocr")}
        subprocess.run([BUILD / "services/ocr/ocrmesh-ocr", "--migrate"], check=True, env=environment, capture_output=True)
        say(f"\nlanes that take {wanted.page_ms} ms a page, {CALLERS} callers, three priorities; PostgreSQL with fsync")
        say(f"{'lanes':>6} {'ideal /s':>9} {'pages /s':>9} {'lease p50':>10} {'p99 ms':>8} {'store p50':>10} {'p99 ms':>8}"
            f" {'processors of PostgreSQL':>26}")  # fmt: skip
        rows = []
        for lanes in map(int, wanted.lanes.split(",")):
            row = queue_row(cluster, lanes, wanted)
            rows.append(row)
            say(f"{lanes:6} {row['ideal']:9.0f} {row['pages_per_second']:9.1f} {row['lease_p50_ms']:10.2f}"
                f" {row['lease_p99_ms']:8.1f} {row['store_p50_ms']:10.2f} {row['store_p99_ms']:8.1f}"
                f" {row['processors']:26.2f}")  # fmt: skip
        return rows
    finally:
        cluster.remove()


def main():
    wanted = arguments()
    with tempfile.TemporaryDirectory(prefix="ocrmesh-bench.") as folder:
        os.chmod(folder, 0o755)
        logs = Path(folder)
        table = []
        if wanted.replicas:
            say(f"{os.cpu_count()} processors\n\nreplicas of ocr   documents of one page a second")
        for replicas in map(int, filter(None, wanted.replicas.split(","))):
            table.append({"replicas": replicas, "documents_per_second": documents_a_second(replicas, wanted.seconds, logs)})
            say(f"{replicas:15}   {table[-1]['documents_per_second']:8.2f}")
        rows = queue_rows(wanted, logs) if wanted.lanes else []
        if wanted.json:
            wanted.json.write_text(json.dumps({"replicas": table, "queue": rows}))


if __name__ == "__main__":
    main()
