"""Exports of a long document: processor time, memory and size, beside ocrmypdf and pandoc.

    ./ocrmesh bench export-speed [--pages 1000] [--rounds 3]

Every format of a document of pages with headings, text, lists, tables and page numbers, made by an
export process of its own from a stand-in for ocr. The PDF's pictures are of eight by eight pixels,
so that its text layer is what is measured, as with ocrmypdf (HocrTransform on the same pages as
hOCR). pandoc makes a docx of the same text as Markdown. All in turns; user and system time of the
process, the least and the most of the rounds.
"""

import argparse
import io
import os
import random
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from harness.documents import HEIGHT, JPEG, KINDS, WIDTH, PageBuilder
from harness.export_service import ExportService
from harness.fake_ocr import Messages

BUILD = Path(os.environ["OCRMESH_BUILD"])
LAYERS = Path(__file__).resolve().parent.parent / "tests/harness/ocrmypdf_layers.py"
DEBIAN_PYTHON = "/usr/bin/python3"  # which has Debian's ocrmypdf
FORMATS = ["pdf", "docx", "xlsx", "html", "hocr", "alto", "json", "csv", "md", "txt"]
RIVALS = {"pdf": "ocrmypdf", "docx": "pandoc"}
SECONDS_MAX = 600
WORDS = 3000
PARAGRAPHS, PARAGRAPH_WORDS = 4, 95
ITEMS, ITEM_WORDS = 4, 8
ROWS, COLUMNS = 8, 4
LINE_CHARACTERS = 80
PICTURE_PIXELS = 8


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench export-speed")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


class Texts:
    """Words of two to nine letters; the same ones each time."""

    def __init__(self):
        self.random = random.Random(1)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self.words = [
            "".join(self.random.choices(letters, k=self.random.randrange(2, 10)))
            for _ in range(WORDS)
        ]

    def word(self):
        return self.random.choice(self.words)

    def lines(self, count):
        lines = [self.word()]
        for _ in range(count - 1):
            word = self.word()
            if len(lines[-1]) + 1 + len(word) > LINE_CHARACTERS:
                lines.append(word)
            else:
                lines[-1] += " " + word
        return "\n".join(lines)

    def number(self):
        return f"{self.random.randrange(10000) / 100:.2f}"


def markdown(block):
    """As the ocr service derives it."""
    if block.kind in (KINDS["header"], KINDS["footer"]):
        return ""
    if block.kind == KINDS["heading"]:
        return "# " + block.text
    if block.kind == KINDS["table"]:
        rows = ["| " + row.replace("\t", " | ") + " |" for row in block.text.split("\n")]
        return "\n".join([rows[0], "| --- " * block.table.column_count + "|", *rows[1:]])
    return block.text


def page(messages, texts, index):
    builder = PageBuilder(messages, index)
    builder.header("A report of many pages")
    builder.block("heading", f"Chapter {index + 1}", level=1)
    for _ in range(PARAGRAPHS):
        builder.block("paragraph", texts.lines(PARAGRAPH_WORDS))
    for i in range(ITEMS):
        builder.list_item(f"{i + 1}.", texts.lines(ITEM_WORDS))
    builder.table(
        [[texts.word()] + [texts.number() for _ in range(COLUMNS - 1)] for _ in range(ROWS)]
    )
    builder.footer(str(index + 1))
    done = builder.done()
    done.markdown = "\n\n".join(filter(None, map(markdown, done.blocks))) + "\n"
    return done


def picture(messages):
    data = io.BytesIO()
    Image.new("RGB", (PICTURE_PIXELS, PICTURE_PIXELS), "white").save(data, "JPEG")
    description = messages("document.v1.PageImage")(
        encoding=JPEG,
        width=PICTURE_PIXELS,
        height=PICTURE_PIXELS,
        components=3,
        bits_per_component=8,
        size_bytes=len(data.getvalue()),
    )
    description.placement.a = WIDTH / PICTURE_PIXELS
    description.placement.d = HEIGHT / PICTURE_PIXELS
    return description, data.getvalue()


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Document:
    def __init__(self, page_count):
        texts = Texts()
        self.messages = Messages(BUILD)
        self.pages = [page(self.messages, texts, i) for i in range(page_count)]
        self.images = dict.fromkeys(((i, 0) for i in range(page_count)), picture(self.messages))


def export(document, format_name, folder, path=None):
    """(seconds, peak bytes, file bytes); the file goes to `path`."""
    service = ExportService(BUILD, folder, document.messages)
    try:
        job = service.ocr.add("long", document.pages, document.images)
        size = 0
        before = processor_seconds(service.process.pid)
        with open(path or os.devnull, "wb") as file:
            for part in service.stream(job, format_name, seconds=SECONDS_MAX):
                size += file.write(part.chunk)
        seconds = processor_seconds(service.process.pid) - before
        return seconds, service.process.memory_bytes("VmHWM"), size
    finally:
        service.stop()


def ocrmypdf(source, page_count):
    command = [DEBIAN_PYTHON, LAYERS, source, str(page_count)]
    said = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS_MAX).stdout
    seconds, peak_kib = said.split()
    return float(seconds), int(peak_kib) * 1024, 0


def pandoc(source, result):
    child = subprocess.Popen(["pandoc", "-f", "gfm", "-o", result, source])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, "pandoc failed"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, result.stat().st_size


def between(values, form):
    least, most = form.format(min(values)), form.format(max(values))
    return least if least == most else f"{least} to {most}"


def show(name, results):
    seconds, peaks, sizes = zip(*results, strict=True)
    size = f"{sizes[0] / 1e6:.1f}" if sizes[0] else "-"
    times, memory = between(seconds, "{:.2f}"), f"{max(peaks) / 2**20:.0f}"
    print(f"{name:10} {times:>16} {memory:>9} {size:>8}", flush=True)


def turns(document, page_count, folder):
    """One of each: (name, (seconds, peak bytes, file bytes))."""
    for name in FORMATS:
        yield name, export(document, name, folder)
        if name == "pdf":
            yield "ocrmypdf", ocrmypdf(folder / "page.hocr", page_count)
        if name == "docx":
            yield "pandoc", pandoc(folder / "text.md", folder / "pandoc.docx")


def main():
    options = arguments()
    document = Document(options.pages)
    results = {name: [] for name in FORMATS + list(RIVALS.values())}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        export(Document(1), "hocr", folder, folder / "page.hocr")
        export(document, "md", folder, folder / "text.md")
        print(f"{options.pages} pages {'seconds':>16} {'peak MiB':>9} {'file MB':>8}")
        for _ in range(options.rounds):
            for name, result in turns(document, options.pages, folder):
                results[name].append(result)
                show(name, [result])
    if options.rounds > 1:
        print("Together:")
        for name, found in results.items():
            show(name, found)
    for ours, theirs in RIVALS.items():
        ratios = [b[0] / a[0] for a, b in zip(results[ours], results[theirs], strict=True)]
        print(f"{theirs} takes {between(ratios, '{:.1f}')} times as long as {ours}")


main()
