"""Draw typical handshapes: all of a model's, and one beside the visitor's own hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from asl.figures.hands import hands_in_a_row
from asl.figures.skeleton import in_words
from asl.labels import MOTION_SIGNS, display_name, look_alikes
from asl.ui.shared.figure_view import theme_colours

#: Label → (21, 3) typical normalised landmarks, as in a model's card.
Handshapes = Mapping[str, Sequence[Sequence[float]]]

#: The drawings do not react to the mouse, which would be in the way of scrolling.
STATIC = {"staticPlot": True}

# Three hands fit beside each other on a phone, and one figure is drawn faster than three.
_HANDS_IN_A_ROW = 3
_ROW_WIDTH = 300


def show_beside_typical(
    own: np.ndarray, side: str, typical: np.ndarray, sign: str, height: int, key: str
) -> None:
    """Draw the visitor's hand and the typical one of a sign beside each other.

    Args:
        own: (21, 3) normalised landmarks of the visitor's hand.
        side: "left" or "right", of that hand; a left one is said to be mirrored.
        typical: (21, 3) normalised landmarks.
        sign: as people read it.
        height: of a hand in pixels.
        key: of the figure.
    """
    st.plotly_chart(
        hands_in_a_row(
            {"Your hand": own, f"Typical {sign}": typical},
            theme_colours()[0],
            {"Your hand": "mirrored"} if side == "left" else {},
            height=height,
            stroke=4,
            legend=True,
        ),
        config=STATIC,
        key=key,
        alt=f"Your hand: {in_words(own)}. Typical {sign}: {in_words(typical)}.",
    )


def show_handshapes(labels: Sequence[str], handshapes: Handshapes) -> None:
    """Draw the chart of the typical handshape of each sign that has one."""
    shown = [label for label in labels if label in handshapes]
    with st.grid(min_column_width=_ROW_WIDTH, gap="xsmall"):
        for start in range(0, len(shown), _HANDS_IN_A_ROW):
            row = shown[start : start + _HANDS_IN_A_ROW]
            hands = {display_name(label): np.array(handshapes[label]) for label in row}
            remarks = {display_name(label): _remark(label) for label in row}
            words = [
                ", ".join(filter(None, (in_words(points), remarks[name])))
                for name, points in hands.items()
            ]
            st.plotly_chart(
                hands_in_a_row(hands, theme_colours()[0], remarks, columns=_HANDS_IN_A_ROW),
                config=STATIC,
                key=f"handshapes-{start}",
                alt=" ".join(f"{name}: {said}." for name, said in zip(hands, words, strict=True)),
            )


def _remark(label: str) -> str:
    if label in MOTION_SIGNS:
        return "needs motion"
    others = " and ".join(look_alikes(label))
    return f"same as {others}" if others else ""
