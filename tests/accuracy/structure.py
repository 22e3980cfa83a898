"""Statements about a page's structure, and whether a text or a Markdown says what they say.

    present: SENTENCE
    absent: RUNNING HEADER, FOOTER OR PAGE NUMBER
    order: SENTENCE << SENTENCE
    heading: TEXT
    cell: ROW'S LABEL | COLUMN'S HEADING | VALUE

docs/accuracy.md says when each holds. A `-` in place of a label or heading is any.
"""

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser

from . import score, table

KINDS = ("present", "absent", "order", "heading", "cell")
WRONG_SHARE = 0.1  # of a sentence's characters; what was misread is not at issue here


@dataclass
class Statement:
    kind: str
    parts: list

    def __str__(self):
        return f"{self.kind}: {' << '.join(self.parts) if self.kind == 'order' else ' | '.join(self.parts)}"


def statements(name):
    found = []
    for line in (table.FOLDER / "structure" / f"{name}.txt").read_text().splitlines():
        if not line:
            continue
        kind, _, rest = line.partition(": ")
        if kind not in KINDS:
            raise SystemExit(f"structure/{name}.txt: no statement: {line}")
        mark = {"order": " << ", "cell": " | "}.get(kind)
        found.append(Statement(kind, rest.split(mark) if mark else [rest]))
    return found


def place(sentence, text):
    """Where the sentence starts in a normal text, or None when it is not there."""
    wanted = score.normal(sentence).casefold()
    at = text.find(wanted)
    if at >= 0:
        return at
    if len(wanted) * WRONG_SHARE < 1:
        return None
    errors, start, _ = score.nearest(wanted, text)
    return start if errors <= len(wanted) * WRONG_SHARE else None


class PlainText:
    """What a tool without structure gives: text, and text whose spaces keep the columns."""

    def __init__(self, text, layout):
        self.text = score.normal(text).casefold()
        self.lines = [score.normal(line).casefold() for line in text.splitlines()]
        self.layout = layout.splitlines()

    def has_heading(self, wanted):
        """It stands on a line of its own: more cannot be asked."""
        return score.normal(wanted).casefold() in self.lines

    def has_cell(self, label, heading, value):
        """The value stands in the label's line, below the heading, and they overlap."""
        for number, line in enumerate(self.layout):
            if label != "-" and label not in line:
                continue
            for found in re.finditer(rf"(?<!\S){re.escape(value)}(?!\S)", line):
                if heading == "-" or self._is_above(heading, number, found.span()):
                    return True
        return False

    def _is_above(self, heading, number, span):
        words = [heading, heading.split()[-1], heading.split()[0]]  # it may stand in several lines
        return any(
            found.start() < span[1] and span[0] < found.end()
            for line in self.layout[:number]
            for word in words
            for found in re.finditer(re.escape(word), line)
        )


class Markdown:
    """GitHub's Markdown with tables, HTML tables among them."""

    def __init__(self, text):
        tables = [Grid.of_html(found.group()) for found in HTML_TABLE.finditer(text)]
        rest = HTML_TABLE.sub(lambda found: re.sub(r"<[^>]*>", " ", found.group()), text)
        self.tables = tables + Grid.of_pipes(rest)
        self.headings = [
            score.normal(plain(line.lstrip("#"))).casefold()
            for line in rest.splitlines()
            if re.match(r"#{1,6} ", line)
        ]
        self.text = score.normal(plain(rest)).casefold()

    def has_heading(self, wanted):
        return any(place(wanted, heading) is not None for heading in self.headings)

    def has_cell(self, label, heading, value):
        return any(grid.has_cell(label, heading, value) for grid in self.tables)


HTML_TABLE = re.compile(r"<table.*?</table>", re.DOTALL | re.IGNORECASE)
PIPE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")


def plain(markdown):
    """Markdown without its marks."""
    text = "\n".join(line for line in markdown.splitlines() if not PIPE_RULE.fullmatch(line))
    return inline(re.sub(r"^\s*(#{1,6} |[-*+] |> ?)", "", text, flags=re.MULTILINE))


def inline(markdown):
    """A line, or a cell, without the marks inside it."""
    text = re.sub(r"(?<!\\)\|", " ", markdown)
    text = re.sub(r"(?<!\\)(\*+|`+|(?<!\w)_+|_+(?!\w))", "", text)
    return html.unescape(re.sub(r"\\([^\w\s])", r"\1", re.sub(r"<[^>]*>", " ", text)))


class Grid:
    """Cells by row and column; a cell that spans stands at each of its places."""

    def __init__(self):
        self.cells = {}

    @classmethod
    def of_html(cls, text):
        grid = cls()
        HtmlTable(grid).feed(text)
        return grid

    @classmethod
    def of_pipes(cls, text):
        grids, rows = [], []
        for line in [*text.splitlines(), ""]:
            if line.lstrip().startswith("|"):
                rows.append(re.split(r"(?<!\\)\|", line.strip().strip("|")))
            elif rows:
                grid = cls()
                for number, row in enumerate(rows):
                    for column, cell in enumerate(row):
                        grid.cells[number, column] = score.normal(inline(cell)).casefold()
                grids.append(grid)
                rows = []
        return grids

    def has_cell(self, label, heading, value):
        wanted = score.normal(value).casefold()
        return any(
            text == wanted
            and self._has(label, lambda other: other[0] == at[0])
            and self._has(heading, lambda other: other[1] == at[1] and other[0] < at[0])
            for at, text in self.cells.items()
        )

    def _has(self, wanted, is_there):
        return wanted == "-" or any(
            is_there(at) and place(wanted, text) is not None for at, text in self.cells.items()
        )


class HtmlTable(HTMLParser):
    def __init__(self, grid):
        super().__init__()
        self.grid, self.row, self.open = grid, -1, None

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.row += 1
        elif tag in ("td", "th"):
            spans = dict(attributes)
            column = 0
            while (self.row, column) in self.grid.cells:
                column += 1
            self.open = [
                (self.row + down, column + right)
                for down in range(int(spans.get("rowspan") or 1))
                for right in range(int(spans.get("colspan") or 1))
            ]
            self.grid.cells.update(dict.fromkeys(self.open, ""))
        elif tag == "br" and self.open:
            self.handle_data("\n")

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.open = None

    def handle_data(self, data):
        for at in self.open or ():
            self.grid.cells[at] = score.normal(self.grid.cells[at] + " " + data).casefold()


def holds(statement, said):
    """Whether one statement, `absent` apart, holds of what an engine said."""
    parts = statement.parts
    if statement.kind == "present":
        return place(parts[0], said.text) is not None
    if statement.kind == "order":
        first, second = (place(part, said.text) for part in parts)
        return first is not None and second is not None and first < second
    if statement.kind == "heading":
        return said.has_heading(parts[0])
    return said.has_cell(*parts)


def judge(wanted, said):
    """For each statement whether it holds. `absent` needs a page of which something was read."""
    results = {id(one): holds(one, said) for one in wanted if one.kind != "absent"}
    was_read = any(results.values())
    return [
        was_read and place(one.parts[0], said.text) is None if one.kind == "absent" else results[id(one)]
        for one in wanted
    ]
