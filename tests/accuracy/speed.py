"""The engines as they are timed: started once, with their models loaded, then asked as often as
wanted; and what their processes need.
"""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.process import memory_bytes

from . import engines

CORES = os.cpu_count()
SAMPLE_SECONDS = 0.1
TICKS = os.sysconf("SC_CLK_TCK")


class Ocrmesh(engines.Ocrmesh):
    """A tier, through the public API, on a mesh of its own: its workers read nothing else."""

    family = "ocrmesh"

    def read(self, pages):
        for job in self.read_jobs(pages):
            assert job["status"] == "done", job

    def workers(self):
        return self.mesh.services["ocr"].children()


class Tesseract(engines.Tesseract):
    """A process a page, as many at once as there are cores."""

    family = "tesseract"
    name = "tesseract, by page"

    def __init__(self):
        super().__init__()
        self.running = set()

    def start(self):
        pass

    def stop(self):
        pass

    def read(self, pages):
        self.run_all([(page.tesseract, [page.file]) for page in pages])

    def run_all(self, tasks):
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(lambda task: self.run(*task), tasks))

    def run(self, models, files):
        names = "\n".join(map(str, files)) + "\n"
        with subprocess.Popen(
            ["tesseract", files[0] if len(files) == 1 else "-", "-", "-l", models],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            text=True,
        ) as child:
            self.running.add(child.pid)
            child.communicate(names if len(files) > 1 else None, engines.READ_SECONDS * len(files))
            self.running.discard(child.pid)
        assert child.returncode == 0, files

    def workers(self):
        return list(self.running)


class TesseractByList(Tesseract):
    """A process for many pages of the same models, which it loads once. The longest lists first."""

    name = "tesseract, by list"

    def read(self, pages):
        tasks = []
        for models in {page.tesseract for page in pages}:
            files = [page.file for page in pages if page.tesseract == models]
            tasks += [(models, files[first::CORES]) for first in range(min(CORES, len(files)))]
        self.run_all(sorted(tasks, key=lambda task: -len(task[1])))


class RapidOcr:
    """One process that OpenVINO gives all cores, as it is called by default."""

    family = "rapidocr"
    name = "rapidocr, 1 process"
    processes = 1
    threads = ()

    def start(self):
        program = Path(engines.__file__).with_name("rapidocr_read.py")
        self.children = [
            subprocess.Popen(
                [sys.executable, program, *map(str, self.threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(self.processes)
        ]
        for child in self.children:
            assert json.loads(child.stdout.readline()) == "ready"

    def stop(self):
        for child in self.children:
            child.stdin.close()
            child.wait(engines.READ_SECONDS)

    def read(self, pages):
        waiting = list(reversed(pages))

        def serve(child):
            while waiting:
                print(waiting.pop().file, file=child.stdin, flush=True)
                assert child.stdout.readline(), "RapidOCR has ended"

        with ThreadPoolExecutor(self.processes) as pool:
            list(pool.map(serve, self.children))

    def workers(self):
        return [child.pid for child in self.children]


class RapidOcrByCore(RapidOcr):
    """A process a core, each with one thread."""

    name = f"rapidocr, {CORES} processes"
    processes = CORES
    threads = (1,)


# --- what processes need (proc(5)) ---


def processor_seconds():
    """Of all processes below this one, those that have ended, too."""
    ticks, waiting = 0, [os.getpid()]
    while waiting:
        pid = waiting.pop()
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
        own, of_ended = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        ticks += of_ended + (own if pid != os.getpid() else 0)
    return ticks / TICKS


class Memory:
    """Highest resident and proportional set size of a process that reads, looked at all the time
    between `with` and its end."""

    def __init__(self, reader):
        self.reader = reader
        self.resident = 0  # bytes; shared pages count in full
        self.proportional = 0  # shared pages count in part
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def _run(self):
        while not self.is_over.wait(SAMPLE_SECONDS):
            for pid in self.reader.workers():
                try:
                    self.resident = max(self.resident, memory_bytes(pid, "VmHWM"))
                    self.proportional = max(self.proportional, proportional_bytes(pid))
                except (AssertionError, FileNotFoundError, ProcessLookupError):
                    pass  # it has ended


def proportional_bytes(pid):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no Pss in /proc/{pid}/smaps_rollup")
