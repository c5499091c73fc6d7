"""Figures that explain themselves: what they draw, how they look, what can be kept of them."""

import csv
import io

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from asl.evaluation.calibration import abstain_curve, reliability_table
from asl.evaluation.metrics import measure_answers, precision_recall, receiver_operating
from asl.evaluation.recorded import among
from asl.ui import attention, comparison, exhibits, scores
from asl.ui.curves import confusion_matrix
from asl.ui.dress import COLOURS, dressed
from asl.ui.text import to_csv

EVIL = "<a href='javascript:alert(1)'>x</a>"
LABELS = ("A", "B", EVIL)


@pytest.fixture
def recorded(make_evaluation):
    return among(make_evaluation(LABELS, 90), LABELS, "all")


@pytest.fixture
def measured(recorded):
    return measure_answers(recorded.truth, recorded.answers, recorded.labels)


@pytest.fixture
def every(recorded, measured, make_history) -> dict[str, exhibits.Exhibit]:
    """One of each figure, with a hostile label."""
    curves = precision_recall(recorded.truth, recorded.scores, LABELS)
    alarms = receiver_operating(recorded.truth, recorded.scores, LABELS)
    table = reliability_table(recorded.confidence, recorded.correct)
    abstain = abstain_curve(recorded.confidence, recorded.correct)
    weights = np.random.default_rng(0).random((90, 3))
    hand = np.random.default_rng(1).normal(size=(21, 3))
    joints = np.linspace(0, 1, 21)
    row = {"model": EVIL, "accuracy": 0.9, "low": 0.8, "high": 0.95, "milliseconds": 3.0}
    history = make_history()
    drawn = [
        scores.confusion(measured, scores.ORDERS[0], shares=True),
        scores.by_sign(measured),
        scores.hands_found(recorded.rows),
        scores.trade_off(curves, [EVIL], "precision-recall"),
        scores.trade_off(alarms, [EVIL], "roc"),
        scores.reliability(table, 0.01, table, 0.2),
        scores.abstaining(abstain, {"with a hand found": 0.5}),
        scores.confidences(recorded.confidence, recorded.correct),
        scores.learning(history),
        scores.pace(history),
        comparison.curves({EVIL: history, "other": history}, "valid_loss"),
        comparison.by_sign({EVIL: measured, "other": measured}),
        comparison.cost([row], "milliseconds"),
        attention.channels_of_all(weights),
        attention.channels_by_sign(weights, recorded.truth),
        attention.channels_of_one(weights[0]),
        attention.joints_of_one(hand, joints),
        attention.joints_of_signs({label: joints for label in LABELS}),
    ]
    assert len({one.name for one in drawn}) == len(drawn)
    return {one.name: one for one in drawn}


def test_every_figure_says_how_to_read_it_and_has_its_numbers(every):
    for name, one in every.items():
        assert len(one.reading) > 40, name
        assert one.alt and one.rows, name
        rows = list(csv.DictReader(io.StringIO(to_csv(one.rows).decode("utf-8-sig"))))
        assert len(rows) == len(one.rows), name


def test_labels_are_text_in_every_figure(every):
    for name, one in every.items():
        shown = go.Figure(one.figure)
        if name == "confusion-matrix":  # tells the page which cell was chosen, and is not drawn
            shown.data[-1].customdata = None
            assert "customdata[0]" not in shown.data[-1].hovertemplate
            assert "customdata[1]" not in shown.data[-1].hovertemplate
        assert "<a href" not in shown.to_json().replace("\\u003c", "<"), name


@pytest.mark.parametrize(("text", "background"), [("#1b1f27", "#ffffff"), ("#edf0f5", "#030405")])
def test_every_figure_takes_the_pages_colours(every, text, background):
    for name, one in every.items():
        layout = dressed(one.figure, text, background).layout
        assert (layout.font.color, layout.paper_bgcolor) == (text, background), name
        assert layout.dragmode is False, name
        assert one.figure.layout.font.color is None, "the exhibit itself stays as it is"


@pytest.mark.parametrize("background", ["#ffffff", "#030405"])
@pytest.mark.parametrize("colour", [*COLOURS, *attention.CHANNEL_COLOURS])
def test_colours_are_seen_in_both_themes(colour, background):
    dark, light = sorted(luminance(one) for one in (colour, background))
    assert (light + 0.05) / (dark + 0.05) >= 3


