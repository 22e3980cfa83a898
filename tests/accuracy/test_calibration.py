"""Which words count as right, and the curve that is made of them."""

from accuracy import calibration


def judged(output, truth):
    words = calibration.judged(calibration.parse(output), truth)
    return [(word.text, is_right) for word, is_right in words]


def lines(*texts):
    return "\n\n".join(
        "\n".join(f"tesseract\t0.9\t{word}" for word in text.split()) for text in texts
    )


def test_a_word_that_differs_from_the_truth_is_wrong():
    assert judged(lines("a smaIl step"), "a small step") == [
        ("a", True),
        ("smaIl", False),
        ("step", True),
    ]


def test_a_word_that_is_not_in_the_truth_is_wrong():
    assert judged(lines("one noise two"), "one two") == [
        ("one", True),
        ("noise", False),
        ("two", True),
    ]


def test_both_parts_of_a_broken_word_are_right_or_wrong_together():
    assert judged(lines("the recog-", "nition of"), "the recognition of")[1:3] == [
        ("recog-", True),
        ("nition", True),
    ]
    assert judged(lines("the recog-", "mition of"), "the recognition of")[1:3] == [
        ("recog-", False),
        ("mition", False),
    ]


def test_a_block_that_stands_elsewhere_is_right():
    text = lines("left column of words", "right column of lines")
    assert all(right for _, right in judged(text, "right column of lines left column of words"))


def test_letters_of_scripts_without_spaces_are_compared_one_by_one():
    assert judged(lines("人人生 而白由"), "人人生而自由") == [("人人生", True), ("而白由", False)]


def test_a_space_before_a_mark_is_no_fault():
    assert judged(lines("Non ! Si"), "Non! Si") == [("Non", True), ("!", True), ("Si", True)]


def test_a_curve_rises_to_the_share_of_right_words():
    low = [(0.5, number % 4 == 0, 1) for number in range(400)]
    high = [(0.9, number % 10 != 0, 1) for number in range(400)]
    curve = calibration.fitted(low + high)
    assert curve == [(0.5, 0.25), (0.9, 0.9)]
    assert calibration.probability(curve, 0.7) == (0.25 + 0.9) / 2
    assert calibration.probability(curve, 0.1) == 0.25
    assert calibration.probability(curve, 1) == 0.9


def test_where_the_share_falls_the_curve_is_one_point():
    falling = [(0.5, True, 1)] * 100 + [(0.6, False, 1)] * 100
    assert calibration.fitted(falling) == [(0.55, 0.5)]
