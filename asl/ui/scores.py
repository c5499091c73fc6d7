"""How well a model does, as exhibits: figures, how to read them, and their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from asl.evaluation.calibration import AbstainCurve, Reliability
from asl.evaluation.metrics import Curve, Scores
from asl.labels import display_name
from asl.ui.curves import confusion_matrix, learning_curves
from asl.ui.dress import COLOURS, QUIET, RIGHT, WRONG, framed, plain, sign, signs_down, tinted
from asl.ui.exhibits import Exhibit

ORDERS = ("Alphabet", "Most confused first")


def confusion(scores: Scores, order: str, shares: bool) -> Exhibit:
    """Return the confusion matrix of the signs that occur.

    Args:
        order: one of `ORDERS`.
        shares: show per cent of each row instead of pictures.
    """
    counts = scores.confusion
    used = np.flatnonzero(counts.sum(0) + counts.sum(1))
    if order == ORDERS[1]:
        wrong = counts.sum(1) - np.diag(counts) + counts.sum(0) - np.diag(counts)
        used = used[np.argsort(-wrong[used], kind="stable")]
    labels = [scores.labels[i] for i in used]
    counts = counts[np.ix_(used, used)]
    figure = confusion_matrix(counts, labels, shares)
    figure.update_layout(
        height=int(np.clip(60 + 16 * len(labels), 360, 760)),
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
    )
    worst = _worst(counts, labels)
    rows = [{"meant": label, **dict(zip(labels, map(int, row), strict=True))}
            for label, row in zip(labels, counts, strict=True)]  # fmt: skip
    return Exhibit(
        "confusion-matrix",
        figure,
        "Each row is a sign that was meant, each column what the model answered. Right answers lie "
        "on the blue diagonal, mistakes are orange; the stronger the colour, the more "
        f"{'of its row' if shares else 'pictures'}. Look-alikes such as O and 0 count as right. "
        "**Click an orange or blue cell to see what is behind it.**",
        rows,
        f"Confusion matrix of {len(labels)} signs. {worst}",
    )


def _worst(counts: np.ndarray, labels: Sequence[str]) -> str:
    wrong = counts - np.diag(np.diag(counts))
    if not wrong.any():
        return "Nothing is confused."
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    return (
        f"Most often {display_name(labels[row])} is answered {display_name(labels[column])}, "
        f"{wrong[row, column]} times."
    )


def by_sign(scores: Scores) -> Exhibit:
    """Return precision, recall and F1 of each sign, the worst on top."""
    order = sorted(scores.per_class, key=lambda label: scores.per_class[label].f1)
    figures = [scores.per_class[label] for label in order]
    names = [sign(label) for label in order]
    figure = go.Figure()
    for colour, symbol, name in zip(
        COLOURS, ("circle", "diamond", "line-ns-open"), ("precision", "recall", "f1"), strict=False
    ):
        figure.add_scatter(
            x=[getattr(one, name) for one in figures],
            y=names,
            name="F1" if name == "f1" else name,
            mode="markers",
            marker={
                "symbol": symbol,
                "size": 10,
                "color": colour,
                "line_width": 2 * (name == "f1"),
            },
            customdata=[one.support for one in figures],
            hovertemplate="%{y}: %{x:.1%} (%{customdata} pictures)",
        )
    framed(figure).update_xaxes(range=[-0.02, 1.02], tickformat=".0%", side="top")
    signs_down(figure, names)
    rows = [
        {"sign": label, "precision": one.precision, "recall": one.recall, "f1": one.f1,
         "pictures": one.support}
        for label, one in zip(order, figures, strict=True)
    ]  # fmt: skip
    return Exhibit(
        "signs",
        figure,
        "**Recall**: of the pictures of a sign, how many are recognised. **Precision**: of the "
        "answers with a sign, how many are right. **F1** is high only if both are. "
        "The hardest sign stands on top.",
        rows,
        f"Lowest F1: {names[0]}, {figures[0].f1:.0%}; highest: {names[-1]}, {figures[-1].f1:.0%}.",
    )


def hands_found(rows: pd.DataFrame) -> Exhibit:
    """Return in how many pictures of each sign a hand was found.

    Args:
        rows: of an `asl.evaluation.recorded.Recorded`.
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
    return Exhibit(
        "hands-found",
        figure,
        "In how many pictures of a sign the hand was found. Where it is not, the picture network "
        "answers alone, and a model of landmarks alone cannot answer at all.",
        [
            {"sign": label, "hand found": row["mean"], "pictures": int(row["count"])}
            for label, row in found.iterrows()
        ],
        f"Least often found: {names[0]}, in {found['mean'].iloc[0]:.0%} of the pictures.",
    )


