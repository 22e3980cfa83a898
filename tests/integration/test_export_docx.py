"""Documents as Word files, judged by python-docx, the schemas of ECMA-376 and LibreOffice."""

import io
import random
import threading

import docx
import pytest
from docx.oxml.ns import qn
from PIL import Image

from harness import office
from harness.documents import JPEG, PNG, RIGHT_TO_LEFT, PageBuilder, failed_page
from harness.office import W

pytestmark = pytest.mark.once

ENGLISH = "Flowing text was set in lines, with a divi-\nsion at the end of one."
ARABIC = "هذا نص عربي فيه ABC رقم 123 وكلمات أخرى."


def page(exporter, index=0, **fields):
    return PageBuilder(exporter.messages, index, **fields)


def export(exporter, tmp_path, pages, images=None):
    """The file as python-docx reads it, checked by every referee but LibreOffice; and its path."""
    job = exporter.ocr.add("document", [p.done() for p in pages], images)
    path = office.check(exporter.export(job, "docx"), tmp_path, ".docx")
    return docx.Document(path), path


def texts(document):
    return [(p.style.name, p.text) for p in document.paragraphs]


def element_values(paragraph, name):
    return [e.get(W + "val") for e in paragraph._p.iter(W + name)]


def test_blocks_have_words_own_structure(exporter, tmp_path):
    p = page(exporter)
    p.block("heading", "Annual\nreport", level=1)
    p.block("heading", "Deep", level=9)
    p.block("paragraph", ENGLISH, full_width=1200)
    p.block("paragraph", "Acme Corp\n12 Main Street\nSpringfield")
    p.block("formula", "E = mc²")
    p.block("caption", "Figure 1")
    document, _ = export(exporter, tmp_path, [p])
    assert texts(document) == [
        ("Heading 1", "Annual report"),
        ("Heading 6", "Deep"),
        ("Normal", "Flowing text was set in lines, with a division at the end of one."),
        ("Normal", "Acme Corp\n12 Main Street\nSpringfield"),
        ("Formula", "E = mc²"),
        ("Caption", "Figure 1"),
    ]


def test_lists_are_numbered_as_printed(exporter, tmp_path):
    p = page(exporter)
    for marker, level in [("3.", 1), ("4.", 1), ("•", 2), ("5.", 1), ("1.", 1), ("§ 7", 1)]:
        p.list_item(marker, f"item {marker}", level=level)
    document, path = export(exporter, tmp_path, [p])
    lists = [element_values(q, "numId") for q in document.paragraphs]
    assert lists[0] == lists[1] == lists[3] != lists[4]
    assert element_values(document.paragraphs[2], "ilvl") == ["1"]
    assert lists[5] == [] and document.paragraphs[5].text == "§ 7 item § 7"
    assert document.paragraphs[0].text == "item 3."
    # LibreOffice counts for itself (and has a bullet of its own in plain text).
    text = office.convert(path, "txt:Text (encoded):UTF8", tmp_path).decode("utf-8-sig")
    printed = [line.split() for line in text.splitlines() if line.strip()]
    assert [words[0] for words in printed if words[0] != "◦"] == ["3.", "4.", "5.", "1.", "§"]


def test_tables_keep_their_spans(exporter, tmp_path):
    p = page(exporter)
    p.table(
        [["Item", "Amount", None], ["Apples", "12\nkilos", "x"], ["Pears", None, "7"]],
        spans={(0, 1): (1, 2), (1, 1): (2, 1)},
    )
    p.table([["a"]], header_rows=0)
    document, _ = export(exporter, tmp_path, [p])
    first, second = document.tables  # which touch on the page
    assert [[cell.text for cell in row.cells] for row in first.rows] == [
        ["Item", "Amount", "Amount"],
        ["Apples", "12\nkilos", "x"],
        ["Pears", "12\nkilos", "7"],
    ]
    assert [len(list(row._tr.iter(W + "tblHeader"))) for row in first.rows] == [1, 0, 0]
    assert second.cell(0, 0).text == "a"


def test_a_table_that_lies_is_a_table_nevertheless(exporter, tmp_path):
    p = page(exporter)
    block = p.table([["a", "b"], ["c", "d"]])
    block.table.cells[0].row_span = 4_000_000_000
    block.table.cells[0].column_span = 4_000_000_000
    block.table.cells[3].row = 4_000_000_000
    block.table.row_count = 4_000_000_000
    wide = p.table([[str(i) for i in range(70)]])
    assert wide.table.column_count == 70
    document, _ = export(exporter, tmp_path, [p])
    assert len(document.tables) == 1
    assert document.paragraphs[-1].text.split("\t") == [str(i) for i in range(70)]


