"""Documents made by hand, block by block, as an engine would have read them."""

KINDS = {
    "heading": 1,
    "paragraph": 2,
    "list_item": 3,
    "table": 4,
    "figure": 5,
    "caption": 6,
    "formula": 7,
    "header": 8,
    "footer": 9,
}
RIGHT_TO_LEFT = 2
JPEG, PNG = 1, 2

# A4 at 200 dpi.
WIDTH, HEIGHT, DPI = 1654, 2339, 200
MARGIN = 160
CHARACTER = 14
LINE_HEIGHT = 28
LINE_PITCH = 36


class PageBuilder:
    """A page that is filled from its top."""

    def __init__(self, messages, index, width=WIDTH, height=HEIGHT, language="en", **fields):
        self.messages = messages
        self.page = messages("document.v1.Page")(
            index=index, width=width, height=height, dpi=DPI, language=language, **fields
        )
        self.y = MARGIN

    def _box(self, x0, y0, x1, y1):
        return {"x0": int(x0), "y0": int(y0), "x1": int(x1), "y1": int(y1)}

    def block(self, kind, text, x=MARGIN, y=None, full_width=None, **fields):
        """A block of the lines of `text`, each as wide as it has characters; `full_width` makes all
        but the last one fill the block, as justified text does."""
        top = self.y if y is None else y
        block = self.page.blocks.add(kind=KINDS[kind], text=text, **fields)
        right = x
        for i, line_text in enumerate(text.split("\n")):
            y0 = top + i * LINE_PITCH
            is_last = i == text.count("\n")
            width = full_width if full_width and not is_last else CHARACTER * len(line_text)
            line = block.lines.add(bbox=self._box(x, y0, x + width, y0 + LINE_HEIGHT))
            word_x = x
            for word in line_text.split(" "):
                end = word_x + CHARACTER * len(word)
                line.words.add(
                    text=word, bbox=self._box(word_x, y0, end, y0 + LINE_HEIGHT), confidence=0.9
                )
                word_x = end + CHARACTER
            right = max(right, x + width)
        bottom = top + text.count("\n") * LINE_PITCH + LINE_HEIGHT
        block.bbox.MergeFrom(self.messages("document.v1.BoundingBox")(**self._box(x, top, right, bottom)))
        block.confidence = 0.9
        if y is None:
            self.y = bottom + LINE_PITCH
        return block

    def header(self, text, x=MARGIN, **fields):
        return self.block("header", text, x=x, y=60, **fields)

    def footer(self, text, x=WIDTH // 2, **fields):
        return self.block("footer", text, x=x, y=HEIGHT - 100, **fields)

    def list_item(self, marker, text, level=1, **fields):
        return self.block(
            "list_item",
            f"{marker} {text}",
            x=MARGIN + 40 * level,
            level=level,
            list_marker=marker,
            **fields,
        )

    def table(self, rows, header_rows=1, spans=None, **fields):
        """`rows`: texts by row; None where another cell covers the place. `spans`: {(row, column):
        (rows, columns)}."""
        columns = max(len(row) for row in rows)
        width = (WIDTH - 2 * MARGIN) // columns
        top = self.y
        block = self.page.blocks.add(kind=KINDS["table"], **fields)
        block.text = "\n".join("\t".join(text or "" for text in row) for row in rows)
        block.table.row_count = len(rows)
        block.table.column_count = columns
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                if text is None:
                    continue
                row_span, column_span = (spans or {}).get((r, c), (1, 1))
                x = MARGIN + c * width
                y = top + r * 2 * LINE_PITCH
                block.table.cells.add(
                    row=r,
                    column=c,
                    row_span=row_span,
                    column_span=column_span,
                    is_header=r < header_rows,
                    text=text,
                    bbox=self._box(x, y, x + width * column_span - 20, y + LINE_HEIGHT),
                    confidence=0.9,
                )
        self.y = top + len(rows) * 2 * LINE_PITCH
        block.bbox.MergeFrom(
            self.messages("document.v1.BoundingBox")(
                **self._box(MARGIN, top, WIDTH - MARGIN, self.y)
            )
        )
        self.y += LINE_PITCH
        return block

    def figure(self, height=300, **fields):
        block = self.page.blocks.add(kind=KINDS["figure"], **fields)
        block.bbox.MergeFrom(
            self.messages("document.v1.BoundingBox")(
                **self._box(MARGIN, self.y, WIDTH - MARGIN, self.y + height)
            )
        )
        self.y += height + LINE_PITCH
        return block

    def done(self):
        """The page, with its text as the ocr service derives it."""
        self.page.text = "\n\n".join(block.text for block in self.page.blocks if block.text)
        return self.page


def failed_page(messages, index, reason="PAGE_TIMEOUT", message="the page took too long"):
    page = messages("document.v1.Page")(index=index)
    page.error.reason = reason
    page.error.message = message
    return page
