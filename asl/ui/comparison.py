"""Models side by side, as exhibits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from asl.evaluation.comparison import disagreement
from asl.evaluation.metrics import Scores
from asl.evaluation.recorded import Recorded
from asl.ui.dress import COLOURS, framed, plain, sign, signs_down
from asl.ui.exhibits import Exhibit

_CURVES = {"valid_loss": "validation loss", "train_loss": "training loss",
           "macro_f1": "macro F1", "accuracy": "accuracy"}  # fmt: skip


def curves(histories: Mapping[str, pd.DataFrame], what: str) -> Exhibit:
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
    return Exhibit(
        f"curves-{what.replace('_', '-')}",
        figure,
        f"The {_CURVES[what]} of each model after every epoch, on pictures kept aside from its "
        f"training. {better} is better; a model trained several times is drawn as the mean of its "
        "trainings. Models that kept aside different pictures can be compared only roughly.",
        rows,
        ", ".join(f"{name}: {history[what].iloc[-1]:.3f}" for name, history in histories.items()),
    )


def by_sign(scores: Mapping[str, Scores]) -> Exhibit:
    """Return each model's accuracy on every sign, the sign on which they differ most on top."""
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
    framed(figure).update_xaxes(range=[-0.02, 1.02], tickformat=".0%", side="top")
    signs_down(figure, names)
    return Exhibit(
        "signs-compared",
        figure,
        "How many of the pictures of a sign each model recognises. The signs on which the models "
        "differ most stand on top.",
        [
            {"sign": label, **row}
            for label, row in zip(order, recalls.to_dict("records"), strict=True)
        ],
        f"The models differ most on {names[0]}, by {apart[order[0]]:.0%}.",
    )


def cost(rows: Sequence[Mapping[str, object]], against: str) -> Exhibit:
    """Return accuracy against speed or size.

    Args:
        rows: one a model: model, accuracy, low, high, milliseconds, megabytes, parameters.
        against: "milliseconds", "megabytes" or "parameters".
    """
    shown = [row for row in rows if row.get(against) is not None]
    figure = go.Figure()
    for row, colour in zip(shown, COLOURS, strict=False):
        figure.add_scatter(
            x=[row[against]],
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
    titles = {
        "milliseconds": "milliseconds a picture, one thread",
        "megabytes": "megabytes of the ONNX file",
        "parameters": "parameters",
    }
    framed(figure, 400).update_xaxes(title=titles[against], rangemode="tozero")
    figure.update_yaxes(title="accuracy", tickformat=".0%")
    return Exhibit(
        f"accuracy-{against}",
        figure,
        "Up is more accurate, left is cheaper: the best models lie to the upper left. The bars "
        "are the 95% intervals of the accuracy. Milliseconds are those of the networks; finding "
        "the hand in the picture costs the same for all.",
        [{**row} for row in rows],
        ". ".join(f"{row['model']}: {row['accuracy']:.1%}, {row[against]:.3g}" for row in shown),
    )


def disagreements(
    pairs: Mapping[tuple[str, str], tuple[Recorded, Recorded]],
) -> list[dict[str, object]]:
    """Return one row for every two models: where they differ, and whether that may be chance.

    Args:
        pairs: names of two models → their answers to the same pictures in the same order.
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
                "pictures": len(ours.correct),
                "both right": found.both_right,
                "only first": found.first_only,
                "only second": found.second_only,
                "both wrong": found.both_wrong,
                "p": found.p,
                "verdict": verdict,
            }
        )
    return rows


def differing(recorded: Mapping[str, Recorded]) -> list[dict[str, object]]:
    """Return the pictures that some models answer right and others wrong, the surest first."""
    models = list(recorded.values())
    right = np.stack([one.correct for one in models])
    mixed = np.flatnonzero(right.any(0) & ~right.all(0))
    order = mixed[np.argsort(-np.max([one.confidence for one in models], 0)[mixed], kind="stable")]
    first = models[0]
    return [
        {
            "picture": first.rows["picture"].iloc[i],
            "data": first.rows["source"].iloc[i],
            "meant": first.truth[i],
            **{name: f"{one.answers[i]} {one.confidence[i]:.0%}" for name, one in recorded.items()},
        }
        for i in order
    ]
