"""How well a model does on every sign, and precision against recall.

What it confuses is in `asl.figures.confusions`, how far its confidence can be believed in
`asl.figures.confidence`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from asl.evaluation.metrics import ClassScore, Curve, Scores
from asl.figures.figure import ExplainedFigure
from asl.figures.theme import (
    COLOURS,
    QUIET,
    RIGHT,
    framed,
    plain,
    shares_of_signs,
    sign,
    signs_down,
)
from asl.figures.wording import PICTURES, Wording

#: So many signs can be read as lines of one figure; of more, the hardest are drawn.
MOST_DRAWN = 40

#: What is drawn for every sign: attribute of a `ClassScore` → its name and symbol.
_MEASURES = {
    "precision": ("precision", "circle"),
    "recall": ("recall", "diamond"),
    "f1": ("F1", "line-ns-open"),
}


def by_sign(scores: Scores, words: Wording = PICTURES) -> ExplainedFigure:
    """Return precision, recall and F1 of each sign as points in its line, the worst on top.

    Of more than `MOST_DRAWN` signs the hardest are drawn; the rows hold all.
    """
    order = sorted(scores.per_class, key=lambda label: scores.per_class[label].f1)
    rows = [_sign_row(label, scores.per_class[label], words) for label in order]
    highest = order[-1]
    order = order[:MOST_DRAWN]
    measured = [scores.per_class[label] for label in order]
    names = [sign(label) for label in order]
    figure = go.Figure()
    for colour, (measure, (name, symbol)) in zip(COLOURS, _MEASURES.items(), strict=False):
        figure.add_scatter(
            x=[getattr(one, measure) for one in measured],
            y=names,
            name=name,
            mode="markers",
            marker={
                "symbol": symbol,
                "size": 10,
                "color": colour,
                "line_width": 2 * (measure == "f1"),
            },
            customdata=[one.support for one in measured],
            hovertemplate=f"%{{y}}: %{{x:.1%}} (%{{customdata}} {words.examples})",
        )
    shares_of_signs(figure, names)
    return ExplainedFigure(
        "signs",
        figure,
        f"**Recall**: of the {words.examples} of a sign, how many are recognised. "
        "**Precision**: of the answers with a sign, how many are right. **F1** is high only if "
        f"both are. The hardest sign stands on top.{first_of(order, rows)}",
        rows,
        f"Lowest F1: {names[0]}, {measured[0].f1:.0%}; "
        f"highest: {sign(highest)}, {scores.per_class[highest].f1:.0%}.",
    )


def first_of(drawn: Sequence[object], rows: Sequence[object]) -> str:
    """Return a sentence that tells how many of the rows are drawn, "" where all are."""
    if len(drawn) == len(rows):
        return ""
    return f" The first {len(drawn)} of {len(rows)} are drawn; the file has all."


def _sign_row(label: str, one: ClassScore, words: Wording) -> dict[str, object]:
    return {
        "sign": label,
        "precision": one.precision,
        "recall": one.recall,
        "f1": one.f1,
        words.examples: one.support,
    }


def hands_found(rows: pd.DataFrame, words: Wording = PICTURES) -> ExplainedFigure:
    """Return bars of how often a hand was found among the examples of each sign.

    Args:
        rows: of an `asl.evaluation.recorded.TestPredictions`.
    """
    found = rows.groupby("label")["found"].agg(["mean", "sum", "count"])
    found = found.sort_values(["mean", "count"], kind="stable")
    names = [sign(label) for label in found.index]
    figure = go.Figure(
        go.Bar(
            x=found["mean"],
            y=names,
            orientation="h",
            marker_color=RIGHT,
            customdata=found[["sum", "count"]],
            hovertemplate="%{y}: %{customdata[0]} of %{customdata[1]} (%{x:.1%})<extra></extra>",
        )
    )
    framed(figure, legend=False).update_xaxes(range=[0, 1], tickformat=".0%", side="top")
    signs_down(figure, names)
    return ExplainedFigure(
        "hands-found",
        figure,
        f"In how many {words.examples} of a sign the hand was found. {words.not_found}",
        [
            {"sign": label, words.found: row["mean"], words.examples: int(row["count"])}
            for label, row in found.iterrows()
        ],
        f"Least often found: {names[0]}, in {found['mean'].iloc[0]:.0%} of the {words.examples}.",
    )


@dataclass(frozen=True)
class _Axes:
    """What tells the two kinds of `trade_off` apart.

    Attributes:
        area: short name of the area under the curve.
        across: title of the x axis.
        up: title of the y axis.
        shape: how Plotly draws the lines.
        reading: how to read the figure.
    """

    area: str
    across: str
    up: str
    shape: str
    reading: str


def _axes(kind: str, words: Wording) -> _Axes:
    if kind == "precision-recall":
        return _Axes(
            "AP",
            "recall",
            "precision",
            "hv",
            "If only answers above a threshold count, a stricter one makes fewer mistakes (up) and "
            f"misses more {words.examples} (left). The nearer to the upper right corner, the "
            "better; average precision (AP) sums it up, 1 is perfect.",
        )
    return _Axes(
        "AUC",
        f"{words.examples} of other signs taken for it",
        "recall",
        "linear",
        f"A looser threshold recognises more {words.examples} of a sign (up) and takes more of the "
        "others for it (right). The nearer to the upper left corner, the better; the area "
        "under the curve (AUC) sums it up, 1 is perfect and 0.5 is guessing.",
    )


def trade_off(
    curves: Mapping[str, Curve], shown: Sequence[str], kind: str, words: Wording = PICTURES
) -> ExplainedFigure:
    """Return precision against recall, or the ROC curve, of both averages and some signs.

    Args:
        curves: from `asl.evaluation.metrics.precision_recall` or `roc_curves`.
        shown: names of the signs to draw as well.
        kind: "precision-recall" or "roc".
    """
    axes = _axes(kind, words)
    figure = go.Figure()
    averages = [name for name in curves if name.endswith("average")]
    for number, name in enumerate([*averages, *shown]):
        one = curves[name]
        figure.add_scatter(
            x=one.x,
            y=one.y,
            name=f"{plain(name)}, {axes.area} {one.area:.3f}",
            mode="lines",
            line={
                "color": _colour(name, number),
                "width": 3 if name in averages else 1.5,
                "dash": "dot" if name == "macro average" else "solid",
                "shape": axes.shape,
            },
            hovertemplate="%{y:.1%} at %{x:.1%}",
        )
    framed(figure, 440)
    figure.update_xaxes(title=axes.across, range=[-0.01, 1.01], tickformat=".0%")
    figure.update_yaxes(title=axes.up, range=[-0.01, 1.02], tickformat=".0%")
    figure.update_layout(legend={"y": -0.2, "yanchor": "top"}, margin_t=24)
    return ExplainedFigure(
        kind,
        figure,
        f"{axes.reading} *Micro* counts every {words.example} alike, *macro* every sign.",
        [
            {"curve": name, axes.across: x, axes.up: y, axes.area: one.area}
            for name, one in curves.items()
            for x, y in zip(one.x.tolist(), one.y.tolist(), strict=True)
        ],
        f"{axes.area}: micro average {curves['micro average'].area:.3f}, "
        f"macro average {curves['macro average'].area:.3f}.",
    )


def _colour(name: str, number: int) -> str:
    """Return the colour of a curve, the averages being the first two."""
    fixed = {"micro average": COLOURS[5], "macro average": QUIET}
    return fixed.get(name, COLOURS[(number - 2) % 6])
