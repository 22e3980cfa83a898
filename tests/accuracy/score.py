"""Character errors. The rule, with its reasons, stands in docs/accuracy.md."""

import re
import unicodedata

import numpy
from rapidfuzz.distance import Levenshtein

# What printers, engines and people who write truth down do as they like: one form of each.
FOLDED = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("•◦▪●∙", "·"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u0640", None),
        **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
        "…": "...",
        "ſ": "s",
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
    }
)

# Scripts whose words are not separated by spaces: white space beside their letters is no text.
NO_SPACES = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u0f00-\u0fff"  # Tibetan
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u3000-\u30ff\u31f0-\u31ff"  # CJK punctuation, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
)
SPACE_BESIDE = re.compile(rf"(?<=[{NO_SPACES}])\s+|\s+(?=[{NO_SPACES}])")
HYPHEN_AT_LINE_END = re.compile(r"(?<=[^\W\d_])-[ \t]*\n\s*(?=[^\W\d_])")


def folded(text):
    """One form of what may be written in several; lines are kept."""
    text = unicodedata.normalize("NFC", text).translate(FOLDED)
    return HYPHEN_AT_LINE_END.sub("", text)


def normal(text):
    """The characters that are counted."""
    text = SPACE_BESIDE.sub("", folded(text))
    return " ".join(text.split())


def errors(truth, text):
    """Characters to insert, delete or replace (V. Levenshtein, 1966) to come from text to truth."""
    return Levenshtein.distance(normal(text), normal(truth))


def nearest(piece, text):
    """The part of `text` nearest to `piece`: (errors, start, end).

    P. Sellers, The theory and computation of evolutionary distances (1980): as Levenshtein's, but
    characters before and after the part cost nothing.
    """
    codes = numpy.fromiter(map(ord, text), numpy.int32, len(text))
    end, distance = _nearest_end(piece, codes)
    back, _ = _nearest_end(piece[::-1], codes[:end][::-1])
    return distance, end - back, end


def _nearest_end(piece, codes):
    steps = numpy.arange(len(codes) + 1)
    row = numpy.zeros(len(codes) + 1, numpy.int64)
    for number, letter in enumerate(piece, 1):
        other = numpy.empty_like(row)
        other[0] = number
        numpy.minimum(row[:-1] + (codes != ord(letter)), row[1:] + 1, out=other[1:])
        row = numpy.minimum.accumulate(other - steps) + steps
    end = int(row.argmin())
    return end, int(row[end])


def errors_in_any_order(truth, text):
    """Errors where the order of lines is free, as on a receipt: each line of the truth takes the
    part of the text nearest to it, longest line first; what no line has taken counts as inserted.
    """
    lines = sorted((normal(line) for line in folded(truth).splitlines()), key=len, reverse=True)
    rest = normal(text)
    count = 0
    for line in filter(None, lines):
        if not rest:
            count += len(line)
            continue
        distance, start, end = nearest(line, rest)
        if distance >= len(line):
            count += len(line)
            continue
        count += distance
        rest = f"{rest[:start].rstrip()}\n{rest[end:].lstrip()}".strip()
    return count + len("".join(rest.split("\n")))


def length(truth):
    return len(normal(truth))


def file_errors(truth, text, order):
    """At most the characters of the truth: a page can be lost once."""
    count = errors(truth, text) if order == "strict" else errors_in_any_order(truth, text)
    return min(count, length(truth))
