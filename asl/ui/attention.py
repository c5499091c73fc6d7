"""What an answer rests on, as exhibits, pictures and words."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from PIL import Image

from asl.evaluation.activation import finger_shares
from asl.hands.landmarks import FINGERS, WRIST
from asl.labels import display_name
from asl.ui.answers import percent
from asl.ui.dress import COLOURS, framed, sign, signs_down
from asl.ui.exhibits import Exhibit
from asl.ui.skeleton import PARTS

# Importing it at run time would load ONNX Runtime for words alone.
if TYPE_CHECKING:
    from asl.inference.predictor import Prediction

CHANNELS = ("red", "green", "blue")
CHANNEL_COLOURS = ("#d04040", "#2e9e4f", "#3f7fe0")
#: Weights that differ by less than this are alike, for words.
_ALIKE = 0.02
#: Share of a map's highest value from which on a place counts as one where it is high.
_HIGHEST = 0.8
_SHOWN = 360
_WARM = np.array([255, 96, 0])


def channels_of_all(weights: np.ndarray) -> Exhibit:
    """Return how the channel weights of all test pictures are spread.

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
    return Exhibit(
        "channel-weights",
        figure,
        "For every test picture the network gives each of its three colour channels a weight from "
        "0 (ignored) to 1 (counted in full). A narrow peak means that the weight hardly depends on "
        "the picture.",
        rows,
        f"Mean weights: {means}.",
    )


def channels_by_sign(weights: np.ndarray, truth: np.ndarray) -> Exhibit:
    """Return the mean weights of the pictures of each sign.

    Args:
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
    return Exhibit(
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


def channels_of_one(weights: np.ndarray) -> Exhibit:
    """Return the weights of red, green and blue for one picture, (3,)."""
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
    return Exhibit(
        "channel-weights-picture",
        figure,
        f"For this picture the model leans on **{CHANNELS[int(weights.argmax())]}** most.",
        [dict(zip(CHANNELS, map(float, weights), strict=True))],
        ", ".join(f"{n} {w:.2f}" for n, w in zip(CHANNELS, weights, strict=True)),
    )


def joints_of_one(landmarks: np.ndarray, weights: np.ndarray) -> Exhibit:
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
    return Exhibit(
        "joints",
        figure,
        f"Each joint is moved a little, and the answer watched: the larger the orange disc, the "
        f"more the answer changes. {fingers_in_words(weights)}",
        [{"joint": n, "share": float(s)} for n, s in zip(names, share, strict=True)],
        fingers_in_words(weights),
    )


def joints_of_signs(weights: Mapping[str, np.ndarray]) -> Exhibit:
    """Return on which fingers each sign's typical handshape leans.

    Args:
        weights: label → (21,).
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
    return Exhibit(
        "fingers",
        figure,
        "Which fingers decide, sign by sign, measured on the typical handshape of each: the "
        "stronger the colour, the more the answer changes when that finger's joints are moved.",
        [{"sign": label, **one} for label, one in shares.items()],
        f"{len(weights)} signs by five fingers and the wrist.",
    )


def fingers_in_words(weights: np.ndarray) -> str:
    """Return on which fingers an answer leans most."""
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


def heat_over(picture: np.ndarray, heat: np.ndarray) -> bytes:
    """Return a JPEG of a picture with a map laid over it: orange is high.

    Args:
        picture: (S, S, 3) uint8.
        heat: (H, W) in any unit; what is below 0 stays as it is.
    """
    heat = np.maximum(heat, 0.0)
    strength = (heat / (heat.max() or 1.0)).astype(np.float32)
    size = (_SHOWN, _SHOWN)
    wide = np.asarray(Image.fromarray(strength).resize(size, Image.Resampling.BICUBIC))
    shown = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC), np.float32)
    grey = shown.mean(2, keepdims=True) * 0.85 + 20
    share = np.clip(wide, 0, 1)[..., None] * 0.7
    return _jpeg(grey * (1 - share) + _WARM * share)


def as_seen(picture: np.ndarray) -> bytes:
    """Return a JPEG of what the network is shown, (S, S, 3) uint8, every pixel to be seen."""
    size = (_SHOWN, _SHOWN)
    return _jpeg(np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.NEAREST)))


def map_sheet(maps: np.ndarray, columns: int = 8) -> bytes:
    """Return one channel's feature maps beside each other, brighter is more.

    Args:
        maps: (K, H, W); all are drawn to one scale.
    """
    low, high = float(maps.min()), float(maps.max())
    scaled = (maps - low) / ((high - low) or 1.0)
    count, height, width = maps.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1))
    for number, one in enumerate(scaled):
        y, x = number // columns * (height + 1), number % columns * (width + 1)
        sheet[y : y + height, x : x + width] = one
    scale = max(1, 560 // sheet.shape[1])
    wide = np.kron(sheet, np.ones((scale, scale)))[..., None].repeat(3, 2)
    return _jpeg(255 * wide)


def place_in_words(heat: np.ndarray) -> str:
    """Return where a map is highest: "in the upper left", "in the middle", "in several places"…"""
    if heat.max() <= 0:
        return "nowhere in particular"
    height, width = heat.shape
    y, x = ((place + 0.5) for place in np.nonzero(heat >= _HIGHEST * heat.max()))
    y, x = y / height, x / width
    if max(np.ptp(y), np.ptp(x)) > 0.5:
        return "in several places"
    up = "upper" if y.mean() < 0.42 else "lower" if y.mean() > 0.58 else ""
    side = "left" if x.mean() < 0.42 else "right" if x.mean() > 0.58 else ""
    alone = {"upper": "at the top", "lower": "at the bottom", "left": "on the left",
             "right": "on the right", "": "in the middle"}  # fmt: skip
    return f"in the {up} {side}" if up and side else alone[up or side]


def answer_in_words(prediction: Prediction, meant: str) -> str:
    """Return what the model answered, and what it held of the sign that was meant."""
    top = prediction.top
    best = top[0]
    answers = "can't tell; closest is" if prediction.abstained else "answers"
    words = f"The model {answers} {display_name(best.label)}, {percent(best.confidence)}"
    if meant in (best.label, *best.look_alikes):
        return f"{words}: as meant."
    own = next((one for one in top if meant in (one.label, *one.look_alikes)), None)
    sure = "is far less likely" if own is None else percent(own.confidence)
    return f"{words}; {display_name(meant)}, which was meant, {sure}."


def _jpeg(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()
