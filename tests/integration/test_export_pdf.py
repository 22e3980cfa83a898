"""The order in which pdftotext, which looks for columns by itself, finds the text of a PDF."""

import pytest

from harness import pdf_referees
from harness.documents import RIGHT_TO_LEFT, PageBuilder

pytestmark = pytest.mark.once


def read(exporter, tmp_path, page):
    done = page.done()
    job = exporter.ocr.add("layer", [done])
    path = pdf_referees.checked(exporter.export(job, "pdf"), tmp_path)
    return pdf_referees.text(path), [" ".join(done.text.split())]


def test_dashes_in_a_table_stay_in_their_rows(exporter, tmp_path):
    """The box of a dash is as thin as the dash."""
    page = PageBuilder(exporter.messages, 0)
    rows = [
        [f"District {i}"] + ["-" if (i + k) % 3 else f"{i}{k}.50" for k in range(5)]
        for i in range(1, 13)
    ]
    top = page.y
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            block = page.block("paragraph", text, x=160 + 240 * c, y=top + 60 * r)
            for line in block.lines if text == "-" else []:
                for box in [line.bbox, line.words[0].bbox]:
                    box.y0, box.y1 = box.y0 + 14, box.y0 + 17
    first, *others = page.page.blocks
    for block in others:
        first.lines.extend(block.lines)
        first.text += "\n" + block.text
    del page.page.blocks[1:]
    found, wanted = read(exporter, tmp_path, page)
    assert found == wanted


def test_numbers_and_dashes_in_right_to_left_text_keep_their_spaces(exporter, tmp_path):
    page = PageBuilder(exporter.messages, 0, language="he")
    block = page.block("paragraph", "בשנת 1948 - אחרי PDF 17 שנים", direction=RIGHT_TO_LEFT)
    line = block.lines[0]
    for word in line.words:
        x0, x1 = word.bbox.x0, word.bbox.x1
        word.bbox.x0, word.bbox.x1 = (line.bbox.x0 + line.bbox.x1 - x for x in (x1, x0))
    left, right = line.words[4].bbox, line.words[5].bbox  # PDF 17 reads from left to right
    left.x0, left.x1, right.x0, right.x1 = right.x0, right.x0 + 42, right.x0 + 56, left.x1
    found, wanted = read(exporter, tmp_path, page)
    assert found == wanted
