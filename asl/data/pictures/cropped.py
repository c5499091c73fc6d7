"""Examples for networks that see hands: each picture is searched for one, and cut out around it.

Detecting hands takes most of the time, so examples are kept on disk (`asl.data.cache`).
"""

import hashlib
import json
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from asl.data.cache import (
    Reject,
    filling,
    is_filled,
    joint_fingerprint,
    known_rows,
    new_array,
    with_contents,
    without_unreadable,
)
from asl.data.pictures.examples import Examples, ExampleSettings
from asl.data.pictures.files import refuse
from asl.hands.crop import CONTEXT, crop_hand
from asl.hands.detector import HandDetector
from asl.hands.landmarks import normalise
from asl.images import PictureError, load_rgb
from asl.processes import map_ahead, worker_pool

#: Raise when detection or cropping change, so that old caches are not read.
VERSION = 10

_SETTINGS = ExampleSettings()

# Copied from other examples: as many as fit into the memory beside everything else.
_ROWS_AT_ONCE = 256

#: Crop, whole picture, and landmarks if a hand was found.
_Made = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def prepare(
    table: pd.DataFrame,
    cache: Path,
    source: str = "",
    settings: ExampleSettings = _SETTINGS,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    reject: Reject = refuse,
) -> Examples:
    """Return the examples of `table`, from `cache` if they are there.

    Args:
        table: columns path, label and person.
        cache: folder where all examples are kept.
        source: name of the data set.
        settings: how large the squares are.
        workers: processes that search for hands; by default one a processor core.
        progress: called with pictures done and in total; not at all if none has to be searched.
        reject: told path and reason of every picture that cannot be read, once all have been
            tried; those have no row. By default the first of them is refused.

    Raises:
        PictureError: a picture cannot be read, and `reject` refuses it.
        HandsUnavailable: hand detection cannot run here.
        ValueError: the table is empty.
    """
    table, contents = with_contents(table, reject)
    paths = table["path"].tolist()
    folder = cache / f"examples-{_fingerprint(contents, settings)}"
    if not is_filled(folder):
        made_with = _made_with(settings)
        known = known_rows(cache, contents, made_with)
        workers = workers or os.cpu_count() or 1
        with filling(folder, contents, {"made_with": made_with, **asdict(settings)}) as unreadable:
            unreadable |= _fill(folder, paths, contents, known, settings, workers, progress)
    examples = Examples(
        crops=np.load(folder / "crops.npy", mmap_mode="r"),
        uncropped=np.load(folder / "wholes.npy", mmap_mode="r"),
        landmarks=np.load(folder / "landmarks.npy"),
        found=np.load(folder / "found.npy"),
        labels=table["label"].to_numpy(str),
        people=table["person"].fillna("").to_numpy(str),
        sources=np.full(len(paths), source),
        paths=np.array(paths, str),
    )
    return without_unreadable(examples, folder, reject)


def _made_with(settings: ExampleSettings) -> str:
    return json.dumps([VERSION, CONTEXT, asdict(settings)])


def _fingerprint(contents: Sequence[str], settings: ExampleSettings) -> str:
    return hashlib.sha256(
        (joint_fingerprint(contents) + _made_with(settings)).encode()
    ).hexdigest()[:16]


def _fill(
    folder: Path,
    paths: Sequence[str],
    contents: Sequence[str],
    known: dict[str, tuple[Path, int]],
    settings: ExampleSettings,
    workers: int,
    progress: Callable[[int, int], None],
) -> dict[int, str]:
    """Write the arrays of a folder; return row and reason of every picture that cannot be read.

    Args:
        known: of pictures that have examples already, by their SHA-256: folder and row.
    """
    shape = (len(paths), settings.kept, settings.kept, 3)
    crops = new_array(folder / "crops.npy", np.uint8, shape)
    uncropped = new_array(folder / "wholes.npy", np.uint8, shape)
    landmarks = np.zeros((len(paths), 21, 3), np.float32)
    found = np.zeros(len(paths), bool)
    _copy(
        {"crops": crops, "wholes": uncropped, "landmarks": landmarks, "found": found},
        {row: known[content] for row, content in enumerate(contents) if content in known},
    )
    fresh = [row for row, content in enumerate(contents) if content not in known]
    unreadable: dict[int, str] = {}
    with closing(_make([paths[row] for row in fresh], settings, workers)) as made:
        for done, (row, example) in enumerate(zip(fresh, made, strict=True)):
            if isinstance(example, str):
                unreadable[row] = example
            else:
                crops[row], uncropped[row], points = example
                if points is not None:
                    landmarks[row], found[row] = points, True
            if done % 16 == 0:
                progress(len(paths) - len(fresh) + done, len(paths))
    if fresh:
        progress(len(paths), len(paths))
    crops.flush()
    uncropped.flush()
    np.save(folder / "landmarks.npy", landmarks)
    np.save(folder / "found.npy", found)
    return unreadable


def _copy(arrays: dict[str, np.ndarray], known: dict[int, tuple[Path, int]]) -> None:
    """Fill in the rows that there are already.

    Args:
        arrays: by the names of their files.
        known: row → folder and row there.
    """
    for source in {folder for folder, _ in known.values()}:
        rows = [row for row, (folder, _) in known.items() if folder == source]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            block = rows[start : start + _ROWS_AT_ONCE]
            origins = [known[row][1] for row in block]
            for name, array in arrays.items():
                array[block] = np.load(source / f"{name}.npy", mmap_mode="r")[origins]


def _make(
    paths: Sequence[str], settings: ExampleSettings, workers: int
) -> Generator[_Made | str, None, None]:
    """Yield what comes of each picture, in order, or why it cannot be read."""
    if not paths:
        return
    with worker_pool(workers, _start_worker, settings) as pool:
        yield from map_ahead(pool, _example, paths, 2 * workers)


_detector: HandDetector
_settings: ExampleSettings


def _start_worker(settings: ExampleSettings) -> None:
    global _detector, _settings
    _detector, _settings = HandDetector(), settings


def _example(path: str) -> _Made | str:
    """Return crop, whole picture and landmarks, or why the picture cannot be read."""
    try:
        rgb = load_rgb(path)
    except PictureError as error:
        return error.reason
    hand = _detector.detect(rgb)
    crop = crop_hand(rgb, hand, _settings.kept, _settings.zoom_out)
    whole = crop_hand(rgb, None, _settings.kept, _settings.zoom_out)
    return crop, whole, None if hand is None else normalise(hand.landmarks, hand.side)
