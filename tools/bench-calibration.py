"""How often words are right, by their confidence; and the table that makes it a probability.

    ./ocrmesh bench calibration [--tier cpu|vlm] [--only WORD] [--write]

Reads the pages of the accuracy set with the worker alone, language=auto, and holds each word against
the page's truth. Curves are fitted on the pages of one half, `tune`, and shown on the other, `held`.
--write puts them into services/ocr/worker/calibration_table.h; docs/accuracy.md has the rule.
"""

import argparse
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from accuracy import calibration, engines, pages

READ_SECONDS = 300
SOURCE = Path(__file__).resolve().parents[1]
TABLE = SOURCE / "services/ocr/worker/calibration_table.h"
KINDS = ["tesseract", "networks"]
EDGES = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 1]  # of what is told; most text is above 0.9


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench calibration")
    parser.add_argument("--tier", action="append", choices=engines.TIERS, help="several for several")
    parser.add_argument("--only", default="", help="pages whose name or category holds this word")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}")
    return parser.parse_args()


def read(page, tier):
    worker = Path(os.environ["OCRMESH_BUILD"]) / "services/ocr/ocrmesh-ocr-worker"
    done = subprocess.run(
        [worker, "--read", page.file, "--tier", tier, "--format", "words"],
        check=False,  # a page that cannot be read has no words
        capture_output=True,
        text=True,
        timeout=READ_SECONDS,
    )
    return calibration.judged(calibration.parse(done.stdout), page.truth)


def samples_by_kind(judged):
    """Of what is judged: (confidence, is right, weight) of each kind."""
    samples = {kind: [] for kind in KINDS}
    for words in judged:
        for word, is_right in words:
            samples[word.kind].append((word.confidence, is_right, word.weight))
    return samples


def print_reliability(title, pairs):
    """@pairs: (probability that was told, is right, weight)."""
    print(f"\n{title}\n{'told':>12} {'text':>7} {'mean':>7} {'right':>7}")
    total = sum(weight for _, _, weight in pairs)
    error = 0
    for low, high in zip(EDGES, EDGES[1:]):
        group = [pair for pair in pairs if low <= pair[0] < high or pair[0] == high == 1]
        share = sum(weight for _, _, weight in group)
        if share == 0:
            continue
        mean = sum(told * weight for told, _, weight in group) / share
        right = sum(weight for _, is_right, weight in group if is_right) / share
        error += abs(mean - right) * share / total
        label = f"{low:g} to {high:g}"
        print(f"{label:>12} {share / total:7.1%} {mean:7.3f} {right:7.3f}")
    print(f"mean distance of told and right: {error:.3f}")


def table_text(curves):
    lines = [
        "#pragma once",
        "",
        "/*",
        " * Written by `./ocrmesh bench calibration --write`; not by hand.",
        " */",
        "",
        "/* clang-format off */",
        "",
        "struct calibration_point {",
        "    float confidence;  /* of the engine; rises */",
        "    float probability; /* that a word is right; rises */",
        "};",
    ]
    for kind, curve in curves.items():
        lines += ["", f"static const struct calibration_point calibration_{kind}[] = {{"]
        lines += [f"    {{{x:.4f}f, {y:.4f}f}}," for x, y in curve]
        lines += ["};"]
    return "\n".join(lines) + "\n"


def main():
    wanted = arguments()
    tiers = wanted.tier or engines.TIERS
    chosen = pages.asked_for(wanted.only)
    judged = {}
    for tier in tiers:
        print(f"Reading with {tier} ...", flush=True)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            judged[tier] = list(pool.map(lambda page: read(page, tier), chosen))
    of_half = {
        half: [
            words
            for tier in tiers
            for page, words in zip(chosen, judged[tier])
            if page.half == half
        ]
        for half in ("tune", "held")
    }
    curves = {
        kind: calibration.fitted(samples)
        for kind, samples in samples_by_kind(of_half["tune"]).items()
        if samples
    }
    for tier in tiers:
        for half in ("tune", "held"):
            words = [
                pair
                for page, pairs in zip(chosen, judged[tier])
                if page.half == half
                for pair in pairs
            ]
            for name, told in (
                ("as the engine says", lambda word: word.confidence),
                ("calibrated", lambda word: calibration.probability(curves[word.kind], word.confidence)),
            ):
                print_reliability(
                    f"{tier}, {half}, {name}",
                    [(told(word), is_right, word.weight) for word, is_right in words],
                )
    if wanted.write:
        if set(curves) != set(KINDS) or wanted.only:
            raise SystemExit("--write needs all pages and both tiers")
        TABLE.write_text(table_text(curves))
        print(f"\nWrote {TABLE}")


if __name__ == "__main__":
    main()
