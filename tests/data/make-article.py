"""Draws tests/data/article.png: a page of two columns with headings, a list, a table and a figure.

    python3 tests/data/make-article.py tests/data/article.png

Needs Pillow and DejaVu fonts. Text and picture are ours; so the page is free of anybody's rights.
"""

import sys

from PIL import Image, ImageDraw, ImageFont

DPI = 150
WIDTH, HEIGHT = 1240, 1754  # A4
MARGIN, GAP = 110, 50
COLUMN = (WIDTH - 2 * MARGIN - GAP) // 2
FONTS = "/usr/share/fonts/truetype/dejavu/"
LINE = 1.35  # of the size

TITLE = "Fog signals of the northern coast"
LEFT = [
    ("heading", "1 The stations"),
    ("text", "Nine stations on this coast still sound a signal in fog. Each has two engines, of which "
     "one runs while the other is kept warm, and a keeper who lives no more than a mile away. The "
     "oldest was built of granite in 1862 and has been rebuilt once."),
    ("text", "Keepers write down every hour of fog. From these books we have taken the hours of the "
     "last three winters, which the table shows for the four stations that were never closed."),
    ("table", [("Station", "Engines", "Hours"), ("Great Skerry", "2", "412"), ("North Head", "2", "388"),
               ("Seal Rock", "1", "275"), ("West Light", "2", "301")]),
    ("caption", "Table 1: Hours of fog in three winters"),
    ("heading", "2 How far they are heard"),
    ("text", "A signal is heard farther over water than over land, and least of all against the wind. "
     "Three things were noted on each of the trials:"),
    ("list", "• the distance from the station,"),
    ("list", "• the wind, by its force and quarter,"),
    ("list", "• who listened, and from where."),
]  # fmt: skip
RIGHT = [
    ("text", "The trials were made from a boat that drifted with its engine stopped. Two men listened "
     "and marked on a slate whether they had heard the signal, without a word to each other."),
    ("figure", None),
    ("caption", "Figure 1: The coast as a chart of echoes"),
    ("text", "The figure shows what came back from the coast. Where the rock falls straight into the sea "
     "the echo is nearly as loud as the signal; where the shore is flat and sandy there is none at "
     "all, and a boat that relies on it comes too near."),
    ("heading", "3 What we advise"),
    ("text", "Signals should be sounded by the clock, not by ear. Two stations that lie closer than "
     "four miles should not have the same interval, or the one is taken for the other."),
]  # fmt: skip


def font(points, bold=False):
    return ImageFont.truetype(f"{FONTS}DejaVuSerif{'-Bold' if bold else ''}.ttf", round(points * DPI / 72))


class Column:
    def __init__(self, page, x, y):
        self.page, self.draw, self.x, self.y = page, ImageDraw.Draw(page), x, y

    def lines(self, text, face, indent=0):
        """Sets the text as wide as the column."""
        line = ""
        for word in [*text.split(), None]:
            longer = f"{line} {word}".strip()
            if word is not None and self.draw.textlength(longer, font=face) <= COLUMN - indent:
                line = longer
                continue
            self.draw.text((self.x + indent, self.y), line, font=face, fill=0)
            self.y += round(face.size * LINE)
            line = word

    def table(self, rows, face):
        places = [self.x, self.x + COLUMN // 2, self.x + COLUMN * 3 // 4, self.x + COLUMN]
        height = round(face.size * 1.7)
        for row in rows:
            for x, cell in zip(places, row):
                self.draw.text((x + 8, self.y + 6), cell, font=font(9, row is rows[0]), fill=0)
            for left, right in zip(places, places[1:]):
                self.draw.rectangle((left, self.y, right, self.y + height), outline=0, width=2)
            self.y += height

    def put(self, kind, content):
        if kind == "heading":
            self.y += 16
            self.lines(content, font(12, bold=True))
            self.y += 6
        elif kind == "table":
            self.table(content, font(9))
        elif kind == "figure":
            picture = Image.effect_mandelbrot((COLUMN, COLUMN * 3 // 4), (-2, -1.1, 0.8, 1.1), 60)
            self.page.paste(picture, (self.x, self.y))
            self.y += picture.height
        elif kind == "caption":
            self.y += 8
            self.lines(content, font(8))
        else:
            self.lines(content, font(9.5), indent=24 if kind == "list" else 0)
        self.y += 12 if kind != "list" else 2


def main(path):
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(page)
    face = font(20, bold=True)
    draw.text(((WIDTH - draw.textlength(TITLE, font=face)) // 2, 120), TITLE, font=face, fill=0)
    for x, content in ((MARGIN, LEFT), (MARGIN + COLUMN + GAP, RIGHT)):
        column = Column(page, x, 230)
        for kind, what in content:
            column.put(kind, what)
    page.save(path, dpi=(DPI, DPI), optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
