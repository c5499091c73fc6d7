"""What it costs to find body, face and hands in a film, on one core.

    python -m benchmarks.body

The films are those of wlasl/videos in ASL_DATA, brought to 640 × 480 pixels with black beside
them. What is counted is processor time of one thread, so that others on the machine matter little.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from asl.body import BodyTracker, landmarks_of
from asl.cli.console import progress
from asl.data.sequences.layout import LEFT_HAND, RIGHT_HAND, seen
from asl.evaluation.bench import summary
from asl.evaluation.results.result import Result, machine
from asl.videos import open_video
from benchmarks.command import at_least, command_line, parser, recordings

_SIZE = (640, 480)
_FRAMES = 60
_HANDS = (LEFT_HAND, RIGHT_HAND)


def frames_of(file: Path) -> list[np.ndarray]:
    """Return a film's frames, each (480, 640, 3) uint8.

    Raises:
        VideoError: it cannot be read.
    """
    with open_video(file) as video:
        pictures = [Image.fromarray(frame.rgb) for frame in video]
    return [np.asarray(ImageOps.pad(picture, _SIZE)) for picture in pictures]


def measure(tracker: BodyTracker, frames: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Follow a film and return what each frame took.

    Returns:
        (T,) milliseconds of processor time; (T,) how many hands were seen in it.
    """
    tracker.reset()
    times, hands = [], []
    for rgb in frames:
        before = time.process_time()
        landmarks = tracker.track(rgb)[None]
        times.append(1000 * (time.process_time() - before))
        hands.append(sum(bool(seen(landmarks[:, list(row)]).all()) for row in _HANDS))
    return np.array(times), np.array(hands)


def rows(files: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the table: a frame with body and face, one with hands alone, and a film of 60 frames.

    Raises:
        HandsUnavailable: LiteRT or a file of the networks is missing.
        VideoError: a film cannot be read.
    """
    whole, hands_alone = BodyTracker(), BodyTracker(pose=False)
    first, followed, alone, films = [], [], [], []
    with progress("Measuring") as step:
        for number, file in enumerate(files, 1):
            frames = frames_of(file)
            times, hands = measure(whole, frames)
            first.append(times[0])
            followed.append((times[1:], hands[1:]))
            alone.append(tuple(part[1:] for part in measure(hands_alone, frames)))
            before = time.process_time()
            read, _ = landmarks_of(open_video(file), whole)
            films.append((time.process_time() - before) * _FRAMES / len(read))
            step(number, len(files))
    found = [
        *_frames("body, face and hands", followed, "40 ms"),
        *_frames("hands alone", alone, "25 ms"),
        summary("the first frame, in which the body is searched", first, "ms"),
        summary(f"a film of {_FRAMES} frames as it is, decoding included", films, "s"),
    ]
    return found


def _frames(
    what: str, measured: Sequence[tuple[np.ndarray, ...]], aim: str
) -> list[dict[str, Any]]:
    times, hands = (np.concatenate(part) for part in zip(*measured, strict=True))
    found = [summary(f"a followed frame: {what}", times, "ms") | {"aim": aim}]
    if (hands == 2).any():
        found.append(summary(f"of these, with both hands: {what}", times[hands == 2], "ms"))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results file."""
    asking = parser(__doc__, "body.json")
    asking.add_argument("--films", type=at_least(1), help="at most; all by default")
    chosen = asking.parse_args(arguments)
    files = sorted((recordings(asking) / "wlasl" / "videos").glob("*.mp4"))[: chosen.films]
    if not files:
        asking.error("ASL_DATA: there is no film in wlasl/videos")
    try:
        measured = rows(files)
    except (RuntimeError, ValueError) as error:
        raise SystemExit(f"body: {error}") from error
    result = Result(
        title="Body, face and hands from a film",
        data=f"wlasl/videos, {len(files)} films, frames of {_SIZE[0]} × {_SIZE[1]}",
        machine=machine(("numpy", "ai-edge-litert", "pillow", "av")),
        command=command_line("body", *(["--films", chosen.films] if chosen.films else [])),
        rows=tuple(measured),
        note="Processor time of one thread.",
    )
    result.write(chosen.out)
    print(result.to_markdown())


if __name__ == "__main__":
    main()
