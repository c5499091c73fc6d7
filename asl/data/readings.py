"""Read the joints of hands anew, from squares that lie a little elsewhere.

Each time, MediaPipe's network reads the joints a little differently. A landmark network that has
seen several readings of a hand learns what they have in common.
"""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from asl.data.examples import VERSION as EXAMPLES_VERSION
from asl.data.examples import Examples, content_of, fingerprint, note_contents
from asl.hands.detector import HandDetector
from asl.hands.landmarks import normalise
from asl.images import load_rgb
from asl.processes import end_with_parent

#: Raise when hands are read anew in another way, so that old caches are not read.
_VERSION = 1

_FILE = "readings.npy"


def read_anew(
    examples: Examples,
    count: int,
    cache: Path,
    workers: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """Return `count` more readings of each hand in `examples`, from `cache` if there.

    Returns:
        (N, count, 21, 3) float32, normalised; the example's own landmarks where no hand is seen
        from a square, zeros where none was found.

    Raises:
        HandsUnavailable: hand detection cannot run here.
    """
    readings = np.repeat(examples.landmarks[:, None], count, axis=1)
    rows = np.flatnonzero(examples.found)
    if count == 0 or len(rows) == 0:
        return readings
    paths = examples.paths[rows].tolist()
    name = hashlib.sha256(f"{fingerprint(paths)} {EXAMPLES_VERSION} {_VERSION} {count}".encode())
    folder = cache / f"readings-{name.hexdigest()[:16]}"
    if not (folder / _FILE).is_file():
        # Spawned, not forked: PyTorch's threads do not survive a fork.
        with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_start_worker) as pool:
            anew = pool.map(partial(_read, count=count), paths, chunksize=16)
            for done, (row, hands) in enumerate(zip(rows, anew, strict=True)):
                for number, joints in enumerate(hands):
                    if joints is not None:
                        readings[row, number] = joints
                if done % 16 == 0:
                    progress(done, len(paths))
        note_contents(folder, [content_of(path) for path in paths])
        fresh = folder / f"{os.getpid()}-{_FILE}"
        np.save(fresh, readings[rows])
        os.replace(fresh, folder / _FILE)
    progress(len(paths), len(paths))
    readings[rows] = np.load(folder / _FILE)
    return readings


_detector: HandDetector


def _start_worker() -> None:
    global _detector
    end_with_parent()
    _detector = HandDetector()


def _read(path: str, count: int) -> list[np.ndarray | None]:
    # The same picture is read in the same way, wherever it stands among others.
    random = np.random.default_rng(int(content_of(path)[:16], 16))
    rgb = load_rgb(path)
    hand = _detector.detect(rgb)
    hands = [] if hand is None else _detector.read_anew(rgb, hand, count, random)
    return [None if hand is None else normalise(hand.landmarks, hand.side) for hand in hands]
