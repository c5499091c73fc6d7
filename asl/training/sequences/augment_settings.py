"""How sequences of landmarks are changed while a network is trained: settings alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

Range = tuple[float, float]

#: Field of a probability → what it is the probability of.
CHANGES = {
    "exchanged": "a hand, the face or the body of somebody else who signs the same word",
    "trimmed": "cut off at its beginning and its end",
    "warped": "some parts signed faster than others",
    "resampled": "signed faster or slower",
    "held": "the hands rest where they begin and end",
    "mirrored": "shown in a mirror, left and right swapped",
    "joints": "arms and fingers turned in their joints",
    "hands_moved": "each hand turned, scaled and moved by itself",
    "bent": "each hand on a way that bends otherwise",
    "tilted": "turned about the axes across and upwards",
    "scaled": "larger or smaller",
    "stretched": "wider or narrower, as frames of other shapes make them",
    "shifted": "moved within the frame",
    "affine": "scaled, sheared, turned and moved in the picture plane",
    "frames_lost": "single frames lost",
    "time_masked": "a stretch of time unseen",
    "space_masked": "a square of the frame unseen",
    "by_statistics": "normalised by a given mean and deviation",
    "standardised": "normalised by its own mean and deviation",
}


def _check(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name}: {value!r} is not {low} to {high}")


def _check_range(name: str, value: object, low: float, high: float) -> None:
    if not isinstance(value, tuple) or len(value) != 2:
        raise ValueError(f"{name}: {value!r} is not the lowest and the highest")
    for end in value:
        _check(name, end, low, high)
    if value[0] > value[1]:
        raise ValueError(f"{name}: {value!r} has its lowest above its highest")


@dataclass(frozen=True)
class SequenceAugment:
    """Probabilities of the changes in `CHANGES`, in the order in which they are made, and how much.

    Attributes:
        exchanged, trimmed, warped, resampled, held, mirrored, joints, hands_moved, bent, tilted,
        scaled, stretched, shifted, affine, frames_lost, time_masked, space_masked, by_statistics,
        standardised: the probability of each change, 0 to 1.
        most: to which the probabilities may grow; those that begin above it stay.
        trim: share of the frames that is cut off at either end at most.
        warp: standard deviation of the logarithm of the pace of a part; one that lasts as long as
            before has 0.
        pace: frames after resampling over those before, lowest and highest.
        hold: share of the frames for which hands rest, at the beginning and at the end, lowest and
            highest.
        arm_degrees: by which shoulder and elbow are turned at most, either way.
        finger_degrees: by which each joint of a finger is turned at most, either way.
        hand_degrees: by which "hands_moved" turns a hand about its middle at most, either way.
        hand_size: factor of "hands_moved", lowest and highest.
        hand_shift: in shares of the frame at most, either way.
        bend: standard deviation, in shares of the frame, of the two slow waves of "bent".
        tilt_degrees: about the x and the y axis at most, either way.
        size: factor of "scaled", lowest and highest.
        width: factor of "stretched" for x alone, lowest and highest.
        shift: in shares of the frame at most, either way.
        affine_size: factor of "affine", lowest and highest.
        affine_shear: at most, either way, of x by y or of y by x.
        affine_degrees: at most, either way.
        affine_shift: in shares of the frame at most, either way.
        lost: share of frames that are lost.
        time_mask: share of the frames in one stretch that is unseen, lowest and highest.
        space_mask: side of the unseen square in shares of the frame, lowest and highest.
    """

    exchanged: float = 0.0
    trimmed: float = 0.0
    warped: float = 0.0
    resampled: float = 0.0
    held: float = 0.0
    mirrored: float = 0.0
    joints: float = 0.0
    hands_moved: float = 0.0
    bent: float = 0.0
    tilted: float = 0.0
    scaled: float = 0.0
    stretched: float = 0.0
    shifted: float = 0.0
    affine: float = 0.0
    frames_lost: float = 0.0
    time_masked: float = 0.0
    space_masked: float = 0.0
    by_statistics: float = 0.0
    standardised: float = 0.0
    most: float = 1.0
    trim: float = 0.12
    warp: float = 0.4
    pace: Range = (0.5, 1.5)
    hold: Range = (0.0, 0.4)
    arm_degrees: float = 4.0
    finger_degrees: float = 10.0
    hand_degrees: float = 12.0
    hand_size: Range = (0.88, 1.14)
    hand_shift: float = 0.02
    bend: float = 0.012
    tilt_degrees: float = 10.0
    size: Range = (0.9, 1.1)
    width: Range = (0.8, 1.25)
    shift: float = 0.01
    affine_size: Range = (0.8, 1.2)
    affine_shear: float = 0.15
    affine_degrees: float = 30.0
    affine_shift: float = 0.1
    lost: float = 0.05
    time_mask: Range = (0.2, 0.4)
    space_mask: Range = (0.2, 0.4)

    def __post_init__(self) -> None:
        for name in (*CHANGES, "most"):
            _check(name, getattr(self, name), 0, 1)
        for name, low, high in (
            ("trim", 0, 0.45),
            ("warp", 0, 2),
            ("arm_degrees", 0, 90),
            ("finger_degrees", 0, 90),
            ("hand_degrees", 0, 180),
            ("hand_shift", 0, 1),
            ("bend", 0, 1),
            ("tilt_degrees", 0, 80),
            ("shift", 0, 1),
            ("affine_shear", 0, 1),
            ("affine_degrees", 0, 180),
            ("affine_shift", 0, 1),
            ("lost", 0, 0.9),
        ):
            _check(name, getattr(self, name), low, high)
        for name in ("pace", "hand_size", "size", "width", "affine_size"):
            _check_range(name, getattr(self, name), 0.1, 10)
        _check_range("hold", self.hold, 0, 2)
        _check_range("time_mask", self.time_mask, 0, 0.9)
        _check_range("space_mask", self.space_mask, 0, 1)

    @property
    def changes_nothing(self) -> bool:
        """Whether sequences stay as they are."""
        return not any(getattr(self, name) for name in CHANGES)

    def grown(self, factor: float) -> Self:
        """Return the same with every probability times `factor`, at most `most`.

        Raises:
            ValueError: a factor below 0 or not finite.
        """
        _check("factor", factor, 0, 1e6)
        changed = {}
        for name in CHANGES:
            own = getattr(self, name)
            changed[name] = min(own * factor, max(self.most, own))
        return replace(self, **changed)

    def at(self, epoch: int, rate: float = 1.5, interval: int = 5) -> Self:
        """Return the settings of an epoch, counted from 0: × `rate` every `interval` epochs.

        The defaults are the source's.

        Raises:
            ValueError: an epoch below 0, or no interval.
        """
        if epoch < 0:
            raise ValueError(f"epoch: {epoch} is below 0")
        if interval < 1:
            raise ValueError(f"interval: {interval} is not from 1")
        # Beyond any probability there is nothing to grow, and no power to overflow.
        return self.grown(rate ** min(epoch // interval, 30))


#: The seven of the source, each with probability 0.1, growing to 0.35.
SOURCE = SequenceAugment(
    mirrored=0.1, tilted=0.1, scaled=0.1, shifted=0.1, frames_lost=0.1, by_statistics=0.1,
    standardised=0.1, most=0.35,
)  # fmt: skip
#: Those of the winner of asl-signs (hoyso48).
WINNER = SequenceAugment(
    resampled=0.8, mirrored=0.5, affine=0.75, time_masked=0.5, space_masked=0.5
)
#: Nothing is changed.
NONE = SequenceAugment()

PRESETS = {"source": SOURCE, "winner": WINNER, "none": NONE}


def augment_from(raw: str | Mapping[str, Any]) -> SequenceAugment:
    """Build from plain values, or return one of `PRESETS` by its name.

    Raises:
        ValueError: no such name, or a value out of range.
    """
    if isinstance(raw, str):
        if raw not in PRESETS:
            raise ValueError(f"sequence_augment: {raw!r} is none of {', '.join(PRESETS)}")
        return PRESETS[raw]
    values: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in raw.items()
    }
    return SequenceAugment(**values)
