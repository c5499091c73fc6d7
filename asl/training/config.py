"""What to train, on what, and how it is tested: the settings behind one model."""

import json
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from asl.bundle import (
    DEFAULT_MODEL,
    MAX_READINGS,
    WEIGHTS,
    check_name,
    find_bundle,
    workspace,
)
from asl.files import read_file
from asl.nets.registry import PICTURE_SIZE, Network, network
from asl.training.settings import AugmentSettings, Recipe

SPLITS = {
    "random": "a fifth of the pictures, drawn at random; optimistic, since people repeat",
    "new-person": "people held out, a fifth of the pictures",
    "leave-one-person-out": "each person left out in turn",
    "group-k-fold": "people left out in turn, several at a time",
    "leave-one-set-out": "each data set left out in turn",
    "own": "the test part that the data came with",
}
_LARGEST_FILE = 1 << 20
STARTS = ("bundled", "imagenet", "hands", "none")
LANDMARK_RECIPE = Recipe(epochs=30, batch=256, learning_rate=2e-3, label_smoothing=0.05)


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


@dataclass(frozen=True)
class TrainConfig:
    """All that decides how a model comes out.

    Attributes:
        name: of the model.
        data: what to learn from.
        network: picture network, or "hand_landmarks" for landmarks alone. What is marked with *
            depends on it if left out (None).
        settings: the network's own, such as its channels; see `asl.nets.registry.Network.settings`.
        start: * start weights: "bundled", "imagenet", "hands", "none", or a folder with
            weights, absolute or in the workspace, with a "/" in it.
        split: how the model is tested; a key of `SPLITS`.
        look: * what the picture network is shown: "hand", or "whole" for the whole picture.
        eyes: * whether the landmark network answers beside the picture network.
        signs: learn only these labels; all there are if empty.
        final: after leaving each person or set out, train once more on everything.
        size: * side in pixels of the picture network's input.
        frozen_stages: * how many stages of the trunk stay as they start.
        copies: augmented copies of each picture kept for the stages above the frozen ones.
        readings: how often the joints of each hand are read anew, from squares that lie elsewhere:
            in training as further examples for the landmark network, and in recognition where
            the answer is not clear.
        movements: signs of which the landmark network gets further examples from other signs.
        picture: recipe of the picture network above its frozen stages.
        unfrozen: recipe of a last round with all stages trained; none by default.
        landmarks: recipe of the landmark network.
        augment: how examples are changed.
        trust: accuracy that answers should have where the model does answer.
        seed: of every random number.
        description: of the model, in a sentence or two.
    """

    name: str
    data: tuple[DataSet, ...]
    network: str = "efficientnet_hands"
    settings: dict[str, Any] = field(default_factory=dict)
    start: str | None = None
    split: str = "random"
    look: str | None = None
    eyes: bool | None = None
    signs: tuple[str, ...] = ()
    final: bool = True
    size: int | None = None
    frozen_stages: int | None = None
    copies: int = 5
    readings: int = 0
    movements: tuple[Movement, ...] = ()
    picture: Recipe = field(default_factory=Recipe)
    unfrozen: Recipe | None = None
    landmarks: Recipe = field(default_factory=lambda: LANDMARK_RECIPE)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    trust: float = 0.97
    seed: int = 0
    description: str = ""

    def __post_init__(self) -> None:
        check_name(self.name)
        if not self.data:
            raise ValueError("data: at least one folder is needed")
        spec = network(self.network)
        for name, value in _own_choices(spec).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        if self.split not in SPLITS:
            raise ValueError(f"split: {self.split!r} is none of {', '.join(SPLITS)}")
        if self.start not in STARTS and "/" not in self.start:
            raise ValueError(f"init: {self.start!r} is none of {', '.join(STARTS)}, nor a folder")
        if self.look not in ("hand", "whole"):
            raise ValueError(f"look: {self.look!r} is neither 'hand' nor 'whole'")
        if not 0 <= self.frozen_stages <= 17:
            raise ValueError(f"frozen_stages: {self.frozen_stages} is not in 0 … 17")
        if not 1 <= self.copies <= 100:
            raise ValueError(f"copies: {self.copies} is not in 1 … 100")
        if not 0 <= self.readings <= MAX_READINGS:
            raise ValueError(f"readings: {self.readings} is not in 0 … {MAX_READINGS}")
        if not 8 <= self.size <= 1024:
            raise ValueError(f"size: {self.size} is not in 8 … 1024 pixels")
        if self.settings:
            spec.check(self.settings)
        if spec.picture_size is None:
            return
        if self.start in STARTS and self.start not in spec.starts:
            raise ValueError(
                f"init: {spec.name} can start from {', '.join(spec.starts)}, not {self.start!r}"
            )
        if not spec.any_size and self.size != spec.picture_size:
            raise ValueError(f"size: {spec.name} sees {spec.picture_size} pixels, not {self.size}")
        if self.frozen_stages and not spec.frozen_stages:
            raise ValueError(f"frozen_stages: {spec.name} has no trunk that could stay as it is")

    def wherever(self) -> Self:
        """Return the same settings without where the data lie, and what they are called after."""
        return replace(self, data=tuple(entry.wherever() for entry in self.data))

    def with_network(self, name: str) -> Self:
        """Return the same settings for another network, with what depends on it left to it."""
        left = dict.fromkeys(_own_choices(network(name)))
        return replace(self, network=name, settings={}, **left)

    @property
    def searches_hands(self) -> bool:
        """Whether hands must be found in the pictures."""
        return self.look == "hand" or self.eyes or network(self.network).picture_size is None

    @property
    def start_weights(self) -> str | Path:
        """What `asl.nets.load.build_eyes` starts from."""
        if self.start == "bundled":
            return find_bundle(DEFAULT_MODEL).folder / WEIGHTS
        return self.start if self.start in STARTS else workspace() / self.start / WEIGHTS

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a TOML or JSON file; folders in it are relative to `ASL_DATA` or the working folder.

        Raises:
            ValueError: no valid file, or a field that is unknown, missing or out of range.
            OSError: there is none, or it is no ordinary one.
        """
        parse = json.loads if Path(file).suffix == ".json" else tomllib.loads
        try:
            return cls.from_dict(parse(read_file(file, _LARGEST_FILE).decode()))
        except (
            tomllib.TOMLDecodeError, json.JSONDecodeError, UnicodeDecodeError, RecursionError,
            TypeError,
        ) as error:  # fmt: skip
            raise ValueError(f"{file}: {error}") from error

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Build from plain values; the reverse of `dataclasses.asdict`.

        "none" stands for `AugmentSettings.none`.
        """
        values = dict(raw)
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"{sorted(unknown)[0]}: no such setting")
        values["data"] = tuple(DataSet(**entry) for entry in values.get("data", ()))
        values["movements"] = tuple(Movement(**entry) for entry in values.get("movements", ()))
        for name in ("picture", "unfrozen", "landmarks"):
            if values.get(name) is not None:
                values[name] = Recipe.from_dict(values[name])
        if values.get("augment") == "none":
            values["augment"] = AugmentSettings.none()
        elif "augment" in values:
            values["augment"] = AugmentSettings(**values["augment"])
        values["signs"] = tuple(values.get("signs", ()))
        return cls(**values)


def _own_choices(spec: Network) -> dict[str, Any]:
    """Return the settings that suit a network where nothing else is asked for."""
    return {
        "start": next(start for start in STARTS[1:] if start in spec.starts),
        "look": spec.look,
        "eyes": spec.look == "hand",
        "size": spec.picture_size or PICTURE_SIZE,
        "frozen_stages": spec.frozen_stages,
    }
