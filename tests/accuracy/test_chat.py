"""How the bench of chat counts (docs/chat-quality.md)."""

import pytest

from chat import documents, questions, report, score, text
from chat.service import Passage


def question(**fields):
    return questions.Question("invoice", "How much?", "how much", **fields)


def answer(content, *citations, grounded=True):
    cited = [{"page": page, "snippet": snippet} for page, snippet in citations]
    return {"content": content, "citations": cited, "grounded": grounded}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Total:", "total"),  # case, punctuation and articles, as SQuAD has it
        ("Schl¨usselw¨orter", "Schlüsselwörter"),  # as text layers of TeX spell it
        ("Docu-\nments", "documents"),
        ("ﬁne", "fine"),
    ],
)
def test_habits_of_writing_cost_nothing(one, other):
    assert text.tokens(one) == text.tokens(other)


def test_han_and_kana_are_compared_by_characters_and_hindi_by_words():
    assert text.tokens("投标有效期 120天") == ["投", "标", "有", "效", "期", "120", "天"]
    assert len(text.tokens("गुप्त मतदान")) == 2


@pytest.mark.parametrize(
    ("said", "is_held"),
    [
        ("It is $29.01 in all.", True),
        ("It is 129.01 in all.", False),
        ("29 and then 01", False),
    ],
)
def test_an_answer_is_held_as_whole_words(said, is_held):
    assert score.holds_answer(said, ["29.01"]) == is_held


def test_f1_is_that_of_squad():
    assert score.f1("due on March 3", "March 3") == pytest.approx(2 / 3)
    assert score.f1("nothing", "March 3") == 0


def test_evidence_may_be_misread_by_a_tenth():
    assert score.holds_evidence("Small Business Quallty Exchange", ["Business QualityExchange"])
    assert not score.holds_evidence("Small Business StandardExchange", ["Business QualityExchange"])


def test_a_short_evidence_must_stand_there_as_it_is():
    assert not score.holds_evidence("5,38", ["5,39"])


def test_gold_is_on_a_right_page_and_holds_the_evidence():
    passages = [
        Passage(1, "Total 34,73", ""),
        Passage(2, "Total 34,73", ""),
        Passage(2, "another", "Total 34,73"),
        Passage(2, "nothing", ""),
    ]
    assert score.gold(passages, question(answers=["34,73"], pages=[2])) == {1, 2}
    wanted = question(answers=["34,73"], pages=[2], evidence=["nothing"])
    assert score.gold(passages, wanted) == {3}


def test_rank_counts_from_one_and_looks_at_ten():
    assert score.rank([7, 3, 5], {5}) == 3
    assert score.rank(range(20), {10}) == 0
    assert score.rank([1, 2], set()) == 0


def test_a_right_answer_holds_an_accepted_one_and_cites_its_page():
    wanted = question(answers=["34,73"], pages=[2])
    pages = ["a", "Total EUR 34,73"]
    right = score.judge(wanted, answer("Total EUR 34,73 (p. 2)", (2, "Total EUR 34,73")), pages)
    assert (right.is_right, right.is_exact, right.untrue) == (True, False, ())
    exact = score.judge(wanted, answer("34,73 (p. 2)", (2, "34,73")), pages)
    assert exact.is_exact and exact.f1 == 1
    elsewhere = score.judge(wanted, answer("34,73 (p. 1)", (1, "a")), pages)
    assert elsewhere.is_held and not elsewhere.is_right


def test_a_page_number_is_no_answer():
    wanted = question(answers=["2"], pages=[2])
    assert not score.judge(wanted, answer("Total (p. 2)", (2, "Total")), ["", "Total"]).is_held


def test_a_quotation_must_stand_on_the_page_that_it_names():
    pages = ["The total\nis 5", "Another page"]
    texts = [text.white_space_folded(page) for page in pages]
    for page, snippet, is_true in [
        (1, "total is 5", True),
        (2, "total is 5", False),
        (1, "Total is 5", False),
        (999, "total is 5", False),
        (0, "Another page", False),
        (1, " ", False),
    ]:
        assert score.is_true({"page": page, "snippet": snippet}, texts) == is_true


def test_a_refusal_is_an_answer_that_is_not_grounded():
    wanted = question(answers=["5"], pages=[1])
    judged = score.judge(wanted, answer("The document does not say.", grounded=False), ["5"])
    assert judged.is_refused and not judged.is_right


def test_means_leave_out_what_they_do_not_count():
    document = documents.Document("one", "tune", "en", "invoice", None)
    found = report.Result(document, question(answers=["5"], pages=[1]), {"x": 2})
    missed = report.Result(document, question(answers=["5"], pages=[1]), {"x": 0})
    no_answer = report.Result(document, question(), {"x": 1})
    assert report.retrieval([found, missed, no_answer], "x") == [0, 0.5, 0.25]
    assert report.retrieval([], "x") == [None, None, None]


def test_every_document_has_questions_as_the_readme_describes_them():
    rows = documents.rows()
    names = [row["name"] for row in rows]
    files = [path.stem for path in (documents.FOLDER / "questions").glob("*.jsonl")]
    assert sorted(names) == sorted(files)
    assert {row["half"] for row in rows} == set(documents.HALVES)
    for name in names:
        asked = questions.of_document(name)
        assert {one.text for one in asked} and any(not one.is_answerable for one in asked)
        assert len({(one.text, *one.turns) for one in asked}) == len(asked)


@pytest.mark.parametrize(
    "line",
    [
        '{"question": "?", "kind": "where", "answers": [], "pages": []}',
        '{"question": "?", "kind": "near", "answers": ["a"], "pages": [1]}',
        '{"question": "?", "kind": "when", "answers": ["a"], "pages": []}',
        '{"question": "?", "kind": "whence", "answers": ["a"], "pages": [1]}',
        '{"question": "?", "kind": "when", "answers": ["a"], "pages": [1], "page": 1}',
    ],
)
def test_a_wrong_line_is_refused(line):
    with pytest.raises(ValueError):
        questions.parse("invoice", line)