def trade_off(curves: Mapping[str, Curve], shown: Sequence[str], kind: str) -> Exhibit:
    """Return precision against recall, or the ROC curve, of both averages and some signs.

    Args:
        curves: from `asl.evaluation.metrics.precision_recall` or `receiver_operating`.
        shown: names of the signs to draw as well.
        kind: "precision-recall" or "roc".
    """
    figure = go.Figure()
    short = "AP" if kind == "precision-recall" else "AUC"
    averages = [name for name in curves if name.endswith("average")]
    for number, name in enumerate([*averages, *shown]):
        one = curves[name]
        figure.add_scatter(
            x=one.x,
            y=one.y,
            name=f"{plain(name)}, {short} {one.area:.3f}",
            mode="lines",
            line={
                "color": QUIET if name == "macro average" else COLOURS[(number - 2) % 6],
                "width": 3 if name in averages else 1.5,
                "dash": "dot" if name == "macro average" else "solid",
                "shape": "hv" if kind == "precision-recall" else "linear",
            },
            hovertemplate="%{y:.1%} at %{x:.1%}",
        )
        if name == "micro average":
            figure.data[-1].line.color = COLOURS[5]
    framed(figure, 440)
    across, up = (
        ("recall", "precision")
        if kind == "precision-recall"
        else ("pictures of other signs taken for it", "recall")
    )
    figure.update_xaxes(title=across, range=[-0.01, 1.01], tickformat=".0%")
    figure.update_yaxes(title=up, range=[-0.01, 1.02], tickformat=".0%")
    figure.update_layout(legend={"y": -0.2, "yanchor": "top"}, margin_t=24)
    reading = (
        "If only answers above a threshold count, a stricter one makes fewer mistakes (up) and "
        "misses more pictures (left). The nearer to the upper right corner, the better; average "
        "precision (AP) sums it up, 1 is perfect."
        if kind == "precision-recall"
        else "A looser threshold recognises more pictures of a sign (up) and takes more of the "
        "others for it (right). The nearer to the upper left corner, the better; the area "
        "under the curve (AUC) sums it up, 1 is perfect and 0.5 is guessing."
    )
    return Exhibit(
        kind,
        figure,
        reading + " *Micro* counts every picture alike, *macro* every sign.",
        [
            {"curve": name, across: x, up: y, short: one.area}
            for name, one in curves.items()
            for x, y in zip(one.x.tolist(), one.y.tolist(), strict=True)
        ],
        f"{short}: micro average {curves['micro average'].area:.3f}, "
        f"macro average {curves['macro average'].area:.3f}.",
    )


