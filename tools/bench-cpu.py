"""Pages a minute of the `cpu` tier, from upload to done, against the tesseract command line.

    ./ocrmesh bench cpu [PAGES]

One PDF of scanned pages (300 dpi, slight skew and noise) goes through the public API; then
tesseract reads the very same page images: once as it is called by default, once with
OMP_THREAD_LIMIT=1 and one process a core, each process loading its model once.

The ratios compare seconds from start to end. Processor seconds, of all processes together and with
their start, tell how far a busy machine is to be believed.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bench_pages
from harness import wait
from harness.api import create_account
from harness.mesh import Mesh

PAGES = 40
SEED = 20251121
CORES = os.cpu_count()
JOB_SECONDS = 1800


def share_found(words_of_pages, texts):
    """Part of the pages' words that stand in the texts, page by page."""
    found = total = 0
    for words, text in zip(words_of_pages, texts):
        there = set(text.split())
        found += sum(word in there for word in words)
        total += len(words)
    return found / total


def processor_seconds():
    """Of every process that has ended below this one so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure_ocrmesh(pdf, language):
    build = Path(os.environ["OCRMESH_BUILD"])
    logs = Path(os.environ["OCRMESH_HOME"]) / "logs/bench"
    logs.mkdir(parents=True, exist_ok=True)
    mesh = Mesh(build, logs)
    try:
        mesh.start()
        mesh.raise_plan_caps()
        account = create_account(mesh.url)
        started = time.monotonic()
        answer = account.submit(pdf, "scan.pdf", tier="cpu", language=language)
        job = account.finished(answer, JOB_SECONDS)
        seconds = time.monotonic() - started
        assert job["status"] == "done", job
        return seconds, [page["text"] for page in job["pages"]]
    finally:
        mesh.stop()
        mesh.remove()


def run_tesseract(images, thread_limit, processes, folder):
    """Each process gets every n-th image in one list file."""
    environment = dict(os.environ)
    if thread_limit is not None:
        environment["OMP_THREAD_LIMIT"] = str(thread_limit)
    lists = []
    for number in range(processes):
        path = folder / f"list-{number}.txt"
        path.write_text("\n".join(str(image) for image in images[number::processes]) + "\n")
        lists.append(path)

    def run(path):
        done = subprocess.run(
            ["tesseract", path, "stdout", "-l", "eng"],
            check=True,
            env=environment,
            capture_output=True,
            text=True,
        )
        return done.stdout.split("\f")  # stands between pages

    started = time.monotonic()
    with ThreadPoolExecutor(processes) as pool:
        outputs = list(pool.map(run, lists))
    seconds = time.monotonic() - started
    texts = [outputs[index % processes][index // processes] for index in range(len(images))]
    return seconds, texts


def main(count):
    print(f"Drawing {count} pages ...", flush=True)
    with ThreadPoolExecutor(CORES) as pool:
        drawn = list(pool.map(lambda number: bench_pages.page(number, SEED), range(count)))
    jpegs = [jpeg for jpeg, _ in drawn]
    words = [page_words for _, page_words in drawn]
    pdf = bench_pages.pdf(jpegs)

    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        images = []
        for index, jpeg in enumerate(jpegs):
            images.append(folder / f"page-{index:03}.jpg")
            images[-1].write_bytes(jpeg)

        def measure(name, function, *arguments):
            print(f"Measuring {name} ...", flush=True)
            before = processor_seconds()
            seconds, texts = function(*arguments)
            used = processor_seconds() - before
            assert len(texts) == count, f"{name} gave {len(texts)} pages"
            rows.append((name, seconds, used, share_found(words, texts)))

        measure("ocrmesh, language=en", measure_ocrmesh, pdf, "en")
        measure("ocrmesh, language=auto", measure_ocrmesh, pdf, "auto")
        measure(f"tesseract, 1 thread x {CORES}", run_tesseract, images, 1, CORES, folder)
        measure("tesseract, default threads", run_tesseract, images, None, 1, folder)

    print(f"\n{count} pages, {len(pdf) / 1e6:.1f} MB, {CORES} cores")
    print(f"{'':28} {'seconds':>8} {'pages/min':>10} {'cpu seconds':>12} {'words found':>12}")
    for name, seconds, used, share in rows:
        print(f"{name:28} {seconds:8.1f} {count * 60 / seconds:10.1f} {used:12.1f} {share:12.2%}")
    best = min(seconds for name, seconds, _, _ in rows if name.startswith("tesseract"))
    default = rows[-1][1]
    print()
    for name, seconds, _, _ in rows[:2]:
        print(f"{name}: {best / seconds:.2f} of the better tesseract, {default / seconds:.2f} of its default")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAGES)
