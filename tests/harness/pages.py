"""Pages with known text, drawn here, and files made of them."""

import io
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from . import pdf

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"
ARABIC_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
DPI = 200
MARGIN = 100

LETTER = [
    "The harbour office opens at eight.",
    "Ships from the north arrive on Tuesday",
    "and leave again before the weekend.",
]


def page(lines=None, width=1100, height=500, points=14, font=FONT):
    """A grey page, black text on white."""
    image = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(image)
    face = ImageFont.truetype(font, round(points * DPI / 72))
    y = MARGIN
    for line in lines if lines is not None else LETTER:
        draw.text((MARGIN, y), line, font=face, fill=0)
        y += round(points * DPI / 72 * 1.5)
    return image


def encode(images, format_name):
    """The bytes of a file in one of Pillow's formats; several images where the format allows."""
    first, *more = [image.convert("RGB") if format_name == "JPEG" else image for image in images]
    options = {"dpi": (DPI, DPI), "resolution": DPI}
    if more:
        options |= {"save_all": True, "append_images": more}
    out = io.BytesIO()
    first.save(out, format_name, **options)
    return out.getvalue()


def png(lines=None):
    return encode([page(lines)], "PNG")


def scanned_pdf(count, lines_of=None):
    """A PDF of page images, without any text layer."""
    lines_of = lines_of or (lambda index: [f"This is page number {index + 1}", *LETTER])
    return encode([page(lines_of(index)) for index in range(count)], "PDF")


def slow_pdf(count):
    """As scanned_pdf(), with pages of many lines: who looks at the job at once finds it at work."""
    lines = LETTER * 4
    return encode([page([f"This is page number {n}", *lines], height=1500) for n in range(1, count + 1)], "PDF")


def encrypted_pdf():
    """A PDF that opens with a password only."""
    with tempfile.TemporaryDirectory() as folder:
        plain, locked = Path(folder, "plain.pdf"), Path(folder, "locked.pdf")
        plain.write_bytes(scanned_pdf(1))
        subprocess.run(
            ["qpdf", "--encrypt", "secret", "owner", "256", "--", plain, locked], check=True
        )
        return locked.read_bytes()


def pdf_without_pages():
    """A well-formed PDF whose page tree is empty (ISO 32000-1 §7.7.3)."""
    return pdf.file_of(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"])


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width, height, rows, before=b""):
    """A PNG of 1 bit a pixel by hand; `rows` as IDAT has them, `before` are chunks ahead of it."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + before
        + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    )  # fmt: skip


def huge_png(side=60_000):
    """A valid white PNG of side x side pixels: small as a file, huge when opened."""
    row = b"\0" + b"\xff" * ((side + 7) // 8)
    packer = zlib.compressobj(1)
    rows_at_once = 100
    data = b"".join(packer.compress(row * rows_at_once) for _ in range(side // rows_at_once))
    return png_of(side, side, data + packer.flush())
