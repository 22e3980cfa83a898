"""Files of real jobs as their readers see them: LibreOffice, openpyxl, parsers of HTML and XML.

What every format does of any document stands in tests/integration/test_export_*.py; here the pages
were read by the real worker.
"""

import openpyxl
import pytest
from PIL import Image

from harness import office, pages, referees

pytestmark = pytest.mark.once

FORMATS = ["json", "docx", "xlsx", "csv", "html", "hocr", "alto"]
SAMPLE = referees.SOURCE / "tests/data/sample.png"
ARABIC = ["يولد جميع الناس أحرارا", "متساوين في الكرامة والحقوق"]
LEFT = [f"The left one speaks of {end}" for end in ["the wall", "a gate of iron", "old men", "rain"]]
RIGHT = [f"What stands right tells of {end}" for end in ["salt and fish", "cargo", "rain", "ice"]]


def columns():
    """Two columns, whose lines are no rows of a table."""
    image = Image.new("L", (2000, 500), 255)
    image.paste(pages.page(LEFT, width=950, height=500), (0, 0))
    image.paste(pages.page(RIGHT, width=950, height=470), (1000, 30))
    return pages.encode([image], "PNG")


def arabic():
    return pages.encode([pages.page(ARABIC, font=pages.ARABIC_FONT)], "PNG")


DOCUMENTS = {
    "invoice": (SAMPLE.read_bytes, {}),
    "columns": (columns, {}),
    "arabic": (arabic, {"language": "ar"}),
    "three-pages": (lambda: pages.scanned_pdf(3), {}),
}


@pytest.fixture(scope="module")
def files(mesh):
    """{document: {format: bytes}}, and the job as "job"."""
    from harness.api import create_account

    account = create_account(mesh.url)
    files = {}
    for name, (make, fields) in DOCUMENTS.items():
        job = account.read(make(), f"{name}.bin", **fields)
        assert job["status"] == "done", job
        files[name] = {"job": job}
        for format_name in FORMATS:
            answer = account.download(job["uuid"], format_name)
            assert answer.status_code == 200, answer.text
            files[name][format_name] = answer.content
    return files


def blocks_of(files, kind=None):
    document = referees.json_document(files["json"])
    return [b for page in document["pages"] for b in page["blocks"] if kind in (None, b["kind"])]


def grid_of(table):
    """The texts of a table by rows; "" where no cell is, or another one covers the place."""
    grid = [[""] * table["column_count"] for _ in range(table["row_count"])]
    for cell in table["cells"]:
        grid[cell["row"]][cell["column"]] = cell["text"]
    return grid


def shown(element):
    """The text of an element of HTML, with the ends of lines that <br> makes."""
    for end in element.iter("br"):
        end.text = "\n"
    return "".join(element.itertext())


def test_libreoffice_gives_the_text_of_each_word_document_back(files, tmp_path):
    paths = {}
    for name, made in files.items():
        (tmp_path / name).mkdir()
        path = office.check(made["docx"], tmp_path / name, ".docx")
        paths[name] = path.rename(tmp_path / f"{name}.docx")
    texts = office.convert_all(list(paths.values()), "txt:Text (encoded):UTF8", tmp_path)
    for name, text in zip(paths, texts, strict=True):
        expected = "".join(
            "".join(cell["text"] for cell in block["table"]["cells"]) if "table" in block else block["text"]
            for block in blocks_of(files[name])
        )
        assert office.folded(text.decode("utf-8-sig")) == office.folded(expected), name


def test_a_table_of_a_page_is_the_same_in_every_format(files, tmp_path):
    invoice = files["invoice"]
    [block] = blocks_of(invoice, "table")
    grid = grid_of(block["table"])
    assert ["Blotting sheets", "40", "0.75", "30.00"] in grid
    assert referees.csv_rows(invoice["csv"]) == [grid]
    book = openpyxl.load_workbook(office.check(invoice["xlsx"], tmp_path, ".xlsx"))
    assert book.sheetnames == ["Page 1, table 1"]
    [sheet] = book
    # Numbers are numbers there, and shown as they were printed.
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3, max_row=3)] == [
        ["Blotting sheets", 40, 0.75, 30]
    ]
    table = referees.html(invoice["html"]).find(".//table")
    rows = [[shown(cell) for cell in row] for row in table.iter("tr")]
    assert rows == grid


def test_columns_follow_each_other_in_every_format(files, tmp_path):
    made = files["columns"]
    expected = " ".join(LEFT + RIGHT).split()
    root = referees.alto(made["alto"])
    assert [word.get("CONTENT") for word in root.iter(f"{referees.ALTO}String")] == expected
    root = referees.hocr(made["hocr"], tmp_path)
    words = [e.text for e in root.iter(f"{referees.XHTML}span") if e.get("class") == "ocrx_word"]
    assert words == expected
    assert shown(referees.html(made["html"]).find(".//main")).split() == expected
    [rows] = referees.csv_rows(made["csv"])
    assert [row[-1] for row in rows[1:]] == LEFT + RIGHT


def test_right_to_left_pages_run_from_the_right_in_every_format(files, tmp_path):
    made = files["arabic"]
    words = " ".join(ARABIC).split()
    assert made["job"]["text"].split() == words
    section = referees.html(made["html"]).find(".//section")
    assert section.get("lang") == "ar"
    assert {p.get("dir") for p in section} == {"rtl"}
    assert shown(section).split() == words
    document = office.parts(made["docx"])["word/document.xml"]
    assert b"<w:bidi/>" in document and b"<w:rtl/>" in document
    root = referees.alto(made["alto"])
    assert {line.get("BASEDIRECTION") for line in root.iter(f"{referees.ALTO}TextLine")} == {"rtl"}


def test_each_page_is_there_in_every_format(files, tmp_path):
    made = files["three-pages"]
    assert len(referees.alto(made["alto"]).findall(f".//{referees.ALTO}Page")) == 3
    root = referees.hocr(made["hocr"], tmp_path)
    assert len([e for e in root.iter() if e.get("class") == "ocr_page"]) == 3
    sections = referees.html(made["html"]).findall(".//section")
    assert [section.get("id") for section in sections] == ["page-1", "page-2", "page-3"]
    assert office.parts(made["docx"])["word/document.xml"].count(b"<w:pageBreakBefore/>") == 2
    [rows] = referees.csv_rows(made["csv"])
    assert {row[0] for row in rows[1:]} == {"1", "2", "3"}
