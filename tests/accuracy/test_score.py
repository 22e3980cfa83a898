"""How errors are counted (docs/accuracy.md)."""

import pytest

from . import score


@pytest.mark.parametrize(
    ("truth", "text", "count"),
    [
        ("kitten", "sitting", 3),  # Levenshtein's distance of these two is given everywhere
        ("", "abc", 3),
        ("abc", "", 3),
        ("same", "same", 0),
    ],
)
def test_errors_are_the_levenshtein_distance(truth, text, count):
    assert score.errors(truth, text) == count


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("two  words\nhere", "two words here"),
        ("“quoted” – it’s", "\"quoted\" - it's"),
        ("a hyphen-\nated word", "a hyphenated word"),
        ("ﬁne oﬀer", "fine offer"),
        ("人人生而 自由", "人人生而自由"),
        ("ราช อาณา จักร", "ราชอาณาจักร"),
        ("cafe\u0301", "café"),
        ("Voilà !", "Voilà!"),
        ("Contents ........ 7", "Contents 7"),
        ("שָׁלוֹם", "שלום"),
        ("（１２）", "(12)"),
        ("\u0e17\u0e4d\u0e32", "\u0e17\u0e33"),
    ],
)
def test_ways_of_writing_the_same_cost_nothing(one, other):
    assert score.normal(one) == score.normal(other)


def test_a_hyphen_inside_a_line_stays():
    assert score.normal("well-known") != score.normal("wellknown")


def test_nearest_part_of_a_text():
    assert score.nearest("needle", "hay hay needxle hay") == (1, 8, 15)
    assert score.nearest("needle", "a needle in hay") == (0, 2, 8)


def test_lines_in_any_order_cost_nothing_where_order_is_free():
    truth = "Bread\t1.20\nTotal\t3.40"
    assert score.file_errors(truth, "Total 3.40\nBread 1.20", "lines") == 0
    assert score.file_errors(truth, "Bread\nTotal\n1.20\n3.40", "lines") == 0
    assert score.file_errors(truth, "Total 3.40\nBread 1.20", "strict") > 0


def test_what_is_too_much_counts_where_order_is_free():
    assert score.file_errors("Bread\nMilk", "Milk xy Bread", "lines") == 2  # x, y


def test_blocks_keep_their_order_inside():
    truth = f"one two three\n{score.RULER}\na caption"
    assert score.file_errors(truth, "a caption\none two three", "blocks") == 0
    assert score.file_errors(truth, "a caption\nthree one two", "blocks") > 0


def test_a_block_inside_another_costs_nothing():
    truth = f"one two three four five six seven\n{score.RULER}\nfigure caption"
    assert score.file_errors(truth, "one two three figure caption four five six seven", "blocks") == 0


def test_a_block_that_is_not_there_takes_nothing_of_another():
    truth = f"one two three four five six seven\n{score.RULER}\nabcdefgh"
    assert score.file_errors(truth, "one two three four five six seven", "blocks") == 8


def test_a_page_is_lost_at_most_once():
    assert score.file_errors("abc", "x" * 100, "strict") == 3
