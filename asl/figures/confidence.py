"""How far a model's confidence can be believed: calibration, and what abstaining buys."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from asl.evaluation.calibration import AbstainCurve, Reliability
from asl.figures.figure import ExplainedFigure
from asl.figures.theme import COLOURS, QUIET, RIGHT, WRONG, framed, tinted
from asl.figures.wording import PICTURES, Wording


def reliability(
    after: Reliability, error: float, before: Reliability | None, was: float
) -> ExplainedFigure:
    """Return confidence against accuracy, one point for each filled bin of confidence.

    Args:
        after: with the model's calibrated confidence.
        error: its expected calibration error, 0–1.
        before: without calibration; None if that is not known.
        was: its expected calibration error, 0–1.
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
        _add_bins(figure, table, colour, f"{name}, error {mistake:.1%}")
        rows += _bin_rows(name, table, mistake)
    framed(figure, 420)
    figure.update_xaxes(title="how sure the model is", range=[-0.02, 1.04], tickformat=".0%")
    figure.update_yaxes(title="answers that are right", range=[-0.02, 1.06], tickformat=".0%")
    compared = "" if before is None else f", {was:.1%} before calibration"
    return ExplainedFigure(
        "calibration",
        figure,
        "Of the answers of which the model is 90% sure, 90% should be right: then the points lie "
        "on the dotted line. Below it the model is too sure of itself, above it too modest. Large "
        "points are many answers. The expected calibration error is the mean distance from the "
        f"line: **{error:.1%}**{compared}.",
        rows,
        f"Expected calibration error {error:.1%}{compared}.",
    )


def _add_bins(figure: go.Figure, table: Reliability, colour: str, name: str) -> None:
    """Draw the filled bins as points, the larger the more answers are in them."""
    filled = table.pictures > 0
    figure.add_scatter(
        x=table.confidence[filled],
        y=table.accuracy[filled],
        name=name,
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


def _bin_rows(name: str, table: Reliability, mistake: float) -> list[dict[str, object]]:
    return [
        {"which": name, "from": low, "to": high, "answers": int(n), "confidence": sure,
         "right": right, "expected calibration error": mistake}
        for low, high, n, sure, right in zip(
            table.edges[:-1], table.edges[1:], table.pictures, table.confidence,
            table.accuracy, strict=True)
        if n
    ]  # fmt: skip


def abstaining(
    curve: AbstainCurve, thresholds: Mapping[str, float], words: Wording = PICTURES
) -> ExplainedFigure:
    """Return a line of the share answered against the share of it that is right.

    Args:
        curve: one point for each threshold.
        thresholds: name → confidence below which the model says "can't tell"; drawn as diamonds.
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
    figure.update_xaxes(title=f"{words.examples} answered", tickformat=".0%", autorange="reversed")
    figure.update_yaxes(title="answers that are right", tickformat=".0%")
    return ExplainedFigure(
        "abstaining",
        figure,
        f"The surer the model must be before it answers, the fewer {words.examples} it answers "
        "(to the right), and the more of its answers are right (up). The diamonds are the "
        'thresholds that this model uses; below them it says "can\'t tell".',
        [
            {"threshold": t, "answered": a, "right": r}
            for t, a, r in zip(curve.thresholds, curve.answered, curve.accuracy, strict=True)
        ],
        f"All answered: {curve.accuracy[0]:.1%} right.",
    )


def confidences(
    confidence: np.ndarray, correct: np.ndarray, words: Wording = PICTURES
) -> ExplainedFigure:
    """Return a histogram of how sure the model is where it is right, and where it is wrong.

    Args:
        confidence: (N,) of each answer, 0–1.
        correct: (N,) bool, whether it is right.
    """
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
            {"answers": name, "from": low, "to": high, words.examples: int(count)}
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        ]
    framed(figure, 340).update_layout(barmode="stack", bargap=0.05)
    figure.update_xaxes(title="how sure the model is", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title=words.examples)
    return ExplainedFigure(
        "confidence",
        figure,
        "How sure the model is of its answers. A good model is sure where it is right (blue, at "
        "the right), and unsure where it is wrong (orange, at the left).",
        rows,
        f"{int((~correct & (confidence > 0.9)).sum())} wrong answers are more than 90% sure.",
    )
