"""The sections of the Scores page: each draws one view of a model's answers."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from asl.bundle import BundleError, ModelBundle
from asl.evaluation.calibration import (
    Reliability,
    abstain_curve,
    calibration_weights,
    expected_calibration_error,
    reliability_table,
    uncalibrated,
)
from asl.evaluation.metrics import Curve, Scores, confused_pairs, precision_recall, roc_curves
from asl.evaluation.recorded import TestPredictions, read_history
from asl.figures.confidence import abstaining, confidences, reliability
from asl.figures.confusions import ANY_OTHER, ORDERS, confusion
from asl.figures.scores import MOST_DRAWN, by_sign, hands_found, trade_off
from asl.figures.training import learning, pace
from asl.figures.wording import wording_of
from asl.labels import display_name
from asl.ui.scores.examples import show_examples
from asl.ui.scores.sign_table import show_sign_table
from asl.ui.shared.figure_view import show_figure
from asl.ui.shared.text import escape_markdown

_HARDEST = 4
_TRUTH, _ANSWER = "cell-truth", "cell-answer"
_SHARES = "% of row"


def show_confusions(bundle: ModelBundle, recorded: TestPredictions, scores: Scores) -> None:
    """Draw the confusion matrix, and the examples behind the cell that was chosen."""
    words = wording_of(bundle)
    with st.container(horizontal=True):
        order = st.segmented_control("Order", ORDERS, default=ORDERS[0], required=True, key="order")
        unit = st.segmented_control(
            "Cells show",
            (_SHARES, words.examples.capitalize()),
            default=_SHARES,
            required=True,
            key="unit",
        )
    explained = confusion(scores, order, unit == _SHARES, words)
    event = show_figure(explained, "confusion", on_select="rerun")
    clicked = [tuple(point["customdata"][:2]) for point in event["selection"]["points"]]
    if clicked and clicked[0] != st.session_state.get("cell-clicked"):
        st.session_state[_TRUTH], st.session_state[_ANSWER] = clicked[0]
    st.session_state["cell-clicked"] = clicked[0] if clicked else None
    _show_cell(bundle, recorded, scores)


def _show_cell(bundle: ModelBundle, recorded: TestPredictions, scores: Scores) -> None:
    """Draw what is behind one cell; the boxes do what a click does, for the keyboard."""
    st.subheader("Behind a cell", anchor=False)
    pairs = confused_pairs(scores)
    truths = [label for label in scores.labels if label in scores.per_class]
    if st.session_state.get(_TRUTH) not in truths:
        st.session_state[_TRUTH] = pairs[0][0] if pairs else truths[0]
        st.session_state[_ANSWER] = ANY_OTHER
    meant, answered = st.columns(2)
    with meant:
        truth = st.selectbox("Meant", truths, format_func=display_name, key=_TRUTH)
    given = sorted(set(recorded.forgiven[recorded.truth == truth]))
    if st.session_state.get(_ANSWER) not in (ANY_OTHER, *given):
        st.session_state[_ANSWER] = ANY_OTHER
    with answered:
        answer = st.selectbox(
            "Answered",
            [ANY_OTHER, *given],
            format_func=lambda label: display_name(label) or "any other",
            key=_ANSWER,
        )
    chosen = recorded.truth == truth
    chosen &= recorded.forgiven != truth if answer == ANY_OTHER else recorded.forgiven == answer
    if not chosen.any():
        st.caption(f"{escape_markdown(display_name(truth))} is always answered right here.")
        return
    show_examples(bundle, recorded.take(chosen))


def show_signs(bundle: ModelBundle, recorded: TestPredictions, scores: Scores) -> None:
    """Draw precision, recall and F1 of each sign, and how often its hand is found, if at times it
    is not."""
    words = wording_of(bundle)
    st.subheader("Every sign", anchor=False)
    show_figure(by_sign(scores, words), "signs")
    if len(scores.per_class) > MOST_DRAWN:
        show_sign_table(scores, words)
    if words.found_title:
        st.subheader(words.found_title, anchor=False)
        show_figure(hands_found(recorded.rows, words), "hands")


def show_curves(bundle: ModelBundle, recorded: TestPredictions, digest: str) -> None:
    """Draw precision against recall and the ROC curve.

    Args:
        digest: of what `recorded` was made from; the same text stands for the same answers.
    """
    words = wording_of(bundle)
    precision, alarms = _curves(recorded, digest)
    averages = ("micro average", "macro average")
    signs = [name for name in precision if name not in averages]
    hardest = sorted(signs, key=lambda name: precision[name].area)[:_HARDEST]
    shown = st.multiselect(
        "Signs", signs, default=hardest, key=f"curve-signs-{digest}", max_selections=6,
        help="The hardest ones are chosen at first.",
    )  # fmt: skip
    st.subheader("Precision and recall", anchor=False)
    show_figure(trade_off(precision, shown, "precision-recall", words), "precision")
    st.subheader("ROC", anchor=False)
    show_figure(trade_off(alarms, shown, "roc", words), "roc")


@st.cache_data(max_entries=32, show_spinner="Trying all thresholds…", scope="session")
def _curves(_recorded: TestPredictions, digest: str) -> tuple[dict[str, Curve], dict[str, Curve]]:
    asked = (_recorded.truth, _recorded.scores, _recorded.labels, _recorded.still)
    return precision_recall(*asked), roc_curves(*asked)


def show_confidence(bundle: ModelBundle, recorded: TestPredictions) -> None:
    """Draw whether the model's confidence can be believed, and what abstaining buys."""
    words, correct = wording_of(bundle), recorded.correct
    st.subheader("Calibration", anchor=False)
    _show_calibration(bundle, recorded)
    st.subheader('What "can\'t tell" buys', anchor=False)
    thresholds = {
        words.thresholds.get(name, name): least for name, least in bundle.card.abstain_below.items()
    }
    curve = abstain_curve(recorded.confidence, correct)
    show_figure(abstaining(curve, thresholds, words), "abstaining")
    st.subheader("Right and wrong answers", anchor=False)
    show_figure(confidences(recorded.confidence, correct, words), "confidence")


