"""Many large uploads at once, and others beside clients that are slow on purpose: memory, fairness, what is lost.

    ./ocrmesh bench uploads [--uploads N] [--at-once N] [--megabytes N] [--slow N] [--rounds N]

The bridge runs before services of fixed answers in C, which count and sum up the bytes that reach them. First the uploads:
each has to be answered, every byte of it to have arrived, and none may take more than FAIR times what is the median's.
Then --slow clients from as many addresses of the loopback network, of which five in ten never end their head, four
their body, and one takes nothing of its answer; whoever is cut off comes again. Beside them h2load asks for a job of ten pages over 8 connections, in
rounds with them and without.
"""

import argparse
import asyncio
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness import wait
from harness.mesh import free_ports
from harness.process import Process, memory_bytes

BUILD = Path(os.environ["OCRMESH_BUILD"])
JOB = "/api/v1/ocr/ten"
MEMORY_MIB_GOAL, FAIR, SLOWED_GOAL = 256, 2.0, 0.10
READY_SECONDS, ANSWER_SECONDS = 30, 600
BOUNDARY = b"a-boundary"
SLOW_PAUSE_SECONDS = 5
OTHERS = 8  # connections
IDLE_SECONDS, IDLE_SHARE, SETTLE_SECONDS = 2, 0.02, 120


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench uploads")
    parser.add_argument("--uploads", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=200)
    parser.add_argument("--megabytes", type=int, default=10, help="of each upload")
    parser.add_argument("--slow", type=int, default=2000, help="slow clients")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement beside slow clients")
    return parser.parse_args()


class Services:
    """The services; `totals` once they have ended: submissions, bytes, the sum of these."""

    def __enter__(self):
        program = BUILD / "bridge/bench-bridge-mesh"
        self.child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = f"127.0.0.1:{self.child.stdout.readline().strip()}"
        return self

    def end(self):
        if not self.child.stdin.closed:
            self.child.stdin.close()
            self.totals = tuple(map(int, self.child.stdout.readline().split()))
            self.child.wait(READY_SECONDS)
        return self.totals

    def __exit__(self, *failure):
        self.end()


@contextmanager
def bridge(services, folder):
    at, admin_at = (f"127.0.0.1:{port}" for port in free_ports(2))
    environment = {**os.environ, "BRIDGE_LISTEN": at, "BRIDGE_ADMIN_LISTEN": admin_at}
    environment |= {f"{name}_TARGET": f"dns:///{services.address}" for name in ("OCR", "BILLING", "EXPORT", "CHAT")}
    process = Process("bridge", [BUILD / "bridge/ocrmesh-bridge"], environment, folder / "log")
    process.start()

    def answers():
        with urllib.request.urlopen(f"http://{at}{JOB}", timeout=10) as answer:
            return answer.read()

    try:
        wait.until(answers, READY_SECONDS, "the bridge answers")
        host, port = at.split(":")
        yield process, (host, int(port))
    finally:
        process.stop()


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- uploads ---


def form(file):
    part = b'Content-Disposition: form-data; name="file"; filename="done"\r\n\r\n'
    return b"--" + BOUNDARY + b"\r\n" + part + file + b"\r\n--" + BOUNDARY + b"--\r\n"


async def upload(address, request):
    """The answer's status, and how many seconds it took from the connection on."""
    started = time.monotonic()
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(request[0])
        body = memoryview(request[1])
        for at in range(0, len(body), 1 << 18):
            writer.write(body[at : at + (1 << 18)])
            await writer.drain()
        answer = await reader.read()
    finally:
        writer.close()
    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0
    return status, time.monotonic() - started


async def upload_all(address, request, count, at_once):
    gate = asyncio.Semaphore(at_once)

    async def one():
        async with gate:
            return await upload(address, request)

    return await asyncio.wait_for(asyncio.gather(*(one() for _ in range(count)), return_exceptions=True), ANSWER_SECONDS)


def verdict(is_reached):
    return "reached" if is_reached else "missed"


def bench_uploads(options, folder):
    file = os.urandom(options.megabytes * 1_000_000)
    body = form(file)
    head = (
        f"POST /api/v1/ocr/ HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY.decode()}\r\n\r\n"
    )
    with Services() as services, bridge(services, folder) as (process, address):
        started, cpu = time.monotonic(), cpu_seconds(process.pid)
        results = asyncio.run(upload_all(address, (head.encode(), body), options.uploads, options.at_once))
        seconds = time.monotonic() - started
        cpu = cpu_seconds(process.pid) - cpu
        memory = memory_bytes(process.pid, "VmHWM") / 2**20
        totals = services.end()
    failed = [result for result in results if isinstance(result, BaseException)]
    took = sorted(result[1] for result in results if not isinstance(result, BaseException) and result[0] == 200)
    wanted = (options.uploads, options.uploads * len(file), options.uploads * sum(file))
    print(f"\n{options.uploads:,} uploads of {options.megabytes} MB, {options.at_once} at once: {seconds:.1f} s")
    print(f"  {options.uploads * options.megabytes / seconds:,.0f} MB/s; the bridge's processor time: {cpu:.1f} s")
    is_whole = len(took) == options.uploads and totals == wanted
    print(f"  answered 200: {len(took):,}; bytes arrived: {totals[1]:,} ({verdict(is_whole)}: none is lost)")
    for failure in failed[:3]:
        print(f"  {failure!r}")
    is_small = memory < MEMORY_MIB_GOAL
    print(f"  memory of the bridge at most: {memory:.0f} MiB (goal {MEMORY_MIB_GOAL}: {verdict(is_small)})")
    if not took:
        return False
    median = statistics.median(took)
    is_fair = took[-1] <= FAIR * median
    print(f"  seconds: first {took[0]:.1f}, median {median:.1f}, p99 {took[int(len(took) * 0.99)]:.1f}, last {took[-1]:.1f}")
    print(f"  last / median: {took[-1] / median:.2f} (goal {FAIR}: {verdict(is_fair)})")
    return is_whole and is_small and is_fair