def test_running_headers_and_page_numbers_are_words_own(exporter, tmp_path):
    pages = []
    for i in range(5):
        p = page(exporter, i)
        p.header("Annual report" if i < 3 else "Appendix")
        p.block("paragraph", f"Text {i}")
        p.footer(f"– {i + 9} –")
        pages.append(p)
    document, _ = export(exporter, tmp_path, pages)
    assert [s.header.paragraphs[0].text for s in document.sections] == ["Annual report", "Appendix"]
    for section, start in zip(document.sections, ["9", "12"]):
        footer = section.footer.paragraphs[0]._p
        assert [f.get(W + "instr").strip() for f in footer.iter(W + "fldSimple")] == ["PAGE"]
        assert section._sectPr.find(qn("w:pgNumType")).get(W + "start") == start
    assert [text for _, text in texts(document)] == [f"Text {i}" for i in range(5)]
    breaks = [len(list(q._p.iter(W + "pageBreakBefore"))) for q in document.paragraphs]
    assert breaks == [0, 1, 1, 0, 1]


def test_a_number_that_does_not_count_pages_stays(exporter, tmp_path):
    pages = []
    for i, footer in enumerate(["Form 2025", "Form 2025", "Form 2025"]):
        p = page(exporter, i)
        p.block("paragraph", f"Text {i}")
        p.footer(footer)
        pages.append(p)
    document, _ = export(exporter, tmp_path, pages)
    assert len(document.sections) == 1
    assert document.sections[0].footer.paragraphs[0].text.strip() == "Form 2025"


def test_pages_keep_size_and_orientation(exporter, tmp_path):
    upright, landscape = page(exporter, 0), page(exporter, 1, width=2339, height=1654)
    upright.block("paragraph", "a")
    landscape.table([["b"]])
    document, _ = export(exporter, tmp_path, [upright, landscape])
    sizes = [(round(s.page_width.mm), round(s.page_height.mm)) for s in document.sections]
    assert sizes == [(210, 297), (297, 210)]


def test_right_to_left_text_has_direction_language_and_font(exporter, tmp_path):
    p = page(exporter, language="ar")
    p.block("paragraph", ARABIC, direction=RIGHT_TO_LEFT)
    p.block("paragraph", "日本語の文章が\nあります", language="ja")
    document, _ = export(exporter, tmp_path, [p])
    arabic, japanese = document.paragraphs
    assert arabic.text == ARABIC
    assert len(list(arabic._p.iter(W + "bidi"))) == 1
    runs = [(r.text, r._r.find(f".//{W}rtl") is not None) for r in arabic.runs]
    assert ("ABC", False) in runs and runs[0][1] and runs[-1][1]
    assert japanese.text == "日本語の文章があります"
    language = next(japanese._p.iter(W + "lang"))
    assert language.get(W + "eastAsia") == "ja-JP"
    defaults = document.styles.element.find(f".//{W}rPrDefault//{W}lang")
    assert defaults.get(W + "bidi") == "ar-SA"


def test_a_failed_and_an_empty_page_are_there(exporter, tmp_path):
    good = page(exporter, 0)
    good.block("paragraph", "a")
    pages = [good.done(), failed_page(exporter.messages, 1), page(exporter, 2).done()]
    job = exporter.ocr.add("document", pages)
    path = office.check(exporter.export(job, "docx"), tmp_path, ".docx")
    document = docx.Document(path)
    assert texts(document)[1] == ("Notice", "Page 2 could not be read: the page took too long")
    breaks = [len(list(q._p.iter(W + "pageBreakBefore"))) for q in document.paragraphs]
    assert breaks == [0, 1, 1]
    assert document.core_properties.title == "report"
    assert str(document.core_properties.created) == "2026-01-31 09:09:00+00:00"


@pytest.mark.parametrize(("encoding", "name"), [(PNG, "PNG"), (JPEG, "JPEG")])
def test_figures_are_pictures_with_a_text_for_those_who_do_not_see(
    exporter, tmp_path, encoding, name
):
    p = page(exporter)
    p.block("paragraph", "before")
    p.figure(text="text in the picture")
    p.block("caption", "Figure 1: a square")
    data = io.BytesIO()
    Image.new("RGB", (400, 100), "red").save(data, name)
    description = exporter.messages("document.v1.PageImage")(
        encoding=encoding, width=400, height=100, components=3, bits_per_component=8
    )
    description.size_bytes = len(data.getvalue())
    images = {(0, 1): (description, data.getvalue())}
    document, _ = export(exporter, tmp_path, [p], images)
    (shape,) = document.inline_shapes
    assert shape._inline.docPr.get("descr") == "Figure 1: a square"
    assert shape._inline.graphic.graphicData.pic.blipFill.blip.embed in document.part.rels
    picture = document.part.rels[shape._inline.graphic.graphicData.pic.blipFill.blip.embed]
    assert picture.target_part.blob == data.getvalue()
    assert [text for _, text in texts(document)] == ["before", "", "Figure 1: a square"]


def test_a_figure_without_a_picture_is_its_text(exporter, tmp_path):
    p = page(exporter)
    p.figure(text="text in the picture")
    kept_elsewhere = {(7, 0): (exporter.messages("document.v1.PageImage")(), b"")}
    document, _ = export(exporter, tmp_path, [p], kept_elsewhere)
    assert [text for _, text in texts(document)] == ["text in the picture"]


