"""How passages, answers and citations are judged. docs/chat-quality.md says the rules in words."""

import re
from collections import Counter
from dataclasses import dataclass

from accuracy.score import nearest

from . import text

WRONG_SHARE = 0.1  # of an evidence's letters, which recognition may have got wrong
RANKS = 10  # passages that are looked at

PAGE_MARK = re.compile(r"\s*\(pp?\. [\d, ]+\)")  # as answers cite


def holds_evidence(passage_text, evidence):
    """Whether a text holds one of the evidences, up to misread letters."""
    where = text.letters(passage_text)
    return any(_is_near(text.letters(one), where) for one in evidence)


def _is_near(wanted, where):
    if wanted in where:
        return True
    allowed = int(len(wanted) * WRONG_SHARE)
    if allowed == 0:
        return False
    errors, _, _ = nearest(wanted, where)
    return errors <= allowed


def holds_answer(said, answers):
    """Whether the words of one accepted answer stand in a text, next to each other."""
    words = text.tokens(said)
    return any(_stands_in(text.tokens(one), words) for one in answers)


def _stands_in(wanted, words):
    return any(
        words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1)
    )


def gold(passages, question):
    """Indexes of the passages that answer: on one of the pages, with the evidence in text or
    context, or, where none is given, an accepted answer."""
    found = set()
    for index, passage in enumerate(passages):
        if passage.page not in question.pages:
            continue
        whole = f"{passage.context}\n{passage.text}"
        if question.evidence:
            is_gold = holds_evidence(whole, question.evidence)
        else:
            is_gold = holds_answer(whole, question.answers)
        if is_gold:
            found.add(index)
    return found


def rank(ranked, wanted):
    """Place (from 1) of the first passage that is wanted, among the first RANKS; 0: none."""
    for place, index in enumerate(ranked[:RANKS], 1):
        if index in wanted:
            return place
    return 0


def f1(said, answer):
    """Overlap of words, as SQuAD counts it."""
    one, other = text.tokens(said), text.tokens(answer)
    common = sum((Counter(one) & Counter(other)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(one), common / len(other)
    return 2 * precision * recall / (precision + recall)


@dataclass
class Judgement:
    """Of one answer to one question."""

    is_refused: bool
    is_exact: bool = False  # a quotation or the answer is an accepted answer and nothing else
    is_held: bool = False  # the answer holds an accepted one
    is_right: bool = False  # so, and cites a right page
    f1: float = 0.0
    cited: int = 0
    cited_rightly: int = 0  # citations of a right page
    untrue: tuple = ()  # quotations that do not stand on their page


def judge(question, answer, page_texts):
    """`answer`: content, citations and grounded, as the public API gives it; `page_texts`: of all
    pages of the document, white space folded."""
    citations = answer["citations"]
    snippets = [citation["snippet"] for citation in citations]
    untrue = tuple(c["snippet"] for c in citations if not is_true(c, page_texts))
    if not answer.get("grounded", True):
        return Judgement(is_refused=True, cited=len(citations), untrue=untrue)
    content = PAGE_MARK.sub(" ", answer["content"])
    said = [content, *snippets]
    is_held = holds_answer("\n".join(said), question.answers)
    on_right_page = sum(citation["page"] in question.pages for citation in citations)
    accepted = [text.tokens(one) for one in question.answers]
    return Judgement(
        is_refused=False,
        is_exact=any(text.tokens(one) in accepted for one in said),
        is_held=is_held,
        is_right=is_held and on_right_page > 0,
        f1=max((f1(one, other) for one in said for other in question.answers), default=0.0),
        cited=len(citations),
        cited_rightly=on_right_page,
        untrue=untrue,
    )


def is_true(citation, page_texts):
    """Whether a quotation stands on its page, word for word."""
    snippet = text.white_space_folded(citation["snippet"])
    is_page = 1 <= citation["page"] <= len(page_texts)
    return is_page and snippet != "" and snippet in page_texts[citation["page"] - 1]
