"""Figures of hands."""

import numpy as np
import pytest

from asl.figures.hands import hands_in_a_row
from asl.figures.skeleton import PARTS
from asl.hands.landmarks import normalise


@pytest.fixture
def points(make_hand) -> np.ndarray:
    hand = make_hand()
    return normalise(hand.landmarks, hand.side)


def test_every_hand_is_drawn_whole(points):
    figure = hands_in_a_row({"A": points, "B": points}, "#000000")
    assert len(figure.data) == 2 * len(PARTS)
    for column in ("x", "x2"):
        drawn = {trace.name for trace in figure.data if trace.xaxis == column}
        assert drawn == {part.name for part in PARTS}


def test_nothing_is_cut_off_and_y_runs_down(points):
    figure = hands_in_a_row({"A": 2 * points}, "#000000")
    left, right = figure.layout.xaxis.range
    bottom, top = figure.layout.yaxis.range
    assert left < 2 * points[:, 0].min() and 2 * points[:, 0].max() < right
    assert top < 2 * points[:, 1].min() and 2 * points[:, 1].max() < bottom


def test_all_hands_are_drawn_to_one_scale(points):
    figure = hands_in_a_row({"A": points, "B": 0.5 * points}, "#000000")
    widths = [np.ptp(axis.range) for axis in (figure.layout.xaxis, figure.layout.xaxis2)]
    assert widths[0] == pytest.approx(widths[1])
    assert figure.layout.yaxis2.scaleanchor == "x2"


def test_a_short_row_leaves_room_for_the_others(points):
    row = hands_in_a_row({"A": points}, "#000000", columns=3)
    assert row.layout.xaxis.domain[1] < 0.34


def test_titles_are_shown_as_they_are_with_remarks_below(points):
    figure = hands_in_a_row({"<b>J</b>": points}, "#123456", {"<b>J</b>": "needs motion"})
    (title,) = figure.layout.annotations
    assert title.text == "<b>&lt;b&gt;J&lt;/b&gt;</b><br>needs motion"
    assert title.font.color == "#123456"


def test_long_titles_do_not_run_into_each_other(points):
    (title,) = hands_in_a_row({"x" * 60: points}, "#000000", columns=3).layout.annotations
    assert title.text.startswith("<b>xxxxxxx…xxxxxx</b>")


def test_the_legend_names_each_part_once(points):
    figure = hands_in_a_row({"A": points, "B": points}, "#000000", legend=True)
    listed = sorted((t.legendrank, t.name) for t in figure.data if t.showlegend)
    assert [name for _, name in listed] == [part.name for part in PARTS]


def test_the_background_is_the_pages_own(points):
    layout = hands_in_a_row({"A": points}, "#000000").layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
