"""Landmarks of body, face and hands beside those of MediaPipe's own Holistic.

    python -m benchmarks.holistic                  # about two minutes
    python -m benchmarks.holistic --films 1        # does it run?

MediaPipe is no part of the project; it gets an environment of its own, with the last version whose
package holds the networks:

    python3.11 -m venv .venv/holistic
    .venv/holistic/bin/pip install mediapipe==0.10.21 'numpy<2'

The films are those of wlasl/videos in ASL_DATA. Both see the same decoded frames, one film after
the other; nothing is kept of the films, and of the landmarks only the figures.
"""

import argparse
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from asl.body import BodyTracker
from asl.cli.console import progress
from asl.data.sequences.layout import PARTS, ROWS, seen
from asl.evaluation.bench import summary
from asl.evaluation.results.result import HOME, Result, machine
from asl.videos import open_video
from benchmarks.command import at_least, command_line, parser, recordings

_PEER = HOME / ".venv" / "holistic" / "bin" / "python"
_SCRIPT = Path(__file__).with_name("holistic_peer.py")
_VERSION = "from importlib.metadata import version; print(version('mediapipe'))"
_AIM = {"left_hand": "5 %", "right_hand": "5 %"}
_SECONDS = 600


@dataclass(frozen=True)
class Compared:
    """One film as both see it.

    Attributes:
        ours, theirs: (T, 543, 3), NaN where nothing was seen.
        size: width and height of its frames in pixels.
    """

    ours: np.ndarray
    theirs: np.ndarray
    size: tuple[int, int]

    def __post_init__(self) -> None:
        shape = (len(self.ours), ROWS, 3)
        for name in ("ours", "theirs"):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name}: shape {getattr(self, name).shape} is not {shape}")

    def sees(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """(T,) in which frames we, and they, see a part of `PARTS`."""
        rows = _rows(part)
        ours = np.asarray(seen(self.ours[:, rows]).all(1))
        theirs = np.asarray(seen(self.theirs[:, rows]).all(1))
        return ours, theirs

    def distances(self, part: str) -> np.ndarray:
        """Return the mean distance of a part's points in each frame in which both see it.

        As a share of the longer side of the part's upright box, as they see it.
        """
        both = np.logical_and(*self.sees(part))
        ours, theirs = (
            points[both][:, _rows(part), :2] * self.size for points in (self.ours, self.theirs)
        )
        sizes = (theirs.max(1) - theirs.min(1)).max(1) if len(theirs) else np.ones(0)
        return np.linalg.norm(ours - theirs, axis=-1).mean(1) / sizes


def rows(films: Sequence[Compared]) -> list[dict[str, Any]]:
    """Return the table: for each part how far apart the points are, and who sees it how often."""
    found = []
    for part in PARTS:
        ours, theirs = (
            np.concatenate(sights)
            for sights in zip(*(film.sees(part) for film in films), strict=True)
        )
        distances = np.concatenate([film.distances(part) for film in films])
        row: dict[str, Any] = {"name": part.replace("_", " ")}
        if len(distances):
            row |= summary(row["name"], 100 * distances, "%")
        row |= {
            "aim": _AIM.get(part, ""),
            "both see it": float((ours & theirs).mean()),
            "only ours": float((ours & ~theirs).mean()),
            "only Holistic": float((theirs & ~ours).mean()),
            "neither": float((~ours & ~theirs).mean()),
        }
        found.append(row)
    return found


def compare(file: Path, python: Path, tracker: BodyTracker) -> Compared:
    """Let both see a film.

    Args:
        file: the film.
        python: interpreter that has MediaPipe.
        tracker: ours.

    Raises:
        RuntimeError: the peer failed.
        VideoError: the film cannot be read.
    """
    with open_video(file) as video:
        frames = np.stack([frame.rgb for frame in video])
    tracker.reset()
    ours = np.stack([tracker.track(rgb) for rgb in frames])
    with TemporaryDirectory() as folder:
        given, told = Path(folder, "frames.npy"), Path(folder, "landmarks.npy")
        np.save(given, frames, allow_pickle=False)
        _run(python, str(_SCRIPT), str(given), str(told))
        theirs = np.load(told, allow_pickle=False)
    return Compared(ours, theirs, (frames.shape[2], frames.shape[1]))


def _run(*words: Path | str) -> str:
    """Run a command and return what it says.

    Raises:
        RuntimeError: it cannot be started, fails, or takes too long.
    """
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(str(error)) from error
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-300:])
    return done.stdout.strip()


def _rows(part: str) -> slice:
    first, count = PARTS[part]
    return slice(first, first + count)


def _parser() -> argparse.ArgumentParser:
    made = parser(__doc__, "holistic.json")
    made.add_argument("--films", type=at_least(1), help="at most; all by default")
    made.add_argument("--peer", type=Path, default=_PEER, help="Python that has MediaPipe")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare all films and write the results file."""
    asking = _parser()
    chosen = asking.parse_args(arguments)
    files = sorted((recordings(asking) / "wlasl" / "videos").glob("*.mp4"))[: chosen.films]
    if not files:
        asking.error("ASL_DATA: there is no film in wlasl/videos")
    try:
        mediapipe = _run(chosen.peer, "-c", _VERSION)
    except RuntimeError as error:
        asking.error(
            f"--peer: {chosen.peer} has no MediaPipe; how to install it stands at the top of "
            f"benchmarks/holistic.py ({error})"
        )
    tracker, films = BodyTracker(), []
    try:
        with progress("Comparing") as step:
            for number, file in enumerate(files, 1):
                films.append(compare(file, chosen.peer, tracker))
                step(number, len(files))
    except (RuntimeError, ValueError) as error:
        raise SystemExit(f"holistic: {error}") from error
    result = Result(
        title="Landmarks beside MediaPipe's Holistic",
        data=f"wlasl/videos, {len(films)} films, {sum(len(film.ours) for film in films):,} frames",
        machine=f"{machine()}, mediapipe {mediapipe}",
        command=command_line("holistic", *(["--films", chosen.films] if chosen.films else [])),
        rows=tuple(rows(films)),
        note="The distance of the points, the mean of a part in a frame, in per cent of the "
        "longer side of the part's box, over the frames in which both see it; then in how many "
        "frames who sees it. Holistic runs with `model_complexity=1` on the same frames. Most of "
        "the distance is half a pixel: Holistic counts from the middle of the first pixel, we "
        "from its corner; the films have down to 288 × 192 pixels, and hands 30 of them.",
    )
    result.write(chosen.out)
    print(result.to_markdown())


if __name__ == "__main__":
    main()
