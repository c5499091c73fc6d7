"""What to train, on what, and how it is tested: the settings behind one model."""

import json
import logging
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from asl.bundle import DEFAULT_MODEL, DEFAULT_WORDS, WEIGHTS, check_name, find_bundle
from asl.card_inputs import MAX_REREADS
from asl.data.sequences.cleaning import LENIENT, Cleaning
from asl.data.sequences.preparation import Preparation
from asl.files import read_file
from asl.nets.registry import PICTURE_SIZE, Network, network
from asl.training.examples.data_sets import DataSet, Movement
from asl.training.sequences.augment_settings import SequenceAugment, augment_from
from asl.training.settings import AugmentSettings, Recipe, check_framework
from asl.workspace import workspace

log = logging.getLogger(__name__)

SPLITS = {
    "random": "a fifth of the data, drawn at random; optimistic, since people repeat",
    "new-person": "people held out, a fifth of the data",
    "leave-one-person-out": "each person left out in turn",
    "group-k-fold": "people left out in turn, several at a time",
    "leave-one-set-out": "each data set left out in turn",
    "own": "the test part that the data came with",
}
#: Those that divide the data once.
_ONE_PART = ("random", "new-person", "own")
_LARGEST_FILE = 1 << 20
#: What settings were called up to version 0.1, in files and in the notes of runs.
_OLD_KEYS = {"look": "crop", "eyes": "landmark_network", "readings": "rereads"}
#: Default of settings that are left to the network; filled when the settings are made.
_OWN_CHOICE: Any = None
#: What `trust` is where nothing is asked for, up to so many signs and beyond.
_TRUST, _MANY_SIGNS, _TRUST_OF_MANY = 0.97, 100, 0.85
STARTS = ("bundled", "lite0", "imagenet", "hands", "none")
LANDMARK_RECIPE = Recipe(epochs=30, batch=256, learning_rate=2e-3, label_smoothing=0.05)
#: What reads words if nothing else is asked for.
WORD_NETWORK = "conv_transformer"
SEQUENCE_RECIPE = Recipe(epochs=60, batch=64, learning_rate=1e-3)
#: Changes that suit landmarks of any part of the body, and signs of which there are few examples.
SEQUENCE_AUGMENT = SequenceAugment(
    resampled=0.8, mirrored=0.3, joints=0.5, affine=0.75, time_masked=0.3, pace=(0.7, 1.4),
    affine_degrees=15.0,
)  # fmt: skip


