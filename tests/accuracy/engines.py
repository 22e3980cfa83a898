"""The engines that are compared: each takes pages and gives their texts in the same order."""

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.api import create_account
from harness.mesh import Mesh

TIERS = ("cpu", "vlm")
READ_SECONDS = 300
BATCH = 16  # pages whose texts a stopped run may lose


def write_texts(folder, pages, texts):
    """What each engine read of each page, as FOLDER/PAGE/ENGINE.txt; `texts`: {engine: of each page}."""
    for number, page in enumerate(pages):
        place = Path(folder) / page.name
        place.mkdir(parents=True, exist_ok=True)
        for name, of_pages in texts.items():
            (place / f"{name}.txt").write_text(of_pages[number])


class Ocrmesh:
    """A tier of the whole mesh, through the public API."""

    def __init__(self, tier, language="auto"):
        self.tier = tier
        self.language = language
        self.name = tier if language == "auto" else f"{tier}, told"
        self.version = None  # changes with every build: its texts are never kept

    def start(self):
        logs = Path(os.environ["OCRMESH_HOME"]) / "logs/bench"
        logs.mkdir(parents=True, exist_ok=True)
        self.mesh = Mesh(Path(os.environ["OCRMESH_BUILD"]), logs)
        try:
            self.mesh.start()
            self.mesh.raise_plan_caps()
            self.account = create_account(self.mesh.url)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.mesh.stop()
        self.mesh.remove()

    def jobs(self, pages):
        """The job of each page."""
        self.start()
        try:
            return self.read_jobs(pages)
        finally:
            self.stop()

    def read_jobs(self, pages):
        """As `jobs`, of a mesh that runs: so many at once that no worker waits for the next."""
        with ThreadPoolExecutor(2 * os.cpu_count()) as pool:
            return list(pool.map(lambda page: self._read(self.account, page), pages))

    def _read(self, account, page):
        answer = account.submit(
            page.file.read_bytes(),
            page.file.name,
            tier=self.tier,
            language=page.language if self.language == "told" else self.language,
        )
        return account.finished(answer, READ_SECONDS)

    def read(self, pages):
        jobs = self.jobs(pages)
        for page, job in zip(pages, jobs):
            if job["status"] != "done":
                print(f"{self.name} has not read {page.name}: {job['error']}", flush=True)
        return [job["text"] or "" for job in jobs]


class Kept:
    """Keeps an engine's texts between runs, by its version, the page's bytes and the language."""

    def __init__(self, engine, folder, is_fresh=False):
        self.engine = engine
        self.name = engine.name
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.is_fresh = is_fresh

    def read(self, pages):
        paths = [self._path(page) for page in pages]
        missing = [
            (page, path) for page, path in zip(pages, paths) if self.is_fresh or not path.exists()
        ]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            texts = self.engine.read([page for page, _ in batch])
            for (_, path), text in zip(batch, texts):
                part = path.with_suffix(".part")
                part.write_text(text)
                part.rename(path)
        return [path.read_text() for path in paths]

    def _path(self, page):
        data = hashlib.sha256(page.file.read_bytes()).hexdigest()
        what = f"{self.engine.name} {self.engine.version} {page.tesseract} {data}"
        return self.folder / hashlib.sha256(what.encode()).hexdigest()[:24]


class Tesseract:
    """The command line, told each page's language."""

    name = "tesseract"

    def __init__(self):
        said = subprocess.run(["tesseract", "--version"], check=True, capture_output=True, text=True)
        self.version = said.stdout.splitlines()[0]

    def read(self, pages):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self.read_page, pages))

    def read_page(self, page, *options):
        done = subprocess.run(
            ["tesseract", page.file, "stdout", "-l", page.tesseract, *options],
            check=False,
            capture_output=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            timeout=READ_SECONDS,
        )
        if b"Failed loading language" in done.stderr:
            raise SystemExit(f"{page.name}: tesseract has no {page.tesseract}")
        return done.stdout.decode(errors="replace").replace("\f", "\n")


class RapidOcr:
    """PyPI's rapidocr on OpenVINO as it is called by default; a process of its own for its memory."""

    name = "rapidocr"

    def __init__(self):
        self.version = " ".join(map(importlib.metadata.version, ("rapidocr", "openvino")))

    def read(self, pages):
        done = subprocess.run(
            [sys.executable, Path(__file__).with_name("rapidocr_read.py")],
            input="\n".join(str(page.file) for page in pages),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=READ_SECONDS * max(1, len(pages)),
        )
        return [json.loads(line) for line in done.stdout.splitlines()[1:]]
