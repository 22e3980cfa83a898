"""Pictures that are kept of pages: fetched by a stock gRPC client, seen by Pillow."""

import io
import struct

import grpc
import pytest
from PIL import Image, ImageChops, ImageStat

from harness import pages, pdf
from harness.grpc_client import GrpcClient

pytestmark = pytest.mark.once

OCR = "ocrmesh.ocr.v1.OcrService"
PREVIEW, RENDITION = 1, 2
JPEG, PNG_ROWS, CCITT_G4, DRAWING = 1, 3, 4, 7
EXIF_ORIENTATION = 0x0112
TURNED_LEFT = 6  # to be turned a quarter clockwise to be upright
CHUNK_BYTES_MAX = 512 * 1024


@pytest.fixture
def ocr(mesh, account):
    with GrpcClient(mesh.address["ocr"], account.token) as client:
        yield client


def read(ocr, job, kind, page_index=0):
    first, *chunks = ocr.server_stream(
        OCR, "GetPageImage", job_id=job["uuid"], page_index=page_index, kind=kind
    )
    assert all(0 < len(part.chunk) <= CHUNK_BYTES_MAX for part in chunks)
    data = b"".join(part.chunk for part in chunks)
    assert len(data) == first.image.size_bytes
    return first.image, data


def assert_looks_alike(seen, expected, difference_max=4):
    """The mean difference of grey is small."""
    expected = expected.convert("L").resize(seen.size, Image.Resampling.BOX)
    difference = ImageStat.Stat(ImageChops.difference(seen.convert("L"), expected)).mean[0]
    assert difference < difference_max


def assert_preview_shows(ocr, job, page, page_index=0):
    image, data = read(ocr, job, PREVIEW, page_index)
    seen = Image.open(io.BytesIO(data))
    assert (seen.format, *seen.size) == ("JPEG", image.width, image.height)
    assert abs(seen.width / seen.height - page.width / page.height) < 0.01
    assert_looks_alike(seen, page)


def stored(mesh, job):
    """Of this job: those of other tests come and go meanwhile."""
    statement = f"SELECT count(*) FROM ocr.blob WHERE key LIKE 'rendition/{job['uuid']}%'"
    return int(mesh.cluster.sql(statement)[0][0])


def test_a_photograph_that_lies_on_its_side(ocr, account):
    page = pages.page().convert("RGB")
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = TURNED_LEFT
    out = io.BytesIO()
    page.transpose(Image.Transpose.ROTATE_90).save(
        out, "JPEG", quality=90, exif=exif, comment=b"a comment of the camera"
    )
    job = account.read(out.getvalue(), name="page.jpg", language="en")
    assert (job["pages"][0]["width"], job["pages"][0]["height"]) == page.size
    image, data = read(ocr, job, RENDITION)

    assert image.encoding == JPEG and (image.width, image.height) == page.size[::-1]
    assert b"Exif" not in data and b"camera" not in data
    # The scan's own data is as it was sent.
    assert out.getvalue().endswith(data[data.index(b"\xff\xdb") :])
    place = image.placement
    assert (place.a, place.b, place.c, place.d, place.e, place.f) == (0, 1, -1, 0, page.width, 0)
    assert_preview_shows(ocr, job, page)


def test_rows_of_a_png(ocr, account):
    page = pages.page()
    job = account.read(pages.encode([page], "PNG"), language="en")
    image, data = read(ocr, job, RENDITION)

    assert (image.encoding, image.components, image.bits_per_component) == (PNG_ROWS, 1, 8)
    header = struct.pack(">IIBBBBB", image.width, image.height, 8, 0, 0, 0, 0)
    again = (
        b"\x89PNG\r\n\x1a\n"
        + pages.png_chunk(b"IHDR", header)
        + pages.png_chunk(b"IDAT", data)
        + pages.png_chunk(b"IEND", b"")
    )
    assert Image.open(io.BytesIO(again)).tobytes() == page.tobytes()
    assert_preview_shows(ocr, job, page)


def tiff_of_strip(width, height, strip):
    """A TIFF of one strip of CCITT group 4, by hand (TIFF 6.0 §2 and §11)."""
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, 1), (259, 3, 4), (262, 3, 0),
        (273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, len(strip)),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return struct.pack("<2sHI", b"II", 42, 8 + len(strip)) + strip + directory + bytes(4)


def test_a_fax(ocr, account):
    page = pages.page().convert("1", dither=Image.Dither.NONE)
    out = io.BytesIO()
    page.save(out, "TIFF", compression="group4", dpi=(pages.DPI, pages.DPI))
    job = account.read(out.getvalue(), name="page.tif", language="en")
    image, data = read(ocr, job, RENDITION)

    assert image.encoding == CCITT_G4 and image.bits_per_component == 1
    seen = Image.open(io.BytesIO(tiff_of_strip(image.width, image.height, data)))
    assert_looks_alike(seen.convert("L").point(lambda v: v ^ (255 * image.is_inverted)), page, 0.1)
    assert_preview_shows(ocr, job, page)


def test_a_pdf_of_scans(ocr, account, mesh):
    scans = [pages.page([f"This is page number {index}", *pages.LETTER]) for index in range(3)]
    job = account.read(pages.encode(scans, "PDF"), name="scans.pdf", language="en")
    for index, scan in enumerate(scans):
        image, data = read(ocr, job, RENDITION, index)
        assert image.encoding == JPEG
        assert_looks_alike(Image.open(io.BytesIO(data)), scan, 2)
        assert_preview_shows(ocr, job, scan, index)
    assert stored(mesh, job) == len(scans)


def test_a_page_that_was_born_digital(ocr, account):
    job = account.read(pdf.one_page(pdf.letter()), name="letter.pdf", language="en")
    image, data = read(ocr, job, RENDITION)
    assert image.encoding == DRAWING
    assert (image.width, image.height) == (job["pages"][0]["width"], job["pages"][0]["height"])
    drawing = ocr.message("ocrmesh.document.v1.PageDrawing")
    drawing.ParseFromString(data)
    assert b"Do" in drawing.content and len(drawing.glyphs) > 10
    assert not any(operator in drawing.content for operator in (b"BT", b"Tj", b"TJ"))


def test_pictures_go_with_the_job(ocr, account, mesh):
    job = account.read(pages.scanned_pdf(2), name="scans.pdf", language="en")
    assert stored(mesh, job) == 2
    answer = account.session.delete(f"{account.url}/api/v1/ocr/{job['uuid']}/", timeout=60)
    assert answer.status_code == 204
    assert stored(mesh, job) == 0
    with pytest.raises(grpc.RpcError) as failure:
        read(ocr, job, PREVIEW)
    assert failure.value.code() == grpc.StatusCode.NOT_FOUND


def test_who_retains_nothing_has_no_pictures(ocr, account, mesh):
    job = account.read(pages.png(), language="en", retain="false")
    assert stored(mesh, job) == 0
    with pytest.raises(grpc.RpcError) as failure:
        read(ocr, job, PREVIEW)
    details = dict(failure.value.trailing_metadata())["grpc-status-details-bin"]
    assert b"PAGE_IMAGE_NOT_FOUND" in details
    assert not ocr.unary(OCR, "GetJob", job_id=job["uuid"]).job.retains_renditions


def test_what_retain_may_be_is_told(account):
    answer = account.submit(pages.png(), retain="perhaps")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_field" and "retain" in answer.json()["error"]
