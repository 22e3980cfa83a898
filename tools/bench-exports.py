"""Exported PDFs as pdftotext reads them: whether it finds the job's text, and its words in place.

    ./ocrmesh bench exports [--only WORD]

Eight documents: a scan, a receipt, columns, a table, Chinese, Arabic, Hindi and a PDF of 100 pages; or, with
--only, those pages of the accuracy set whose name or category holds WORD. Of each one: how much of the
text pdftotext finds in the same order by itself and with -raw ("=": all of it, white space
apart), and how many words overlap their boxes by 0.7 (intersection over union).
"""

import argparse
import difflib
import io
import tempfile
from pathlib import Path

from PIL import Image

from accuracy import engines, pages
from accuracy.packages import Packages
from harness import pdf_layer, pdf_referees

DOCUMENTS = {
    "print-vicksburg": "scan",
    "receipt-restaurant": "receipt",
    "columns-linn": "columns",
    "table-stream": "table",
    "guide-zh_CN": "Chinese",
    "declaration-ar": "Arabic",
    "declaration-hi": "Hindi",
}
LONG_PAGES = 100
LONG_DPI = 200
LONG_SIDES = (1100, 1400)  # pixels; real pages are scaled to fit


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench exports")
    parser.add_argument("--only", help="pages of the accuracy set with this word in name or category")
    return parser.parse_args()


def one_page_documents(word):
    """[(name, file name, bytes)]"""

    def is_wanted(row):
        return word in row["name"] or word in row["category"] if word else row["name"] in DOCUMENTS

    home = pages.home()
    found = pages.load(Packages(home / "packages"), home / "pages", is_wanted)
    names = {} if word else DOCUMENTS
    return [
        (names.get(page.name, page.name), page.file.name, page.file.read_bytes()) for page in found
    ]


def long_document(documents):
    """The pages of the others, over and over, as a PDF of pictures."""
    images = []
    for _, _, data in documents:
        image = Image.open(io.BytesIO(data)).convert("L")
        image.thumbnail(LONG_SIDES)
        images.append(image)
    images = (images * LONG_PAGES)[:LONG_PAGES]
    out = io.BytesIO()
    images[0].save(out, "PDF", save_all=True, append_images=images[1:], resolution=LONG_DPI)
    return (f"{LONG_PAGES} pages", "long.pdf", out.getvalue())


def likeness(job_pages, found_pages):
    wanted = [word for page in job_pages for word in page.split()]
    found = [word for page in found_pages for word in page.split()]
    if wanted == found:
        return "="
    ratio = difflib.SequenceMatcher(None, wanted, found, autojunk=False).ratio()
    return f"{min(ratio, 0.999):.3f}"


def measure(account, name, file_name, data):
    answer = account.submit(data, file_name)
    job = account.finished(answer, engines.READ_SECONDS)
    document = account.download(job["uuid"], "json").json()
    texts = [pdf_layer.folded(page["text"] or "") for page in job["pages"]]
    with tempfile.TemporaryDirectory() as folder:
        path = pdf_referees.checked(account.download(job["uuid"], "pdf").content, folder)
        alone = likeness(texts, pdf_referees.text(path))
        raw = likeness(texts, pdf_referees.text(path, "-raw"))
        good, count = pdf_layer.words_in_place(document, path)
        size_kb = Path(path).stat().st_size // 1000
    share = f"{100 * good / count:.1f} %" if count else "-"
    print(f"{name:24} {count:6} {alone:>9} {raw:>6} {share:>8} {size_kb:7}", flush=True)


def main():
    options = arguments()
    documents = one_page_documents(options.only)
    if not documents:
        raise SystemExit(f"no page has '{options.only}' in its name or category")
    if not options.only:
        documents.append(long_document(documents))
    engine = engines.Ocrmesh("cpu")
    engine.start()
    try:
        print(f"{'document':24} {'words':>6} {'pdftotext':>9} {'-raw':>6} {'in place':>8} {'kB':>7}")
        for document in documents:
            measure(engine.account, *document)
    finally:
        engine.stop()


main()
