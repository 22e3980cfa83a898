"""A PDF of a real job: its text, where its words stand, and the picture beneath, before referees."""

import io

import pytest
from PIL import Image

from harness import pages, pdf_layer, pdf_referees

pytestmark = pytest.mark.once

WORDS_IN_PLACE = 0.95  # of all


def exported(account, job, folder):
    answer = account.download(job["uuid"], "pdf")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pdf"
    return pdf_referees.checked(answer.content, folder)


def test_the_text_is_the_jobs_and_words_stand_in_their_boxes(account, tmp_path):
    images = [pages.page([f"This is page number {n}", *pages.LETTER]) for n in (1, 2, 3)]
    job = account.read(pages.encode(images, "TIFF"), "pages.tiff")
    path = exported(account, job, tmp_path)
    text = pdf_referees.text(path, "-raw")
    assert text == [" ".join(page["text"].split()) for page in job["pages"]]
    good, count = pdf_layer.words_in_place(account.download(job["uuid"], "json").json(), path)
    assert good >= WORDS_IN_PLACE * count, (good, count)


COLUMNS = [
    ["Harbour", "", "The office opens at", "eight. Ships from the", "north arrive after the", "week-", "end."],
    ["Weather", "", "", "Rain is expected on", "Monday and the wind", "will come from the", "west."],
]
ROWS = [
    ["Ship", "Port", "Tons"],
    ["Aurora", "Bergen", ""],
    ["Northern Star", "", "860"],
    ["", "Riga and Tallinn", "2,450"],
    ["Wilhelmina", "", "310"],
]


def columns():
    """Two columns; a gap in one of them beside text in the other, and a hyphen at a line's end."""
    page = Image.new("L", (1300, 620), 255)
    for i, lines in enumerate(COLUMNS):
        page.paste(pages.page(lines, width=640, height=620), (640 * i, 0))
    return page


def table():
    """Rows whose cells stand far apart, some of them empty."""
    page = Image.new("L", (1900, 500), 255)
    for i in range(len(ROWS[0])):
        page.paste(pages.page([row[i] for row in ROWS], width=560, height=500), (660 * i, 0))
    return page


@pytest.mark.parametrize("options", [[], ["-raw"]], ids=["default", "raw"])
@pytest.mark.parametrize("draw", [columns, table])
def test_poppler_reads_the_text_in_its_order(draw, options, account, tmp_path):
    """Without -raw it looks for columns by itself."""
    job = account.read(pages.encode([draw()], "PNG"), "page.png")
    path = exported(account, job, tmp_path)
    assert pdf_referees.text(path, *options) == [" ".join(job["text"].split())]


def assert_words_are_dark(path):
    """On the picture of the first page, in the box of each word."""
    shown = Image.open(io.BytesIO(pdf_referees.picture(path))).convert("L")
    [found] = pdf_referees.words(path)
    assert len(found) > 5
    for text, (x0, y0, x1, y1) in found:
        box = (x0 * shown.width, y0 * shown.height, x1 * shown.width, y1 * shown.height)
        darkest, _ = shown.crop([round(value) for value in box]).getextrema()
        assert darkest < 100, text


@pytest.mark.parametrize("degrees", [0, 90, 180])
def test_the_page_lies_beneath_its_words(degrees, account, tmp_path):
    """Where the words are it is dark, and where there are none it is not."""
    buffer = io.BytesIO()
    pages.page().rotate(degrees, expand=True, fillcolor="white").convert("L").save(buffer, "JPEG")
    job = account.read(buffer.getvalue(), "turned.jpg")
    assert_words_are_dark(exported(account, job, tmp_path))


def test_a_jpeg_goes_in_and_out_as_it_is(account, tmp_path):
    buffer = io.BytesIO()
    pages.page().convert("L").save(buffer, "JPEG", quality=70)
    job = account.read(buffer.getvalue(), "letter.jpg")
    content = account.download(job["uuid"], "pdf").content
    scan = buffer.getvalue()[buffer.getvalue().index(b"\xff\xda") :]  # from its first scan on
    assert scan in content
    assert len(content) < len(buffer.getvalue()) + 20000


def test_without_renditions_the_file_shows_its_text(account, tmp_path):
    job = account.read(pages.png(), "letter.png", retain="false")
    path = exported(account, job, tmp_path)
    assert b"/Subtype/Image" not in path.read_bytes()
    assert pdf_referees.text(path) == [" ".join(job["text"].split())]
    assert_words_are_dark(path)
