"""The model bundle: the folder that training writes and everything else reads.

    card.json            what the model is, how it was made, how well it does
    model.onnx           prediction
    weights.safetensors  further training
    evaluation.parquet   one row a test picture
    history.parquet      one row an epoch

Only JSON, ONNX, safetensors and Parquet are read; nothing here can run code.
"""

import json
import os
import re
import stat
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, BinaryIO, Self

from asl.card_fields import CARD_FIELDS, PICTURE_FIELDS, Check, check_fields
from asl.files import open_file, read_file
from asl.labels import canonical
from asl.workspace import workspace

BUNDLED_MODELS = Path(__file__).parents[1] / "models"
DEFAULT_MODEL = "asl-hands"

CARD = "card.json"
ONNX = "model.onnx"
WEIGHTS = "weights.safetensors"
EVALUATION = "evaluation.parquet"
HISTORY = "history.parquet"
FILES = (CARD, ONNX, WEIGHTS, EVALUATION, HISTORY)

_SCHEMA = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAX_BYTES = {
    CARD: 4 << 20,
    ONNX: 512 << 20,
    WEIGHTS: 512 << 20,
    EVALUATION: 256 << 20,
    HISTORY: 256 << 20,
}
_MAX_SIZE = 1024
_MAX_LABELS = 2000
_MAX_LABEL_LENGTH = 64
#: How often the joints of one hand may be read anew, in recognition and in training.
MAX_READINGS = 20


class BundleError(ValueError):
    """A folder is no usable model bundle; the message names the file or field and the reason."""


@dataclass(frozen=True)
class PictureInput:
    """What the pixel network is shown.

    Attributes:
        size: side in pixels of the square that is cut out.
        mean: of R, G, B on the scale 0–1, or of the luminance alone where the network sees grey;
            the exported network makes pictures grey and subtracts it itself.
        std: the same; the exported network divides by it itself.
        context: side of the square over the longer side of the hand's landmarks.
        look: "hand": the square around the hand, or the whole picture where none is found;
            "whole": always the whole picture, padded to a square.
    """

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    context: float
    look: str = "hand"

    def __post_init__(self) -> None:
        if type(self.size) is not int or not 8 <= self.size <= _MAX_SIZE:
            raise BundleError(f"{CARD}: picture size {self.size!r} is not 8 to {_MAX_SIZE} pixels")
        _check(PICTURE_FIELDS, self, f"{CARD}: picture")
        if not len(self.mean) == len(self.std) in (1, 3):
            raise BundleError(
                f"{CARD}: picture mean and std must be three numbers, or one for grey"
            )
        if self.look not in ("hand", "whole"):
            raise BundleError(f"{CARD}: picture look {self.look!r} is neither 'hand' nor 'whole'")

    @classmethod
    def from_dict(cls, raw: object) -> Self:
        """Build from plain values.

        Raises:
            BundleError: a field is missing, unknown or not as it should be.
        """
        known = {f.name for f in fields(cls)}
        if not isinstance(raw, dict) or not known - {"look"} <= raw.keys() <= known:
            raise BundleError(f"{CARD}: picture: its fields must be {', '.join(sorted(known))}")
        lists = {name: raw[name] for name in ("mean", "std")}
        for name, value in lists.items():
            if not isinstance(value, list):
                raise BundleError(f"{CARD}: picture: {name} is no list")
        return cls(**{**raw, **{name: tuple(value) for name, value in lists.items()}})

    @property
    def grey(self) -> bool:
        """Whether the network sees no colour."""
        return len(self.mean) == 1


