"""Draws tests/data/sample.png, the invoice that `./ocrmesh up` recognises.

    python3 tests/data/make-sample.py tests/data/sample.png

Needs Pillow and DejaVu fonts. The text is ours; so the picture is free of anybody's rights.
"""

import sys

from PIL import Image, ImageDraw, ImageFont

DPI = 200
WIDTH, HEIGHT = 1654, 1420  # the upper part of an A4 page
MARGIN = 150
FONTS = "/usr/share/fonts/truetype/dejavu/"

LINES_LEFT = [
    "Harbour Street Paper Mill",
    "14 Harbour Street, Rostock",
]
PARAGRAPH = [
    "Dear Ms Lindqvist,",
    "thank you for your order of 3 November. The goods left our mill",
    "on Tuesday and should reach you before the end of the week.",
    "Please pay within thirty days of the date above.",
]
ROWS = [
    ("Item", "Quantity", "Price", "Amount"),
    ("Laid paper, A4, cream", "12", "18.50", "222.00"),
    ("Blotting sheets", "40", "0.75", "30.00"),
    ("Carriage", "1", "14.20", "14.20"),
]
COLUMNS = (MARGIN, 850, 1120, 1370)


def font(name, points):
    return ImageFont.truetype(FONTS + name + ".ttf", round(points * DPI / 72))


def main(path):
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(page)
    serif, bold = font("DejaVuSerif", 11), font("DejaVuSerif-Bold", 11)
    y = 110

    for line in LINES_LEFT:
        draw.text((MARGIN, y), line, font=bold if line == LINES_LEFT[0] else serif, fill=0)
        y += 50
    y += 50
    draw.text((MARGIN, y), "INVOICE 2041", font=font("DejaVuSerif-Bold", 20), fill=0)
    y += 100
    draw.text((MARGIN, y), "Date: 12 November 2025", font=serif, fill=0)
    y += 100
    for line in PARAGRAPH:
        draw.text((MARGIN, y), line, font=serif, fill=0)
        y += 52 if line != PARAGRAPH[0] else 70
    y += 50
    for row in ROWS:
        for x, cell in zip(COLUMNS, row):
            draw.text((x, y), cell, font=bold if row == ROWS[0] else serif, fill=0)
        y += 60
    draw.line((MARGIN, y, WIDTH - MARGIN, y), fill=0, width=3)
    y += 20
    draw.text((COLUMNS[2] - 70, y), "Total EUR", font=bold, fill=0)
    draw.text((COLUMNS[3], y), "266.20", font=bold, fill=0)
    y += 110
    draw.text((MARGIN, y), "With kind regards, Harbour Street Paper Mill", font=serif, fill=0)

    page.quantize(16).save(path, dpi=(DPI, DPI), optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
