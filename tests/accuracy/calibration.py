"""How often words of a confidence are right, and the curve that tells it."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from . import score

BINS = 100  # of equal weight, before what does not rise is pooled
DECIMALS = 4
MOVES_MAX = 8  # parts of a page that stand elsewhere in the truth
MOVED_CHARACTERS_MIN = 4

TOKEN = re.compile(f"[{score.NO_SPACES}]|[^\\s{score.NO_SPACES}]+")
MARK = re.compile("[,;:!?.،؛؟।]+")  # a space before it is none: score.py


@dataclass
class Word:
    kind: str  # of confidence
    confidence: float
    text: str

    @property
    def weight(self):
        return len(score.normal(self.text))


def parse(output):
    """Lines of words, from what `ocrmesh-ocr-worker --read FILE --format words` prints."""
    lines = [[]]
    for row in output.splitlines():
        if row:
            kind, confidence, text = row.split("\t", 2)
            lines[-1].append(Word(kind, float(confidence), text))
        else:
            lines.append([])
    return [line for line in lines if line]


def tokens_of(lines):
    """What is compared, each with the words that it stands for: words; one word for the two parts
    of one that is broken at a line's end; letters, in scripts without spaces.
    """
    tokens, broken = [], None
    for line in lines:
        for number, word in enumerate(line):
            text = score.normal(word.text)
            members = [word]
            if number == 0 and broken is not None and text[:1].isalpha():
                text, members = broken[0][:-1] + text, [*broken[1], word]
                tokens.pop()
            elif MARK.fullmatch(text) and tokens:
                last, before = tokens.pop()
                text, members = last + text, [*before, word]
            tokens += [(token, members) for token in TOKEN.findall(text)]
            is_broken = number == len(line) - 1 and len(text) > 1 and text.endswith("-")
            broken = (text, members) if is_broken else None
    return tokens


def judged(lines, truth):
    """Each word, and whether it is right: whether it stands in the truth where its neighbours do.
    What stands elsewhere than in the truth is right all the same.
    """
    tokens = tokens_of(lines)
    left = list(range(len(tokens)))
    wanted = TOKEN.findall(score.normal(truth.replace(score.RULER, " ")))
    right = [False] * len(tokens)
    for turn in range(MOVES_MAX):
        matcher = SequenceMatcher(None, [tokens[n][0] for n in left], wanted, autojunk=False)
        found = [
            block
            for block in matcher.get_matching_blocks()
            if turn == 0
            or sum(map(len, wanted[block.b : block.b + block.size])) >= MOVED_CHARACTERS_MIN
        ]
        taken = {block.a + step for block in found for step in range(block.size)}
        gone = {block.b + step for block in found for step in range(block.size)}
        if not taken:
            break
        for place in taken:
            right[left[place]] = True
        left = [number for place, number in enumerate(left) if place not in taken]
        wanted = [token for place, token in enumerate(wanted) if place not in gone]
    wrong = {id(word) for (_, members), good in zip(tokens, right) if not good for word in members}
    return [(word, id(word) not in wrong) for line in lines for word in line if word.weight > 0]


# --- Curves: points (confidence, probability), straight between them ---


def fitted(samples):
    """The curve of (confidence, is right, weight): means of bins, pooled where they do not rise
    (M. Ayer and others, An empirical distribution function for sampling with incomplete
    information, 1955).
    """
    samples = sorted(samples)
    share = sum(weight for _, _, weight in samples) / BINS
    bins, before = {}, 0  # sums of weight, confidence, right
    number_of = {}  # by confidence, for equal ones belong together
    for confidence, is_right, weight in samples:
        number = number_of.setdefault(confidence, int(before / share))
        sums = bins.setdefault(number, [0, 0, 0])
        for place, value in enumerate((1, confidence, is_right)):
            sums[place] += value * weight
        before += weight
    pools = []
    for sums in bins.values():
        pools.append(sums)
        while len(pools) > 1 and pools[-2][2] * pools[-1][0] >= pools[-1][2] * pools[-2][0]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last)]
    points = {}  # in the table's precision, where two may fall together
    for weight, confidence, right in pools:
        points[round(confidence / weight, DECIMALS)] = round(right / weight, DECIMALS)
    return list(points.items())


def probability(curve, confidence):
    """As calibration_of() of services/ocr/worker/calibration.c."""
    after = next((n for n, point in enumerate(curve) if point[0] > confidence), len(curve))
    if after in (0, len(curve)):
        return curve[0 if after == 0 else -1][1]
    (x0, y0), (x1, y1) = curve[after - 1 : after + 1]
    return y0 + (confidence - x0) / (x1 - x0) * (y1 - y0)
