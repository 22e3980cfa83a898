"""Figures of groups of questions, as tables."""

from collections import Counter
from dataclasses import dataclass, field

from . import score


@dataclass
class Result:
    """What became of one question."""

    document: object
    question: object
    ranks: dict  # {engine: place of the first right passage, 0: none}; empty where none is right
    judgement: score.Judgement = None
    answer: dict = field(default_factory=dict)

    @property
    def is_answerable(self):
        return self.question.is_answerable

    @property
    def is_retrievable(self):
        """What a document is about is not found by the question's words, by no engine."""
        return self.is_answerable and self.question.kind != "summary"


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else None


def share(value):
    return "-" if value is None else f"{value:.3f}"


def retrieval(results, engine):
    """hit@1, hit@3 and MRR of the questions that passages answer."""
    places = [one.ranks[engine] for one in results if one.is_retrievable]
    return [
        mean(place == 1 for place in places),
        mean(1 <= place <= 3 for place in places),
        mean(1 / place if place else 0 for place in places),
    ]


def answers(results):
    """Right, held, exact, F1, page precision and recall, wrongly refused, rightly refused."""
    good = [one.judgement for one in results if one.is_answerable]
    cited = sum(one.cited for one in good)
    return [
        mean(one.is_right for one in good),
        mean(one.is_held for one in good),
        mean(one.is_exact for one in good),
        mean(one.f1 for one in good),
        sum(one.cited_rightly for one in good) / cited if cited else None,
        mean(one.cited_rightly > 0 for one in good),
        mean(one.is_refused for one in good),
        mean(one.judgement.is_refused for one in results if not one.is_answerable),
    ]


def groups(results):
    """(title, results) in the order of the table."""
    yield "all", results
    ways = (
        ("half", lambda one: one.document.half),
        ("language", lambda one: one.document.language),
        ("document", lambda one: one.document.kind),
        ("asks", lambda one: one.question.kind),
        ("worded", lambda one: one.question.style),
    )
    for title, key in ways:
        for value in sorted({key(one) for one in results}):
            yield f"{title}: {value}", [one for one in results if key(one) == value]


def print_retrieval(results, engines):
    print("\nRetrieval: the same passages, the same queries")
    print(f"{'':26} {'questions':>9}" + "".join(f" {name:^23}" for name in engines))
    print(f"{'':36}" + f"{'hit@1':>8}{'hit@3':>8}{'MRR':>8}" * len(engines))
    for title, group in groups([one for one in results if one.is_retrievable]):
        figures = "".join(
            f"{share(value):>8}" for name in engines for value in retrieval(group, name)
        )
        print(f"{title:26} {len(group):9}{figures}")


ANSWER_COLUMNS = ("right", "holds", "exact", "F1", "page-p", "page-r", "refused")


def print_answers(results):
    print("\nAnswers")
    head = "".join(f"{name:>8}" for name in ANSWER_COLUMNS)
    print(f"{'':26} {'questions':>9}{head}   {'without answer':>14} {'refused':>8}")
    for title, group in groups(results):
        count = sum(one.is_answerable for one in group)
        *figures, refused = answers(group)
        print(
            f"{title:26} {count:9}"
            + "".join(f"{share(value):>8}" for value in figures)
            + f"   {len(group) - count:14} {share(refused):>8}"
        )


def print_sources(results):
    """How the answers were made: by whom they are written, or whose failing was made good."""
    counts = Counter(one.answer["source"] for one in results)
    said = ", ".join(f"{count} {source}" for source, count in counts.most_common())
    print(f"\nAnswers by source: {said}")


def print_truth(results):
    count = sum(one.judgement.cited for one in results)
    untrue = [(one, quote) for one in results for quote in one.judgement.untrue]
    print(f"\nQuotations that stand on their page word for word: {count - len(untrue)} of {count}")
    for one, quote in untrue:
        print(f"  {one.document.name}: {one.question.text}\n    not there: {quote}")


def print_failed(results):
    """Questions that were not answered as they should."""
    for one in results:
        wanted = one.judgement.is_right if one.is_answerable else one.judgement.is_refused
        if wanted:
            continue
        places = ", ".join(f"{name} {place}" for name, place in one.ranks.items())
        print(f"\n{one.document.name} [{one.question.kind}, {one.question.style}] {one.question.text}")
        for turn in one.question.turns:
            print(f"    after: {turn}")
        print(f"    wanted: {one.question.answers or 'no answer'} p. {one.question.pages}; {places}")
        print(f"    said: {one.answer['content']}")
