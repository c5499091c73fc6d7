"""What models say of the letters of signers whom they have not seen.

Signers of whom there are only landmarks are read by the bundled landmark network if it has not
learned from their table. If it has, by landmark networks trained like it on the landmark tables
alone, each without a fifth of these signers. Pictures are read by the whole model, unless it has
learned from them.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from asl.bundle import ModelBundle
from asl.data.pictures.landmark_table import read_landmarks
from asl.evaluation.results.result import HOME
from asl.hands.landmarks import normalise
from asl.images import SUFFIXES, load_rgb
from asl.inference.pictures.landmark_only import LandmarkOnly
from asl.inference.pictures.predictor import Predictor
from asl.labels import LETTERS, MOTION_SIGNS
from asl.nets.pictures.hand_landmarks import HandLandmarks
from asl.training.config import TrainConfig
from asl.training.fitting.loop import fit
from asl.training.pictures.datasets import Landmarks
from asl.training.progress import Task

TABLES = ("people/landmarks.csv.gz", "people/more_signers.csv.gz")
PICTURES = "signers"
#: What read a signer's hands.
BUNDLED, LEFT_OUT, WHOLE = "bundled landmark network", "network without them", "pictures"
_GROUPS = 5
#: Passes over the tables, fewer than the bundled network's, to keep the command short.
_EPOCHS = 10
#: Pictures of a letter that are read, spread over all there are.
_PICTURES = 16
_CONFIG = HOME / "asl" / "training" / "configs" / "asl-hands.toml"


@dataclass(frozen=True, eq=False)
class Signer:
    """One signer's letters, as a model reads them that has not learned from this signer.

    Attributes:
        name: the data set's number.
        source: what read the hands, `BUNDLED`, `LEFT_OUT` or `WHOLE`.
        labels: the model's signs, the order of the logits' columns.
        truth: (N,) letters.
        landmarks: (N, 21, 3) normalised, in the order of the recordings.
        logits: (N, C).
    """

    name: str
    source: str
    labels: tuple[str, ...]
    truth: np.ndarray
    landmarks: np.ndarray
    logits: np.ndarray


def signers_of_tables(data: Path, bundle: ModelBundle, seed: int) -> Iterator[Signer]:
    """Yield all signers of the landmark tables.

    Raises:
        ValueError: a table is missing or broken, or the model has no landmark network.
    """
    tables = [read_landmarks(data / name) for name in TABLES]
    learned = {entry.get("rows") for entry in bundle.card.data if entry.get("kind") == "landmarks"}
    seen = [table for table in tables if len(table) in learned]
    network = LandmarkOnly(bundle)
    for table in tables:
        if len(table) not in learned:
            for name, own in _letters_of(table):
                points = np.stack(own["landmarks"].tolist())
                logits = np.stack([network.logits(one) for one in points])
                yield _signer(name, BUNDLED, bundle.card.labels, own, points, logits)
    everyone = pd.concat([table[table["label"].isin(LETTERS)] for table in tables])
    names = sorted({name for table in seen for name in table["person"]}, key=int)
    for group in range(_GROUPS if names else 0):
        without = names[group::_GROUPS]
        net = train_without(everyone, without, seed)
        for name, own in _letters_of(everyone[everyone["person"].isin(without)]):
            points = np.stack(own["landmarks"].tolist())
            with torch.no_grad():
                logits = net(torch.from_numpy(points)).log_softmax(-1).numpy()
            yield _signer(name, LEFT_OUT, LETTERS, own, points, logits)


def train_without(
    table: pd.DataFrame, people: Sequence[str], seed: int, epochs: int = _EPOCHS
) -> HandLandmarks:
    """Train a landmark network as the bundled model's configuration says, without some people.

    Args:
        table: label, person and landmarks, letters only.
        epochs: passes over the table.
    """
    config = TrainConfig.read(_CONFIG)
    known = table[~table["person"].isin(people)]
    points = np.stack(known["landmarks"].tolist())
    still = next(entry.still_motion for entry in config.data if entry.is_landmarks)
    motion = known["label"].isin(MOTION_SIGNS).to_numpy()
    training_set = Landmarks(
        landmarks=points,
        rereads=np.zeros((len(points), 0, 21, 3), np.float32),
        settings=config.augment,
        classes=np.array([LETTERS.index(label) for label in known["label"]]),
        sources=known["person"].to_numpy(str),
        weights=np.where(motion, still, 1.0),
        validation=np.zeros(0, int),
    )
    recipe = replace(config.landmarks, epochs=epochs)
    torch.manual_seed(seed)
    net = HandLandmarks(len(LETTERS))
    with tempfile.TemporaryDirectory() as folder:
        fit(net, training_set, recipe, seed, Path(folder) / "landmarks", Task.LANDMARK_NETWORK)
    return net.eval()


def signers_in_pictures(
    data: Path,
    bundle: ModelBundle,
    step: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Signer]:
    """Yield the signers of whom there are pictures, read as the Photo page does.

    There are none if the model has learned from these pictures. Pictures without a hand keep no
    landmarks and are left out, as they teach nothing.
    """
    if any(entry.get("name") == PICTURES for entry in bundle.card.data):
        return
    folder, predictor = data / PICTURES, Predictor(bundle)
    files = [file for letter in sorted(folder.glob("*/*/")) for file in _some(letter)]
    read: dict[str, list[tuple[str, np.ndarray, np.ndarray]]] = {}
    for done, file in enumerate(files):
        outputs = predictor.outputs_of(load_rgb(file))
        if outputs.hand is not None:
            points = normalise(outputs.hand.landmarks, outputs.hand.side)
            found = (file.parent.name, points, outputs.logits)
            read.setdefault(file.parent.parent.name, []).append(found)
        step(done + 1, len(files))
    for name, columns in read.items():
        truth, points, logits = (np.array(column) for column in zip(*columns, strict=True))
        yield Signer(name, WHOLE, bundle.card.labels, truth, points, logits)


def _some(letter: Path) -> list[Path]:
    """Return some of a letter's pictures, in the order in which they were taken."""
    files = sorted(file for file in letter.iterdir() if file.suffix.lower() in SUFFIXES)
    places = np.linspace(0, len(files) - 1, min(len(files), _PICTURES)).astype(int)
    return [files[place] for place in places]


def _letters_of(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for name, own in table[table["label"].isin(LETTERS)].groupby("person", sort=False):
        yield str(name), own


def _signer(
    name: str,
    source: str,
    labels: Sequence[str],
    table: pd.DataFrame,
    points: np.ndarray,
    logits: np.ndarray,
) -> Signer:
    return Signer(name, source, tuple(labels), table["label"].to_numpy(str), points, logits)
