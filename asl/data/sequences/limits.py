"""What a file of landmarks may be, and how it is said that one is not."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asl.data.sequences.layout import seen

#: No tracker places a point a hundred frames' widths away; pixels or millimetres would be there.
_FARTHEST = 100.0


class SequenceError(ValueError):
    """A file that is no sequence of landmarks; the message says which, why and what to do."""

    def __init__(self, file: Path | str, reason: str, advice: str) -> None:
        self.file = str(file)
        self.reason = reason
        self.advice = advice
        super().__init__(f"{file}: {reason}. {advice}")


class NoSequences(ValueError):
    """There is nothing to learn from as a whole; the message says why and what to do."""


@dataclass(frozen=True)
class Limits:
    """How large a file of strangers may be before it is refused.

    Attributes:
        frames: of one sequence; 10,000 are more than five minutes.
        sequences: of one set; asl-signs has 94,477.
        file_bytes: of one file as it lies on the disk.
        array_bytes: of one array or table once it is unpacked.
    """

    frames: int = 10_000
    sequences: int = 500_000
    file_bytes: int = 2 * 1024**3
    array_bytes: int = 4 * 1024**3

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if type(value) is not int or value < 1:
                raise ValueError(f"{name}: {value!r} is not a whole number from 1")

    def check_file(self, path: Path) -> None:
        """Refuse a file that is missing or too large.

        Raises:
            SequenceError
        """
        try:
            size = path.stat().st_size
        except OSError as error:
            raise SequenceError(
                path, f"it cannot be read ({error.strerror})", "Check the path"
            ) from error
        if not path.is_file():
            raise SequenceError(path, "it is no file", "Name a file, not a folder")
        if size > self.file_bytes:
            raise SequenceError(
                path, f"it has {size:,} bytes, at most {self.file_bytes:,} are read", "Divide it"
            )

    def check_frames(self, path: Path | str, frames: int) -> None:
        """Refuse a sequence without frames or with too many.

        Raises:
            SequenceError
        """
        if frames < 1:
            raise SequenceError(path, "it has no frames", "Record the sign again")
        if frames > self.frames:
            raise SequenceError(
                path,
                f"it has {frames:,} frames, at most {self.frames:,} are read",
                "Cut it into single signs",
            )


def checked(path: Path | str, points: np.ndarray) -> np.ndarray:
    """Return (T, rows, 3) float32 with NaN for all that is not finite.

    Raises:
        SequenceError: nothing was seen in any frame, or coordinates are no shares of a frame.
    """
    clean = np.asarray(points, np.float32)
    clean = np.where(np.isfinite(clean), clean, np.float32(np.nan))
    if not seen(clean).any():
        raise SequenceError(
            path, "none of the wanted landmarks was seen in any frame", "Leave it out"
        )
    if np.nanmax(np.abs(clean[..., :2])) > _FARTHEST:
        raise SequenceError(
            path,
            "its coordinates are too large for shares of the frame",
            "Divide x by the frame's width and y by its height",
        )
    return clean
