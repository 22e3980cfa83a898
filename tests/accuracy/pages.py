"""The set: pages.tsv as image files and their truths."""

import gzip
import hashlib
import io
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from . import degrade, score, table, typeset
from .packages import Packages

Image.MAX_IMAGE_PIXELS = None
PDF_SECONDS = 60
PDF_DPI = "200"

# A page that stays as its package has it keeps its bytes; one that is changed becomes a PNG.
SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"}


@dataclass
class Page:
    name: str
    category: str
    language: str  # BCP 47, as a caller would give it
    tesseract: str  # the names of its models
    order: str  # strict, or what may come in any order: blocks, lines
    is_real: bool
    half: str  # tune or held
    file: Path
    truth: str

    @property
    def length(self):
        return score.length(self.truth, self.order)

    def errors(self, text):
        return score.file_errors(self.truth, text, self.order)


def half(source):
    """By what the page was made from, so that one document's variants stay together."""
    return "tune" if hashlib.sha256(source.encode()).digest()[0] % 2 == 0 else "held"


def home():
    """The folder of what benches keep between runs."""
    return Path(os.environ["OCRMESH_HOME"]) / "accuracy"


def asked_for(word, of_half=None, is_real=False):
    """Pages whose name or category holds `word`; of one half, and only real ones, where wanted so."""
    print("Preparing the pages ...", flush=True)
    found = load(
        Packages(home() / "packages"),
        home() / "pages",
        lambda row: (word in row["name"] or word in row["category"])
        and of_half in (None, half(_source(row)))
        and not (is_real and "font=" in row["options"]),
    )
    if not found:
        raise SystemExit(f"no page that was asked for has '{word}' in its name or category")
    return found


def load(packages, folder, wanted=lambda row: True):
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for row in filter(wanted, table.rows("pages.tsv")):
        options = table.options(row["options"])
        made.append(
            Page(
                name=row["name"],
                category=row["category"],
                language=row["language"],
                tesseract=row["tesseract"],
                order=row["order"],
                is_real="font" not in options,
                half=half(_source(row)),
                file=_file(packages, folder, row, options),
                truth=_truth(packages, row, options),
            )
        )
    return made


def _source(row):
    """What pages with the same words have in common."""
    return f"{row['package']} {row['member']}" if row["truth"] in ("-", "@pdf") else row["truth"]


def _truth(packages, row, options):
    if "font" in options:
        return "\n\n".join(_paragraphs(packages, row, options))
    if row["truth"] == "@pdf":
        return _text_layer(_data(packages, row), row["order"], options)
    if row["truth"].startswith("@"):
        data = packages.read(row["package"], row["truth"][1:])
        text = data.decode(options.get("encoding", "utf-8"))
        return text.replace("-~", "—").replace("~", "") if "unlv" in options else text
    return (table.FOLDER / "truth" / f"{row['truth']}.txt").read_text()


def _data(packages, row):
    data = packages.read(row["package"], row["member"])
    return gzip.decompress(data) if row["member"].endswith(".gz") else data


def _text_layer(data, order, options):
    """What a born-digital page says of itself, in its own order, or by lines and cells."""
    command = ["pdftotext", *(["-layout"] if order == "lines" else [])]
    command += ["-f", options.get("page", "1"), "-l", options.get("page", "1")]
    if "area" in options:
        x0, y0, x1, y1 = map(int, options["area"].split(","))
        command += ["-x", str(x0), "-y", str(y0), "-W", str(x1 - x0), "-H", str(y1 - y0)]
    done = subprocess.run(
        [*command, "-", "-"], input=data, check=True, capture_output=True, timeout=PDF_SECONDS
    )
    text = done.stdout.decode().replace("\f", "")
    return re.sub(" {2,}", "\t", text) if order == "lines" else text


def _paragraphs(packages, row, options):
    html = packages.read(row["package"], row["member"]).decode()
    return typeset.articles(html, options["articles"])


def _file(packages, folder, row, options):
    """Kept between runs under a name that tells how it was made."""
    source = Path(row["member"].removesuffix(".gz"))
    is_changed = bool(set(options) - {"encoding", "unlv"}) or source.suffix.lower() not in SUFFIXES
    stamp = hashlib.sha256(
        f"{packages.known[row['package']]['sha256']} {row['member']} {row['options']}".encode()
    ).hexdigest()[:12]
    suffix = ".png" if is_changed and "jpeg" not in options else source.suffix.lower()
    suffix = ".jpg" if "jpeg" in options else suffix
    path = folder / f"{row['name']}-{stamp}{suffix}"
    if path.exists():
        return path
    part = path.with_suffix(".part")
    if "font" in options:
        image, dpi = typeset.page(_paragraphs(packages, row, options), options), typeset.DPI
        _save(degrade.apply(image, options, row["name"]), part, suffix, options, dpi)
    elif is_changed:
        image, dpi = picture(_data(packages, row), source.suffix, options)
        if "crop" in options:
            image = image.crop([int(value) for value in options["crop"].split(",")])
        if "area" in options:  # in points of a PDF page
            image = image.crop([int(value) * dpi // 72 for value in options["area"].split(",")])
        if set(options) & set(degrade.STEPS):
            image = degrade.apply(image.convert("L"), options, row["name"])
        _save(image, part, suffix, options, dpi)
    else:
        part.write_bytes(_data(packages, row))
    part.rename(path)
    return path


def page_file(packages, folder, row):
    """As `_file`, but a page of a PDF stays a PDF, with its text layer."""
    options = table.options(row["options"])
    source = Path(row["member"].removesuffix(".gz"))
    if source.suffix.lower() != ".pdf":
        return _file(packages, folder, row, options)
    number = options.get("page", "1")
    stamp = packages.known[row["package"]]["sha256"][:12]
    path = folder / f"{row['name']}-{stamp}-{number}.pdf"
    if not path.exists():
        with tempfile.TemporaryDirectory() as temporary:
            whole = Path(temporary) / "in.pdf"
            whole.write_bytes(_data(packages, row))
            part = path.with_suffix(".part")
            command = ["qpdf", "--warning-exit-0", whole, "--pages", ".", number, "--", part]
            subprocess.run(command, check=True, capture_output=True, timeout=PDF_SECONDS)
            part.rename(path)
    return path


def _save(image, path, suffix, options, dpi):
    tags = {"dpi": dpi if isinstance(dpi, tuple) else (dpi, dpi)} if dpi else {}
    if "jpeg" in options:
        image.save(path, "JPEG", quality=int(options["jpeg"]), **tags)
    else:
        image.save(path, "PNG", **tags)


def picture(data, suffix, options):
    """An image and its dpi from a file's bytes; `page=2` of a PDF or TIFF counts from 1."""
    number = int(options.get("page", "1"))
    if suffix.lower() == ".pdf":
        dpi = options.get("dpi", PDF_DPI)
        with tempfile.TemporaryDirectory() as temporary:
            source, target = Path(temporary) / "in.pdf", Path(temporary) / "out"
            source.write_bytes(data)
            command = ["pdftoppm", "-png", "-singlefile", "-r", dpi, "-f", str(number), source]
            subprocess.run([*command, target], check=True, capture_output=True, timeout=PDF_SECONDS)
            with Image.open(target.with_suffix(".png")) as image:
                return image.copy(), int(dpi)
    image = Image.open(io.BytesIO(data))
    image.seek(number - 1)
    return image.copy(), image.info.get("dpi")
