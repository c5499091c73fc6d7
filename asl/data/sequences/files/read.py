"""One sequence from its own file or folder, of whatever form."""

from pathlib import Path

import numpy as np

from asl.data.cache import content_of, joint_fingerprint
from asl.data.sequences.asl_signs import read_parquet
from asl.data.sequences.files.films import read_film
from asl.data.sequences.files.mp_data import frame_files, read_folder
from asl.data.sequences.files.names import form_of
from asl.data.sequences.files.pose_files import read_pose
from asl.data.sequences.layout import Selection
from asl.data.sequences.limits import SequenceError
from asl.data.sequences.packed import read_packed


def read_sequence(path: Path, selection: Selection, cache: Path) -> np.ndarray:
    """Return the chosen landmarks of a sequence that has a file or folder of its own.

    Args:
        cache: where all landmarks of a film are kept.

    Returns:
        (T, rows, 3) float32, x and y in shares of the frame, NaN where nothing was seen.

    Raises:
        SequenceError: it is of another form, damaged, too large, or nothing is seen in it.
        HandsUnavailable: it is a film, and what finds landmarks is missing.
    """
    if path.is_dir():
        return read_folder(path, selection)
    form = form_of(path.name)
    if form == "parquet":
        return read_parquet(path, selection)
    if form == "pose":
        return read_pose(path, selection)
    if form == "packed":
        return read_packed(path).read(0, selection)
    if form == "film":
        return read_film(path, selection, cache)
    raise SequenceError(path, "it is no sequence of landmarks", "Leave it out")


def content_of_sequence(path: str) -> str:
    """Return the SHA-256 of a file's bytes; of a folder of frames that of all of them.

    Raises:
        OSError: it cannot be read.
        SequenceError: the folder holds no frames.
    """
    place = Path(path)
    if not place.is_dir():
        return content_of(path)
    frames = frame_files(place)
    if not frames:
        raise SequenceError(place, "it has no frames", "Name them 0.npy, 1.npy …")
    # A frame that is missing between others is a frame too.
    first = min(frames)
    numbers = ",".join(str(number - first) for number in sorted(frames))
    return joint_fingerprint(
        [content_of(str(frames[number])) for number in sorted(frames)], numbers
    )
