"""Sequences in `.pose` files, the standard of the sign-language-processing community.

Read with the package `pose-format` (Moryossef and others, MIT). A header names components and
their points; the layouts of MediaPipe Holistic, whole or reduced, are understood by these names,
others are refused.
"""

import struct
from pathlib import Path

import numpy as np
from pose_format import Pose, PoseHeader

from asl.data.sequences.layout import PARTS, ROWS, Selection
from asl.data.sequences.lengths import RATE, evenly
from asl.data.sequences.limits import Limits, SequenceError, checked

#: Holistic's names of its points of the body and of a hand, in their order.
BODY_NAMES = (
    "NOSE", "LEFT_EYE_INNER", "LEFT_EYE", "LEFT_EYE_OUTER", "RIGHT_EYE_INNER", "RIGHT_EYE",
    "RIGHT_EYE_OUTER", "LEFT_EAR", "RIGHT_EAR", "MOUTH_LEFT", "MOUTH_RIGHT", "LEFT_SHOULDER",
    "RIGHT_SHOULDER", "LEFT_ELBOW", "RIGHT_ELBOW", "LEFT_WRIST", "RIGHT_WRIST", "LEFT_PINKY",
    "RIGHT_PINKY", "LEFT_INDEX", "RIGHT_INDEX", "LEFT_THUMB", "RIGHT_THUMB", "LEFT_HIP",
    "RIGHT_HIP", "LEFT_KNEE", "RIGHT_KNEE", "LEFT_ANKLE", "RIGHT_ANKLE", "LEFT_HEEL",
    "RIGHT_HEEL", "LEFT_FOOT_INDEX", "RIGHT_FOOT_INDEX",
)  # fmt: skip
_FINGERS = {
    "THUMB": ("CMC", "MCP", "IP", "TIP"),
    **dict.fromkeys(
        ("INDEX_FINGER", "MIDDLE_FINGER", "RING_FINGER", "PINKY"), ("MCP", "PIP", "DIP", "TIP")
    ),
}
HAND_NAMES = (
    "WRIST",
    *(f"{finger}_{joint}" for finger, joints in _FINGERS.items() for joint in joints),
)

#: Component → part and the names of its points. Holistic's world landmarks are another thing.
_COMPONENTS = {
    "POSE_LANDMARKS": ("pose", {name: place for place, name in enumerate(BODY_NAMES)}),
    "FACE_LANDMARKS": ("face", {str(place): place for place in range(468)}),
    "LEFT_HAND_LANDMARKS": ("left_hand", {name: place for place, name in enumerate(HAND_NAMES)}),
    "RIGHT_HAND_LANDMARKS": ("right_hand", {name: place for place, name in enumerate(HAND_NAMES)}),
}
_VERSIONS = (0.1, 0.2)
#: Frames a second, lowest and highest; a file that says another has no known pace.
_PACES = (1.0, 1000.0)
_FILE_BYTES = 256 * 1024**2
_ADVICE = "Write it again with pose-format, from MediaPipe Holistic"


def read_pose(path: Path, selection: Selection, limits: Limits | None = None) -> np.ndarray:
    """Return the chosen landmarks of the first person in a `.pose` file.

    Returns:
        (T, rows, 3) float32, x and y in shares of the frame, z on the scale of x, NaN where
        nothing was seen or the file lacks a landmark; at the rate of all sequences, as far as the
        file says its own.

    Raises:
        SequenceError: not such a file, damaged, of another layout, too large, or nothing seen.
    """
    limits = limits or Limits()
    limits.check_file(path)
    if path.stat().st_size > _FILE_BYTES:
        raise SequenceError(path, f"it has more than {_FILE_BYTES:,} bytes", "Divide it")
    pose = _parsed(path)
    size = pose.header.dimensions
    if not (size.width > 0 and size.height > 0):
        raise SequenceError(path, "its frame has no size", _ADVICE)
    data, confidence = np.asarray(pose.body.data.data), np.asarray(pose.body.confidence)
    if data.ndim != 4 or not 2 <= data.shape[3] <= 3 or not data.shape[1]:
        raise SequenceError(path, f"its values {data.shape} are of no person in x, y, z", _ADVICE)
    limits.check_frames(path, len(data))
    places, rows = _known(path, pose.header)
    points = np.zeros((len(data), len(rows), 3), np.float32)
    points[..., : data.shape[3]] = data[:, 0, places]
    points /= np.array([size.width, size.height, size.width], np.float32)
    points[~(confidence[:, 0, places] > 0)] = np.nan
    return checked(path, selection.take(_at_rate(path, points, pose.body.fps, limits), rows))


def _at_rate(path: Path, points: np.ndarray, pace: float, limits: Limits) -> np.ndarray:
    if not _PACES[0] <= pace <= _PACES[1]:
        return points
    limits.check_frames(path, round((len(points) - 1) * RATE / pace) + 1)
    return evenly(points, np.arange(len(points)) / pace)[0]


def _parsed(path: Path) -> Pose:
    try:
        raw = path.read_bytes()
        # Before the package reads it: the counts of the oldest version may ask for endless loops.
        (version,) = struct.unpack_from("<f", raw)
        if round(version, 3) not in _VERSIONS:
            raise SequenceError(path, f"its version {version:.3g} is not 0.1 or 0.2", _ADVICE)
        return Pose.read(raw)
    except (
        OSError, struct.error, ValueError, TypeError, IndexError, OverflowError,
        NotImplementedError,
    ) as error:  # fmt: skip
        if isinstance(error, SequenceError):
            raise
        raise SequenceError(path, f"it is damaged or no .pose file ({error})", _ADVICE) from error


def _known(path: Path, header: PoseHeader) -> tuple[list[int], list[int]]:
    """Return the places of Holistic's points among all points of the file, and their rows."""
    places: dict[int, int] = {}
    place = 0
    for component in header.components:
        part, points = _COMPONENTS.get(component.name, ("", {}))
        for name in component.points:
            if name in points:
                row = PARTS[part][0] + points[name]
                places.setdefault(row, place)
            place += 1
    if not places:
        names = ", ".join(component.name[:40] for component in header.components[:5])
        raise SequenceError(
            path, f"its layout ({names}) is not MediaPipe Holistic's {ROWS} landmarks", _ADVICE
        )
    return list(places.values()), list(places)
