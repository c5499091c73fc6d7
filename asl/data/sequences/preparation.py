"""From landmarks to what a network of words is shown: the same for learning and for answering."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np

from asl.card_inputs import SequenceInput
from asl.data.sequences.layout import HANDS, HOLISTIC, LEFT_HAND, SOURCE, WINNER, Selection
from asl.data.sequences.lengths import Length, fit_length
from asl.data.sequences.normalise import Normalisation, features

#: Choices of landmarks that have a name.
SELECTIONS = {"hands": HANDS, "source": SOURCE, "winner": WINNER, "holistic": HOLISTIC}


@dataclass(frozen=True)
class Preparation:
    """Which landmarks are used, to what length they are brought, and how they are normalised.

    Attributes:
        landmarks: a name of `SELECTIONS`, or rows of the 543-row layout.
        length: to which a sequence is brought. By default the number of frames says nothing about
            the camera's frame rate.
        normalisation: of the landmarks.
    """

    landmarks: str | tuple[int, ...] = "hands"
    length: Length = field(default_factory=lambda: Length(filling="resample"))
    normalisation: Normalisation = field(default_factory=Normalisation)

    def __post_init__(self) -> None:
        if isinstance(self.landmarks, str) and self.landmarks not in SELECTIONS:
            known = ", ".join(SELECTIONS)
            raise ValueError(f"landmarks: {self.landmarks!r} is none of {known}, nor a list")
        hands = [self.shown.part(name) for name in ("left_hand", "right_hand")]
        if not any(map(len, hands)):
            raise ValueError("landmarks: no landmark of a hand is chosen")

    @cached_property
    def shown(self) -> Selection:
        """The landmarks that a network is shown."""
        if isinstance(self.landmarks, str):
            return SELECTIONS[self.landmarks]
        return Selection(self.landmarks)

    @cached_property
    def selection(self) -> Selection:
        """Those, and what normalising looks at beside them."""
        rows = self.shown.rows
        return Selection(rows + tuple(r for r in self.normalisation.reference if r not in rows))

    @property
    def size(self) -> int:
        """How many numbers a frame has as a network is shown it."""
        return self.normalisation.size(self.shown)

    @property
    def own_boxes_at(self) -> int:
        """Where in a frame as a network is shown it the hands' own boxes begin.

        Raises:
            ValueError: there are none, or not of all joints of both hands.
        """
        own = self.normalisation
        hands = [self.shown.part(name) for name in ("left_hand", "right_hand")]
        if not own.own_boxes or any(len(hand) != len(LEFT_HAND) for hand in hands):
            raise ValueError(
                "shape_width: shapes are read of own_boxes of both hands with all their joints, "
                "which the preparation does not show"
            )
        return own.places * len(self.shown) * own.coordinates

    def features(self, points: np.ndarray) -> np.ndarray:
        """Return what a network is shown of a sequence.

        Args:
            points: (T, landmarks of the selection, 2 or 3), NaN where nothing was seen.

        Returns:
            (T', `size`) float32; 0 where something is not known, NaN in frames of padding.

        Raises:
            ValueError: of another shape, or nothing is seen in any frame.
        """
        points = points[..., : max(2, self.normalisation.coordinates)]
        fitted = fit_length(points, self.length, self.selection.places(self.shown.rows))
        shown = features(fitted.points, self.selection, self.normalisation, self.shown)
        shown[~fitted.real] = np.nan
        return shown

    def to_input(self) -> SequenceInput:
        """Return the same as a model card holds it."""
        length, own = self.length, self.normalisation
        return SequenceInput(
            landmarks=self.shown.rows,
            features=self.size,
            frames=length.frames,
            filling=length.filling,
            gap=length.gap,
            drop_empty=length.drop_empty,
            centre=own.centre,
            scale=own.scale,
            coordinates=own.coordinates,
            places=own.places,
            own_boxes=own.own_boxes,
            differences=own.differences,
        )

    @classmethod
    def from_input(cls, shown: SequenceInput) -> Self:
        """Build from what a model card holds.

        Raises:
            ValueError: a field has a value that is not known here, or the numbers in a frame
                would be others than the network expects.
        """
        made = cls(
            shown.landmarks,
            Length(shown.frames, shown.filling, shown.gap, shown.drop_empty),  # type: ignore[arg-type]
            Normalisation(
                shown.centre, shown.scale, shown.coordinates, shown.places, shown.own_boxes,  # type: ignore[arg-type]
                shown.differences,
            ),
        )  # fmt: skip
        if made.size != shown.features:
            raise ValueError(f"features: the card says {shown.features}, and these are {made.size}")
        return made

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Build from plain values; the reverse of `dataclasses.asdict`."""
        values = dict(raw)
        if not isinstance(values.get("landmarks", ""), str):
            values["landmarks"] = tuple(values["landmarks"])
        if "length" in values:
            values["length"] = Length(**{"filling": "resample", **values["length"]})
        if "normalisation" in values:
            values["normalisation"] = Normalisation(**values["normalisation"])
        return cls(**values)


def padded(sequences: Sequence[np.ndarray]) -> np.ndarray:
    """Put what a network is shown of several sequences into one array.

    Args:
        sequences: (T, features) each, of any T.

    Returns:
        (N, the largest T, features) float32, NaN where a sequence has no frame.
    """
    longest = max(len(one) for one in sequences)
    whole = np.full((len(sequences), longest, sequences[0].shape[1]), np.nan, np.float32)
    for row, one in zip(whole, sequences, strict=True):
        row[: len(one)] = one
    return whole