def luminance(colour: str) -> float:
    """WCAG 2.2 relative luminance."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_the_page_with_a_figure_needs_no_network(every):
    page = exhibits.as_html(every["roc"])
    assert "Plotly" in page and "cdn.plot.ly" not in page.split("<script")[1][:200]
    assert 'src="http' not in page


class TestConfusion:
    def test_cells_can_be_selected_and_tell_what_they_are(self):
        counts = np.array([[8, 2], [0, 5]])
        points = confusion_matrix(counts, ["A", "B"]).data[-1]
        assert [list(cell) for cell in points.customdata] == [
            ["A", "A", 8, 0.8],
            ["A", "B", 2, 0.2],
            ["B", "B", 5, 1.0],
        ]

    def test_right_and_wrong_have_colours_of_their_own(self):
        right, wrong, _ = confusion_matrix(np.array([[8, 2], [0, 5]]), ["A", "B"]).data
        np.testing.assert_array_equal(np.isnan(right.z), [[False, True], [True, False]])
        np.testing.assert_array_equal(np.isnan(wrong.z), [[True, False], [False, True]])

    def test_the_most_confused_come_first(self):
        measured = measure_answers(list("AABBCC"), list("AABCCB"), ("A", "B", "C"))
        by_name = scores.confusion(measured, scores.ORDERS[0], shares=False)
        by_mistakes = scores.confusion(measured, scores.ORDERS[1], shares=False)
        assert [row["meant"] for row in by_name.rows] == ["A", "B", "C"]
        assert [row["meant"] for row in by_mistakes.rows] == ["B", "C", "A"]
        assert by_name.alt.endswith("B is answered C, 1 times.")


class TestWords:
    WEIGHTS = np.array([[0.8, 0.5, 0.2]] * 4 + [[0.5, 0.5, 0.5]] * 4)
    TRUTH = np.array(list("MMMMNNNN"))

    def test_a_pair_told_apart_by_a_colour(self):
        words = attention.pair_in_words(self.WEIGHTS, self.TRUTH, "M", "N")
        assert words.startswith("For M against N the model leans on red (+0.30), and less on blue")

    def test_a_pair_that_is_not(self):
        words = attention.pair_in_words(self.WEIGHTS, self.TRUTH, "M", "M")
        assert "colour does not tell them apart" in words

    def test_a_shift_of_all_channels_is_no_colour(self):
        weights = np.where(self.TRUTH[:, None] == "M", 0.8, 0.3) * np.ones(3)
        words = attention.pair_in_words(weights, self.TRUTH, "M", "N")
        assert "colour does not tell them apart" in words

    def test_a_sign_without_pictures(self):
        words = attention.pair_in_words(self.WEIGHTS, self.TRUTH, "M", "Q")
        assert words == "There are no test pictures of Q."

    @pytest.mark.parametrize(
        ("place", "words"),
        [((0, 0), "in the upper left"), ((7, 7), "in the lower right"), ((4, 7), "on the right")],
    )
    def test_places(self, place, words):
        heat = np.full((8, 8), -1.0)
        heat[place] = 5
        assert attention.place_in_words(heat) == words

    def test_places_without_any(self):
        assert attention.place_in_words(np.ones((4, 4))) == "in several places"
        assert attention.place_in_words(-np.ones((4, 4))) == "nowhere in particular"

    def test_fingers(self):
        weights = np.zeros(21)
        weights[8], weights[4] = 3, 1
        words = attention.fingers_in_words(weights)
        assert words == "The answer leans most on the index finger (75%) and the thumb (25%)."
        assert "does not change" in attention.fingers_in_words(np.zeros(21))


def test_disagreements_name_the_better_one(recorded):
    right = among(pd.concat([recorded.rows, _perfect(recorded)], axis=1), LABELS, "all")
    (row,) = comparison.disagreements({("ours", "perfect"): (recorded, right)})
    assert row["verdict"].startswith("perfect is better") == (row["p"] < 0.05)
    listed = comparison.differing({"ours": recorded, "perfect": right})
    assert len(listed) == row["only second"] == (~recorded.correct).sum()


def _perfect(recorded) -> pd.DataFrame:
    hot = recorded.truth[:, None] == np.array(LABELS)
    return pd.DataFrame(hot.astype(float), columns=[f"score_{label}" for label in LABELS])


def test_pictures_are_drawn_at_any_size():
    picture = np.zeros((28, 28, 3), np.uint8)
    for data in (
        attention.as_seen(picture),
        attention.heat_over(picture, np.eye(4)),
        attention.map_sheet(np.random.default_rng(0).random((32, 7, 7))),
        attention.map_sheet(np.zeros((1, 1, 1))),
    ):
        assert data.startswith(b"\xff\xd8")


def test_a_dressed_figure_is_a_copy():
    figure = go.Figure()
    assert dressed(figure, "#000000", "#ffffff") is not figure
