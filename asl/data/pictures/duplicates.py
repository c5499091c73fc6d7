"""Copies and near-copies among pictures: how far a score can be trusted, and which labels.

`split_health` looks across the two sides of a split, `near_pairs` at a whole set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import imagehash
import numpy as np
from PIL import Image

from asl.images import load_rgb

# Importing it at run time would load scikit-learn into every process that looks at pictures.
if TYPE_CHECKING:
    from asl.data.splits import Split

# Perceptual hash of 16 x 16 = 256 bits (the low frequencies of a cosine transform). The usual 64
# bits tell two photos of one hand from the same handshape of two people far worse: see below.
HASH_SIDE = 16
HASH_WORDS = HASH_SIDE * HASH_SIDE // 64

# Largest number of differing bits at which two pictures count as near-copies. Measured on
# asl_dataset: share of test pictures with a near-copy in training, for a random 80/20 split and
# for leaving out each hand in turn, where no picture can be a copy.
#   256 bits: up to 16 differ  42.9 / 0.00 %     64 bits: up to 2 differ  59.6 / 0.68 %
#                   24         58.8 / 0.00 %                    4         77.5 / 6.40 %
#                   32         73.4 / 0.00 %
#                   36         76.7 / 0.20 %
# 32 finds the most without a single false alarm in 2,515 pictures, and the same photo at half the
# size, as a poor JPEG or made brighter stays below it (97 to 100 % in five data sets).
NEAR_BITS = 32

QUERIES_AT_ONCE = 256

# Of pictures like the frames of a film, each looks like all the others.
MOST_PAIRS = 8
_FAR = np.iinfo(np.uint16).max


@dataclass(frozen=True, eq=False)
class Fingerprints:
    """What pictures are compared by, in the order of the paths given.

    Attributes:
        content: SHA-256 of every file, as N texts of hexadecimal digits.
        perceptual: 256-bit perceptual hash of every picture, uint64 of shape (N, 4).
    """

    content: tuple[str, ...]
    perceptual: np.ndarray


@dataclass(frozen=True, eq=False)
class SplitHealth:
    """Copies across a split; at most one pair a test row, that with the nearest training row.

    Attributes:
        test_rows: number of rows in the test.
        exact: pairs of rows with the same file content, shape (E, 2): test row, training row.
        near: pairs that look alike, exact ones among them, shape (M, 3): test row, training row,
            number of differing bits.
    """

    test_rows: int
    exact: np.ndarray
    near: np.ndarray

    @property
    def near_share(self) -> float:
        """Share of test rows with a near-copy in training, 0 to 1."""
        return len(self.near) / self.test_rows


def fingerprint(paths: Sequence[str | Path]) -> Fingerprints:
    """Read every picture once.

    Raises:
        PictureError: a picture cannot be read.
    """
    return _fingerprints((load_rgb(path), path.read_bytes()) for path in map(Path, paths))


def fingerprint_pixels(pictures: Iterable[np.ndarray]) -> Fingerprints:
    """The same for pictures, (height, width, 3) uint8, that have no file of their own."""
    return _fingerprints((picture, picture.tobytes()) for picture in pictures)


def _fingerprints(pictures: Iterable[tuple[np.ndarray, bytes]]) -> Fingerprints:
    content = []
    hashes = []
    for rgb, stored in pictures:
        hashes.append(perceptual_hash(rgb))
        content.append(hashlib.sha256(stored).hexdigest())
    words = np.array(hashes, dtype=np.uint8).reshape(-1, HASH_WORDS * 8).view(np.uint64)
    return Fingerprints(tuple(content), words)


def perceptual_hash(rgb: np.ndarray) -> np.ndarray:
    """Return what a (height, width, 3) uint8 picture looks like, as 32 bytes, uint8."""
    return np.packbits(imagehash.phash(Image.fromarray(rgb), hash_size=HASH_SIDE).hash)


def split_health(
    fingerprints: Fingerprints, split: Split, near_bits: int = NEAR_BITS
) -> SplitHealth:
    """Find the test rows of `split` that have a copy or near-copy among its training rows.

    Raises:
        ValueError: `near_bits` is not between 0 and 256, or `split` has rows that `fingerprints`
            lacks.
    """
    bits = HASH_SIDE * HASH_SIDE
    if not 0 <= near_bits <= bits:
        raise ValueError(f"near_bits: {near_bits} is not between 0 and {bits}")
    last = max(split.train.max(), split.test.max())
    if last >= len(fingerprints.content):
        raise ValueError(
            f"split: row {last} has no fingerprint; there are {len(fingerprints.content)}"
        )
    content = fingerprints.content
    # Reversed, so that of several copies the first training row stays.
    row_of = {content[row]: row for row in split.train[::-1]}
    exact = [(row, row_of[content[row]]) for row in split.test if content[row] in row_of]

    nearest, differing = nearest_hashes(
        fingerprints.perceptual[split.test], fingerprints.perceptual[split.train]
    )
    near = np.column_stack([split.test, split.train[nearest], differing])
    return SplitHealth(
        len(split.test), np.array(exact, dtype=int).reshape(-1, 2), near[differing <= near_bits]
    )


def nearest_hashes(queries: np.ndarray, pool: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest hash in `pool` for every query.

    Args:
        queries: uint64 of shape (Q, W).
        pool: uint64 of shape (P, W), P at least 1.

    Returns:
        Position in `pool`, shape (Q,), the first of equals, and number of differing bits, (Q,).
    """
    nearest = np.empty(len(queries), dtype=int)
    differing = np.empty(len(queries), dtype=int)
    # In blocks, since all pairs at once would need gigabytes.
    for start in range(0, len(queries), QUERIES_AT_ONCE):
        block = slice(start, start + QUERIES_AT_ONCE)
        bits = _differing(queries[block], pool)
        nearest[block] = bits.argmin(axis=1)
        differing[block] = bits.min(axis=1)
    return nearest, differing