# --- slow clients ---

SLOW_HEAD = b"GET /healthz HTTP/1.1\r\nHost: slow\r\n"
SLOW_BODY = (
    b"POST /api/v1/ocr/ HTTP/1.1\r\nHost: slow\r\nContent-Length: 1000000\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
)
SLOW_READER = b"GET /api/v1/ocr/many HTTP/1.1\r\nHost: slow\r\n\r\n"  # 64 MB: more than sockets hold
SLOW_KINDS = [(SLOW_HEAD, b"X-Slow: 1\r\n")] * 5 + [(SLOW_BODY, b"x")] * 4 + [(SLOW_READER, b"")]


async def be_slow(address, index):
    source = f"127.{1 + index // 65000}.{index // 250 % 250}.{index % 250 + 1}"
    start, more = SLOW_KINDS[index % len(SLOW_KINDS)]
    while True:
        try:
            # A reader's limit bounds what is taken of an answer that nobody asks for.
            reader, writer = await asyncio.open_connection(*address, local_addr=(source, 0), limit=1024)
            writer.write(start)
            while not (reader.at_eof() or writer.is_closing()):
                await asyncio.sleep(SLOW_PAUSE_SECONDS)
                writer.write(more)
                await writer.drain()
        except OSError:
            await asyncio.sleep(1)


async def be_slow_all(address, count, ready):
    tasks = []
    for index in range(count):
        tasks.append(asyncio.create_task(be_slow(address, index)))
        if index % 100 == 99:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    ready.set()
    await asyncio.gather(*tasks)


def is_idle(pid):
    """What the slow ones asked for has been made, as far as their sockets hold it."""
    before = cpu_seconds(pid)
    time.sleep(IDLE_SECONDS)
    return cpu_seconds(pid) - before <= IDLE_SHARE * IDLE_SECONDS


@contextmanager
def slow_clients(address, count, pid):
    ready = multiprocessing.Event()
    process = multiprocessing.Process(target=lambda: asyncio.run(be_slow_all(address, count, ready)), daemon=True)
    process.start()
    try:
        assert ready.wait(READY_SECONDS), "the slow clients do not come in"
        wait.until(lambda: is_idle(pid), SETTLE_SECONDS, "the bridge has done what they asked for")
        yield
    finally:
        process.terminate()
        process.join()


def ask(address, seconds, folder):
    """Requests a second, and the milliseconds of their median, of users who are not slow."""
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    command = ["h2load", "--h1", f"--duration={seconds}", "--warm-up-time=1", f"--clients={OTHERS}", f"--log-file={log}"]
    run = subprocess.run([*command, f"http://{address[0]}:{address[1]}{JOB}"], capture_output=True, text=True)
    counts = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", run.stdout)
    if not counts or int(counts[3]) + int(counts[4]):
        sys.exit(f"h2load failed:\n{run.stdout}{run.stderr}")
    times = [int(line.split("\t")[2]) for line in log.read_text().splitlines()]
    return int(counts[1]) / seconds, statistics.median(times) / 1000


def bench_slow(options, folder):
    with Services() as services, bridge(services, folder) as (process, address):
        alone, beside = [], []
        for _ in range(options.rounds):
            alone.append(ask(address, options.seconds, folder))
            with slow_clients(address, options.slow, process.pid):
                beside.append(ask(address, options.seconds, folder))
        memory = memory_bytes(process.pid, "VmHWM") / 2**20
    slowed = statistics.median(with_them[1] / without[1] for without, with_them in zip(alone, beside)) - 1
    is_reached = slowed <= SLOWED_GOAL
    print(f"\n{options.slow:,} slow clients beside {OTHERS} connections, medians of {options.rounds} rounds")
    for name, rounds in (("without them", alone), ("beside them", beside)):
        rate, middle_ms = (statistics.median(values) for values in zip(*rounds))
        print(f"  {name}: {rate:,.0f} requests/s, median {middle_ms:.2f} ms")
    print(f"  slower by {slowed:.0%} (goal {SLOWED_GOAL:.0%}: {verdict(is_reached)}); memory at most {memory:.0f} MiB")
    return is_reached


def main():
    options = arguments()
    multiprocessing.set_start_method("fork")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        reached = [bench_uploads(options, folder), bench_slow(options, folder)]
    sys.exit(0 if all(reached) else 1)


if __name__ == "__main__":
    main()
