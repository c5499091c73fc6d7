"""What every figure that explains itself keeps to: its words, its colours, what is kept of it."""

import csv
import io

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from asl.evaluation.calibration import abstain_curve, reliability_table
from asl.evaluation.metrics import Scores, measure_answers, precision_recall, roc_curves
from asl.evaluation.recorded import TestPredictions as Predictions
from asl.evaluation.recorded import for_candidates
from asl.figures import comparison, confidence, confusions, explanation, scores, training
from asl.figures.figure import ExplainedFigure
from asl.figures.theme import COLOURS, apply_theme
from asl.figures.wording import PICTURES, Wording
from asl.ui.shared.figure_view import as_html
from asl.ui.shared.text import to_csv

EVIL = "<a href='javascript:alert(1)'>x</a>"
LABELS = ("A", "B", EVIL)


@pytest.fixture
def recorded(make_evaluation) -> Predictions:
    return for_candidates(make_evaluation(LABELS, 90), LABELS, "all")


@pytest.fixture
def measured(recorded) -> Scores:
    return measure_answers(recorded.truth, recorded.answers, recorded.labels)


def of_scores(
    recorded: Predictions, measured: Scores, history: pd.DataFrame, words: Wording = PICTURES
) -> list[ExplainedFigure]:
    """One of each figure that any kind of model has."""
    curves = precision_recall(recorded.truth, recorded.scores, LABELS)
    alarms = roc_curves(recorded.truth, recorded.scores, LABELS)
    table = reliability_table(recorded.confidence, recorded.correct)
    abstain = abstain_curve(recorded.confidence, recorded.correct)
    row = {"model": EVIL, "accuracy": 0.9, "low": 0.8, "high": 0.95, "milliseconds": 3.0}
    return [
        confusions.confusion(measured, confusions.ORDERS[0], shares=False, words=words),
        scores.by_sign(measured, words),
        scores.hands_found(recorded.rows, words),
        scores.trade_off(curves, [EVIL], "precision-recall", words),
        scores.trade_off(alarms, [EVIL], "roc", words),
        confidence.reliability(table, 0.01, table, 0.2),
        confidence.abstaining(abstain, {"with a hand found": 0.5}, words),
        confidence.confidences(recorded.confidence, recorded.correct, words),
        training.learning(history, words),
        training.pace(history),
        comparison.curves({EVIL: history, "other": history}, "valid_loss", words),
        comparison.by_sign({EVIL: measured, "other": measured}, words),
        comparison.cost([row], "milliseconds", words),
    ]


@pytest.fixture
def every(recorded, measured, make_history) -> dict[str, ExplainedFigure]:
    """One of each figure, with a hostile label."""
    weights = np.random.default_rng(0).random((90, 3))
    hand = np.random.default_rng(1).normal(size=(21, 3))
    joints = np.linspace(0, 1, 21)
    drawn = [
        *of_scores(recorded, measured, make_history()),
        explanation.channels_of_all(weights),
        explanation.channels_by_sign(weights, recorded.truth),
        explanation.channels_of_one(weights[0]),
        explanation.joints_of_one(hand, joints),
        explanation.joints_of_signs({label: joints for label in LABELS}),
    ]
    assert len({one.name for one in drawn}) == len(drawn)
    return {one.name: one for one in drawn}


def test_another_kind_of_example_is_called_by_its_own_words(recorded, measured, make_history):
    films = Wording("film", "films", "body found", "Bodies found", "", {}, "", "", 5, "")
    for one in of_scores(recorded, measured, make_history(), films):
        said = [one.reading, one.alt, *one.rows[0], one.figure.to_json()]
        assert "picture" not in " ".join(said).replace("picture network", ""), one.name


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
        layout = apply_theme(one.figure, text, background).layout
        assert (layout.font.color, layout.paper_bgcolor) == (text, background), name
        assert layout.dragmode is False, name
        assert one.figure.layout.font.color is None, "the figure itself stays as it is"


@pytest.mark.parametrize("background", ["#ffffff", "#030405"])
@pytest.mark.parametrize("colour", [*COLOURS, *explanation.CHANNEL_COLOURS])
def test_colours_are_seen_in_both_themes(colour, background):
    dark, light = sorted(luminance(one) for one in (colour, background))
    assert (light + 0.05) / (dark + 0.05) >= 3


def luminance(colour: str) -> float:
    """WCAG 2.2 relative luminance."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_the_page_with_a_figure_needs_no_network(every):
    page = as_html(every["roc"])
    assert "Plotly" in page and "cdn.plot.ly" not in page.split("<script")[1][:200]
    assert 'src="http' not in page


def test_a_figure_with_a_theme_is_a_copy():
    figure = go.Figure()
    assert apply_theme(figure, "#000000", "#ffffff") is not figure