def reliability(
    after: Reliability, error: float, before: Reliability | None, was: float
) -> Exhibit:
    """Return confidence against accuracy.

    Args:
        after: with the model's calibrated confidence.
        error: its expected calibration error.
        before: without calibration; None where that is not known.
        was: its expected calibration error.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        name="as it should be",
        mode="lines",
        line={"color": QUIET, "dash": "dot"},
        hoverinfo="skip",
    )
    tables = {"calibrated": (after, RIGHT, error)}
    if before is not None:
        tables = {"before calibration": (before, WRONG, was), **tables}
    rows = []
    for name, (table, colour, mistake) in tables.items():
        filled = table.pictures > 0
        figure.add_scatter(
            x=table.confidence[filled],
            y=table.accuracy[filled],
            name=f"{name}, error {mistake:.1%}",
            mode="lines+markers",
            line_color=colour,
            marker={
                "color": colour,
                "size": 6 + 18 * np.sqrt(table.pictures[filled] / table.pictures.max()),
                "opacity": 0.8,
            },
            customdata=table.pictures[filled],
            hovertemplate="%{customdata} answers, %{x:.0%} sure: %{y:.1%} right",
        )
        rows += [
            {"which": name, "from": low, "to": high, "answers": int(n), "confidence": sure,
             "right": right, "expected calibration error": mistake}
            for low, high, n, sure, right in zip(
                table.edges[:-1], table.edges[1:], table.pictures, table.confidence,
                table.accuracy, strict=True)
            if n
        ]  # fmt: skip
    framed(figure, 420)
    figure.update_xaxes(title="how sure the model is", range=[-0.02, 1.04], tickformat=".0%")
    figure.update_yaxes(title="answers that are right", range=[-0.02, 1.06], tickformat=".0%")
    compared = "" if before is None else f", {was:.1%} before calibration"
    return Exhibit(
        "calibration",
        figure,
        "Of the answers of which the model is 90% sure, 90% should be right: then the points lie "
        "on the dotted line. Below it the model is too sure of itself, above it too modest. Large "
        "points are many answers. The expected calibration error is the mean distance from the "
        f"line: **{error:.1%}**{compared}.",
        rows,
        f"Expected calibration error {error:.1%}{compared}.",
    )


def abstaining(curve: AbstainCurve, thresholds: Mapping[str, float]) -> Exhibit:
    """Return what answering less buys.

    Args:
        thresholds: name → confidence below which the model says "can't tell".
    """
    some = curve.answered > 0
    figure = go.Figure(
        go.Scatter(
            x=curve.answered[some],
            y=curve.accuracy[some],
            mode="lines",
            line={"color": RIGHT, "width": 3},
            name="every threshold",
            customdata=curve.thresholds[some],
            hovertemplate="at least %{customdata:.0%} sure: %{x:.1%} answered, %{y:.1%} right",
        )
    )
    for (name, least), colour in zip(thresholds.items(), (WRONG, COLOURS[3]), strict=False):
        place = int(np.abs(curve.thresholds - least).argmin())
        figure.add_scatter(
            x=[curve.answered[place]],
            y=[curve.accuracy[place]],
            mode="markers",
            marker={"color": colour, "size": 13, "symbol": "diamond"},
            name=f"{name}: {least:.0%}",
            hovertemplate="%{x:.1%} answered, %{y:.1%} right",
        )
    framed(figure, 380)
    figure.update_xaxes(title="pictures answered", tickformat=".0%", autorange="reversed")
    figure.update_yaxes(title="answers that are right", tickformat=".0%")
    return Exhibit(
        "abstaining",
        figure,
        "The surer the model must be before it answers, the fewer pictures it answers (to the "
        "right), and the more of its answers are right (up). The diamonds are the thresholds that "
        'this model uses; below them it says "can\'t tell".',
        [
            {"threshold": t, "answered": a, "right": r}
            for t, a, r in zip(curve.thresholds, curve.answered, curve.accuracy, strict=True)
        ],
        f"All answered: {curve.accuracy[0]:.1%} right.",
    )


def learning(history: pd.DataFrame) -> Exhibit:
    """Return losses and macro F1 by epoch.

    Args:
        history: from `asl.evaluation.recorded.read_history`, of one network.
    """
    figure = learning_curves(history).update_layout(
        height=600, margin={"l": 8, "r": 8, "t": 40, "b": 8}
    )
    best = history.loc[history["macro_f1"].idxmax()]
    return Exhibit(
        "learning-curves",
        figure,
        "Each colour is one training; a model that is tested by leaving parts of its data out is "
        "trained once for each part. Training loss (dotted) and validation loss should both fall. "
        "Where the validation loss rises while the other falls, the network learns by heart.",
        history.to_dict("records"),
        f"Best macro F1 {best['macro_f1']:.1%} in epoch {best['epoch']:.0f}.",
    )


def pace(history: pd.DataFrame) -> Exhibit:
    """Return learning rate and seconds of each epoch."""
    figure = make_subplots(
        rows=2, shared_xaxes=True, vertical_spacing=0.16,
        subplot_titles=("Learning rate", "Seconds an epoch"),
    )  # fmt: skip
    for number, (job, rows) in enumerate(history.groupby("job", sort=False)):
        colour = COLOURS[number % len(COLOURS)]
        for place, column in enumerate(("learning_rate", "seconds"), start=1):
            figure.add_scatter(
                x=rows["epoch"],
                y=rows[column],
                name=f"training {plain(job)}",
                legendgroup=job,
                showlegend=place == 1,
                line_color=colour,
                row=place,
                col=1,
            )
    figure.update_xaxes(title="epoch", row=2).update_yaxes(rangemode="tozero")
    figure.update_layout(height=440, margin={"l": 8, "r": 8, "t": 40, "b": 8})
    figure.update_layout(legend={"orientation": "h", "y": -0.16, "yanchor": "top"})
    return Exhibit(
        "pace",
        figure,
        "The learning rate is how large a step the network takes after each batch; most plans "
        "begin with small steps, and end with small ones. Seconds depend on the computer.",
        history[["job", "task", "epoch", "learning_rate", "seconds"]].to_dict("records"),
        f"{history['seconds'].mean():.1f} seconds an epoch on average.",
    )


def confidences(confidence: np.ndarray, correct: np.ndarray) -> Exhibit:
    """Return how sure the model is where it is right and where it is wrong."""
    edges = np.linspace(0, 1, 21)
    figure = go.Figure()
    rows = []
    for name, chosen, colour in (("right", correct, RIGHT), ("wrong", ~correct, WRONG)):
        counts, _ = np.histogram(confidence[chosen], edges)
        figure.add_bar(
            x=(edges[1:] + edges[:-1]) / 2,
            y=counts,
            name=f"{name} answers",
            marker_color=tinted(colour, 0.9),
            hovertemplate="around %{x:.0%} sure: %{y}",
        )
        rows += [
            {"answers": name, "from": low, "to": high, "pictures": int(count)}
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        ]
    framed(figure, 340).update_layout(barmode="stack", bargap=0.05)
    figure.update_xaxes(title="how sure the model is", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title="pictures")
    return Exhibit(
        "confidence",
        figure,
        "How sure the model is of its answers. A good model is sure where it is right (blue, at "
        "the right), and unsure where it is wrong (orange, at the left).",
        rows,
        f"{int((~correct & (confidence > 0.9)).sum())} wrong answers are more than 90% sure.",
    )
