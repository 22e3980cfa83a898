"""Files as the real export process makes them, before referees that are not ours.

The documents come from an ocr service of fixed ones (services/export/tests): "rich" has one of
everything, "random-N" is made of the seed N, with any text and numbers that a message can hold.
EXPORT_DOCUMENTS=1000 tries that many of them, all in every format.
"""

import json
import os
import subprocess

import pytest

from harness import office, pdf_referees, referees

pytestmark = [pytest.mark.once, pytest.mark.slow]

FORMATS = ["txt", "md", "json", "csv", "hocr", "alto", "pdf", "html", "docx", "xlsx"]
DOCUMENTS = int(os.environ.get("EXPORT_DOCUMENTS", "0"))
SEEDS = range(1, 1 + (DOCUMENTS or 40))
# The schemas of ECMA-376 take most of a second.
OFFICE_SEEDS = range(1, 1 + (DOCUMENTS or 8))


@pytest.fixture(scope="module")
def exported(build, tmp_path_factory):
    """A function: the files of a document, {format: bytes}."""

    def export(document, formats=FORMATS):
        folder = tmp_path_factory.mktemp(document)
        subprocess.run(
            [build / "services/export/write-exports", folder, document, *formats],
            env={**os.environ, "OCRMESH_EXPORT_PROGRAM": str(build / "services/export/ocrmesh-export")},
            check=True,
            timeout=400,
        )
        return {path.suffix[1:]: path.read_bytes() for path in folder.iterdir()}

    return export


@pytest.fixture(scope="module")
def rich(exported):
    return exported("rich")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_document_makes_valid_files(seed, exported, tmp_path):
    files = exported(f"random-{seed}")
    pages = referees.text(files["txt"]).split("\f")
    assert len(pages) == len(referees.alto(files["alto"]).findall(f".//{referees.ALTO}Page"))
    referees.text(files["md"])
    assert len(referees.json_document(files["json"])["pages"]) == len(pages)
    referees.csv_rows(files["csv"])
    referees.hocr(files["hocr"], tmp_path)
    assert len(pdf_referees.text(pdf_referees.checked(files["pdf"], tmp_path))) == len(pages)
    sections = referees.html(files["html"]).findall(".//section")
    assert len(sections) == len(pages)
    for suffix in ("docx", "xlsx") if seed in OFFICE_SEEDS else ():
        office.check(files[suffix], tmp_path, f".{suffix}")


def test_json_keeps_to_the_published_schema_and_has_everything(rich):
    document = referees.json_document(rich["json"])
    assert [page["index"] for page in document["pages"]] == list(range(6))
    kinds = {block["kind"] for page in document["pages"] for block in page["blocks"]}
    assert kinds == set(referees.job_schema()["$defs"]["block"]["properties"]["kind"]["enum"])
    table = next(b["table"] for b in document["pages"][0]["blocks"] if b["kind"] == "table")
    assert table["cells"][0]["row_span"] == 2
    line = document["pages"][0]["blocks"][0]["lines"][0]
    assert line["words"][0]["text"] == "Annual"
    assert line["baseline"] == [100, 84, 1100, 84]
    assert document["pages"][3]["error"]["code"] == "page_timeout"


def test_every_file_is_the_same_when_it_is_made_again(rich, exported):
    assert exported("rich") == rich


def test_alto_has_every_word_with_its_box(rich):
    root = referees.alto(rich["alto"])
    words = root.findall(f".//{referees.ALTO}String")
    assert words[0].attrib == {
        "ID": "string_1", "HPOS": "100", "VPOS": "60", "WIDTH": "461", "HEIGHT": "30",
        "CONTENT": "Annual", "WC": "0.9",
    }  # fmt: skip
    arabic = root.findall(f".//{referees.ALTO}Page")[1].find(f".//{referees.ALTO}TextLine")
    assert arabic.get("BASEDIRECTION") == "rtl"
    assert [word.get("CONTENT") for word in arabic.iter(f"{referees.ALTO}String")] == ["تقرير", "سنوي"]
    assert root.findall(f".//{referees.ALTO}Page")[3].get("QUALITY") == "Damaged"
    thai = [word.getparent() for word in words if word.get("CONTENT") == "ภาษา"][0]
    assert thai.find(f"{referees.ALTO}SP") is None
    assert root.find(f".//{referees.ALTO}Illustration") is not None
    assert root.find(f".//{referees.ALTO}ComposedBlock").get("TYPE") == "table"


