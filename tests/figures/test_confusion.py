"""The confusion matrix: its cells, their colours and their order."""

import numpy as np

from asl.evaluation.metrics import measure_answers
from asl.figures import confusions
from asl.figures.confusions import ANY_OTHER, confusion_matrix


def _measured():
    """A: eight times right, twice taken for B; B: five times right."""
    return measure_answers(["A"] * 10 + ["B"] * 5, ["A"] * 8 + ["B"] * 7, ("A", "B"))


def test_cells_can_be_selected_and_tell_what_they_are():
    points = confusion_matrix(_measured()).data[-1]
    assert [list(cell) for cell in points.customdata] == [
        ["A", "A", 8, 0.8],
        ["A", "B", 2, 0.2],
        ["B", "B", 5, 1.0],
    ]


def test_right_and_wrong_have_colours_of_their_own():
    right, wrong, _ = confusion_matrix(_measured()).data
    np.testing.assert_array_equal(np.isnan(right.z), [[False, True], [True, False]])
    np.testing.assert_array_equal(np.isnan(wrong.z), [[True, False], [False, True]])


def test_the_most_confused_come_first():
    measured = measure_answers(list("AABBCC"), list("AABCCB"), ("A", "B", "C"))
    by_name = confusions.confusion(measured, confusions.ORDERS[0], shares=False)
    by_mistakes = confusions.confusion(measured, confusions.ORDERS[1], shares=False)
    assert [row["meant"] for row in by_name.rows] == ["A", "B", "C"]
    assert [row["meant"] for row in by_mistakes.rows] == ["B", "C", "A"]
    assert by_name.alt.endswith("B is answered C, 1 times.")


def test_of_many_signs_the_weakest_are_drawn_with_what_they_are_taken_for():
    signs = tuple(f"word {number:03d}" for number in range(468))
    truth = [one for one in signs for _ in range(4)]
    answers = list(truth)
    # The first fifty are taken for the last ones, half of them each time for another.
    for number in range(50):
        answers[4 * number : 4 * number + 3] = [signs[-1 - number], signs[467], signs[-1 - number]]
    measured = measure_answers(truth, answers, signs, still=False)
    figure = confusions.confusion(measured, confusions.ORDERS[0], shares=True)
    assert "30 weakest of 468" in figure.alt and "30 weakest of 468" in figure.reading
    right, _, points = figure.figure.data
    assert right.z.shape[0] == 30 and right.z.shape[1] <= 46
    meant = {cell[0] for cell in points.customdata}
    # The last word is often said and seldom meant, so it is a weak one itself.
    assert meant <= {*signs[:50], signs[467]} and len(meant) == 30
    assert {cell[1] for cell in points.customdata} >= {signs[467], ANY_OTHER}
    # Shares are those of all the clips of a word, whatever is drawn.
    for one in meant:
        shares = [cell[3] for cell in points.customdata if cell[0] == one]
        assert np.isclose(sum(shares), 1)
    assert sum(row["pictures"] for row in figure.rows) == 150