def _differing(queries: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Number of differing bits of every query and every hash in the pool, uint16 of (Q, P)."""
    differing = np.zeros((len(queries), len(pool)), np.uint16)
    for word in range(pool.shape[1]):
        differing += np.bitwise_count(queries[:, None, word] ^ pool[None, :, word])
    return differing


def near_pairs(
    perceptual: np.ndarray,
    labels: Sequence[str],
    near_bits: int = NEAR_BITS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """Find pictures that look alike: for each the `MOST_PAIRS` nearest ones, and as many of other
    labels.

    Args:
        perceptual: uint64 of shape (N, 4).
        labels: of the N pictures.
        near_bits: largest number of differing bits.

    Returns:
        Shape (P, 3): two rows, the smaller one first, and the number of bits that differ; sorted.
    """
    _, classes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    pairs = [np.zeros((0, 3), int)]
    for start in range(0, len(perceptual), QUERIES_AT_ONCE):
        rows = np.arange(start, min(start + QUERIES_AT_ONCE, len(perceptual)))
        bits = _differing(perceptual[rows], perceptual)
        bits[np.arange(len(rows)), rows] = _FAR
        other = np.where(classes[rows, None] != classes[None], bits, _FAR)
        for candidates in (bits, other):
            most = min(MOST_PAIRS, len(perceptual) - 1)
            nearest = np.argpartition(candidates, most, axis=1)[:, :most]
            chosen = np.take_along_axis(candidates, nearest, axis=1)
            at, which = np.nonzero(chosen <= near_bits)
            pairs.append(np.column_stack([rows[at], nearest[at, which], chosen[at, which]]))
        progress(int(rows[-1]) + 1, len(perceptual))
    found = np.concatenate(pairs)
    found[:, :2] = np.sort(found[:, :2], axis=1)
    return np.unique(found, axis=0)
