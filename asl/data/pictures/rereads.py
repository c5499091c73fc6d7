"""Read the joints of hands again, from squares that lie a little elsewhere and from small pictures.

Each time, MediaPipe's network reads the joints a little differently. A landmark network that has
seen several rereads of a hand learns what they have in common; and from hands of few pixels it
learns how the joints are misread of those far from a camera.
"""

import hashlib
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from asl.data.cache import content_of, fingerprint, note_contents
from asl.data.pictures.cropped import VERSION as EXAMPLES_VERSION
from asl.data.pictures.examples import Examples
from asl.files import replacing
from asl.hands.detector import Hand, HandDetector
from asl.hands.landmarks import normalise
from asl.images import load_rgb
from asl.processes import worker_pool

#: Raise when hands are read again in another way, so that old caches are not read.
_VERSION = 1

_FILE = "readings.npy"

#: Extents in pixels, and JPEG's qualities, of hands that are made small.
_SMALL, _QUALITY = (16.0, 42.0), (45, 90)


def reread(
    examples: Examples,
    count: int,
    cache: Path,
    workers: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
    small: int = 0,
) -> np.ndarray:
    """Return rereads of each hand in `examples`, from `cache` if they are there.

    Args:
        examples: N of them.
        count: rereads of each hand as it is.
        cache: folder where all rereads are kept.
        workers: processes that read.
        progress: called with pictures done and in total; not at all if they are in `cache`.
        small: further rereads of each hand, made small.

    Returns:
        (N, count + small, 21, 3) float32, normalised; the example's own landmarks if a reread
        finds no hand, zeros if none was found in the first place.

    Raises:
        HandsUnavailable: hand detection cannot run here.
    """
    rereads = np.repeat(examples.landmarks[:, None], count + small, axis=1)
    rows = np.flatnonzero(examples.found)
    if count + small == 0 or len(rows) == 0:
        return rereads
    paths = examples.paths[rows].tolist()
    asked = f"{count} {small}" if small else f"{count}"
    name = hashlib.sha256(f"{fingerprint(paths)} {EXAMPLES_VERSION} {_VERSION} {asked}".encode())
    folder = cache / f"readings-{name.hexdigest()[:16]}"
    if not (folder / _FILE).is_file():
        with worker_pool(workers, _start_worker) as pool:
            results = pool.map(partial(_read, count=count, small=small), paths, chunksize=16)
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


def _read(path: str, count: int, small: int) -> list[np.ndarray | None]:
    # The same picture is read in the same way, wherever it stands among others.
    random = np.random.default_rng(int(content_of(path)[:16], 16))
    rgb = load_rgb(path)
    hand = _detector.detect(rgb)
    if hand is None:
        return []
    hands = _detector.reread(rgb, hand, count, random)
    for _ in range(small):
        hands += _detector.reread(*_made_small(rgb, hand, random), 1, random)
    return [None if hand is None else normalise(hand.landmarks, hand.side) for hand in hands]


def _made_small(
    rgb: np.ndarray, hand: Hand, random: np.random.Generator
) -> tuple[np.ndarray, Hand]:
    """Return a picture as if its hand were far from a poor camera, and the hand in it."""
    scale = max(1.0, hand.extent / random.uniform(*_SMALL))
    height, width = (max(1, round(side / scale)) for side in rgb.shape[:2])
    small = Image.fromarray(rgb).resize((width, height), Image.Resampling.BOX)
    file = BytesIO()
    small.save(file, "jpeg", quality=int(random.integers(*_QUALITY, endpoint=True)))
    return np.asarray(Image.open(file)), hand.placed(1 / scale)