@dataclass(frozen=True)
class TrainConfig:
    """All that decides how a model comes out.

    Attributes:
        name: of the model.
        data: what to learn from.
        network: picture network, "hand_landmarks" for landmarks alone, or a network of words. What
            is marked with * depends on it if left out (None).
        settings: the network's own, such as its channels; see `asl.nets.registry.Network.settings`.
        start: * start weights: "bundled", "lite0", "imagenet", "hands", "none", or a folder with
            weights, absolute or in the workspace, with a "/" in it.
        split: how the model is tested; a key of `SPLITS`.
        crop: * what the picture network is shown: "hand", or "whole" for the whole picture.
        landmark_network: * whether the landmark network answers beside the picture network.
        signs: learn only these labels; all there are if empty.
        final: after leaving each person or set out, train once more on everything.
        validation: whether each training keeps a few examples aside, to choose its best epoch by;
            else the last one counts. With splits of one part they calibrate the model, too.
        size: * side in pixels of the picture network's input.
        frozen_stages: * how many stages of the trunk stay as they start.
        copies: augmented copies of each picture kept for the stages above the frozen ones.
        rereads: how often the joints of each hand are read again, from squares that lie elsewhere:
            in training as further examples for the landmark network, and in recognition where
            the answer is not clear.
        small_rereads: how often, beside that, the joints of each hand are read from a picture made
            small, as further examples for the landmark network: what few pixels show of a hand.
        movements: signs of which the landmark network gets further examples from other signs.
        picture: recipe of the picture network above its frozen stages.
        unfrozen: recipe of a last round with all stages trained; none by default.
        landmarks: recipe of the landmark network.
        augment: how pictures and hands are changed.
        sequences: recipe of a network of words, with which the settings for pictures do not count.
        preparation: what of a sequence a network of words is shown.
        cleaning: which sequences are left out.
        sequence_augment: how sequences are changed.
        negatives: share, 0–0.9, of examples of "none of these" that are made of other sequences
            and added to those trained on; 0 for a model that takes everything for a word.
        framework: in which a network of words is trained, a key of
            `asl.nets.frameworks.FRAMEWORKS`; the model is the same to all that use it.
        example_people: of how many different people, 1–100, the moving example of a word must be
            the mean to be kept in the model; see `asl.inference.sequences.means.movements`. 1 is
            for your own films; a model that is handed on should have 3 or more.
        trust: accuracy, above 0 and below 1, that answers should have where the model does
            answer. Left out (None), it follows the number of signs; see `wanted_trust`.
        seed: of every random number.
        description: of the model, in a sentence or two.
    """

    name: str
    data: tuple[DataSet, ...]
    network: str = "efficientnet_hands"
    settings: dict[str, Any] = field(default_factory=dict)
    start: str = _OWN_CHOICE
    split: str = "random"
    crop: str = _OWN_CHOICE
    landmark_network: bool = _OWN_CHOICE
    signs: tuple[str, ...] = ()
    final: bool = True
    validation: bool = True
    size: int = _OWN_CHOICE
    frozen_stages: int = _OWN_CHOICE
    copies: int = 5
    rereads: int = 0
    small_rereads: int = 0
    movements: tuple[Movement, ...] = ()
    picture: Recipe = field(default_factory=Recipe)
    unfrozen: Recipe | None = None
    landmarks: Recipe = field(default_factory=lambda: LANDMARK_RECIPE)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    sequences: Recipe = field(default_factory=lambda: SEQUENCE_RECIPE)
    preparation: Preparation = field(default_factory=Preparation)
    cleaning: Cleaning = field(default_factory=lambda: LENIENT)
    sequence_augment: SequenceAugment = field(default_factory=lambda: SEQUENCE_AUGMENT)
    negatives: float = 0.0
    framework: str = "pytorch"
    example_people: int = 1
    trust: float | None = None
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
        if self.trust is not None and not 0 < self.trust < 1:
            raise ValueError(f"trust: {self.trust} is not between 0 and 1")
        if self.settings:
            spec.check(self.settings)
        check_framework(self.framework, spec, self.settings)
        looks_aside = self.recipe.patience or self.recipe.schedule == "plateau"
        if not self.validation and (self.split in _ONE_PART or looks_aside):
            raise ValueError(
                f"validation: {', '.join(_ONE_PART)}, patience and plateau need what is kept aside"
            )
        if self.of_sequences:
            _check_sequences(self, spec)
        else:
            _check_pictures(self, spec)

    def wherever(self) -> Self:
        """Return the same settings without where the data lie, and what they are called after."""
        return replace(self, data=tuple(entry.wherever() for entry in self.data))

    def with_network(self, name: str) -> Self:
        """Return the same settings for another network, with what depends on it left to it."""
        left: dict[str, Any] = dict.fromkeys(_own_choices(network(name)))
        return replace(self, network=name, settings={}, **left)

    def wanted_trust(self, signs: int) -> float:
        """Return the accuracy that answers should have of a model that knows so many signs.

        Among hundreds of words many are alike, and nearly all answers would have to be kept back
        to be as trustworthy as those of an alphabet; a page shows the next four words as well.
        """
        if self.trust is not None:
            return self.trust
        return _TRUST_OF_MANY if signs > _MANY_SIGNS else _TRUST

    @property
    def of_sequences(self) -> bool:
        """Whether it learns from sequences of landmarks rather than from pictures."""
        return network(self.network).kind == "sequences"

    @property
    def searches_hands(self) -> bool:
        """Whether hands must be found in the pictures."""
        only_joints = network(self.network).picture_size is None
        return self.crop == "hand" or self.landmark_network or only_joints

    @property
    def recipe_name(self) -> str:
        """Name of the field with the recipe of the network that `network` names."""
        if self.of_sequences:
            return "sequences"
        return "landmarks" if network(self.network).picture_size is None else "picture"

    @property
    def recipe(self) -> Recipe:
        """The recipe of the network that `network` names."""
        recipe: Recipe = getattr(self, self.recipe_name)
        return recipe

    def alone(self) -> Self:
        """Return the same settings for that network alone, trained once: what a trial trains."""
        return replace(self, landmark_network=False, unfrozen=None)

    @property
    def start_model(self) -> str:
        """Name of the model that "bundled" stands for."""
        return DEFAULT_WORDS if self.of_sequences else DEFAULT_MODEL

    @property
    def start_weights(self) -> str | Path:
        """What `asl.nets.pictures.build.build_networks` starts from."""
        if self.start == "bundled":
            return find_bundle(self.start_model).folder / WEIGHTS
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
            values = parse(read_file(file, _LARGEST_FILE).decode())
            for name in _OLD_KEYS.keys() & values.keys():
                log.warning("%s: %r is called %r now", file, name, _OLD_KEYS[name])
            return cls.from_dict(values)
        except (
            tomllib.TOMLDecodeError, json.JSONDecodeError, UnicodeDecodeError, RecursionError,
            TypeError,
        ) as error:  # fmt: skip
            raise ValueError(f"{file}: {error}") from error

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Build from plain values; the reverse of `dataclasses.asdict`.

        "none" stands for `AugmentSettings.none`, and names stand for ways to change sequences; see
        `asl.training.sequences.augment_settings`.
        """
        values = {_OLD_KEYS.get(name, name): value for name, value in raw.items()}
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"{sorted(unknown)[0]}: no such setting")
        values["data"] = tuple(DataSet(**entry) for entry in values.get("data", ()))
        values["movements"] = tuple(Movement(**entry) for entry in values.get("movements", ()))
        for name in ("picture", "unfrozen", "landmarks", "sequences"):
            if values.get(name) is not None:
                values[name] = Recipe.from_dict(values[name])
        if values.get("augment") == "none":
            values["augment"] = AugmentSettings.none()
        elif "augment" in values:
            values["augment"] = AugmentSettings(**values["augment"])
        if "preparation" in values:
            values["preparation"] = Preparation.from_dict(values["preparation"])
        if "cleaning" in values:
            values["cleaning"] = Cleaning(**values["cleaning"])
        if "sequence_augment" in values:
            values["sequence_augment"] = augment_from(values["sequence_augment"])
        values["signs"] = tuple(values.get("signs", ()))
        return cls(**values)


def _check_sequences(config: TrainConfig, spec: Network) -> None:
    """Refuse settings of sequences that are out of range or that the network cannot have."""
    if not 0 <= config.negatives <= 0.9:
        raise ValueError(f"negatives: {config.negatives} is not in 0 … 0.9")
    if not 1 <= config.example_people <= 100:
        raise ValueError(f"example_people: {config.example_people} is not in 1 … 100")
    if config.sequence_augment.mirrored:
        _ = config.preparation.selection.partners  # refuses rows without them
    if config.start in STARTS and config.start not in spec.starts:
        raise ValueError(
            f"init: {spec.name} can start from {', '.join(spec.starts)}, not {config.start!r}"
        )


def _check_pictures(config: TrainConfig, spec: Network) -> None:
    """Refuse settings of pictures that are out of range or that the network cannot have."""
    if config.crop not in ("hand", "whole"):
        raise ValueError(f"crop: {config.crop!r} is neither 'hand' nor 'whole'")
    for name, low, high, unit in (
        ("frozen_stages", 0, 17, ""),
        ("copies", 1, 100, ""),
        ("rereads", 0, MAX_REREADS, ""),
        ("small_rereads", 0, MAX_REREADS, ""),
        ("size", 8, 1024, " pixels"),
    ):
        if not low <= getattr(config, name) <= high:
            value = getattr(config, name)
            raise ValueError(f"{name}: {value} is not in {low} … {high}{unit}")
    if spec.picture_size is None:
        return
    if config.start in STARTS and config.start not in spec.starts:
        raise ValueError(
            f"init: {spec.name} can start from {', '.join(spec.starts)}, not {config.start!r}"
        )
    if not spec.any_size and config.size != spec.picture_size:
        raise ValueError(f"size: {spec.name} sees {spec.picture_size} pixels, not {config.size}")
    if config.frozen_stages and not spec.frozen_stages:
        raise ValueError(f"frozen_stages: {spec.name} has no trunk that could stay as it is")


def _own_choices(spec: Network) -> dict[str, Any]:
    """Return the settings that suit a network where nothing else is asked for."""
    return {
        "start": next(start for start in STARTS[1:] if start in spec.starts),
        "crop": spec.crop,
        "landmark_network": spec.crop == "hand",
        "size": spec.picture_size or PICTURE_SIZE,
        "frozen_stages": spec.frozen_stages,
    }
