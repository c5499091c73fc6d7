"""Where a dictionary's signer has the shoulders in the frame, which clips of hands alone lack.

    python -m benchmarks.signer_place

`asl.data.sequences.normalise` takes bodies that were never seen to be there. The films are those of
wlasl/videos in ASL_DATA, the only ones of the dictionary in which whole people are seen.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from asl.body import BodyTracker, landmarks_of
from asl.cli.console import progress
from asl.data.sequences.layout import LEFT_SHOULDER, RIGHT_SHOULDER
from asl.data.sequences.normalise import SIGNER_MIDDLE, SIGNER_WIDTH
from asl.evaluation.results.result import Result, machine
from asl.videos import open_video
from benchmarks.command import command_line, parser, recordings

_UNIT = "of the frame"


def place(points: np.ndarray) -> np.ndarray | None:
    """Return where the middle between the shoulders is, and how far these are apart.

    Args:
        points: (T, 543, 3) in shares of the frame, NaN where nothing was seen.

    Returns:
        (3,) x, y and distance, means over the film; None where the shoulders are never seen.
    """
    left, right = points[:, LEFT_SHOULDER, :2], points[:, RIGHT_SHOULDER, :2]
    both = np.isfinite(left).all(1) & np.isfinite(right).all(1)
    if not both.any():
        return None
    left, right = left[both].astype(np.float64), right[both].astype(np.float64)
    middle = ((left + right) / 2).mean(0)
    return np.append(middle, np.linalg.norm(left - right, axis=1).mean())


def rows(places: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """Return the table: medians over the films, the least and the most, and what is assumed.

    Args:
        places: (3,) of each film.
    """
    found = np.stack(places)
    named = (
        ("middle between the shoulders, from the left", SIGNER_MIDDLE[0]),
        ("middle between the shoulders, from the top", SIGNER_MIDDLE[1]),
        ("distance of the shoulders", SIGNER_WIDTH),
    )
    return [
        {
            "name": name,
            "value": float(np.median(column)),
            "unit": _UNIT,
            "least": f"{column.min():.2f}",
            "most": f"{column.max():.2f}",
            "taken_to_be": f"{assumed:.2f}",
        }
        for (name, assumed), column in zip(named, found.T, strict=True)
    ]


def measure(files: Sequence[Path]) -> list[np.ndarray]:
    """Return the place of the shoulders in each film in which they are seen.

    Raises:
        HandsUnavailable: LiteRT or a file of the networks is missing.
        VideoError: a film cannot be read.
    """
    tracker, found = BodyTracker(), []
    with progress("Measuring") as step:
        for number, file in enumerate(files, 1):
            points, _ = landmarks_of(open_video(file), tracker)
            found.append(place(points))
            step(number, len(files))
    return [one for one in found if one is not None]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results file."""
    asking = parser(__doc__, "signer-place.json")
    chosen = asking.parse_args(arguments)
    files = sorted((recordings(asking) / "wlasl" / "videos").glob("*.mp4"))
    if not files:
        asking.error("ASL_DATA: there is no film in wlasl/videos")
    try:
        places = measure(files)
    except (RuntimeError, ValueError) as error:
        raise SystemExit(f"signer_place: {error}") from error
    if not places:
        raise SystemExit("signer_place: shoulders are seen in none of the films")
    result = Result(
        title="Where a dictionary's signer has the shoulders",
        data=f"wlasl/videos, {len(places)} films",
        machine=machine(("numpy", "ai-edge-litert", "av")),
        command=command_line("signer_place"),
        rows=tuple(rows(places)),
        note="Medians of the films. Clips of hands alone are taken for those of a signer who has "
        "the shoulders there.",
    )
    result.write(chosen.out)
    print(result.to_markdown())


if __name__ == "__main__":
    main()
