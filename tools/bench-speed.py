"""Pages a minute, and memory: ocrmesh, the tesseract command line and RapidOCR.

    ./ocrmesh bench speed [--tier cpu|vlm] [--pages N] [--rounds N] [--only WORD] [--drawn]

All read the same files in the same run: real pages of the accuracy set, of all categories in turn.
ocrmesh has language=auto, tesseract is told. Of tesseract and RapidOCR, the faster of two ways
counts. docs/speed.md says how each is called.
"""

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from accuracy import drawn, pages, speed

PAGES = 40
PARTS = 2  # of a round; the engines take turns
SEED = 20251121
MIB = 1 << 20
PEERS = {
    "cpu": [speed.Tesseract, speed.TesseractByList],
    "vlm": [speed.RapidOcr, speed.RapidOcrByCore],
}


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench speed")
    parser.add_argument("--tier", action="append", choices=list(PEERS), help="several for several")
    parser.add_argument("--pages", type=int, default=PAGES, help=f"how many: {PAGES}")
    parser.add_argument("--rounds", type=int, default=1, help="each engine reads all so often")
    parser.add_argument("--only", default="", help="pages whose name or category holds this word")
    parser.add_argument(
        "--drawn", action="store_true", help="drawn scans instead, for ocrmesh as one PDF"
    )
    return parser.parse_args()


@dataclass
class Part:
    pages: list
    for_ocrmesh: list  # the same, or one document of all


@dataclass
class Drawn:
    file: Path
    tesseract: str = "eng"


def drawn_parts(count, folder):
    print("Drawing the pages ...", flush=True)
    with ThreadPoolExecutor(speed.CORES) as pool:
        jpegs = list(pool.map(lambda number: drawn.page(number, SEED), range(count)))
    files = [folder / f"page-{number:03}.jpg" for number in range(count)]
    for file, jpeg in zip(files, jpegs):
        file.write_bytes(jpeg)
    (folder / "all.pdf").write_bytes(drawn.pdf(jpegs))
    return [Part([Drawn(file) for file in files], [Drawn(folder / "all.pdf")])]


def real_parts(count, only):
    by_category = {}
    for page in pages.asked_for(only, is_real=True):
        by_category.setdefault(page.category, []).append(page)
    mixed = [page for turn in zip_longest(*by_category.values()) for page in turn if page][:count]
    return [Part(mixed[first::PARTS], mixed[first::PARTS]) for first in range(PARTS)]


@dataclass
class Row:
    seconds: float = 0
    processor_seconds: float = 0
    resident: int = 0
    proportional: int = 0


def measure(reader, part, row):
    wanted = part.for_ocrmesh if reader.family == "ocrmesh" else part.pages
    with speed.Memory(reader) as memory:
        used, started = speed.processor_seconds(), time.monotonic()
        reader.read(wanted)
        row.seconds += time.monotonic() - started
        row.processor_seconds += speed.processor_seconds() - used
    row.resident = max(row.resident, memory.resident)
    row.proportional = max(row.proportional, memory.proportional)


def measure_all(readers, parts, rounds):
    """So that what else the machine does hits all alike, they take turns, in changing order."""
    rows = {reader.name: Row() for reader in readers}
    for turn in range(rounds):
        for number, part in enumerate(parts):
            is_forth = (turn + number) % 2 == 0
            for reader in readers if is_forth else reversed(readers):
                print(f"Round {turn + 1}, part {number + 1}: {reader.name} ...", flush=True)
                measure(reader, part, rows[reader.name])
    return rows


def print_table(readers, rows, count):
    heads = ["pages/min", "seconds", "cpu seconds", "MiB, RSS", "MiB, PSS"]
    print(f"\n{'':24}" + "".join(f" {head:>12}" for head in heads))
    for reader in readers:
        row = rows[reader.name]
        cells = [f"{count * 60 / row.seconds:.1f}", f"{row.seconds:.1f}"]
        cells += [f"{row.processor_seconds:.1f}"]
        cells += [f"{row.resident / MIB:.0f}", f"{row.proportional / MIB:.0f}"]
        print(f"{reader.name:24}" + "".join(f" {cell:>12}" for cell in cells))


def print_ratios(readers, rows):
    print()
    for ours in readers:
        of_tier = [peer.name for peer in PEERS.get(ours.name, [])]
        if not of_tier:
            continue
        best = min(of_tier, key=lambda name: rows[name].seconds)
        least = min(of_tier, key=lambda name: rows[name].processor_seconds)
        by_clock = rows[best].seconds / rows[ours.name].seconds
        by_processor = rows[least].processor_seconds / rows[ours.name].processor_seconds
        print(
            f"{ours.name}: {by_clock:.2f} times the pages a minute of '{best}';"
            f" {by_processor:.2f} times those a processor second of '{least}'"
        )


def main():
    wanted = arguments()
    tiers = wanted.tier or list(PEERS)
    with tempfile.TemporaryDirectory() as temporary:
        if wanted.drawn:
            parts = drawn_parts(wanted.pages, Path(temporary))
        else:
            parts = real_parts(wanted.pages, wanted.only)
        readers = [speed.Ocrmesh(tier) for tier in tiers]
        readers += [peer() for tier in tiers for peer in PEERS[tier]]
        started = []
        try:
            for reader in readers:
                reader.start()
                started.append(reader)
            rows = measure_all(readers, parts, wanted.rounds)
        finally:
            for reader in started:
                reader.stop()
    count = sum(len(part.pages) for part in parts)
    print(f"\n{count} pages, {wanted.rounds} x, {speed.CORES} cores")
    print_table(readers, rows, count * wanted.rounds)
    print_ratios(readers, rows)


if __name__ == "__main__":
    main()
