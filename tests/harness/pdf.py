"""PDF files written by hand, so that a test knows every byte of them."""

import zlib

LETTER = [
    "The quarterly report of the harbour office lists every vessel",
    "that entered the port between July and September. Two hundred",
    "and forty ships carried paper, timber, grain and machine parts.",
]
HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def bytes_of(body):
    return body if isinstance(body, bytes) else body.encode("latin-1")


def stream(data, entries="", packed=False):
    """The body of a stream object."""
    data = bytes_of(data)
    if packed:
        data = zlib.compress(data, 9)
        entries += "/Filter/FlateDecode"
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), bytes_of(entries), data)


def file_of(objects, trailer="", root=1):
    """Objects numbered from 1, with a cross-reference table (ISO 32000-1 §7.5)."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, bytes_of(body))
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root %d 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        root,
        bytes_of(trailer),
        start,
    )
    return bytes(out)


def letter():
    """Operators that show LETTER with the font /F."""
    lines = " T* ".join(f"({line}) Tj" for line in LETTER)
    return f"BT /F 12 Tf 18 TL 72 760 Td {lines} ET"


def one_page(content, resources="", page="", catalog="", more=(), font=HELVETICA):
    """A page of A4 with the font /F, which is object 5; `more` are objects from 6 on."""
    return file_of(
        [
            f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            f"/Resources<</Font<</F 5 0 R>>{resources}>>{page}>>",
            stream(content),
            font,
            *more,
        ]
    )
