"""Pictures, and hand landmarks without pictures, as training holds them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asl.data.pictures.examples import Examples
from asl.training.data import TrainingData


@dataclass(frozen=True)
class PictureArrays:
    """The examples of `asl.training.data.TrainingData` where they are pictures.

    Attributes:
        parts: one set of examples a folder or table of pictures.
        examples: all of them together, N rows.
        hands_searched: whether hands were searched for in the pictures.
        cache: folder in which what is computed from them is kept.
        rereads: (N, K, 21, 3) float32, the landmarks of each hand, read again K times.
        small_rereads: (N, S, 21, 3) float32, the same of the hand made small, to learn from alone.
        joints: (M, 21, 3) float32 landmarks without pictures.
        joint_labels, joint_people, joint_sources: (M,) str.
        joint_weights: (M,) float.
    """

    parts: tuple[Examples, ...]
    examples: Examples
    hands_searched: bool
    cache: Path
    rereads: np.ndarray
    small_rereads: np.ndarray
    joints: np.ndarray
    joint_labels: np.ndarray
    joint_people: np.ndarray
    joint_sources: np.ndarray
    joint_weights: np.ndarray

    @property
    def content(self) -> bytes:
        """What tells the landmarks without pictures from others."""
        return "\n".join(self.joint_labels.tolist()).encode() + self.joints.tobytes()

    @property
    def shows_hands(self) -> bool:
        """Whether hands are found often enough for a landmark network to have a say."""
        return len(self.joints) > 0 or float(self.examples.found.mean()) > 0.1


PictureData = TrainingData[PictureArrays]


def handshapes(data: PictureData) -> dict[str, list[list[float]]]:
    """Return for each sign the (21, 3) recorded hand nearest to the median of all of them."""
    examples, own = data.own.examples, data.own
    joints = np.concatenate([examples.landmarks[examples.found], own.joints])
    labels = np.concatenate([examples.labels[examples.found], own.joint_labels])
    shapes = {}
    for label in data.labels:
        hands = joints[labels == label]
        if label != "nothing" and len(hands):
            distance = np.abs(hands - np.median(hands, axis=0)).sum((1, 2))
            shapes[label] = hands[distance.argmin()].round(3).tolist()
    return shapes
