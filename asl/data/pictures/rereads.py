"""Read the joints of hands again, from squares that lie a little elsewhere.

Each time, MediaPipe's network reads the joints a little differently. A landmark network that has
seen several rereads of a hand learns what they have in common.
"""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from asl.data.cache import content_of, fingerprint, note_contents
from asl.data.pictures.cropped import VERSION as EXAMPLES_VERSION
from asl.data.pictures.examples import Examples
from asl.files import replacing
from asl.hands.detector import HandDetector
from asl.hands.landmarks import normalise
from asl.images import load_rgb
from asl.processes import worker_pool

#: Raise when hands are read again in another way, so that old caches are not read.
_VERSION = 1

_FILE = "readings.npy"


def reread(
    examples: Examples,
    count: int,
    cache: Path,
    workers: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """Return `count` rereads of each hand in `examples`, from `cache` if they are there.

    Args:
        examples: N of them.
        count: rereads of each hand.
        cache: folder where all rereads are kept.
        workers: processes that read.
        progress: called with pictures done and in total; not at all if they are in `cache`.

    Returns:
        (N, count, 21, 3) float32, normalised; the example's own landmarks if a reread finds no
        hand, zeros if none was found in the first place.

    Raises:
        HandsUnavailable: hand detection cannot run here.
    """
    rereads = np.repeat(examples.landmarks[:, None], count, axis=1)
    rows = np.flatnonzero(examples.found)
    if count == 0 or len(rows) == 0:
        return rereads
    paths = examples.paths[rows].tolist()
    name = hashlib.sha256(f"{fingerprint(paths)} {EXAMPLES_VERSION} {_VERSION} {count}".encode())
    folder = cache / f"readings-{name.hexdigest()[:16]}"
    if not (folder / _FILE).is_file():
        with worker_pool(workers, _start_worker) as pool:
            results = pool.map(partial(_read, count=count), paths, chunksize=16)
            for done, (row, hands) in enumerate(zip(rows, results, strict=True)):
                for number, joints in enumerate(hands):
                    if joints is not None:
                        rereads[row, number] = joints
                if done % 16 == 0:
                    progress(done, len(paths))
        note_contents(folder, [content_of(path) for path in paths])
        with replacing(folder / _FILE) as fresh:
            np.save(fresh, rereads[rows])
        progress(len(paths), len(paths))
    rereads[rows] = np.load(folder / _FILE)
    return rereads


_detector: HandDetector


def _start_worker() -> None:
    global _detector
    _detector = HandDetector()


def _read(path: str, count: int) -> list[np.ndarray | None]:
    # The same picture is read in the same way, wherever it stands among others.
    random = np.random.default_rng(int(content_of(path)[:16], 16))
    rgb = load_rgb(path)
    hand = _detector.detect(rgb)
    hands = [] if hand is None else _detector.reread(rgb, hand, count, random)
    return [None if hand is None else normalise(hand.landmarks, hand.side) for hand in hands]
