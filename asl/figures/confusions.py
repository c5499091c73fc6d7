"""What a model confuses: all of a few signs, of many the weakest with what they are taken for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from asl.evaluation.metrics import Scores, confused_pairs
from asl.figures.figure import ExplainedFigure
from asl.figures.theme import RIGHT, WRONG, plain, shades
from asl.figures.wording import PICTURES, Wording
from asl.labels import display_name

ORDERS = ("Alphabet", "Most confused first")
#: In the place of an answer; no label is empty.
ANY_OTHER = ""

#: Up to this many signs, all are drawn; of more, so many of the weakest, and so many further signs
#: that these are taken for.
_MOST_SIGNS, _WEAKEST, _TAKEN_FOR = 60, 30, 15
#: Up to this many signs, the numbers fit into the cells.
_MOST_NUMBERED = 12


@dataclass(frozen=True, eq=False)
class _Shown:
    """A matrix as it is drawn.

    Attributes:
        counts: (R, C) examples.
        meant: R signs.
        answered: C signs; the last may be `ANY_OTHER`.
        whole: the signs are all that occur.
    """

    counts: np.ndarray
    meant: tuple[str, ...]
    answered: tuple[str, ...]
    whole: bool


def confusion(
    scores: Scores, order: str, shares: bool, words: Wording = PICTURES
) -> ExplainedFigure:
    """Return the confusion matrix of the signs that occur, or of many the weakest ones.

    Args:
        scores: of K signs; of its (K, K) confusion, signs that neither were meant nor answered
            are left out.
        order: one of `ORDERS`.
        shares: show per cent of each row instead of counts.
    """
    shown = _shown(scores, order)
    figure = _matrix(shown, shares)
    figure.update_layout(
        height=int(np.clip(60 + 16 * len(shown.meant), 360, 760)),
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
    )
    which = f"{len(shown.meant)} signs"
    if not shown.whole:
        which = f"the {len(shown.meant)} weakest of {len(scores.per_class)} signs"
    reading = (
        "Each row is a sign that was meant, each column what the model answered. Right answers lie "
        "on the blue diagonal, mistakes are orange; the stronger the colour, the more "
        f"{'of its row' if shares else words.examples}. {words.look_alikes} **Click an orange or "
        "blue cell to see what is behind it.**"
    )
    if not shown.whole:
        reading += f" Drawn are {which}, and what they are taken for; the file has all."
    return ExplainedFigure(
        "confusion-matrix",
        figure,
        reading,
        _rows(scores, shown, words),
        f"Confusion matrix of {which}. {_worst(scores)}",
    )


def confusion_matrix(scores: Scores, shares: bool = True) -> go.Figure:
    """Return the plain figure, for the tracking store."""
    return _matrix(_shown(scores, ORDERS[0]), shares)


def _shown(scores: Scores, order: str) -> _Shown:
    if len(scores.per_class) > _MOST_SIGNS:
        return _weakest(scores, order)
    counts = scores.confusion
    used = np.flatnonzero(counts.sum(0) + counts.sum(1))
    if order == ORDERS[1]:
        wrong = counts.sum(1) - np.diag(counts) + counts.sum(0) - np.diag(counts)
        used = used[np.argsort(-wrong[used], kind="stable")]
    labels = tuple(scores.labels[i] for i in used)
    return _Shown(counts[np.ix_(used, used)], labels, labels, whole=True)


def _weakest(scores: Scores, order: str) -> _Shown:
    """The signs of lowest F1, and as answers the same, what they are taken for, and all others."""
    place = {label: number for number, label in enumerate(scores.labels)}
    per_class = scores.per_class
    weak = sorted(per_class, key=lambda label: (per_class[label].f1, -per_class[label].support))
    rows = np.array([place[label] for label in weak[:_WEAKEST]])
    if order == ORDERS[0]:
        rows = np.sort(rows)
    answered = scores.confusion[rows].sum(0)
    answered[rows] = 0
    further = np.argsort(-answered, kind="stable")[: min(_TAKEN_FOR, np.count_nonzero(answered))]
    columns = np.concatenate([rows, further])
    counts = scores.confusion[np.ix_(rows, columns)]
    others = scores.confusion[rows].sum(1) - counts.sum(1)
    names = tuple(scores.labels[i] for i in columns)
    if others.any():
        counts, names = np.column_stack([counts, others]), (*names, ANY_OTHER)
    return _Shown(counts, tuple(scores.labels[i] for i in rows), names, whole=False)


def _rows(scores: Scores, shown: _Shown, words: Wording) -> list[dict[str, object]]:
    """The whole matrix, or of many signs what is confused, pair by pair."""
    if shown.whole:
        return [
            {"meant": label, **dict(zip(shown.answered, map(int, row), strict=True))}
            for label, row in zip(shown.meant, shown.counts, strict=True)
        ]
    return [
        {"meant": meant, "answered": answered, words.examples: count}
        for meant, answered, count in confused_pairs(scores)
    ]


def _worst(scores: Scores) -> str:
    """Return the most frequent mistake in words."""
    pairs = confused_pairs(scores)
    if not pairs:
        return "Nothing is confused."
    meant, answered, count = pairs[0]
    return f"Most often {display_name(meant)} is answered {display_name(answered)}, {count} times."


def _name(label: str) -> str:
    return "all others" if label == ANY_OTHER else plain(label)


def _matrix(shown: _Shown, shares: bool) -> go.Figure:
    """Draw counts, the truth down and the answer across, right ones in another colour.

    Cells that are not empty can be selected: their point's `customdata` is truth, answer, count
    and share of the row.

    Args:
        shares: colour by share of the row instead of by count.
    """
    counts = np.asarray(shown.counts)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    down, across = [_name(one) for one in shown.meant], [_name(one) for one in shown.answered]
    values = share if shares else counts
    figure = go.Figure()
    diagonal = np.eye(len(down), len(across), dtype=bool)
    for where, colour in ((diagonal, RIGHT), (~diagonal, WRONG)):
        figure.add_heatmap(
            z=np.where(where, values, np.nan),
            x=across,
            y=down,
            colorscale=shades(colour, 0.15),
            zmin=0,
            zmax=1 if shares else max(1, values.max()),
            showscale=False,
            hoverinfo="skip",
            xgap=1,
            ygap=1,
        )
    _add_points(figure, shown, share, shares)
    figure.update_xaxes(title="answer", showgrid=False, **_axis(across))
    return figure.update_yaxes(title="truth", autorange="reversed", showgrid=False, **_axis(down))


def _axis(names: Sequence[str]) -> dict[str, object]:
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(names),
        "tickfont": {"size": 10},
    }


def _add_points(figure: go.Figure, shown: _Shown, share: np.ndarray, shares: bool) -> None:
    """Lay points that cannot be seen on the cells: heat maps cannot be selected from."""
    down, across = np.nonzero(shown.counts)
    numbers = [
        (shown.meant[row], shown.answered[column], int(shown.counts[row, column]),
         float(share[row, column]))
        for row, column in zip(down.tolist(), across.tolist(), strict=True)
    ]  # fmt: skip
    texts = [f"{part:.0%}" if shares else f"{count}" for *_, count, part in numbers]
    invisible = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=[_name(answered) for _, answered, *_ in numbers],
        y=[_name(meant) for meant, *_ in numbers],
        text=texts,
        mode="markers+text" if len(shown.answered) <= _MOST_NUMBERED else "markers",
        marker={"symbol": "square", "size": 14, "opacity": 0},
        selected=invisible,
        unselected={**invisible, "textfont": {"color": None}},
        customdata=numbers,
        showlegend=False,
        hovertemplate="%{y} answered %{x}: %{customdata[2]} (%{customdata[3]:.0%})<extra></extra>",
    )
