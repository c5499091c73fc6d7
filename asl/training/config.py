"""What to train, on what, and how it is tested: the settings behind one model."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from asl.bundle import DEFAULT_MODEL, WEIGHTS, find_bundle, workspace
from asl.nets.registry import names
from asl.training.settings import AugmentSettings, Recipe

SPLITS = {
    "random": "a fifth of the pictures, drawn at random; optimistic, since people repeat",
    "new-person": "people held out, a fifth of the pictures",
    "leave-one-person-out": "each person left out in turn",
    "leave-one-set-out": "each data set left out in turn",
}
STARTS = ("bundled", "imagenet", "none")
LANDMARK_RECIPE = Recipe(epochs=30, batch=256, learning_rate=2e-3, label_smoothing=0.05)


@dataclass(frozen=True)
class DataSet:
    """One source of examples.

    Attributes:
        folder: class folders with pictures, or a table of landmarks (``.csv`` or ``.csv.gz``
            with columns signer, label, side, x0, y0, z0 … z20).
        name: as in scores and cards; the folder's name if empty.
        people: who is in the pictures; see `asl.data.folder.read_folder`.
        licence: as stated by the source.
        about: who was recorded, in words.
        tested: whether it takes part in the split; if not, all of it is always trained on.
        weight: how much each of its rows counts, 0–1.
        still_motion: weight of J and Z, 0–1, where they are frames of a movement.
    """

    folder: str
    name: str = ""
    people: str = "auto"
    licence: str = ""
    about: str = ""
    tested: bool = True
    weight: float = 1.0
    still_motion: float = 1.0

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", Path(self.folder).name)

    @property
    def is_landmarks(self) -> bool:
        """Whether this is a table of landmarks rather than pictures."""
        return self.folder.endswith((".csv", ".csv.gz"))


@dataclass(frozen=True)
class TrainConfig:
    """All that decides how a model comes out.

    Attributes:
        name: of the model.
        data: what to learn from.
        network: picture network, or "hand_landmarks" for landmarks alone.
        start: start weights: "bundled", "imagenet", "none", or a folder with weights, absolute or
            in the workspace, with a "/" in it.
        split: how the model is tested; a key of `SPLITS`.
        eyes: whether the landmark network answers beside the picture network.
        final: after leaving each person or set out, train once more on everything.
        size: side in pixels of the picture network's input.
        frozen_stages: how many stages of the trunk stay as they start.
        copies: augmented copies of each picture kept for the stages above the frozen ones.
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
    network: str = "efficientnet_lite0"
    start: str = "imagenet"
    split: str = "random"
    eyes: bool = True
    final: bool = True
    size: int = 128
    frozen_stages: int = 4
    copies: int = 5
    picture: Recipe = field(default_factory=Recipe)
    unfrozen: Recipe | None = None
    landmarks: Recipe = field(default_factory=lambda: LANDMARK_RECIPE)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    trust: float = 0.97
    seed: int = 0
    description: str = ""

    def __post_init__(self) -> None:
        if not self.data:
            raise ValueError("data: at least one folder is needed")
        if self.network not in names():
            raise ValueError(f"net: {self.network!r} is none of {', '.join(names())}")
        if self.split not in SPLITS:
            raise ValueError(f"split: {self.split!r} is none of {', '.join(SPLITS)}")
        if self.start not in STARTS and "/" not in self.start:
            raise ValueError(f"init: {self.start!r} is none of {', '.join(STARTS)}, nor a folder")
        if not 0 <= self.frozen_stages <= 9:
            raise ValueError(f"frozen_stages: {self.frozen_stages} is not in 0 … 9")
        if not 1 <= self.copies <= 100:
            raise ValueError(f"copies: {self.copies} is not in 1 … 100")

    @property
    def start_weights(self) -> str | Path:
        """What `asl.nets.load.build_eyes` starts from."""
        if self.start == "bundled":
            return find_bundle(DEFAULT_MODEL).folder / WEIGHTS
        return self.start if self.start in STARTS else workspace() / self.start / WEIGHTS

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a TOML file; folders in it are relative to `ASL_DATA` or to the working folder.

        Raises:
            ValueError: no valid TOML, or a field that is unknown, missing or out of range.
        """
        try:
            return cls.from_dict(tomllib.loads(Path(file).read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, TypeError) as error:
            raise ValueError(f"{file}: {error}") from error

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Build from plain values; the reverse of `dataclasses.asdict`."""
        values = dict(raw)
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"{sorted(unknown)[0]}: no such setting")
        values["data"] = tuple(DataSet(**entry) for entry in values.get("data", ()))
        for name in ("picture", "unfrozen", "landmarks"):
            if values.get(name) is not None:
                values[name] = Recipe(**values[name])
        if "augment" in values:
            values["augment"] = AugmentSettings(**values["augment"])
        return cls(**values)
