"""What a model learns from: data sets, and signs whose examples are made of other signs'."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class DataSet:
    """One source of examples.

    Attributes:
        folder: class folders with pictures; or a ``.csv`` or ``.csv.gz`` file, that is a table of
            landmarks (columns signer, label, side, x0, y0, z0 … z20) or pictures in the format
            of Sign Language MNIST (columns label, pixel1 … pixel784).
        name: as in scores and cards; the folder's name if empty.
        people: who is in the pictures; see `asl.data.folder.read_folder`.
        levels: what the levels of its folders mean, where that is not clear; see there.
        licence: as stated by the source.
        about: who was recorded, in words.
        tested: whether it takes part in the split; if not, all of it is always trained on.
        weight: how much each of its rows counts, 0–1.
        still_motion: weight of J and Z, 0–1, where they are frames of a movement.
    """

    folder: str
    name: str = ""
    people: str = "auto"
    levels: str = ""
    licence: str = ""
    about: str = ""
    tested: bool = True
    weight: float = 1.0
    still_motion: float = 1.0

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", Path(self.folder).name)

    def wherever(self) -> Self:
        """Return the same settings without the folder and what it is called."""
        people = "a table" if self.people.lower().endswith(".csv") else self.people
        return replace(self, folder="", name="", people=people)

    @property
    def is_landmarks(self) -> bool:
        """Whether this is a table of landmarks rather than pictures."""
        return self.folder.endswith((".csv", ".csv.gz"))


@dataclass(frozen=True)
class Movement:
    """A sign that moves another sign's hand, so that this hand, turned, is an example of it.

    Attributes:
        sign: that is a movement.
        hand: sign that holds the same handshape still.
        degrees: the least and the most by which the hand is turned, towards its little finger.
        weight: how much each turned hand counts, 0–1.
    """

    sign: str
    hand: str
    degrees: tuple[float, float]
    weight: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "degrees", tuple(self.degrees))
        if len(self.degrees) != 2 or not -180 <= self.degrees[0] <= self.degrees[1] <= 180:
            raise ValueError(f"movements: degrees {list(self.degrees)} do not rise in -180 … 180")
        if not 0 <= self.weight <= 1:
            raise ValueError(f"movements: weight {self.weight} is not in 0 … 1")
