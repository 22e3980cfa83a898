"""Characters read wrongly, by kind of page: ocrmesh, the tesseract command line and RapidOCR.

    ./ocrmesh bench accuracy [--tier cpu|vlm] [--told] [--only WORD] [--half tune|held] [--real]
                             [--files] [--texts FOLDER] [--fresh]

All read the same files in the same run; tesseract is told the language, ocrmesh and RapidOCR are
not. docs/accuracy.md says what the pages are and how errors are counted.
"""

import argparse
from collections import defaultdict

from accuracy import engines, pages

# In the order of the table.
CATEGORIES = """print columns receipts tables photos turned handwriting old
    latin cyrillic-greek right-to-left indic southeast-asian cjk other-scripts""".split()


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench accuracy")
    parser.add_argument("--tier", action="append", choices=engines.TIERS, help="of ocrmesh; several times for several")
    parser.add_argument("--told", action="store_true", help="ocrmesh told the language, too")
    parser.add_argument("--only", default="", help="pages whose name or category holds this word")
    parser.add_argument("--half", choices=["tune", "held"], help="one half of the pages")
    parser.add_argument("--real", action="store_true", help="only scans, photographs and PDFs")
    parser.add_argument("--files", action="store_true", help="errors of each page, worst first")
    parser.add_argument("--texts", metavar="FOLDER", help="keep what each engine read in FOLDER")
    parser.add_argument("--fresh", action="store_true", help="let the others read again, too")
    return parser.parse_args()


def rate(errors, pages_):
    """Mean of the pages' error rates."""
    return sum(count / page.length for count, page in zip(errors, pages_)) / len(pages_)


def ratio(one, other):
    return f"{one / other:5.2f}" if other else "    -"


def print_table(names, chosen, errors):
    """Error rates by category, then each of ours by the better of the others."""
    ours, others = names[: -len(OTHERS)], names[-len(OTHERS) :]
    heads = [*names, *(f"{name}/{other}" for name in ours for other in others)]
    print(f"{'':16} {'pages':>5} {'real':>5}" + "".join(f" {head:>14}" for head in heads))
    groups = defaultdict(list)
    for number, page in enumerate(chosen):
        groups[page.category].append(number)
        groups["all"].append(number)
        groups["all, real"].extend([number] if page.is_real else [])
        groups[f"all, {page.half}"].append(number)
    for group in [*CATEGORIES, "all", "all, real", "all, tune", "all, held"]:
        members = groups.get(group)
        if not members:
            continue
        of_group = [chosen[number] for number in members]
        rates = {
            name: rate([errors[name][number] for number in members], of_group) for name in names
        }
        real = sum(page.is_real for page in of_group)
        cells = [f"{rates[name]:.3f}" for name in names]
        cells += [ratio(rates[name], rates[other]) for name in ours for other in others]
        print(f"{group:16} {len(members):5} {real:5}" + "".join(f" {cell:>14}" for cell in cells))
    total = sum(page.length for page in chosen)
    sums = [sum(errors[name]) for name in names]
    print(f"{'characters wrong':16} {total:11}" + "".join(f" {count:>14}" for count in sums))


def print_files(names, chosen, errors):
    print()
    order = sorted(
        range(len(chosen)), key=lambda number: -errors[names[0]][number] / chosen[number].length
    )
    print(f"{'page':32} {'category':16} {'half':5} {'chars':>6}" + "".join(f" {n:>10}" for n in names))
    for number in order:
        page = chosen[number]
        rates = "".join(f" {errors[name][number] / page.length:10.3f}" for name in names)
        print(f"{page.name:32} {page.category:16} {page.half:5} {page.length:6}{rates}")


OTHERS = (engines.Tesseract, engines.RapidOcr)


def main():
    wanted = arguments()
    chosen = pages.asked_for(wanted.only, wanted.half, wanted.real)
    readers = [engines.Ocrmesh(tier) for tier in wanted.tier or ["cpu"]]
    if wanted.told:
        readers += [engines.Ocrmesh(tier, "told") for tier in wanted.tier or ["cpu"]]
    readers += [engines.Kept(other(), pages.home() / "texts", wanted.fresh) for other in OTHERS]
    texts, errors = {}, {}
    for reader in readers:
        print(f"Reading with {reader.name} ...", flush=True)
        texts[reader.name] = reader.read(chosen)
        errors[reader.name] = [page.errors(text) for page, text in zip(chosen, texts[reader.name])]
    names = [reader.name for reader in readers]
    print()
    print_table(names, chosen, errors)
    if wanted.files:
        print_files(names, chosen, errors)
    if wanted.texts:
        truths = {"truth": [page.truth for page in chosen]}
        engines.write_texts(wanted.texts, chosen, truths | texts)


if __name__ == "__main__":
    main()
