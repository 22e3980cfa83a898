"""Broken and hostile files through the running service: what it answered, and what it cost.

    ./ocrmesh bench hostile [--only WORD] [--files] [--every N]

Cuts at every kilobyte of one file of each format, turned bits, bombs, cyclic PDFs, PDFs that are
deep, large or take long to draw (tests/harness/hostile*.py). Ends with status 1 when a process of
the mesh ended, a job was left, a file got no answer, or workers took more memory than they may.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from harness import hostile
from harness.api import create_account
from harness.mesh import Mesh


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench hostile")
    parser.add_argument("--only", default="", help="files whose name holds this word")
    parser.add_argument("--files", action="store_true", help="print each file's answer and time")
    parser.add_argument("--every", type=int, default=1, help="only every N-th file")
    return parser.parse_args()


def main():
    wanted = arguments()
    chosen = (file for file in hostile.everything() if wanted.only in file[0])
    files = (file for number, file in enumerate(chosen) if number % wanted.every == 0)

    def show(name, word, seconds):
        if wanted.files:
            print(f"{name:50} {word:25} {seconds:7.1f} s", flush=True)

    with tempfile.TemporaryDirectory(prefix="ocrmesh-hostile.") as logs:
        mesh = Mesh(Path(os.environ["OCRMESH_BUILD"]), Path(logs))
        try:
            mesh.start()
            mesh.raise_plan_caps()
            report = hostile.run(mesh, create_account(mesh.url), files, show)
            report.faults += mesh.stop()
        finally:
            mesh.stop()
            mesh.remove()
    print(f"{report.files} files in {report.seconds:.0f} s, {hostile.CALLERS} at a time")
    for word, count in sorted(report.answers.items(), key=lambda answer: -answer[1]):
        print(f"  {count:6} {word}")
    print("slowest: " + ", ".join(f"{name} {seconds:.0f} s" for seconds, name in report.slowest))
    print(f"largest worker {report.worker_peak >> 20} MiB, {report.worker_deaths} workers died")
    for fault in report.faults:
        print(f"FAULT: {fault}")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
