"""What an answer rests on: colour channels, and joints of the hand.

Maps over the picture are in `asl.figures.maps`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from asl.evaluation.activation import finger_shares
from asl.figures.figure import ExplainedFigure
from asl.figures.skeleton import PARTS
from asl.figures.theme import COLOURS, framed, sign, signs_down
from asl.hands.landmarks import FINGERS, WRIST
from asl.labels import display_name

CHANNELS = ("red", "green", "blue")
CHANNEL_COLOURS = ("#d04040", "#2e9e4f", "#3f7fe0")
#: Weights that differ by less than this are alike, for words.
_ALIKE = 0.02


def channels_of_all(weights: np.ndarray) -> ExplainedFigure:
    """Return a histogram of the channel weights of all test pictures, a line for each channel.

    Args:
        weights: (N, 3) of red, green and blue, 0–1.
    """
    edges = np.linspace(0, 1, 51)
    figure, rows = go.Figure(), []
    for number, (name, colour) in enumerate(zip(CHANNELS, CHANNEL_COLOURS, strict=True)):
        counts, _ = np.histogram(weights[:, number], edges)
        figure.add_scatter(
            x=(edges[1:] + edges[:-1]) / 2,
            y=counts,
            name=f"{name}, mean {weights[:, number].mean():.2f}",
            mode="lines",
            line={"color": colour, "width": 2.5, "shape": "hvh"},
            hovertemplate="around %{x:.2f}: %{y} pictures",
        )
        rows += [
            {"channel": name, "from": low, "to": high, "pictures": int(count)}
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        ]
    framed(figure, 360).update_xaxes(title="weight", range=[0, 1]).update_yaxes(title="pictures")
    means = ", ".join(f"{n} {m:.2f}" for n, m in zip(CHANNELS, weights.mean(0), strict=True))
    return ExplainedFigure(
        "channel-weights",
        figure,
        "For every test picture the network gives each of its three colour channels a weight from "
        "0 (ignored) to 1 (counted in full). A narrow peak means that the weight hardly depends on "
        "the picture.",
        rows,
        f"Mean weights: {means}.",
    )


def channels_by_sign(weights: np.ndarray, truth: np.ndarray) -> ExplainedFigure:
    """Return the mean weights of the pictures of each sign as points in its line.

    Args:
        weights: (N, 3) of red, green and blue, 0–1.
        truth: (N,) the sign of each picture.
    """
    table = pd.DataFrame(weights, columns=CHANNELS).assign(sign=truth).groupby("sign")
    means, spread = table.mean(), table.std().fillna(0.0)
    names = [sign(label) for label in means.index]
    figure = go.Figure()
    for name, colour, symbol in zip(
        CHANNELS, CHANNEL_COLOURS, ("circle", "diamond", "square"), strict=True
    ):
        figure.add_scatter(
            x=means[name],
            y=names,
            name=name,
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 9},
            error_x={"type": "data", "array": spread[name], "color": colour, "thickness": 1},
            hovertemplate="%{y}: %{x:.3f}",
        )
    framed(figure).update_xaxes(title="weight", side="top")
    signs_down(figure, names)
    return ExplainedFigure(
        "channel-weights-by-sign",
        figure,
        "The mean weight of each channel for the pictures of a sign; the bars are one standard "
        "deviation. Signs whose points lie alike are not told apart by colour.",
        [
            {"sign": label, **row, "pictures": int(count)}
            for label, row, count in zip(
                means.index, means.to_dict("records"), table.size(), strict=True
            )
        ],
        pair_in_words(weights, truth, *_apart(means)),
    )


def _apart(means: pd.DataFrame) -> tuple[str, str]:
    """Return the two signs with the most different red weights."""
    return str(means["red"].idxmin()), str(means["red"].idxmax())


def pair_in_words(weights: np.ndarray, truth: np.ndarray, one: str, other: str) -> str:
    """Return how the channel weights of two signs differ: "for M against N … leans on red".

    Args:
        weights: (N, 3).
        truth: (N,) the sign of each picture.
    """
    ours, theirs = weights[truth == one], weights[truth == other]
    names = display_name(one), display_name(other)
    if not len(ours) or not len(theirs):
        return f"There are no test pictures of {names[0] if not len(ours) else names[1]}."
    gap = ours.mean(0) - theirs.mean(0)
    # Compared channel with channel: only what changes between the two signs tells them apart.
    gap = gap - gap.mean() if np.ptp(gap) > _ALIKE else np.zeros(3)
    if np.abs(gap).max() < _ALIKE / 2:
        return (
            f"For {names[0]} and {names[1]} the model weighs red, green and blue alike: colour "
            "does not tell them apart."
        )
    more, less = CHANNELS[gap.argmax()], CHANNELS[gap.argmin()]
    return (
        f"For {names[0]} against {names[1]} the model leans on {more} "
        f"({gap.max():+.2f}), and less on {less} ({gap.min():+.2f})."
    )


def channels_of_one(weights: np.ndarray) -> ExplainedFigure:
    """Return bars of the weights of red, green and blue for one picture, (3,), 0–1."""
    figure = go.Figure(
        go.Bar(
            x=list(CHANNELS),
            y=weights,
            marker_color=CHANNEL_COLOURS,
            text=[f"{weight:.2f}" for weight in weights],
            textposition="outside",
            hoverinfo="skip",
        )
    )
    framed(figure, 260, legend=False).update_yaxes(range=[0, 1.12], title="weight")
    return ExplainedFigure(
        "channel-weights-picture",
        figure,
        f"For this picture the model leans on **{CHANNELS[int(weights.argmax())]}** most.",
        [dict(zip(CHANNELS, map(float, weights), strict=True))],
        ", ".join(f"{n} {w:.2f}" for n, w in zip(CHANNELS, weights, strict=True)),
    )


def joints_of_one(landmarks: np.ndarray, weights: np.ndarray) -> ExplainedFigure:
    """Return a hand whose joints are the larger, the more the answer leans on them.

    Args:
        landmarks: (21, 3) normalised.
        weights: (21,) from `asl.evaluation.activation.OpenNetwork.joint_weights`.
    """
    share = weights / (weights.sum() or 1.0)
    figure = go.Figure()
    for part in PARTS:
        joints = list(part.joints)
        figure.add_scatter(
            x=landmarks[joints, 0],
            y=landmarks[joints, 1],
            mode="lines",
            line={"color": part.colour, "width": 3},
            opacity=0.7,
            name=part.name,
            hoverinfo="skip",
        )
    names = _joint_names()
    figure.add_scatter(
        x=landmarks[:, 0],
        y=landmarks[:, 1],
        mode="markers",
        marker={
            "size": 4 + 30 * share / (share.max() or 1.0),
            "color": COLOURS[1],
            "opacity": 0.6,
        },
        customdata=list(zip(names, share, strict=True)),
        hovertemplate="%{customdata[0]}: %{customdata[1]:.0%}<extra></extra>",
        showlegend=False,
    )
    framed(figure, 420, legend=False)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")
    return ExplainedFigure(
        "joints",
        figure,
        f"Each joint is moved a little, and the answer watched: the larger the orange disc, the "
        f"more the answer changes. {fingers_in_words(weights)}",
        [{"joint": n, "share": float(s)} for n, s in zip(names, share, strict=True)],
        fingers_in_words(weights),
    )


def joints_of_signs(weights: Mapping[str, np.ndarray]) -> ExplainedFigure:
    """Return a heat map, a row a sign and a column a finger, of where typical handshapes decide.

    Args:
        weights: label → (21,) of its joints.
    """
    parts = [*FINGERS, "wrist"]
    shares = {label: finger_shares(one) for label, one in weights.items()}
    figure = go.Figure(
        go.Heatmap(
            z=[[shares[label][part] for part in parts] for label in weights],
            x=parts,
            y=[sign(label) for label in weights],
            colorscale=[(0.0, "rgba(213,94,0,0)"), (1.0, "rgba(213,94,0,1)")],
            zmin=0,
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="%{y}: %{x} %{z:.0%}<extra></extra>",
        )
    )
    framed(figure, legend=False).update_xaxes(side="top", showgrid=False)
    signs_down(figure, [sign(label) for label in weights]).update_yaxes(showgrid=False)
    return ExplainedFigure(
        "fingers",
        figure,
        "Which fingers decide, sign by sign, measured on the typical handshape of each: the "
        "stronger the colour, the more the answer changes when that finger's joints are moved.",
        [{"sign": label, **one} for label, one in shares.items()],
        f"{len(weights)} signs by five fingers and the wrist.",
    )


def fingers_in_words(weights: np.ndarray) -> str:
    """Return on which fingers an answer leans most, from the (21,) weights of the joints."""
    if not weights.any():
        return "Moving a joint a little does not change the answer."
    shares = sorted(finger_shares(weights).items(), key=lambda item: -item[1])
    (first, most), (second, more) = shares[:2]
    names = [part if part in ("thumb", "wrist") else f"{part} finger" for part in (first, second)]
    return f"The answer leans most on the {names[0]} ({most:.0%}) and the {names[1]} ({more:.0%})."


def _joint_names() -> list[str]:
    names = {WRIST: "wrist"}
    for finger, joints in FINGERS.items():
        words = ("base", "knuckle", "joint", "tip") if finger == "thumb" else (
            "knuckle", "middle joint", "last joint", "tip")  # fmt: skip
        names |= {joint: f"{finger}, {word}" for joint, word in zip(joints, words, strict=True)}
    return [names[joint] for joint in range(21)]
