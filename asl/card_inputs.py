"""What a model takes in: an entry of the card for each kind of input, told apart by its `kind`."""

from dataclasses import MISSING, dataclass, fields
from typing import ClassVar

from asl.card_fields import CardError, Check, check_fields, each, flag, number, shown, word

#: How often the joints of one hand may be read again, in recognition and in training.
MAX_REREADS = 20

_MAX_SIZE = 1024
_MAX_FRAMES, _LANDMARKS = 10_000, 543
#: Field → check; mean and std are on the scale 0–1.
_PICTURE_FIELDS: dict[str, Check] = {
    "mean": each(number(-1000, 1000), 3),
    "std": each(number(1e-6, 1000), 3),
    "context": number(1, 10),
    "crop": word,
}
_SEQUENCE_FIELDS: dict[str, Check] = {
    "landmarks": each(number(0, _LANDMARKS), _LANDMARKS),
    "drop_empty": flag,
    "places": flag,
    "own_boxes": flag,
}
_SEQUENCE_COUNTS = (
    ("features", 1, 16_384),
    ("frames", 1, _MAX_FRAMES),
    ("gap", 0, 1000),
    ("coordinates", 2, 3),
    ("differences", 0, 2),
)
_SEQUENCE_WORDS = {
    "filling": ("resample", "mask", "pad", "repeat", "pool"),
    "centre": ("lip", "shoulders", "points", "signer"),
    "scale": ("deviation", "shoulders", "signer"),
}


@dataclass(frozen=True)
class PictureInput:
    """What the picture network is shown.

    Attributes:
        size: side in pixels of the square that is cut out.
        mean: of R, G, B on the scale 0–1, or of the luminance alone where the network sees grey;
            the exported network makes pictures grey and subtracts it itself.
        std: the same; the exported network divides by it itself.
        context: side of the square over the longer side of the hand's landmarks.
        crop: "hand": the square around the hand, or the whole picture where none is found;
            "whole": always the whole picture, padded to a square.
    """

    kind: ClassVar[str] = "picture"

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    context: float
    crop: str = "hand"

    def __post_init__(self) -> None:
        check_whole("picture size", self.size, 8, _MAX_SIZE, " pixels")
        check_fields(_PICTURE_FIELDS, vars(self), "picture")
        if not len(self.mean) == len(self.std) in (1, 3):
            raise CardError("picture mean and std must be three numbers, or one for grey")
        if self.crop not in ("hand", "whole"):
            raise CardError(f"picture crop {self.crop!r} is neither 'hand' nor 'whole'")

    @property
    def grey(self) -> bool:
        """Whether the network sees no colour."""
        return len(self.mean) == 1


@dataclass(frozen=True)
class LandmarksInput:
    """What the landmark network is shown: the normalised joints of a hand.

    Attributes:
        rereads: how often at most the joints of a hand are read again, from squares that lie
            elsewhere, where the answer is not clear; the landmark network's answers are averaged.
    """

    kind: ClassVar[str] = "landmarks"

    rereads: int = 0

    def __post_init__(self) -> None:
        check_whole("rereads", self.rereads, 0, MAX_REREADS)


@dataclass(frozen=True)
class SequenceInput:
    """What a network of words is shown: landmarks over time, (frames, features).

    What its words mean is said in `asl.data.sequences`, which makes of a sequence what is shown.

    Attributes:
        landmarks: rows of the 543-row layout that are used, in their order.
        features: numbers in a frame.
        frames: length that sequences are brought to, or with the filling "mask" the largest.
        filling: how: "resample", "mask", "pad", "repeat" or "pool".
        gap: frames in a landmark's path up to which it is filled.
        drop_empty: whether frames in which nothing is seen are left out.
        centre: "lip", "shoulders", "points" or "signer".
        scale: "deviation", "shoulders" or "signer".
        coordinates: of a landmark: 2 (x and y) or 3.
        places: whether the landmarks' places are shown.
        own_boxes: whether each hand is also shown in a square of its own.
        differences: 0, or over how many frames movements are shown, up to 2.
    """

    kind: ClassVar[str] = "sequence"

    landmarks: tuple[int, ...]
    features: int
    frames: int
    filling: str
    gap: int = 3
    drop_empty: bool = True
    centre: str = "points"
    scale: str = "deviation"
    coordinates: int = 2
    places: bool = True
    own_boxes: bool = True
    differences: int = 2

    def __post_init__(self) -> None:
        for name, low, high in _SEQUENCE_COUNTS:
            check_whole(f"sequence {name}", getattr(self, name), low, high)
        check_fields(_SEQUENCE_FIELDS, vars(self), "sequence")
        for row in self.landmarks:
            check_whole("sequence landmarks: one", row, 0, _LANDMARKS - 1)
        if not self.landmarks or len(set(self.landmarks)) < len(self.landmarks):
            raise CardError("sequence landmarks: there is none, or one stands twice")
        for name, known in _SEQUENCE_WORDS.items():
            if getattr(self, name) not in known:
                said = shown(getattr(self, name))
                raise CardError(f"sequence {name} {said} is none of {', '.join(known)}")

    @property
    def shape(self) -> tuple[int, int]:
        """Frames, features."""
        return self.frames, self.features


ModelInput = PictureInput | LandmarksInput | SequenceInput

_KINDS: dict[str, type[PictureInput] | type[LandmarksInput] | type[SequenceInput]] = {
    kind.kind: kind for kind in (PictureInput, LandmarksInput, SequenceInput)
}


def input_from(raw: object) -> ModelInput:
    """Build an entry of `inputs` from plain values.

    Raises:
        CardError: a field is missing, unknown or not as it should be.
    """
    kind = raw.get("kind") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(kind, str) or kind not in _KINDS:
        raise CardError(f"inputs: an entry is none of the kinds {', '.join(_KINDS)}")
    known = fields(_KINDS[kind])
    values = {name: value for name, value in raw.items() if name != "kind"}
    needed = {f.name for f in known if f.default is MISSING}
    names = {f.name for f in known}
    if not needed <= values.keys() <= names:
        raise CardError(f"{kind}: its fields must be {', '.join(sorted(names))}")
    for name in ("mean", "std", "landmarks"):
        if name in values:
            if not isinstance(values[name], list):
                raise CardError(f"{kind}: {name} is no list")
            values[name] = tuple(values[name])
    return _KINDS[kind](**values)


def check_whole(name: str, value: object, low: int, high: int, unit: str = "") -> None:
    """Refuse what is no whole number from `low` to `high`; True and False are none.

    Raises:
        CardError: naming the field and the value.
    """
    if type(value) is not int or not low <= value <= high:
        raise CardError(f"{name} {shown(value)} is not {low} to {high}{unit}")
