"""Statements about the structure of real pages: how many hold of what each engine says.

    ./ocrmesh bench structure [--tier cpu|vlm] [--only WORD] [--half tune|held] [--failed]
                                [--texts FOLDER]

ocrmesh gives Markdown through the public API; pdftotext and tesseract give text, and text with the
columns kept by spaces for the cells of tables. docs/accuracy.md says when a statement holds.
"""

import argparse
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from accuracy import engines, pages, structure, table
from accuracy.packages import Packages

TESSERACT_DPI = 300
PDF_SECONDS = 60


@dataclass
class Page:
    name: str
    kind: str
    half: str  # tune or held
    language: str
    tesseract: str
    file: Path  # as a user has it: an image, or one page of a PDF
    statements: list


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench structure")
    parser.add_argument("--tier", action="append", choices=engines.TIERS, help="of ocrmesh; several times for several")
    parser.add_argument("--only", default="", help="pages whose name or kind holds this word")
    parser.add_argument("--half", choices=["tune", "held"], help="one half of the pages")
    parser.add_argument("--failed", action="store_true", help="print what does not hold of ocrmesh")
    parser.add_argument("--texts", metavar="FOLDER", help="keep what each engine said in FOLDER")
    return parser.parse_args()


def load(packages, folder, word, half):
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for row in table.rows("structure.tsv"):
        if (word in row["name"] or word in row["kind"]) and half in (None, row["half"]):
            found.append(
                Page(
                    name=row["name"],
                    kind=row["kind"],
                    half=row["half"],
                    language=row["language"],
                    tesseract=row["tesseract"],
                    file=pages.page_file(packages, folder, row),
                    statements=structure.statements(row["name"]),
                )
            )
    return found


def pdftotext(page, *options):
    if page.file.suffix != ".pdf":
        return ""
    done = subprocess.run(
        ["pdftotext", *options, page.file, "-"],
        check=True,
        capture_output=True,
        timeout=PDF_SECONDS,
    )
    return done.stdout.decode().replace("\f", "")


def tesseract(engine, page, *options):
    if page.file.suffix != ".pdf":
        return engine.read_page(page, *options)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page"
        command = ["pdftoppm", "-png", "-singlefile", "-r", str(TESSERACT_DPI), page.file, target]
        subprocess.run(command, check=True, timeout=PDF_SECONDS)
        image = Page(page.name, "", "", "", page.tesseract, target.with_suffix(".png"), [])
        return engine.read_page(image, *options)


def read_all(chosen, tiers):
    """What each engine said of each page, and the text it said it with."""
    said, texts = {}, {}
    for tier in tiers:
        print(f"Reading with {tier} ...", flush=True)
        texts[tier] = [job["markdown"] or "" for job in engines.Ocrmesh(tier).jobs(chosen)]
        said[tier] = [structure.Markdown(text) for text in texts[tier]]
    print("Reading with pdftotext and tesseract ...", flush=True)
    texts["pdftotext"] = [pdftotext(page, "-layout") for page in chosen]
    said["pdftotext"] = [
        structure.PlainText(pdftotext(page), layout)
        for page, layout in zip(chosen, texts["pdftotext"])
    ]
    engine = engines.Tesseract()
    spaces = ("-c", "preserve_interword_spaces=1")
    texts["tesseract"] = [tesseract(engine, page, *spaces) for page in chosen]
    said["tesseract"] = [structure.PlainText(text, text) for text in texts["tesseract"]]
    return said, texts


def print_table(chosen, results):
    names = list(results)
    groups = defaultdict(lambda: defaultdict(list))
    for number, page in enumerate(chosen):
        for at, statement in enumerate(page.statements):
            for group in (page.kind, f"  {statement.kind}", "all", f"all, {page.half}"):
                for name in names:
                    groups[group][name].append(results[name][number][at])
    print(f"\n{'':14} {'statements':>10}" + "".join(f" {name:>10}" for name in names))
    order = [*sorted({page.kind for page in chosen}), *(f"  {k}" for k in structure.KINDS), "all"]
    order += ["all, tune", "all, held"]
    for group in order:
        if group in groups:
            shares = (sum(groups[group][name]) / len(groups[group][name]) for name in names)
            count = len(groups[group][names[0]])
            print(f"{group:14} {count:10}" + "".join(f" {share:10.1%}" for share in shares))


def main():
    wanted = arguments()
    print("Preparing the pages ...", flush=True)
    chosen = load(Packages(pages.home() / "packages"), pages.home() / "pages", wanted.only, wanted.half)
    if not chosen:
        raise SystemExit(f"no page's name or kind holds '{wanted.only}'")
    tiers = wanted.tier or ["cpu"]
    said, texts = read_all(chosen, tiers)
    results = {
        name: [structure.judge(page.statements, one) for page, one in zip(chosen, said[name])]
        for name in said
    }
    print(f"\n{len(chosen)} pages")
    print_table(chosen, results)
    if wanted.failed:
        for number, page in enumerate(chosen):
            for at, statement in enumerate(page.statements):
                if not results[tiers[0]][number][at]:
                    others = [name for name in results if results[name][number][at]]
                    print(f"{page.name}: {statement}   (holds of: {', '.join(others) or 'none'})")
    if wanted.texts:
        engines.write_texts(wanted.texts, chosen, texts)


if __name__ == "__main__":
    main()
