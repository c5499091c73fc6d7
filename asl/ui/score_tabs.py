"""The sections of the Scores page: each draws one view of a model's answers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import streamlit as st

from asl.bundle import BundleError, ModelBundle
from asl.evaluation.calibration import (
    abstain_curve,
    calibration_weights,
    expected_calibration_error,
    reliability_table,
    uncalibrated,
)
from asl.evaluation.metrics import Scores, confused_pairs, precision_recall, receiver_operating
from asl.evaluation.recorded import Recorded, read_history
from asl.evaluation.sources import find_pictures
from asl.images import PictureError, load_rgb
from asl.labels import display_name
from asl.ui import scores as exhibits
from asl.ui.exhibits import show_exhibit
from asl.ui.own_pictures import previews
from asl.ui.pictures import picture_with_hand
from asl.ui.text import escape_markdown, safe_cell, to_csv

_MOST_PICTURES = 12
_MOST_MISTAKES = 200
_HARDEST = 4
_TRUTH, _ANSWER = "cell-truth", "cell-answer"
#: In the place of an answer; no label is empty.
_ANY = ""
_THRESHOLDS = {"hand": "with a hand found", "no_hand": "without"}


def show_confusions(bundle: ModelBundle, recorded: Recorded, scores: Scores) -> None:
    """Draw the confusion matrix, and the pictures behind the cell that was chosen."""
    with st.container(horizontal=True):
        order = st.segmented_control(
            "Order", exhibits.ORDERS, default=exhibits.ORDERS[0], required=True, key="order"
        )
        unit = st.segmented_control(
            "Cells show", ("% of row", "Pictures"), default="% of row", required=True, key="unit"
        )
    exhibit = exhibits.confusion(scores, order, unit == "% of row")
    event = show_exhibit(exhibit, "confusion", on_select="rerun")
    clicked = [tuple(point["customdata"][:2]) for point in event["selection"]["points"]]
    if clicked and clicked[0] != st.session_state.get("cell-clicked"):
        st.session_state[_TRUTH], st.session_state[_ANSWER] = clicked[0]
    st.session_state["cell-clicked"] = clicked[0] if clicked else None
    _show_cell(bundle, recorded, scores)


def _show_cell(bundle: ModelBundle, recorded: Recorded, scores: Scores) -> None:
    """Draw what is behind one cell; the boxes do what a click does, for the keyboard."""
    st.subheader("Behind a cell", anchor=False)
    pairs = confused_pairs(scores)
    truths = [label for label in scores.labels if label in scores.per_class]
    if st.session_state.get(_TRUTH) not in truths:
        st.session_state[_TRUTH] = pairs[0][0] if pairs else truths[0]
        st.session_state[_ANSWER] = _ANY
    meant, answered = st.columns(2)
    with meant:
        truth = st.selectbox("Meant", truths, format_func=display_name, key=_TRUTH)
    given = sorted(set(recorded.forgiven[recorded.truth == truth]))
    if st.session_state.get(_ANSWER) not in (_ANY, *given):
        st.session_state[_ANSWER] = _ANY
    with answered:
        answer = st.selectbox(
            "Answered",
            [_ANY, *given],
            format_func=lambda label: display_name(label) or "any other",
            key=_ANSWER,
        )
    chosen = recorded.truth == truth
    chosen &= recorded.forgiven != truth if answer == _ANY else recorded.forgiven == answer
    if not chosen.any():
        st.caption(f"{escape_markdown(display_name(truth))} is always answered right here.")
        return
    show_pictures(bundle, recorded.take(chosen))


def show_pictures(bundle: ModelBundle, recorded: Recorded) -> None:
    """Draw some test pictures, the surest answers first: their files where there are any, and
    their scores."""
    recorded = recorded.take(np.argsort(-recorded.confidence, kind="stable")[:_MOST_MISTAKES])
    shown = [*_pictures(bundle, recorded.rows.head(_MOST_PICTURES))]
    if any(shown):
        with st.grid(min_column_width=140, gap="small"):
            answered = zip(recorded.answers, recorded.confidence, strict=True)
            for picture, row, (answer, sure) in zip(
                shown, recorded.rows.itertuples(), answered, strict=False
            ):
                if picture:
                    meant, said = display_name(row.label), display_name(str(answer))
                    words = f"{row.picture}: {meant}, answered {said}, {sure:.0%}"
                    st.image(picture, caption=escape_markdown(words), alt=words, width="stretch")
    rows = _table(recorded)
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "sure": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
        },
        alt="The pictures and their scores",
    )
    st.download_button(
        "CSV",
        lambda: to_csv(rows),
        file_name="pictures.csv",
        mime="text/csv",
        icon=":material/table:",
        on_click="ignore",
        key="csv-pictures",
    )
    if not any(shown):
        st.caption(
            "The pictures themselves are not shown: a model keeps only the scores of its test "
            "pictures. They appear here for models trained in this workspace, as long as the "
            "files are where they were, and for pictures of your own."
        )


def _pictures(bundle: ModelBundle, rows: pd.DataFrame) -> Iterator[bytes | None]:
    """Yield a small JPEG of each picture, or None."""
    known = previews()
    paths = rows["path"].tolist() if "path" in rows else find_pictures(bundle, rows)
    for path in paths:
        if path in known:
            yield known[path]
            continue
        try:
            yield picture_with_hand(load_rgb(path), None) if path else None
        except PictureError:
            yield None


def _table(recorded: Recorded) -> list[dict[str, object]]:
    """Return one row a picture with its three best candidates."""
    best = np.argsort(-recorded.scores, axis=1)[:, :3]
    rows = []
    for number, row in enumerate(recorded.rows.itertuples()):
        top = "  ".join(
            f"{recorded.labels[i]} {recorded.scores[number, i]:.0%}" for i in best[number]
        )
        entry = {
            "picture": row.picture,
            "meant": row.label,
            "answered": str(recorded.answers[number]),
            "sure": round(float(recorded.confidence[number]), 3),
            "best three": top,
            "hand found": "yes" if row.found else "no",
            "person": row.person,
            "data": row.source,
        }
        rows.append({name: safe_cell(value) for name, value in entry.items()})
    return rows


def show_signs(recorded: Recorded, scores: Scores) -> None:
    """Draw precision, recall and F1 of each sign, and how often its hand is found."""
    st.subheader("Every sign", anchor=False)
    show_exhibit(exhibits.by_sign(scores), "signs")
    st.subheader("Hands found", anchor=False)
    show_exhibit(exhibits.hands_found(recorded.rows), "hands")


def show_curves(recorded: Recorded, digest: str) -> None:
    """Draw precision against recall and the ROC curve."""
    precision, alarms = _curves(recorded, digest)
    averages = ("micro average", "macro average")
    signs = [name for name in precision if name not in averages]
    hardest = sorted(signs, key=lambda name: precision[name].area)[:_HARDEST]
    shown = st.multiselect(
        "Signs", signs, default=hardest, key=f"curve-signs-{digest}", max_selections=6,
        help="The hardest ones are chosen at first.",
    )  # fmt: skip
    st.subheader("Precision and recall", anchor=False)
    show_exhibit(exhibits.trade_off(precision, shown, "precision-recall"), "precision")
    st.subheader("ROC", anchor=False)
    show_exhibit(exhibits.trade_off(alarms, shown, "roc"), "roc")


@st.cache_data(max_entries=32, show_spinner=False, scope="session")
def _curves(_recorded: Recorded, digest: str):
    asked = (_recorded.truth, _recorded.scores, _recorded.labels)
    return precision_recall(*asked), receiver_operating(*asked)


def show_confidence(bundle: ModelBundle, recorded: Recorded) -> None:
    """Draw whether the model's confidence can be believed, and what abstaining buys."""
    card, correct = bundle.card, recorded.correct
    st.subheader("Calibration", anchor=False)
    error = expected_calibration_error(recorded.confidence, correct)
    before, was = None, 0.0
    weights = calibration_weights(card.calibration, card.inputs, recorded.rows["found"])
    if weights is not None:
        raw = Recorded(recorded.labels, recorded.rows, uncalibrated(recorded.scores, weights))
        before = reliability_table(raw.confidence, raw.correct)
        was = expected_calibration_error(raw.confidence, raw.correct)
    after = reliability_table(recorded.confidence, correct)
    show_exhibit(exhibits.reliability(after, error, before, was), "calibration")
    if before is not None:
        st.caption(
            'In "before calibration", the weights of the card, which sharpen or soften the '
            "networks' scores, are undone; their proportion is kept."
        )
    st.subheader('What "can\'t tell" buys', anchor=False)
    thresholds = {_THRESHOLDS.get(name, name): least for name, least in card.abstain_below.items()}
    curve = abstain_curve(recorded.confidence, correct)
    show_exhibit(exhibits.abstaining(curve, thresholds), "abstaining")
    st.subheader("Right and wrong answers", anchor=False)
    show_exhibit(exhibits.confidences(recorded.confidence, correct), "confidence")


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
    show_exhibit(exhibits.learning(history), "learning")
    st.subheader("Pace", anchor=False)
    show_exhibit(exhibits.pace(history), "pace")


def show_mistakes(bundle: ModelBundle, recorded: Recorded) -> None:
    """Draw the wrong answers of which the model was surest."""
    st.subheader("Most confident mistakes", anchor=False)
    wrong = ~recorded.correct
    if not wrong.any():
        st.success("There is none: every test picture is answered right.")
        return
    st.caption(
        f"Of {len(wrong):,} pictures {int(wrong.sum()):,} are answered wrong. First come those of "
        "which the model is surest: look for pictures that carry the wrong label, signs that lie "
        "between two others, and hands that are cut off."
    )
    show_pictures(bundle, recorded.take(wrong))
