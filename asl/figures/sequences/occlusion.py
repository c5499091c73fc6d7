"""What an answer of words rests on: how much likelier it is with a moment, or with some joints.

By how much the logarithm of a word's probability falls is told as a factor: 2 means that without
it the word is half as likely. Factors lie on a logarithmic axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from asl.figures.figure import ExplainedFigure
from asl.figures.theme import COLOURS, QUIET, RIGHT, WRONG, framed, sign, tinted
from asl.inference.sequences.occlusion import Grid
from asl.labels import display_name

#: Factors that axes may name.
_FACTORS = (0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 100, 1000, 10**4, 10**6, 10**9, 10**12)
#: Axes reach so far at least, that noise does not look like reasons.
_LEAST = float(np.log(2))
_HIDING = (
    "was hidden, as if the camera had not seen it, and the model asked again. 2× means that the "
    "word is then half as likely, 1× that nothing changes, less than 1× that it is likelier "
    "without."
)
_NOT_THE_SIGN = "It tells what this model looks at, not what the sign is made of."


def over_time(
    seconds: np.ndarray, falls: np.ndarray, word: str, deciding: Sequence[tuple[float, float]] = ()
) -> ExplainedFigure:
    """Return a curve of how much the answer rests on each moment of a clip.

    Args:
        seconds: (T,) of each frame.
        falls: (T,) from `asl.inference.sequences.occlusion.moments`.
        word: that is explained.
        deciding: from and to in seconds, to be marked.
    """
    figure = go.Figure()
    for start, end in deciding:
        figure.add_vrect(x0=start, x1=end, fillcolor=tinted(WRONG, 0.15), line_width=0)
    _add_curve(figure, seconds, falls)
    figure.update_xaxes(title="seconds", range=[float(seconds[0]), max(float(seconds[-1]), 0.1)])
    most = float(seconds[int(falls.argmax())])
    marked = " Marked are the moments that decide." if deciding else ""
    return ExplainedFigure(
        "moments",
        figure,
        f"Each moment in turn {_HIDING}{marked}",
        [
            {"seconds": float(at), "fall of the log-probability": float(fall)}
            for at, fall in zip(seconds, falls, strict=True)
        ],
        f"{display_name(word)} rests most on the moment at {most:.1f} s: without it, it is "
        f"{_factor(float(falls.max()))} less likely.",
    )


def over_clips(falls: np.ndarray, word: str) -> ExplainedFigure:
    """Return the mean curve over clips of a word, with the range of the middle half of them.

    Args:
        falls: (N, S) of N clips, at S shares of their time.
    """
    shares = (np.arange(falls.shape[1]) + 0.5) / falls.shape[1]
    mean = falls.mean(0)
    low, high = np.quantile(falls, (0.25, 0.75), axis=0)
    figure = go.Figure()
    figure.add_scatter(
        x=[*shares, *shares[::-1]],
        y=[*high, *low[::-1]],
        fill="toself",
        fillcolor=tinted(RIGHT, 0.18),
        line_width=0,
        hoverinfo="skip",
    )
    _add_curve(figure, shares, mean)
    figure.update_xaxes(title="share of the clip", range=[0, 1], tickformat=".0%")
    return ExplainedFigure(
        "moments-of-word",
        figure,
        f"The mean over {len(falls)} test clips of {sign(word)}, each stretched to the same "
        f"length; half of the clips lie in the band. Each moment {_HIDING}",
        [
            dict(zip(("share of the clip", "mean fall", "low", "high"), row, strict=True))
            for row in np.column_stack([shares, mean, low, high]).tolist()
        ],
        f"Over {len(falls)} clips, {display_name(word)} rests most on what happens "
        f"{shares[int(mean.argmax())]:.0%} into the clip.",
    )


def by_part(falls: Mapping[str, float], word: str, clips: int = 1) -> ExplainedFigure:
    """Return bars of how much the answer rests on each group of joints, the most on top.

    Args:
        falls: group → from `asl.inference.sequences.occlusion.joints`, or the mean of several.
        clips: of how many clips.
    """
    order = sorted(falls, key=lambda name: -falls[name])
    values = [falls[name] for name in order]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=order,
            orientation="h",
            marker_color=[RIGHT if value >= 0 else WRONG for value in values],
            text=[_factor(value) for value in values],
            textposition="auto",
            hovertemplate="without %{y}: %{text} less likely<extra></extra>",
        )
    )
    framed(figure, 90 + 28 * len(order), legend=False)
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(**_axis(values), title="less likely without")
    mean = f"The mean over {clips} clips. " if clips > 1 else ""
    return ExplainedFigure(
        "parts" if clips == 1 else "parts-of-word",
        figure,
        f"{mean}Each group of joints {_HIDING} Fingers are those of both hands. {_NOT_THE_SIGN}",
        [
            {"joints": name, "fall of the log-probability": value}
            for name, value in zip(order, values, strict=True)
        ],
        f"{display_name(word)} rests most on: {order[0]}, without which it is {_factor(values[0])} "
        "less likely.",
    )


def by_both(grid: Grid, seconds: np.ndarray, word: str) -> ExplainedFigure:
    """Return a heat map of groups of joints down and time across.

    Args:
        grid: what was hidden, and what came of it.
        seconds: (T,) of each frame.
    """
    order = np.argsort(-grid.falls.max(0), kind="stable")
    names = [grid.groups[i] for i in order]
    values = grid.falls[:, order].T
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.04
    times = np.append(seconds, seconds[-1] + step)[grid.edges]
    most = max(float(np.abs(values).max()), _LEAST)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=times,
            y=names,
            text=[[_factor(value) for value in row] for row in values],
            # Both ends are strong, and where nothing changes the page is seen.
            colorscale=[
                (0.0, tinted(WRONG, 1)),
                (0.5, tinted(WRONG, 0)),
                (0.5, tinted(RIGHT, 0)),
                (1.0, tinted(RIGHT, 1)),
            ],
            zmin=-most,
            zmax=most,
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="without %{y} from %{x:.1f} s: %{text} less likely<extra></extra>",
        )
    )
    framed(figure, 90 + 30 * len(names), legend=False)
    figure.update_xaxes(title="seconds", showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    when, which = np.unravel_index(grid.falls.argmax(), grid.falls.shape)
    return ExplainedFigure(
        "moments-parts",
        figure,
        f"Each group of joints at each time {_HIDING} Blue: the word needs it, the "
        "stronger the more; orange: it is likelier without.",
        [
            {"joints": name, "from": float(times[at]), "to": float(times[at + 1]),
             "fall of the log-probability": float(row[at])}
            for name, row in zip(names, values, strict=True)
            for at in range(len(row))
        ],
        f"{display_name(word)} rests most on: {grid.groups[which]}, at {times[when]:.1f} s.",
    )  # fmt: skip


def _add_curve(figure: go.Figure, across: np.ndarray, falls: np.ndarray) -> None:
    figure.add_scatter(
        x=across,
        y=falls,
        mode="lines",
        line={"color": COLOURS[0], "width": 2.5},
        text=[_factor(float(fall)) for fall in falls],
        hovertemplate="%{text} less likely<extra></extra>",
    )
    figure.add_hline(y=0, line={"color": QUIET, "width": 1, "dash": "dot"})
    framed(figure, 300, legend=False).update_yaxes(**_axis(falls), title="less likely without")


def _axis(falls: Sequence[float] | np.ndarray) -> dict[str, object]:
    """Return an axis of factors on which all of `falls` can be seen."""
    low = min(float(np.min(falls)), 0.0) - 0.1
    high = max(float(np.max(falls)), _LEAST) * 1.12
    shown = [one for one in _FACTORS if low <= np.log(one) <= high]
    return {
        "range": [low, high],
        "tickvals": [float(np.log(one)) for one in shown],
        "ticktext": [f"{one:,g}×" for one in shown],
    }


def _factor(fall: float) -> str:
    """Return how many times as likely a word is with what its probability falls without."""
    factor = float(np.exp(np.clip(fall, -30, 30)))
    return f"{factor:,.0f}×" if factor >= 10 else f"{factor:.1f}×" if factor >= 0.1 else "< 0.1×"
