"""PDF files as programs that are not ours read them: qpdf, MuPDF and poppler."""

import re
import subprocess
from pathlib import Path

import html5lib

# Debian builds mutool without colour profiles; pdftotext -bbox says the other of an empty page.
HARMLESS = ("ICC support is not available", "no word list")


def _program(*command):
    """What the program says. It must be content, and complain of nothing."""
    done = subprocess.run(command, capture_output=True, timeout=240)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    faults = [
        line
        for line in done.stderr.decode(errors="replace").splitlines()
        if not line.endswith(HARMLESS)
    ]
    assert not faults, faults
    return done.stdout


def checked(data, folder):
    """Read by qpdf, MuPDF and poppler without a complaint; returns the path of the file."""
    path = Path(folder) / "checked.pdf"
    path.write_bytes(data)
    _program("qpdf", "--check", path)
    _program("mutool", "draw", "-q", "-F", "stext", "-o", "/dev/null", path)
    _program("pdftotext", path, "-")
    return path


def picture(path):
    """The first page as PNG."""
    return _program("pdftoppm", "-singlefile", "-r", "100", "-png", path)


# What poppler puts around right-to-left text, and what the file does for its sake.
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def text(path, *options):
    """The text of each page by pdftotext, without marks of direction and with single spaces."""
    found = _program("pdftotext", "-enc", "UTF-8", *options, path, "-").decode("utf-8")
    return [" ".join(_DIRECTION_MARKS.sub("", page).split()) for page in found.split("\f")[:-1]]


def words(path):
    """[[(text, (x0, y0, x1, y1))]] of each page, boxes as parts of the page's width and height.
    White space that bridges a gap is a word to poppler; it is left out."""
    root = html5lib.parse(_program("pdftotext", "-bbox", path, "-"), namespaceHTMLElements=False)
    pages = []
    for page in root.iter("page"):
        sides = [float(page.get(name)) for name in ("width", "height")] * 2
        pages.append(
            [
                (
                    word.text,
                    tuple(
                        float(word.get(name)) / side
                        for name, side in zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True)
                    ),
                )
                for word in page.iter("word")
                if (word.text or "").strip()
            ]
        )
    return pages
