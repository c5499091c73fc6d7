"""`asl predict` with a model of words: the word in each film or sequence."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from asl.bundle import BundleError, ModelBundle
from asl.cli.console import complain, complain_of, print_json, print_table, progress
from asl.labels import display_name
from asl.workspace import workspace

if TYPE_CHECKING:
    import numpy as np

    from asl.inference.sequences.predictor import WordPrediction, WordPredictor


@dataclass(frozen=True)
class Shown:
    """What there is to be read in one film or sequence.

    Attributes:
        path: of it.
        points: (T, 543, C), or None where it cannot be read.
        seconds: (T,) when each frame is shown; None where nothing says so.
        reason: why it cannot be read; "" where it can.
    """

    path: str
    points: "np.ndarray | None"
    seconds: "np.ndarray | None" = None
    reason: str = ""


def predict_words(paths: Sequence[str], bundle: ModelBundle, as_json: bool) -> None:
    """Name the word in each film or sequence.

    Raises:
        typer.Exit: one of them cannot be read.
    """
    predictor, failed, rows = open_words(bundle), False, []
    with progress("Looking") as step:
        for done, shown in enumerate((one for path in paths for one in _found(path, predictor)), 1):
            try:
                answer = _answer(predictor, shown)
            except ValueError as error:
                failed = True
                if as_json:
                    print_json({"path": shown.path, "error": str(error)})
                else:
                    complain(f"{shown.path}: {error}")
            else:
                if as_json:
                    print_json(_prediction_json(shown, answer))
                else:
                    rows.append(_prediction_row(shown, answer))
            step(done, max(done, len(paths)))
    if rows:
        print_table(("sequence", "word", "confidence", "next", "seconds"), rows)
    if failed:
        raise typer.Exit(1)


def open_words(bundle: ModelBundle) -> "WordPredictor":
    """Return the predictor of a model of words, after it has given a first answer.

    Raises:
        ValueError: the model gives no answer, or reads pictures.
    """
    from asl.inference.first_answer import require_answer
    from asl.inference.sequences.predictor import WordPredictor

    require_answer(bundle)
    return WordPredictor(bundle)


def _answer(predictor: "WordPredictor", shown: Shown) -> "WordPrediction":
    if shown.points is None:
        raise ValueError(shown.reason)
    try:
        return predictor.predict(shown.points)
    except BundleError as error:
        raise ValueError(f"the model gave no answer: {error}") from error


def _found(path: str, predictor: "WordPredictor") -> Iterator[Shown]:
    """Yield the films and sequences that `path` stands for."""
    from asl import videos
    from asl.data.sequences.layout import HOLISTIC
    from asl.data.sequences.limits import NoSequences
    from asl.data.sequences.listing import is_zip
    from asl.data.sequences.opening import open_unlabelled
    from asl.data.sequences.prepare import prepare_sequences

    place = Path(path)
    if place.suffix.lower() in videos.SUFFIXES and place.is_file():
        yield _film(path)
        return
    reasons: dict[str, str] = {}
    try:
        with open_unlabelled(place) as (table, problems):
            unread = [one for one in problems if one.kind == "unreadable"]
            complain_of([one for one in problems if one.kind != "unreadable"])
            for one in unread:
                yield Shown(f"{path}/{one.path}", None, reason=one.message)
            if table.empty:
                if not unread:
                    yield Shown(path, None, reason="there is no film and no file of landmarks here")
                return
            # A file of one or many sequences is called by its own path.
            above = path if place.is_dir() or is_zip(place) else os.path.dirname(path)
            called = {
                one.path: os.path.join(above, one.name) for one in table.itertuples(index=False)
            }
            try:
                examples = prepare_sequences(
                    table, workspace() / "cache", place.name, predictor.preparation.selection,
                    os.cpu_count() or 1, lambda done, total: None, reasons.__setitem__,
                )  # fmt: skip
            except NoSequences:  # then all of them have reasons
                table = table.head(0)
            for file, reason in reasons.items():
                yield Shown(called[file], None, reason=reason)
            if table.empty:
                return
            for row, file in enumerate(examples.paths.tolist()):
                shown = HOLISTIC.take(examples.sequence(row), examples.selection.rows)
                yield Shown(called[file], shown)
    except ValueError as error:
        yield Shown(path, None, reason=str(error))


def _film(path: str) -> Shown:
    """Return what is seen in one film."""
    from asl.body.films import EVERY, landmarks_of
    from asl.hands.networks import HandsUnavailable
    from asl.videos import VideoError, open_video

    try:
        points, seconds = landmarks_of(open_video(path, every=EVERY))
    except (VideoError, HandsUnavailable, OSError) as error:
        return Shown(path, None, reason=str(error))
    return Shown(path, points, seconds)


def _from_to(shown: Shown) -> list[float] | None:
    """Return when hands come into view and leave it, in seconds of the film."""
    from asl.data.sequences.layout import LEFT_HAND, RIGHT_HAND, seen

    if shown.points is None or shown.seconds is None:
        return None
    there = seen(shown.points[:, [*LEFT_HAND, *RIGHT_HAND]]).any(1)
    times = shown.seconds[there]
    return [round(float(times[0]), 3), round(float(times[-1]), 3)] if len(times) else None


def _prediction_json(shown: Shown, answer: "WordPrediction") -> dict[str, Any]:
    """Return what `asl predict --json` prints for one film or sequence."""
    return {
        "path": shown.path,
        "label": answer.label,
        "confidence": answer.confidence,
        "abstained": answer.abstained,
        "top": [{"label": one.label, "confidence": one.confidence} for one in answer.top],
        "none_of_these": answer.none,
        "seconds": _from_to(shown),
        "milliseconds": round(answer.milliseconds, 2),
    }


def _prediction_row(shown: Shown, answer: "WordPrediction") -> tuple[str, ...]:
    """Return path, word, confidence, the next three and when, for people."""
    seconds = _from_to(shown)
    return (
        shown.path,
        "can't tell" if answer.abstained else display_name(answer.label),
        f"{answer.confidence:.0%}",
        ", ".join(f"{one.label} {one.confidence:.0%}" for one in answer.top[1:4]),
        "" if seconds is None else f"{seconds[0]:.1f} to {seconds[1]:.1f}",
    )
