"""Models side by side: how they learned, how they do on every sign, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from asl.evaluation.comparison import disagreement
from asl.evaluation.metrics import Scores
from asl.evaluation.recorded import TestPredictions
from asl.figures.figure import ExplainedFigure
from asl.figures.scores import MOST_DRAWN, first_of
from asl.figures.theme import COLOURS, framed, plain, shares_of_signs, sign
from asl.figures.wording import PICTURES, Wording

_CURVES = {"valid_loss": "validation loss", "train_loss": "training loss",
           "macro_f1": "macro F1", "accuracy": "accuracy"}  # fmt: skip


Cost = Literal["milliseconds", "megabytes", "parameters"]


class AccuracyAndCost(TypedDict):
    """How accurate a model is, with the ends of its 95% interval, and what it costs."""

    model: str
    accuracy: float
    low: float
    high: float
    milliseconds: NotRequired[float | None]
    megabytes: NotRequired[float | None]
    parameters: NotRequired[int | None]


def curves(
    histories: Mapping[str, pd.DataFrame], what: str, words: Wording = PICTURES
) -> ExplainedFigure:
    """Return the models' learning curves over each other.

    Args:
        histories: model → its history, of one network; the mean over its trainings is drawn.
        what: a column: "valid_loss", "train_loss", "macro_f1" or "accuracy".
    """
    figure, rows = go.Figure(), []
    for (name, history), colour in zip(histories.items(), COLOURS, strict=False):
        mean = history.groupby("epoch")[what].mean()
        figure.add_scatter(
            x=mean.index, y=mean, name=plain(name), mode="lines+markers", line_color=colour
        )
        rows += [{"model": name, "epoch": int(e), _CURVES[what]: v} for e, v in mean.items()]
    framed(figure, 400).update_xaxes(title="epoch").update_yaxes(title=_CURVES[what])
    better = "Lower" if what.endswith("loss") else "Higher"
    return ExplainedFigure(
        f"curves-{what.replace('_', '-')}",
        figure,
        f"The {_CURVES[what]} of each model after every epoch, on {words.examples} kept aside from "
        f"its training. {better} is better; a model trained several times is drawn as the mean of "
        f"its trainings. Models that kept aside different {words.examples} can be compared only "
        "roughly.",
        rows,
        ", ".join(f"{name}: {history[what].iloc[-1]:.3f}" for name, history in histories.items()),
    )


def by_sign(scores: Mapping[str, Scores], words: Wording = PICTURES) -> ExplainedFigure:
    """Return each model's recall of every sign as a point, the sign they differ on most on top.

    Args:
        scores: model → its scores; signs that all were tested on are drawn, at least one, and of
            more than `MOST_DRAWN` those that they differ on most.
    """
    shared = set.intersection(*(set(one.per_class) for one in scores.values()))
    recalls = pd.DataFrame(
        {
            name: {label: one.per_class[label].recall for label in shared}
            for name, one in scores.items()
        }
    )
    apart = (recalls.max(axis=1) - recalls.min(axis=1)).rename("apart")
    order = sorted(shared, key=lambda label: (-apart[label], label))
    recalls = recalls.loc[order]
    rows = [
        {"sign": label, **row} for label, row in zip(order, recalls.to_dict("records"), strict=True)
    ]
    order = order[:MOST_DRAWN]
    recalls = recalls.loc[order]
    names = [sign(label) for label in order]
    figure = go.Figure()
    symbols = ("circle", "diamond", "square", "triangle-up", "x")
    for name, colour, symbol in zip(recalls, COLOURS, symbols, strict=False):
        figure.add_scatter(
            x=recalls[name],
            y=names,
            name=plain(name),
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 10, "opacity": 0.85},
            hovertemplate="%{y}: %{x:.1%}",
        )
    shares_of_signs(figure, names)
    return ExplainedFigure(
        "signs-compared",
        figure,
        f"How many of the {words.examples} of a sign each model recognises. The signs on which the "
        f"models differ most stand on top.{first_of(order, rows)}",
        rows,
        f"The models differ most on {names[0]}, by {apart[order[0]]:.0%}.",
    )


def cost(
    rows: Sequence[AccuracyAndCost], against: Cost, words: Wording = PICTURES
) -> ExplainedFigure:
    """Return accuracy against speed or size, one point with its interval for each model.

    Args:
        rows: one for each model; those whose cost is not known are not drawn.
        against: which cost.
    """
    figure = go.Figure()
    known = [(row, spent) for row in rows if (spent := row.get(against)) is not None]
    for (row, spent), colour in zip(known, COLOURS, strict=False):
        figure.add_scatter(
            x=[spent],
            y=[row["accuracy"]],
            name=plain(row["model"]),
            mode="markers",
            marker={"size": 15, "color": colour},
            error_y={
                "type": "data",
                "array": [row["high"] - row["accuracy"]],
                "arrayminus": [row["accuracy"] - row["low"]],
                "color": colour,
            },
            hovertemplate="%{x:.3g}, %{y:.1%}",
        )
    told = [f"{row['model']}: {row['accuracy']:.1%}, {spent:.3g}" for row, spent in known]
    titles = {
        "milliseconds": f"milliseconds a {words.example}, one thread",
        "megabytes": "megabytes of the ONNX file",
        "parameters": "parameters",
    }
    framed(figure, 400).update_xaxes(title=titles[against], rangemode="tozero")
    figure.update_yaxes(title="accuracy", tickformat=".0%")
    return ExplainedFigure(
        f"accuracy-{against}",
        figure,
        "Up is more accurate, left is cheaper: the best models lie to the upper left. The bars "
        f"are the 95% intervals of the accuracy. {words.uncounted}",
        [{**row} for row in rows],
        ". ".join(told),
    )


def disagreements(
    pairs: Mapping[tuple[str, str], tuple[TestPredictions, TestPredictions]],
    words: Wording = PICTURES,
) -> list[dict[str, object]]:
    """Return one row for every two models: where they differ, and whether that may be chance.

    Args:
        pairs: names of two models → their answers to the same examples in the same order.
    """
    rows = []
    for (one, other), (ours, theirs) in pairs.items():
        found = disagreement(ours.correct, theirs.correct)
        better = one if found.first_only > found.second_only else other
        if found.p < 0.05:
            verdict = f"{better} is better; chance alone would hardly do this"
        else:
            verdict = "may be chance"
        rows.append(
            {
                "first": one,
                "second": other,
                words.examples: len(ours.correct),
                "both right": found.both_right,
                "only first": found.first_only,
                "only second": found.second_only,
                "both wrong": found.both_wrong,
                "p": found.p,
                "verdict": verdict,
            }
        )
    return rows


def differing(
    recorded: Mapping[str, TestPredictions], words: Wording = PICTURES
) -> list[dict[str, object]]:
    """Return a row for each example that some models answer right and others wrong, surest first.

    Args:
        recorded: model → its answers, to the same examples in the same order.
    """
    models = list(recorded.values())
    right = np.stack([one.correct for one in models])
    mixed = np.flatnonzero(right.any(0) & ~right.all(0))
    order = mixed[np.argsort(-np.max([one.confidence for one in models], 0)[mixed], kind="stable")]
    first = models[0]
    return [
        {
            words.example: first.rows["picture"].iloc[i],
            "data": first.rows["source"].iloc[i],
            "meant": first.truth[i],
            **{name: f"{one.answers[i]} {one.confidence[i]:.0%}" for name, one in recorded.items()},
        }
        for i in order
    ]
