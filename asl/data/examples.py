"""Turn a table of pictures into examples: hand crop, whole picture and landmarks of each.

Detecting hands takes most of the time, so examples are kept on disk under a fingerprint of the
pictures' bytes and of the settings they were made with; the same pictures are never searched
twice, whatever their table says about labels and people.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from asl.hands.crop import CONTEXT, crop_hand
from asl.hands.detector import HandDetector
from asl.hands.landmarks import normalise
from asl.images import load_rgb

#: Raise when detection or cropping change, so that old caches are not read.
_VERSION = 3


@dataclass(frozen=True)
class ExampleSettings:
    """How pictures become examples.

    Attributes:
        size: side in pixels of the square that the pixel network sees.
        zoom_out: how much wider the kept square is, as room for shifts and scaling.
    """

    size: int = 128
    zoom_out: float = 1.25

    @property
    def kept(self) -> int:
        """Side of the kept square in pixels."""
        return round(self.size * self.zoom_out)


@dataclass(frozen=True)
class Examples:
    """What training sees, one row a picture (or a row of landmarks without a picture).

    Attributes:
        crops: (N, K, K, 3) uint8, square around the hand, or the whole picture where none is found.
        wholes: (N, K, K, 3) uint8, the whole picture padded to a square.
        landmarks: (N, 21, 3) float32, normalised; zeros where no hand was found.
        found: (N,) bool, whether a hand was found.
        labels: (N,) str.
        people: (N,) str, "" where unknown.
        sources: (N,) str, the data set each row comes from.
        paths: (N,) str.
    """

    crops: np.ndarray
    wholes: np.ndarray
    landmarks: np.ndarray
    found: np.ndarray
    labels: np.ndarray
    people: np.ndarray
    sources: np.ndarray
    paths: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, index: np.ndarray) -> Self:
        """Return the examples at `index` (positions or a mask)."""
        return type(self)(**{name: getattr(self, name)[index] for name in self.__annotations__})

    @classmethod
    def concatenate(cls, parts: Sequence["Examples"]) -> Self:
        """Join examples of several data sets."""
        return cls(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in cls.__annotations__
            }
        )


def prepare(
    table: pd.DataFrame,
    cache: Path,
    source: str = "",
    settings: ExampleSettings = ExampleSettings(),
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Examples:
    """Return the examples of `table` (columns path, label, person), from `cache` if there.

    Raises:
        PictureError: a picture cannot be read; the folder check lists all of them beforehand.
        HandsUnavailable: hand detection cannot run here.
        ValueError: the table is empty.
    """
    if table.empty:
        raise ValueError("table: no pictures to prepare")
    paths = table["path"].tolist()
    folder = cache / f"examples-{_fingerprint(paths, settings)}"
    if not (folder / "done.json").is_file():
        _fill(folder, paths, settings, workers or os.cpu_count() or 1, progress)
    progress(len(paths), len(paths))
    return Examples(
        crops=np.load(folder / "crops.npy", mmap_mode="r"),
        wholes=np.load(folder / "wholes.npy", mmap_mode="r"),
        landmarks=np.load(folder / "landmarks.npy"),
        found=np.load(folder / "found.npy"),
        labels=table["label"].to_numpy(str),
        people=table["person"].fillna("").to_numpy(str),
        sources=np.full(len(paths), source),
        paths=np.array(paths),
    )


def fingerprint(paths: Sequence[str]) -> str:
    """Return a SHA-256 over the bytes of the pictures, in order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return digest.hexdigest()


def _fingerprint(paths: Sequence[str], settings: ExampleSettings) -> str:
    made_with = json.dumps([_VERSION, CONTEXT, asdict(settings)])
    return hashlib.sha256((fingerprint(paths) + made_with).encode()).hexdigest()[:16]


def _fill(
    folder: Path,
    paths: Sequence[str],
    settings: ExampleSettings,
    workers: int,
    progress: Callable[[int, int], None],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shape = (len(paths), settings.kept, settings.kept, 3)
    crops = np.lib.format.open_memmap(folder / "crops.npy", "w+", np.uint8, shape)
    wholes = np.lib.format.open_memmap(folder / "wholes.npy", "w+", np.uint8, shape)
    landmarks = np.zeros((len(paths), 21, 3), np.float32)
    found = np.zeros(len(paths), bool)
    # Spawned, not forked: MediaPipe's threads do not survive a fork.
    with ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_start_worker, initargs=(settings,)
    ) as pool:
        for row, example in enumerate(pool.map(_example, paths, chunksize=16)):
            crops[row], wholes[row], points = example
            if points is not None:
                landmarks[row], found[row] = points, True
            if row % 16 == 0:
                progress(row, len(paths))
    crops.flush()
    wholes.flush()
    np.save(folder / "landmarks.npy", landmarks)
    np.save(folder / "found.npy", found)
    (folder / "done.json").write_text(json.dumps({"pictures": len(paths), **asdict(settings)}))


_detector: HandDetector
_settings: ExampleSettings


def _start_worker(settings: ExampleSettings) -> None:
    global _detector, _settings
    _detector, _settings = HandDetector(), settings


def _example(path: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    rgb = load_rgb(path)
    hand = _detector.detect(rgb)
    crop = crop_hand(rgb, hand, _settings.kept, _settings.zoom_out)
    whole = crop_hand(rgb, None, _settings.kept, _settings.zoom_out)
    return crop, whole, None if hand is None else normalise(hand.landmarks, hand.side)
