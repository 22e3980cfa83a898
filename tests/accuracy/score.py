"""Character errors. The rule, with its reasons, stands in docs/accuracy.md."""

import re
import unicodedata

import numpy

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
        "־": "-",
        "׳": "'",
        "״": '"',
        "ٱ": "ا",
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
RULER = "§§§"  # between the blocks of a truth
SPACE_BESIDE = re.compile(rf"(?<=[{NO_SPACES}])\s+|\s+(?=[{NO_SPACES}])")
SPACE_BEFORE_MARK = re.compile(r"\s+(?=[,;:!?.،؛؟।](?:\s|$))")  # French and old printers set it
# Vowel signs that print in these scripts mostly leaves out, and engines are trained without.
POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]")
LEADER = re.compile(r"([-_=*.·~])\1{3,}")  # rules and leaders that are made of characters
HYPHEN_AT_LINE_END = re.compile(r"(?<=[^\W\d_])-[ \t]*\n\s*(?=[^\W\d_])")


def folded(text):
    """One form of what may be written in several; lines are kept."""
    text = unicodedata.normalize("NFC", text).translate(FOLDED)
    text = text.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")  # sara am
    text = POINTS.sub("", text)
    return HYPHEN_AT_LINE_END.sub("", LEADER.sub(" ", text))


def normal(text):
    """The characters that are counted."""
    text = SPACE_BESIDE.sub("", folded(text))
    return SPACE_BEFORE_MARK.sub("", " ".join(text.split()))


def errors(truth, text):
    """Characters to insert, delete or replace to come from the text to the truth (V. Levenshtein,
    Binary codes capable of correcting deletions, insertions and reversals, 1966).
    """
    codes = letters(normal(text))
    return int(last_row(normal(truth), codes, numpy.arange(len(codes) + 1))[-1])


def nearest(piece, text):
    """The part of `text` that is nearest to `piece`: (errors, start, end). Characters before and
    after the part cost nothing (P. Sellers, The theory and computation of evolutionary distances,
    1980).
    """
    codes = letters(text)
    row = last_row(piece, codes, numpy.zeros(len(codes) + 1, numpy.int64))
    end = int(row.argmin())
    back = last_row(piece[::-1], codes[:end][::-1], numpy.zeros(end + 1, numpy.int64))
    return int(row[end]), end - int(back.argmin()), end


def letters(text):
    return numpy.fromiter(map(ord, text), numpy.int32, len(text))


def last_row(piece, codes, row):
    """Distances from all of `piece` to each beginning of `codes`, given those from nothing."""
    steps = numpy.arange(len(codes) + 1)
    for number, letter in enumerate(piece, 1):
        other = numpy.empty_like(row)
        other[0] = number
        numpy.minimum(row[:-1] + (codes != ord(letter)), row[1:] + 1, out=other[1:])
        row = numpy.minimum.accumulate(other - steps) + steps  # insertions, from left to right
    return row


def errors_of_lines(lines, text):
    """Errors where lines may come in any order: each takes the part of the text that is nearest to
    it, longest line first; what no line has taken counts as inserted.
    """
    return _errors_of(sorted(lines, key=len, reverse=True), text, lambda line: len(line) - 1)


def errors_of_blocks(blocks, text):
    """As for lines, but the shortest block first, so that one that an engine puts into the middle of
    a longer one leaves that whole. One that is wrong by more than half is missing.
    """
    return _errors_of(sorted(blocks, key=len), text, lambda block: len(block) // 2)


def _errors_of(parts, text, errors_max):
    rest, count = normal(text), 0
    for part in filter(None, map(normal, parts)):
        distance, start, end = nearest(part, rest)
        if distance > errors_max(part):
            count += len(part)
            continue
        count += distance
        rest = f"{rest[:start].rstrip()} {rest[end:].lstrip()}".strip()
    return count + len(rest)


def pieces(truth, order):
    """What keeps its order inside: lines, cut at tabs, too; blocks between rulers; all of it."""
    if order == "lines":
        return folded(truth).replace("\t", "\n").splitlines()
    if order == "blocks":
        return truth.split(f"\n{RULER}\n")
    return [truth]


def length(truth, order):
    return sum(len(normal(piece)) for piece in pieces(truth, order))


def file_errors(truth, text, order):
    """At most the characters of the truth: a page can be lost once."""
    count = {"strict": errors, "blocks": errors_of_blocks, "lines": errors_of_lines}[order]
    parts = pieces(truth, order)
    return min(count(parts[0] if order == "strict" else parts, text), length(truth, order))
