"""Which moments and joints decided an answer, remembered while the film is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

# Importing them at run time would load ONNX Runtime before the page is drawn.
if TYPE_CHECKING:
    from asl.inference.sequences.boundaries import Segment
    from asl.inference.sequences.predictor import WordPrediction, WordPredictor

_MEMORY = "words-decided"
_MOST_REMEMBERED = 50


@dataclass(frozen=True)
class Decided:
    """What an answer rests on.

    Attributes:
        frames: of the word, without which the answer would fall most.
        stretches: the same from and to, in seconds of the film.
        joints: group → by how much the answer's log-probability falls without it, most first.
    """

    frames: tuple[int, ...] = ()
    stretches: tuple[tuple[float, float], ...] = ()
    joints: Mapping[str, float] = field(default_factory=dict)


def decided_by(
    film: str, model: str, word: Segment, predictor: WordPredictor, prediction: WordPrediction
) -> Decided:
    """Return what an answer rests on.

    Args:
        film: a name for the film.
        model: a name for `predictor`.

    Raises:
        NoAnswer: the network gives no usable numbers.
    """
    memory = st.session_state.setdefault(_MEMORY, {})
    known = (film, model, word.start, word.end)
    if known not in memory:
        if len(memory) >= _MOST_REMEMBERED:
            memory.clear()
        memory[known] = _look(word, predictor, prediction)
    return memory[known]


def _look(word: Segment, predictor: WordPredictor, prediction: WordPrediction) -> Decided:
    from asl.inference.sequences import occlusion

    answer = predictor.labels.index(prediction.label)
    gap = predictor.preparation.length.gap
    falls = occlusion.moments(word.points, predictor.logits_of, answer, gap)
    marked = occlusion.deciding(falls)
    times = word.seconds.tolist()
    return Decided(
        tuple(np.flatnonzero(marked).tolist()),
        tuple((times[start], times[end - 1]) for start, end in occlusion.stretches(marked)),
        occlusion.joints(word.points, predictor.logits_of, answer),
    )
