"""The model bundle: the folder that training writes and everything else reads.

    card.json            what the model is, how it was made, how well it does
    model.onnx           prediction
    weights.safetensors  further training
    evaluation.parquet   one row a test picture
    history.parquet      one row an epoch
    lexicon.npz          a drawn example of each word, where words are what it reads

Only JSON, ONNX, safetensors, Parquet and arrays are read; nothing here can run code.
"""

import os
import stat
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Self

from asl.card import ModelCard, name_fault
from asl.card_fields import CardError
from asl.files import open_file, read_file, replacing
from asl.labels import labels_fault
from asl.workspace import bundled_models, workspace

BUNDLED_MODELS = bundled_models()
DEFAULT_MODEL = "asl-hands"
#: Of those that read words.
DEFAULT_WORDS = "asl-words"

CARD = "card.json"
ONNX = "model.onnx"
WEIGHTS = "weights.safetensors"
EVALUATION = "evaluation.parquet"
HISTORY = "history.parquet"
LEXICON = "lexicon.npz"
FILES = (CARD, ONNX, WEIGHTS, EVALUATION, HISTORY, LEXICON)

_MAX_BYTES = {
    CARD: 4 << 20,
    ONNX: 512 << 20,
    WEIGHTS: 512 << 20,
    EVALUATION: 256 << 20,
    HISTORY: 256 << 20,
    LEXICON: 16 << 20,
}


class BundleError(ValueError):
    """A folder is no usable model bundle; the message names the file or field and the reason."""


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
        try:
            # Bytes that are no UTF-8 are no JSON either; the card's own check says so.
            return cls(folder, ModelCard.from_json(content.decode(errors="replace")))
        except CardError as error:
            raise BundleError(f"{CARD}: {error}") from error

    @property
    def is_bundled(self) -> bool:
        """Whether it came with the app, and is no model of the user's."""
        return self.folder.resolve().parent == BUNDLED_MODELS.resolve()

    def open(self, name: str) -> BufferedReader:
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
        with replacing(self.folder / CARD) as fresh:
            fresh.write_text(card.to_json(), encoding="utf-8")
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
    working folder, so that a model of the user's never takes the place of a bundled one. A model
    whose name is taken is found by its path.

    Raises:
        BundleError: there is none, and the message lists those that there are; or it is unusable.
    """
    if not name_fault(name):
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
    # An export would hold the content of whatever file the link leads to.
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
    if fault := name_fault(name):
        raise BundleError(f"{where}: {fault}")


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
    if fault := labels_fault(labels):
        raise BundleError(f"{where}: {fault}")
