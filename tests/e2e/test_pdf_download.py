"""A PDF of a real job: its text, where its words stand, and the picture beneath, before referees."""

import io

import pytest
from PIL import Image

from harness import pages, referees

IOU_LEAST = 0.7
IOU_PART = 0.95  # of the words


def exported(account, job, folder):
    answer = account.download(job["uuid"], "pdf")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pdf"
    return referees.pdf(answer.content, folder)


def overlap(a, b):
    """Intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return width * height / (areas - width * height)


def words_of(page):
    """The words of a page of the JSON export, boxes as parts of its sides."""
    sides = [page["width"], page["height"]] * 2
    return [
        [value / side for value, side in zip(word["bbox"], sides, strict=True)]
        for block in page["blocks"]
        for line in block.get("lines", [])
        for word in line["words"]
    ]


def test_the_text_is_the_jobs_and_words_stand_in_their_boxes(account, tmp_path):
    images = [pages.page([f"This is page number {n}", *pages.LETTER]) for n in (1, 2, 3)]
    job = account.read(pages.encode(images, "TIFF"), "pages.tiff")
    path = exported(account, job, tmp_path)
    text = referees.pdf_text(path, "-raw")
    assert text == [" ".join(page["text"].split()) for page in job["pages"]]
    document = account.download(job["uuid"], "json").json()
    for page, found in zip(document["pages"], referees.pdf_words(path), strict=True):
        words = words_of(page)
        good = sum(max(overlap(word, box) for _, box in found) >= IOU_LEAST for word in words)
        assert good >= IOU_PART * len(words), (good, len(words))


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
    assert referees.pdf_text(path, *options) == [" ".join(job["text"].split())]


def assert_words_are_dark(path):
    """On the picture of the first page, in the box of each word."""
    shown = Image.open(io.BytesIO(referees.pdf_picture(path))).convert("L")
    [found] = referees.pdf_words(path)
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
    assert referees.pdf_text(path) == [" ".join(job["text"].split())]
    assert_words_are_dark(path)
