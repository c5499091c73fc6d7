"""What an answer rests on, in words."""

import numpy as np

from asl.figures.explanation import fingers_in_words, pair_in_words

WEIGHTS = np.array([[0.8, 0.5, 0.2]] * 4 + [[0.5, 0.5, 0.5]] * 4)
TRUTH = np.array(list("MMMMNNNN"))


def test_a_pair_told_apart_by_a_colour():
    words = pair_in_words(WEIGHTS, TRUTH, "M", "N")
    assert words.startswith("For M against N the model leans on red (+0.30), and less on blue")


def test_a_pair_that_is_not():
    words = pair_in_words(WEIGHTS, TRUTH, "M", "M")
    assert "colour does not tell them apart" in words


def test_a_shift_of_all_channels_is_no_colour():
    weights = np.where(TRUTH[:, None] == "M", 0.8, 0.3) * np.ones(3)
    words = pair_in_words(weights, TRUTH, "M", "N")
    assert "colour does not tell them apart" in words


def test_a_sign_without_pictures():
    words = pair_in_words(WEIGHTS, TRUTH, "M", "Q")
    assert words == "There are no test pictures of Q."


def test_fingers():
    weights = np.zeros(21)
    weights[8], weights[4] = 3, 1
    words = fingers_in_words(weights)
    assert words == "The answer leans most on the index finger (75%) and the thumb (25%)."
    assert "does not change" in fingers_in_words(np.zeros(21))
