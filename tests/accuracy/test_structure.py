"""When a statement about a page's structure holds (docs/accuracy.md)."""

import pytest

from . import structure
from .structure import Markdown, PlainText, Statement

PAGE = """# Prices of the year

First we *say* what is sold. It is 5\\% more
than before.

| Fruit | Kilo | Box |
| --- | ---: | ---: |
| Apples | 2.10 | 18.00 |
| Pears | 3.20 | - |

Then we say where.
"""

SPANS = """<table><tr><th rowspan="2">Year</th><th colspan="2">Suicides</th></tr>
<tr><th>Incidence</th><th>Rate</th></tr><tr><td>1967</td><td>38829</td><td>7.8</td></tr></table>"""

LAYOUT = """Fruit      Kilo    Box
Apples     2.10  18.00
"""


def holds(kind, *parts, said=None):
    return structure.holds(Statement(kind, list(parts)), said or Markdown(PAGE))


def test_sentences_are_found_without_their_marks():
    assert holds("present", "First we say what is sold. It is 5% more than before.")
    assert holds("present", "First we sav what is sold. It is 5% more than bef0re.")
    assert not holds("present", "Nobody says this here.")


def test_order():
    assert holds("order", "First we say", "Then we say where")
    assert not holds("order", "Then we say where", "First we say")
    assert not holds("order", "First we say", "what nobody says at all")


def test_headings_are_lines_with_marks():
    assert holds("heading", "Prices of the year")
    assert not holds("heading", "Then we say where.")


def test_cells_stand_under_their_heading_in_their_row():
    assert holds("cell", "Apples", "Kilo", "2.10")
    assert holds("cell", "-", "Box", "18.00")
    assert holds("cell", "Pears", "Box", "-")
    assert not holds("cell", "Apples", "Box", "2.10")
    assert not holds("cell", "Pears", "Kilo", "2.10")


def test_cells_that_span_stand_over_all_their_columns():
    said = Markdown(SPANS)
    assert holds("cell", "1967", "Suicides", "7.8", said=said)
    assert holds("cell", "1967", "Incidence", "38829", said=said)
    assert not holds("cell", "1967", "Incidence", "7.8", said=said)
    assert holds("present", "1967 38829", said=said)


def test_cells_of_plain_text_stand_below_their_heading():
    said = PlainText(LAYOUT, LAYOUT)
    assert holds("cell", "Apples", "Kilo", "2.10", said=said)
    assert not holds("cell", "Apples", "Kilo", "18.00", said=said)


def test_absence_holds_only_of_what_was_read():
    wanted = [Statement("present", ["a sentence"]), Statement("absent", ["page 7"])]
    assert structure.judge(wanted, Markdown("a sentence")) == [True, True]
    assert structure.judge(wanted, Markdown("a sentence\n\npage 7")) == [True, False]
    assert structure.judge(wanted, Markdown("")) == [False, False]


@pytest.mark.parametrize("row", structure.table.rows("structure.tsv"), ids=lambda row: row["name"])
def test_statements_are_well_formed(row):
    parts = {"order": 2, "cell": 3}
    for statement in structure.statements(row["name"]):
        assert len(statement.parts) == parts.get(statement.kind, 1), statement
        assert all(part.strip() for part in statement.parts), statement