def test_hocr_read_as_html_gives_the_text(rich, tmp_path):
    root = referees.hocr(rich["hocr"], tmp_path)
    lines = ["".join(line.itertext()) for line in root.iter(f"{referees.XHTML}span") if line.get("class") == "ocr_line"]
    assert lines[0] == "Annual report"
    assert "ภาษาไทยไม่มีช่องว่าง" in lines
    assert "<script>alert('&amp;')</script> ]]> --> \"q\"" in lines
    [header] = root.findall(f".//{referees.XHTML}div[@class='ocr_header']")
    assert header.get("data-kind") == "header"
    [skewed] = [e for e in root.iter() if e.get("class") == "ocr_line" and "".join(e.itertext()) == "E = mc²"]
    # 8 pixels up over 1,000; at the left 6 above the box's bottom.
    assert skewed.get("title").endswith("; baseline -0.008 -6")


def test_html_stands_alone_and_runs_nothing(rich):
    root = referees.html(rich["html"])
    assert not root.findall(".//script")
    assert not [e for e in root.iter() for name in e.attrib if name.startswith("on")]
    assert not [e for e in root.iter() if e.get("href") or not e.get("src", "data:").startswith("data:")]
    paragraphs = ["".join(e.itertext()) for e in root.iter("p")]
    assert "<script>alert('&amp;')</script> ]]> --> \"q\"" in paragraphs
    arabic = root.findall(".//section")[1]
    assert arabic.get("lang") == "ar"
    assert arabic.find("h1").get("dir") == "rtl"


def test_csv_holds_the_tables_as_they_are(rich):
    tables = referees.csv_rows(rich["csv"])
    assert tables[0][2] == ["North, East", "1,200", "-35.5"]
    assert tables[0][3] == ["South", "", "two\nlines"]
    assert tables[1][1] == ["قهوة", "12.50"]
    assert tables[2][2] == ["-5+cmd|' /C calc'!A0", "", ""]


def test_csv_options_are_carried_out(exported):
    data = exported("rich", ["csv?table=3&bom&escape_formulas"])["csv"]
    assert data.startswith(b"\xef\xbb\xbf")
    [table] = referees.csv_rows(data[3:])
    assert table[0] == ["'=1+1", "-5", "'+1 (555) 0100"]
    assert table[2] == ["'-5+cmd|' /C calc'!A0", "", ""]


def test_pdf_has_the_text_in_its_order(rich, tmp_path):
    path = pdf_referees.checked(rich["pdf"], tmp_path)
    pages = pdf_referees.text(path, "-raw")
    assert len(pages) == 6
    assert "Annual report" in pages[0]
    assert "ภาษาไทยไม่มีช่องว่าง" in pages[2]
    assert pages[3] == pages[4] == ""
    # Right to left poppler gives lines in order where it looks at whole ones.
    assert "تقرير سنوي" in pdf_referees.text(path)[1]


def test_pdf_words_stand_in_their_boxes(rich, tmp_path):
    [words, *_] = pdf_referees.words(pdf_referees.checked(rich["pdf"], tmp_path))
    page = json.loads(rich["json"])["pages"][0]
    [box] = [
        word["bbox"]
        for block in page["blocks"]
        for line in block.get("lines", [])
        for word in line["words"]
        if word["text"] == "Annual"
    ]
    [found] = [box for text, box in words if text == "Annual"]
    sides = [page["width"], page["height"]] * 2
    for expected, side, got in zip(box, sides, found, strict=True):
        assert abs(expected - got * side) < 4, (box, found)


def test_pdfs_are_pdf_a(exported, tmp_path):
    paths = []
    for document in ["rich", "random-1", "random-2", "random-3"]:
        paths.append(tmp_path / f"{document}.pdf")
        paths[-1].write_bytes(exported(document, ["pdf"])["pdf"])
    referees.pdfa(*paths)
