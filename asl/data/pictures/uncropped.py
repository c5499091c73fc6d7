"""Examples for networks that see whole pictures: no hand is searched for.

Each picture is kept whole, padded to a square as `asl.hands.crop` does for prediction, with room
for shifts and scaling around it.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from asl.data.cache import (
    Reject,
    filling,
    is_filled,
    new_array,
    with_contents,
    without_unreadable,
)
from asl.data.pictures.examples import Examples
from asl.data.pictures.files import refuse
from asl.data.pictures.sign_mnist import read_sign_mnist
from asl.hands.crop import crop_hand
from asl.images import PictureError, load_rgb

#: Raise when cutting changes, so that old caches are not read.
_VERSION = 1
_REPORT_EVERY = 64


def kept_side(size: int) -> int:
    """Return the side of the kept square: `size` in the middle and an eighth of it around."""
    return size + 2 * (size // 8)


def prepare_uncropped(
    table: pd.DataFrame,
    cache: Path,
    source: str,
    size: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
    reject: Reject = refuse,
) -> Examples:
    """Return the examples of `table`, from `cache` if they are there.

    Args:
        table, cache, source, progress, reject: as for `asl.data.pictures.cropped.prepare`.
        size: side in pixels of the square that the network sees.

    Raises:
        PictureError: a picture cannot be read, and `reject` refuses it.
        ValueError: the table is empty.
    """
    table, contents = with_contents(table, reject)
    paths = table["path"].tolist()
    folder = _keep(map(_load, paths), contents, cache, size, progress)
    people = table["person"].fillna("").to_numpy(str)
    examples = _examples(folder, table["label"].to_numpy(str), people, source, paths)
    return without_unreadable(examples, folder, reject)


def prepare_sign_mnist(
    file: Path,
    cache: Path,
    source: str,
    size: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Examples:
    """Return the examples of a Sign Language MNIST CSV; its people are not known.

    Raises:
        ValueError: naming the file, and row and column where a value is wrong.
    """
    pictures, labels = read_sign_mnist(file)
    colour = (np.repeat(picture[..., None], 3, axis=2) for picture in pictures)
    contents = [hashlib.sha256(picture.tobytes()).hexdigest() for picture in pictures]
    folder = _keep(colour, contents, cache, size, progress)
    names = [f"{file.name}:{row}" for row in range(1, len(pictures) + 1)]
    return _examples(folder, np.array(labels), np.full(len(labels), ""), source, names)


def _load(path: str) -> np.ndarray | str:
    """Return the picture, or why it cannot be read."""
    try:
        return load_rgb(path)
    except PictureError as error:
        return error.reason


def _keep(
    pictures: Iterator[np.ndarray | str],
    contents: Sequence[str],
    cache: Path,
    size: int,
    progress: Callable[[int, int], None],
) -> Path:
    """Return the folder with the kept squares of `pictures`.

    Args:
        pictures: (H, W, 3) uint8 each, or why it cannot be read.
        contents: hashes of their bytes.
    """
    side, count = kept_side(size), len(contents)
    made_with = json.dumps([_VERSION, size])
    name = hashlib.sha256("\n".join([made_with, *contents]).encode()).hexdigest()[:16]
    folder = cache / f"examples-{name}-whole"
    if not is_filled(folder):
        with filling(folder, contents, {"made_with": made_with}) as unreadable:
            shape = (count, side, side, 3)
            uncropped = new_array(folder / "wholes.npy", np.uint8, shape)
            for row, rgb in enumerate(pictures):
                if isinstance(rgb, str):
                    unreadable[row] = rgb
                else:
                    uncropped[row] = crop_hand(rgb, None, side, zoom_out=side / size)
                if row % _REPORT_EVERY == 0:
                    progress(row, count)
            uncropped.flush()
            progress(count, count)
    return folder


def _examples(
    folder: Path, labels: np.ndarray, people: np.ndarray, source: str, paths: Sequence[str]
) -> Examples:
    kept = np.load(folder / "wholes.npy", mmap_mode="r")
    return Examples(
        crops=kept,
        uncropped=kept,
        landmarks=np.zeros((len(labels), 21, 3), np.float32),
        found=np.zeros(len(labels), bool),
        labels=labels,
        people=people,
        sources=np.full(len(labels), source),
        paths=np.array(paths, str),
    )
