"""The text layer of an exported PDF beside the job it was made of."""

from . import pdf_referees

IOU_LEAST = 0.7


def folded(text):
    return " ".join(text.split())


def overlap(a, b):
    """Intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return width * height / (areas - width * height)


def _line_words(line):
    """Boxes of what stands between spaces: words that follow without one are part of it."""
    boxes, joins = [], False
    for word in line["words"]:
        box = word["bbox"]
        if joins:
            x0, y0, x1, y1 = boxes[-1]
            boxes[-1] = [min(x0, box[0]), min(y0, box[1]), max(x1, box[2]), max(y1, box[3])]
        else:
            boxes.append(box)
        joins = word.get("no_space_after", False)
    return boxes


def word_boxes(page):
    """Of a page of the JSON export, as parts of its sides."""
    sides = [page["width"], page["height"]] * 2
    return [
        [value / side for value, side in zip(box, sides, strict=True)]
        for block in page["blocks"]
        for line in block.get("lines", [])
        for box in _line_words(line)
    ]


def words_in_place(document, path):
    """How many words of the JSON export overlap one of the PDF's as they should, and how many are."""
    good = count = 0
    for page, found in zip(document["pages"], pdf_referees.words(path), strict=True):
        words = word_boxes(page)
        count += len(words)
        good += sum(
            max((overlap(word, box) for _, box in found), default=0) >= IOU_LEAST for word in words
        )
    return good, count