@dataclass(frozen=True)
class ModelCard:
    """What a model is, on what it was trained and how well it does.

    Attributes:
        name: folder name of the bundle.
        labels: the signs, in the order of the logits.
        network: registry name of the network.
        settings: the network's own settings.
        inputs: names of the ONNX inputs, of "picture", "landmarks" and "found".
        picture: what the pixel network is shown; None for landmarks alone.
        readings: how often the joints of a hand are read anew, from squares that lie elsewhere,
            where the answer is not clear; the landmark network's answers are averaged.
        abstain_below: confidence under which the model says "can't tell", with a hand found
            ("hand") and without one ("no_hand").
        description: a sentence or two for people.
        training: settings and course of the training, start weights included.
        data: one entry a data set: name, licence, pictures, people, fingerprint.
        scores: one entry a measurement: data, split, candidates, pictures, accuracy, interval, ….
        calibration: temperature, fusion weights and on whom they were fitted.
        parity: pictures compared and largest difference of probability, network against ONNX.
        versions: of the packages that made it.
        handshapes: label → (21, 3) typical normalised landmarks, right hand.
    """

    name: str
    labels: tuple[str, ...]
    network: str
    inputs: tuple[str, ...]
    picture: PictureInput | None
    abstain_below: dict[str, float]
    settings: dict[str, Any] = field(default_factory=dict)
    readings: int = 0
    description: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    data: tuple[dict[str, Any], ...] = ()
    scores: tuple[dict[str, Any], ...] = ()
    calibration: dict[str, Any] = field(default_factory=dict)
    parity: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    handshapes: dict[str, list[list[float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name, CARD)
        check_labels(self.labels, CARD)
        _check(CARD_FIELDS, self, CARD)
        unknown = set(self.inputs) - {"picture", "landmarks", "found"}
        if unknown or not self.inputs or len(set(self.inputs)) < len(self.inputs):
            raise BundleError(f"{CARD}: inputs {list(self.inputs)} are not understood")
        if ("picture" in self.inputs) != (self.picture is not None):
            raise BundleError(f"{CARD}: picture must be set just when the network looks at one")
        if type(self.readings) is not int or not 0 <= self.readings <= MAX_READINGS:
            raise BundleError(f"{CARD}: readings {self.readings!r} is not 0 to {MAX_READINGS}")
        if unknown := set(self.abstain_below) - {"hand", "no_hand"}:
            raise BundleError(f"{CARD}: abstain_below {min(unknown)!r} is not understood")
        if unknown := set(self.handshapes) - set(self.labels):
            raise BundleError(f"{CARD}: handshapes {min(unknown)!r} is none of the labels")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a card.

        Raises:
            BundleError: no JSON, a wrong schema, a missing or unusable field.
        """
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BundleError(f"{CARD}: no valid JSON ({error})") from error
        if not isinstance(raw, dict) or raw.get("schema") != _SCHEMA:
            raise BundleError(f"{CARD}: schema {_SCHEMA} expected")
        known = {f.name for f in fields(cls)}
        values = {name: value for name, value in raw.items() if name in known}
        try:
            for name in ("labels", "inputs", "data", "scores"):
                if not isinstance(values.get(name, []), list):
                    raise BundleError(f"{CARD}: {name} is no list")
                values[name] = tuple(values.get(name, ()))
            if values.get("picture") is not None:
                values["picture"] = PictureInput.from_dict(values["picture"])
            return cls(**values)
        except BundleError:
            raise
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise BundleError(f"{CARD}: {error}") from error

    def to_json(self) -> str:
        """Return the card as indented JSON, its fields in a fixed order."""
        return json.dumps({"schema": _SCHEMA, **asdict(self)}, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class ModelBundle:
    """A model folder whose card has been read and checked."""

    folder: Path
    card: ModelCard

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the bundle in `folder`.

        Raises:
            BundleError: a needed file is missing, too large or not what it should be.
        """
        folder = Path(folder)
        for name in FILES:
            _check_file(folder, name)
        try:
            content = read_file(folder / CARD, _MAX_BYTES[CARD])
        except OSError as error:
            raise BundleError(f"{folder}: {CARD} cannot be read ({error})") from error
        # Bytes that are no UTF-8 are no JSON either; the card's own check says so.
        return cls(folder, ModelCard.from_json(content.decode(errors="replace")))

    @property
    def is_bundled(self) -> bool:
        """Whether it came with the app, and is no model of the user's."""
        return self.folder.resolve().parent == BUNDLED_MODELS.resolve()

    def open(self, name: str) -> BinaryIO:
        """Open one of the bundle's `FILES`.

        Raises:
            BundleError: it is missing, no ordinary file, or may not be read.
        """
        try:
            return open_file(self.folder / name)
        except OSError as error:
            raise BundleError(f"{self.folder}: {name} cannot be read ({error})") from error

    def write_card(self, card: ModelCard) -> "ModelBundle":
        """Replace the card on disk in one step and return the bundle with it."""
        fresh = self.folder / f".{CARD}.new"
        fresh.write_text(card.to_json(), encoding="utf-8")
        os.replace(fresh, self.folder / CARD)
        return ModelBundle(self.folder, card)

    def export(self, file: Path) -> Path:
        """Write the bundle's files as a zip with one folder in it, and return its path."""
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in FILES:
                if (self.folder / name).is_file():
                    archive.write(self.folder / name, f"{self.card.name}/{name}")
        return file


@dataclass(frozen=True)
class UnusableBundle:
    """A folder that seems to be a model and cannot be used, and why."""

    folder: Path
    reason: str


def scan_bundles() -> tuple[list[ModelBundle], list[UnusableBundle]]:
    """Return all usable bundles, the default first, then by name, bundled before the user's own;
    and the folders among them that cannot be used."""
    usable, unusable = [], []
    for home in (BUNDLED_MODELS, workspace() / "models"):
        for folder in _model_folders(home):
            try:
                usable.append(ModelBundle.read(folder))
            except BundleError as error:
                reason = str(error).removeprefix(f"{folder}: ")
                unusable.append(UnusableBundle(folder, reason))
    usable.sort(key=lambda bundle: (bundle.card.name != DEFAULT_MODEL, bundle.card.name))
    return usable, unusable


def list_bundles() -> list[ModelBundle]:
    """Return all usable bundles; see `scan_bundles`."""
    return scan_bundles()[0]


def by_title(bundles: Sequence[ModelBundle]) -> dict[str, ModelBundle]:
    """Return the bundles by titles that tell them apart: their names where these do.

    A card may have another name than its folder, by which `find_bundle` goes.
    """
    names = [bundle.card.name for bundle in bundles]
    own = [ascii(bundle.folder.name).strip("'") for bundle in bundles]
    names = [
        name if folder == name else f"{name} (in {folder})"
        for name, folder in zip(names, own, strict=True)
    ]
    return {
        name
        if names.count(name) == 1
        else f"{name} ({'bundled' if bundle.is_bundled else 'yours'})": bundle
        for name, bundle in zip(names, bundles, strict=True)
    }


def find_bundle(name: str = DEFAULT_MODEL) -> ModelBundle:
    """Return the bundle in the folder of that name, or at that path.

    A plain name is looked for among the bundled models, then among the user's own, then in the
    working folder, so that a model of the user's never takes the place of a bundled one. Its path
    leads to a model whose name is taken.

    Raises:
        BundleError: there is none, and the message lists those that there are; or it is unusable.
    """
    if _NAME.fullmatch(name):
        for home in (BUNDLED_MODELS, workspace() / "models"):
            if _seems_a_model(home / name):
                return ModelBundle.read(home / name)
    if Path(name).is_dir():
        return ModelBundle.read(Path(name))
    names = ", ".join(by_title(list_bundles())) or "none"
    raise BundleError(f"model: no model named or stored at {name!r}; there are: {names}")


def _model_folders(home: Path) -> list[Path]:
    """Return the folders in `home` that seem to be models, not those that are being written."""
    try:
        entries = sorted(entry for entry in home.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []
    return [entry for entry in entries if _seems_a_model(entry)]


def _seems_a_model(folder: Path) -> bool:
    return any(os.path.lexists(folder / name) for name in FILES)


def _check_file(folder: Path, name: str) -> None:
    """Refuse a file of a bundle that is not to be opened, without opening it."""
    file = folder / name
    try:
        state = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        if name in (CARD, ONNX):
            reason = f"{name} is missing, so this is no model bundle"
            raise BundleError(f"{folder}: {reason}") from None
        return
    except OSError as error:
        raise BundleError(f"{folder}: {name} cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(state.st_mode):
        raise BundleError(f"{folder}: {name} is no ordinary file")
    # Whoever takes the model along would take along whatever file it leads to.
    if file.is_symlink() and not file.resolve().is_relative_to(folder.resolve()):
        raise BundleError(f"{folder}: {name} is a link that leads out of the folder; copy the file")
    if state.st_size > _MAX_BYTES[name]:
        raise BundleError(f"{folder}: {name} is larger than {_MAX_BYTES[name] >> 20} MB")


def check_name(name: str, where: str = "name") -> None:
    """Refuse a name that cannot be that of a bundle's folder.

    Args:
        where: the name stands, for the message.

    Raises:
        BundleError: it is too long or holds other signs than letters, digits, '.', '_' and '-'.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BundleError(
            f"{where}: the model's name {name!r} may hold only letters, digits, '.', '_' and '-', "
            "64 at most, and begins with a letter or digit"
        )


def check_place(folder: Path) -> None:
    """Refuse a folder in which no bundle can be written, before there is one.

    Raises:
        ValueError: it is a file, lies in no folder, or may not be written in.
    """
    if folder.parent == workspace() / "models":
        folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"out: {str(folder)!r} is a file; name a folder for the model")
    if not folder.parent.is_dir():
        raise ValueError(
            f"out: there is no folder {str(folder.parent)!r}; make it, or name another place"
        )
    if not os.access(folder if folder.is_dir() else folder.parent, os.W_OK | os.X_OK):
        raise ValueError(f"out: {str(folder)!r} cannot be written; name another place")


def check_labels(labels: Sequence[str], where: str) -> None:
    """Refuse labels that cannot be those of a model.

    Args:
        where: the labels stand, for the message.

    Raises:
        BundleError: there are fewer than two or too many, one stands twice, or one is none.
    """
    if not 2 <= len(labels) <= _MAX_LABELS:
        raise BundleError(f"{where}: {len(labels)} labels; 2 to {_MAX_LABELS} can be used")
    for label in labels:
        if fault := label_fault(label):
            raise BundleError(f"{where}: label {label!r} {fault}")
    if len(set(labels)) != len(labels):
        raise BundleError(f"{where}: a label stands twice")


def label_fault(label: str) -> str:
    """Return why a model cannot have the label, "" where it can."""
    if not isinstance(label, str) or not 0 < len(label) <= _MAX_LABEL_LENGTH:
        return f"is not 1 to {_MAX_LABEL_LENGTH} characters"
    if not label.isprintable():
        return "has characters that cannot be shown"
    return "" if canonical(label) == label else "is not in its plain form"


def _check(checks: Mapping[str, Check], holder: object, where: str) -> None:
    try:
        check_fields(checks, vars(holder), where)
    except ValueError as error:
        raise BundleError(str(error)) from None
