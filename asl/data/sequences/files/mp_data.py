"""Sequences as the field's most copied tutorial keeps them: a `.npy` file for each frame.

`MP_Data/<word>/<sequence>/<frame>.npy` with 1,662 values: pose 33 × (x, y, z, visibility), face
468 × 3, left hand 21 × 3, right hand 21 × 3. A part that was not seen is all zeros there.
"""

from pathlib import Path

import numpy as np

from asl.data.sequences.arrays import read_npy
from asl.data.sequences.layout import PARTS, ROWS, Selection
from asl.data.sequences.limits import Limits, SequenceError, checked

VALUES = 1662
_POSE_VALUES = 33 * 4
#: Part → first value and values a landmark.
_PLACES = {
    "pose": (0, 4),
    "face": (_POSE_VALUES, 3),
    "left_hand": (_POSE_VALUES + 468 * 3, 3),
    "right_hand": (_POSE_VALUES + 489 * 3, 3),
}
_FRAME_BYTES = 1024**2


def read_folder(folder: Path, selection: Selection, limits: Limits | None = None) -> np.ndarray:
    """Return the chosen landmarks of one sequence's folder.

    A frame whose file is missing between others is one in which nothing was seen.

    Returns:
        (T, rows, 3) float32, NaN where nothing was seen.

    Raises:
        SequenceError: no frames or too many, a file that is no frame, or nothing seen at all.
    """
    limits = limits or Limits()
    frames = frame_files(folder)
    if not frames:
        raise SequenceError(folder, "it has no frames", "Name them 0.npy, 1.npy …")
    first, last = min(frames), max(frames)
    limits.check_frames(folder, last - first + 1)
    whole = np.full((last - first + 1, ROWS, 3), np.nan, np.float32)
    for number, path in frames.items():
        whole[number - first] = _landmarks(path)
    return checked(folder, whole[:, list(selection.rows)])


def _landmarks(path: Path) -> np.ndarray:
    values = read_npy(path, Limits(file_bytes=_FRAME_BYTES, array_bytes=_FRAME_BYTES))
    if values.size != VALUES or values.dtype.kind not in "fiu":
        raise SequenceError(
            path,
            f"it has {values.size} values, not {VALUES}",
            "Keep pose 33×4, face 468×3, left hand 21×3 and right hand 21×3 of a frame",
        )
    flat = values.reshape(-1).astype(np.float32)
    points = np.full((ROWS, 3), np.nan, np.float32)
    for part, (at, each) in _PLACES.items():
        row, count = PARTS[part]
        of_part = flat[at : at + count * each].reshape(count, each)[:, :3]
        if of_part.any():
            points[row : row + count] = of_part
    return points


def frame_files(folder: Path) -> dict[int, Path]:
    """Return number → file; files that are named otherwise are none of the tutorial's.

    Raises:
        SequenceError: the folder cannot be read, or a number is none of a frame.
    """
    found: dict[int, Path] = {}
    for path in _entries(folder):
        if path.suffix == ".npy" and path.stem.isascii() and path.stem.isdigit():
            if len(path.stem) > 9 or int(path.stem) in found:
                raise SequenceError(path, "its number is no frame's", "Name them 0.npy, 1.npy …")
            if path.is_file() and not path.is_symlink():
                found[int(path.stem)] = path
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise SequenceError(
            folder, f"it cannot be read ({error.strerror})", "Check the path"
        ) from error
