"""Tables as spreadsheets, judged by openpyxl, the schemas of ECMA-376 and LibreOffice."""

import io
import random

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from harness import office
from harness.documents import RIGHT_TO_LEFT, PageBuilder, failed_page

pytestmark = pytest.mark.once


def page(exporter, index=0, **fields):
    return PageBuilder(exporter.messages, index, **fields)


def export(exporter, tmp_path, pages, **options):
    """The workbook as openpyxl reads it, checked by every referee but LibreOffice; and its path."""
    job = exporter.ocr.add("document", [getattr(p, "done", lambda p=p: p)() for p in pages])
    path = office.check(exporter.export(job, "xlsx", **options), tmp_path, ".xlsx")
    return openpyxl.load_workbook(path), path


def rows(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_each_table_is_a_sheet_named_by_page_and_number(exporter, tmp_path):
    first, third = page(exporter, 0), page(exporter, 2)
    first.table([["a"]], header_rows=0)
    first.block("paragraph", "between")
    first.table([["b"]], header_rows=0)
    third.table([["c"]], header_rows=0)
    book, _ = export(exporter, tmp_path, [first, failed_page(exporter.messages, 1), third])
    assert book.sheetnames == ["Page 1, table 1", "Page 1, table 2", "Page 3, table 1"]
    assert [rows(sheet) for sheet in book] == [[["a"]], [["b"]], [["c"]]]
    assert book.properties.title == "report"


def test_numbers_are_numbers_and_all_else_is_text(exporter, tmp_path):
    p = page(exporter)
    texts = ["12", "-1,234.50", "0,5", "1,234", "0171", "4915123456789", "=1+1", "+1", "@a", "12 %"]
    p.table([[text] for text in texts], header_rows=0)
    for neutral in (False, True):
        book, path = export(exporter, tmp_path, [p], neutralizes_formulas=neutral)
        cells = [row[0] for row in book.worksheets[0].iter_rows()]
        assert [cell.value for cell in cells] == [12, -1234.5, 0.5] + texts[3:]
        assert [cell.data_type for cell in cells[3:]] == ["s"] * 7  # none is a formula
        assert cells[1].number_format == "#,##0.00"
    # LibreOffice runs nothing of it either.
    shown = office.convert(path, "csv", tmp_path).decode().splitlines()
    assert [line.strip('"') for line in shown[3:]] == texts[3:]


def test_spans_are_merged_and_headers_stay_in_sight(exporter, tmp_path):
    p = page(exporter)
    p.table(
        [["Item", "Amount", None], ["Apples", "12\nkilos", "x"], ["Pears", None, "7"]],
        spans={(0, 1): (1, 2), (1, 1): (2, 1)},
        direction=RIGHT_TO_LEFT,
    )
    book, _ = export(exporter, tmp_path, [p])
    sheet = book.worksheets[0]
    assert sorted(str(merged) for merged in sheet.merged_cells.ranges) == ["B1:C1", "B2:B3"]
    assert sheet.freeze_panes == "A2"
    assert sheet.sheet_view.rightToLeft
    assert sheet["A1"].font.b and not sheet["A2"].font.b
    assert sheet["B2"].value == "12\nkilos"


def test_a_document_without_tables_gives_its_lines(exporter, tmp_path):
    p = page(exporter)
    p.block("paragraph", "first line\nsecond _x0041_ & <line>")
    book, _ = export(exporter, tmp_path, [p, failed_page(exporter.messages, 1)])
    assert book.sheetnames == ["Lines"]
    found = rows(book["Lines"])
    assert found[0] == ["page", "x0", "y0", "x1", "y1", "confidence", "text"]
    assert found[1][:1] + found[1][6:] == [1, "first line"]
    assert found[1][1:5] == [160, 160, 300, 188]
    assert unescape(found[2][6]) == "second _x0041_ & <line>"
    assert found[3] == [2, None, None, None, None, 0, "the page took too long"]


def test_an_empty_document_has_a_sheet(exporter, tmp_path):
    book, _ = export(exporter, tmp_path, [page(exporter)])
    assert len(rows(book["Lines"])) == 1


def test_a_cell_that_is_too_long_says_so(exporter, tmp_path):
    p = page(exporter)
    p.table([["😀" * 20000, "a" * 32767, "b" * 32768, "_x0041_" * 5000]], header_rows=0)
    book, _ = export(exporter, tmp_path, [p])
    values = rows(book.worksheets[0])[0]
    units = [len(value.encode("utf-16-le")) // 2 for value in values]
    assert units[1] == 32767 and max(units) <= 32767
    note = "[cut: a cell holds 32,767 characters]"
    assert [value.endswith(note) for value in values] == [True, False, True, True]


def test_tables_beyond_the_sheets_follow_on_the_last_one(exporter):
    pages = []
    for i in range(51):
        p = page(exporter, i)
        for k in range(20):
            p.table([[f"page {i}"], [f"table {k}"]], header_rows=0)
        pages.append(p.done())
    data = exporter.export(exporter.ocr.add("document", pages), "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert len(book.sheetnames) == 1001
    assert book.sheetnames[-1] == "Further tables"
    assert rows(book.worksheets[-1])[:4] == [
        ["Page 51, table 1"],
        ["page 50"],
        ["table 0"],
        ["Page 51, table 2"],
    ]


def test_a_table_that_lies_is_cut_and_says_so(exporter):
    p = page(exporter)
    block = p.table([["a", "b"], ["c", "d"]])
    block.table.row_count = block.table.column_count = 4_000_000_000
    block.table.cells[3].row_span = block.table.cells[3].column_span = 4_000_000_000
    parts = office.parts(exporter.export(exporter.ocr.add("document", [p.done()]), "xlsx"))
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    assert 'ref="B2:XFD64"' in sheet  # 16,384 columns, a million places in all
    assert "4000000000 rows and 4000000000 columns, of which 64 and 16384 are here" in sheet


@pytest.mark.parametrize("seed", range(8))
def test_any_document_gives_a_valid_file(exporter, tmp_path, seed):
    rng = random.Random(seed)
    p = page(exporter)
    for _ in range(6):
        block = p.page.blocks.add(kind=rng.randrange(10), text=office.random_text(rng))
        if rng.random() < 0.6:
            block.table.row_count = rng.choice([0, 1, 4, 300])
            block.table.column_count = rng.choice([1, 4, 300])
            for _ in range(rng.randrange(20)):
                block.table.cells.add(
                    row=rng.choice([0, 1, 2, 3, 9, 4_000_000_000]),
                    column=rng.choice([0, 1, 2, 3, 9, 4_000_000_000]),
                    row_span=rng.choice([0, 1, 2, 4_000_000_000]),
                    column_span=rng.choice([0, 1, 2, 4_000_000_000]),
                    is_header=rng.random() < 0.3,
                    text=office.random_text(rng),
                )
    export(exporter, tmp_path, [p])