def test_of_a_translated_job_the_file_is_the_translation(exporter, tmp_path):
    p = page(exporter, language="en")
    p.block("heading", "A title", level=1).translation = "כותרת"
    p.list_item("1.", "first").translation = "1. ראשון"
    p.table([["a", "b"], ["c", "d"]]).translation = "א\tב\nג\tד"
    p.block("formula", "x = 1")
    job = exporter.ocr.add("document", [p.done()], translate_to="he")
    document = docx.Document(office.check(exporter.export(job, "docx"), tmp_path, ".docx"))
    assert [text for _, text in texts(document)] == ["כותרת", "ראשון", "x = 1"]
    assert len(list(document.paragraphs[0]._p.iter(W + "bidi"))) == 1
    cells = [cell.text for row in document.tables[0].rows for cell in row.cells]
    assert cells == ["א", "ב", "ג", "ד"]


@pytest.mark.parametrize("format_name", ["docx", "xlsx"])
def test_the_first_bytes_leave_before_the_last_page_is_read(exporter, format_name):
    gate = threading.Event()
    job = exporter.ocr.add("document", [page(exporter, i).done() for i in range(3)], gate=gate)
    file = exporter.stream(job, format_name)
    assert next(file).artifact.file_name == f"report.{format_name}"
    assert next(file).chunk.startswith(b"PK")
    gate.set()
    assert all(part.chunk for part in file)


def test_the_same_document_gives_the_same_bytes(exporter):
    p = page(exporter)
    p.block("paragraph", "a")
    job = exporter.ocr.add("document", [p.done()])
    assert exporter.export(job, "docx") == exporter.export(job, "docx")


def test_the_text_comes_back_from_libreoffice(exporter, tmp_path):
    pages = []
    for i, (language, direction, text) in enumerate(
        [("en", 0, ENGLISH), ("ar", RIGHT_TO_LEFT, ARABIC), ("th", 0, "ข้อความภาษาไทย\nบรรทัดที่สอง")]
        + [("hi", 0, "हिन्दी में एक वाक्य।"), ("zh-Hans", 0, "这是一个中文段落，\n有两行。")]
    ):
        p = page(exporter, i, language=language)
        p.block("heading", text, level=1, direction=direction)
        p.block("paragraph", text, direction=direction)
        p.table([[text, "2"], ["3", text]], direction=direction)
        pages.append(p)
    _, path = export(exporter, tmp_path, pages)
    text = office.convert(path, "txt:Text (encoded):UTF8", tmp_path).decode("utf-8-sig")
    expected = "".join(
        cell
        for p in pages
        for block in p.page.blocks
        for cell in ([c.text for c in block.table.cells] if block.HasField("table") else [block.text])
    )
    assert office.folded(text) == office.folded(expected)


@pytest.mark.parametrize("seed", range(12))
def test_any_document_gives_a_valid_file(exporter, tmp_path, seed):
    rng = random.Random(seed)
    pages = []
    for i in range(6):
        p = page(exporter, i, width=rng.choice([0, 1, 50, 1654, 100000]), language=rng.choice(
            ["", "und", "he", "x" * 60, "en-US-x-a", "<b>"]))
        p.page.dpi = rng.choice([0, -1, 72, 300, 1e30, float("nan"), float("inf")])
        for _ in range(rng.randrange(8)):
            block = p.page.blocks.add(
                kind=rng.randrange(10),
                text=office.random_text(rng),
                level=rng.choice([0, 1, 3, 4_000_000_000]),
                direction=rng.randrange(4),
                language=rng.choice(["", "ar", "ja"]),
                list_marker=rng.choice(["", "1.", "-", "iv)", "\x01", "&"]),
            )
            if rng.random() < 0.8:
                x, y = rng.randrange(-10, 2000), rng.randrange(-10, 3000)
                block.bbox.x0, block.bbox.y0 = x, y
                block.bbox.x1 = x + rng.choice([-5, 0, 10, 1000, 2_000_000_000])
                block.bbox.y1 = y + rng.choice([-5, 0, 10, 1000])
            if rng.random() < 0.4:
                block.table.row_count = rng.choice([0, 1, 4, 4_000_000_000])
                block.table.column_count = rng.choice([0, 1, 4, 63, 64, 4_000_000_000])
                for _ in range(rng.randrange(20)):
                    block.table.cells.add(
                        row=rng.choice([0, 1, 2, 3, 9, 4_000_000_000]),
                        column=rng.choice([0, 1, 2, 3, 9, 4_000_000_000]),
                        row_span=rng.choice([0, 1, 2, 4_000_000_000]),
                        column_span=rng.choice([0, 1, 2, 4_000_000_000]),
                        is_header=rng.random() < 0.3,
                        text=office.random_text(rng),
                    )
        pages.append(p)
    export(exporter, tmp_path, pages)