def _show_calibration(bundle: ModelBundle, recorded: TestPredictions) -> None:
    """Draw confidence against accuracy, also before calibration if that can be undone."""
    after, error = _reliability(recorded)
    before, was = None, 0.0
    card = bundle.card
    weights = calibration_weights(card.calibration, card.input_names, recorded.rows["found"])
    if weights is not None:
        scores = uncalibrated(recorded.scores, weights)
        before, was = _reliability(replace(recorded, scores=scores))
    show_figure(reliability(after, error, before, was), "calibration")
    if before is not None:
        st.caption(
            'In "before calibration", the weights of the card, which sharpen or soften the '
            "networks' scores, are undone; their proportion is kept."
        )


def _reliability(recorded: TestPredictions) -> tuple[Reliability, float]:
    """Return confidence against accuracy by bins, and the expected calibration error."""
    asked = (recorded.confidence, recorded.correct)
    return reliability_table(*asked), expected_calibration_error(*asked)


def show_training(bundle: ModelBundle) -> None:
    """Draw the course of the training."""
    try:
        history = read_history(bundle.folder)
    except BundleError as error:
        st.info(f"The course of the training is not known. {escape_markdown(str(error))}.")
        return
    if history.empty:
        st.info("The course of the training is not known: there is no epoch in it.")
        return
    tasks = list(dict.fromkeys(history["task"]))
    if len(tasks) > 1:
        task = st.segmented_control("Network", tasks, default=tasks[0], required=True, key="task")
        history = history[history["task"] == task]
    st.subheader("Learning curves", anchor=False)
    show_figure(learning(history, wording_of(bundle)), "learning")
    st.subheader("Pace", anchor=False)
    show_figure(pace(history), "pace")


def show_mistakes(bundle: ModelBundle, recorded: TestPredictions) -> None:
    """Draw the wrong answers of which the model was surest."""
    words = wording_of(bundle)
    st.subheader("Most confident mistakes", anchor=False)
    wrong = ~recorded.correct
    if not wrong.any():
        st.success(f"There is none: every test {words.example} is answered right.")
        return
    st.caption(
        f"Of {len(wrong):,} {words.examples} {int(wrong.sum()):,} are answered wrong. First come "
        f"those of which the model is surest: look for {words.examples} that carry the wrong "
        f"label, {words.mistakes}."
    )
    show_examples(bundle, recorded.take(wrong))
