"""The landmarks of single clips, wherever they lie, to be looked at."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from asl.data.cache import content_of
from asl.data.sequences.files.names import in_packed
from asl.data.sequences.files.read import read_sequence
from asl.data.sequences.files.store import store_packed
from asl.data.sequences.layout import HOLISTIC, Selection
from asl.data.sequences.limits import SequenceError
from asl.hands.networks import HandsUnavailable


def read_clips(paths: Iterable[str], cache: Path, selection: Selection) -> dict[str, np.ndarray]:
    """Return the landmarks of clips.

    Args:
        paths: files and folders; ``FILE#NUMBER`` for a sequence in a file of many.
        cache: folder where what is read is kept and found again.
        selection: the landmarks that are wanted: what a model was trained on is kept already.

    Returns:
        path → (T, 543, 3) float32, NaN where nothing was seen or wanted; without clips that
        cannot be read.
    """
    in_file: dict[str, dict[str, int]] = defaultdict(dict)
    found: dict[str, np.ndarray] = {}
    for path in dict.fromkeys(paths):
        inside = in_packed(path)
        if inside is not None:
            in_file[inside[0]][path] = inside[1]
            continue
        try:
            found[path] = read_sequence(Path(path), selection, cache)
        except (OSError, SequenceError, HandsUnavailable):
            continue
    for file, numbers in in_file.items():
        found |= _in_file(Path(file), numbers, cache, selection)
    return {path: HOLISTIC.take(points, selection.rows) for path, points in found.items()}


def _in_file(
    file: Path, numbers: dict[str, int], cache: Path, selection: Selection
) -> dict[str, np.ndarray]:
    try:
        stored = store_packed(file, content_of(str(file)), cache, selection)
    except (OSError, SequenceError):
        return {}
    return {
        path: np.asarray(stored.points[stored.start[number] :][: stored.length[number]])
        for path, number in numbers.items()
        if number < len(stored.length) and number not in stored.unreadable
    }
