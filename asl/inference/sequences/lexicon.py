"""An example of each word that a model knows, for learning from: landmarks in a small file.

No recording of a person is among them: training writes the mean of several, see
`asl.inference.sequences.means`.

The file lies in the model's folder. Places are whole numbers, 0 to 1023 in the box around all of
an example, and of each but the first frame only the steps from the one before are kept, which
pack well. A word takes about four thousand bytes, so that 250 of them take a million.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asl.bundle import LEXICON, BundleError, ModelBundle
from asl.data.sequences.arrays import read_npz
from asl.data.sequences.layout import ARMS, LEFT_HAND, LIPS, POSE, RIGHT_HAND, ROWS, Selection
from asl.data.sequences.lengths import RATE, fill_gaps, resample
from asl.data.sequences.limits import Limits, SequenceError
from asl.files import replacing
from asl.inference.sequences.posture import signing_part

#: What is kept of a person: hands, arms, ears, lips, and the outline of the face.
KEPT = Selection((*LEFT_HAND, *RIGHT_HAND, *ARMS, POSE[7], POSE[8], *LIPS, 10, 152, 234, 454))
#: Of an example, the most that fit into the file.
_FRAMES = (48, 40, 32, 24, 16)
_BYTES_A_WORD, _LEAST_BYTES = 4_000, 50_000
#: Gaps of so many frames are filled, so that hands do not flicker.
_GAP = 5
_STEPS = 1023
#: What a file of strangers may hold.
_LIMITS = Limits(frames=1_000, sequences=20_000, file_bytes=16 << 20, array_bytes=128 << 20)
_MOST_PEOPLE = 1_000
_ARRAYS = ("word", "length", "seconds", "people", "rows", "box", "steps", "seen")
_ADVICE = "Train the model again, or take the file away; then its words are shown without examples"


@dataclass(frozen=True, eq=False)
class Example:
    """A person who signs a word.

    Attributes:
        points: (T, 543, 3) float32 in shares of the frame, NaN for what was not seen or not kept;
            z never is.
        seconds: that it takes.
        people: of how many different people it is the mean.
    """

    points: np.ndarray
    seconds: float
    people: int = 1

    @property
    def times(self) -> np.ndarray:
        """(T,) seconds of each frame."""
        return np.arange(len(self.points)) * (self.seconds / len(self.points))

    @property
    def rate(self) -> float:
        """Frames a second."""
        return len(self.points) / self.seconds


def write_lexicon(
    folder: Path,
    words: Mapping[str, np.ndarray],
    rate: float = RATE,
    people: Mapping[str, int] | None = None,
) -> Path:
    """Write examples into a model's folder and return the file's path.

    Frames before the first hand and after the last are left out, and of long examples as many
    frames as the file has room for.

    Args:
        words: word → (T, 543, 2 or 3) in shares of the frame, NaN where nothing was seen.
        rate: frames a second of all of them.
        people: word → of how many different people it is the mean, 1 where a word is not in it.

    Raises:
        ValueError: there are none, one has another shape, no hand is seen in it, or it is said to
            be of too few or too many people.
    """
    return write_kept(folder, {w: kept_of(w, points) for w, points in words.items()}, rate, people)


def kept_of(word: str, points: np.ndarray) -> np.ndarray:
    """Return what a lexicon keeps of an example: a fifth of the landmarks, cut to the sign.

    Args:
        points: (T, 543, 2 or 3) in shares of the frame, NaN where nothing was seen.

    Returns:
        (T', `KEPT`, 2) float32.

    Raises:
        ValueError: of another shape, or no hand is seen in it.
    """
    try:
        start, end = signing_part(points)
    except ValueError as error:
        raise ValueError(f"words: {word!r}: {error}") from error
    return fill_gaps(KEPT.take(points[start:end, :, :2], range(ROWS)), _GAP)


def write_kept(
    folder: Path,
    words: Mapping[str, np.ndarray],
    rate: float = RATE,
    people: Mapping[str, int] | None = None,
) -> Path:
    """Write examples of which only what is kept is there; otherwise as `write_lexicon`.

    Args:
        words: word → what `kept_of` gives.
    """
    if not words:
        raise ValueError("words: there are none")
    if not 0.5 <= rate <= 240:
        raise ValueError(f"rate: {rate!r} is not 0.5 to 240")
    counts = {word: (people or {}).get(word, 1) for word in words}
    for word, count in counts.items():
        if not 1 <= count <= _MOST_PEOPLE:
            raise ValueError(f"people: {word!r}: {count!r} is not 1 to {_MOST_PEOPLE:,}")
    seconds = {word: len(points) / rate for word, points in words.items()}
    most = max(_LEAST_BYTES, _BYTES_A_WORD * len(words))
    file = folder / LEXICON
    with replacing(file) as fresh:
        for frames in _FRAMES:
            packed = _packed(words, frames, seconds, counts)
            np.savez_compressed(fresh, **packed)  # type: ignore[arg-type]
            if fresh.stat().st_size <= most:
                break
    return file


def read_lexicon(bundle: ModelBundle) -> dict[str, Example]:
    """Return the examples of a model's words, in the order of its labels.

    Words that the model does not know are left out; without a file there are none.

    Raises:
        BundleError: the file is damaged, too large, or says what cannot be.
    """
    file = bundle.folder / LEXICON
    if not file.is_file():
        return {}
    try:
        found = _unpacked(file)
    except SequenceError as error:
        raise BundleError(f"{LEXICON}: {error.reason}. {error.advice}") from error
    return {label: found[label] for label in bundle.card.labels if label in found}


def _packed(
    words: Mapping[str, np.ndarray],
    frames: int,
    seconds: Mapping[str, float],
    people: Mapping[str, int],
) -> dict[str, np.ndarray]:
    """Return the arrays of a file whose examples have so many frames at most."""
    boxes, steps, seen = [], [], []
    for every in words.values():
        points = resample(every, min(frames, len(every)))
        low, high = np.nanmin(points, (0, 1)), np.nanmax(points, (0, 1))
        size = np.maximum(high - low, 1e-6)
        known = np.isfinite(points).all(-1)
        whole = np.where(known[..., None], np.round((points - low) / size * _STEPS), 0)
        steps.append(np.diff(_carried(whole, known), axis=0, prepend=0).astype(np.int16))
        boxes.append((low, low + size))
        seen.append(known)
    return {
        "word": np.array(list(words)),
        "length": np.array([len(known) for known in seen], np.int32),
        "seconds": np.array([seconds[word] for word in words], np.float32),
        "people": np.array([people[word] for word in words], np.int32),
        "rows": np.array(KEPT.rows, np.int32),
        "box": np.array(boxes, np.float32),
        "steps": np.concatenate(steps),
        "seen": np.packbits(np.concatenate(seen), axis=1),
    }


def _carried(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return places with the last known one where one is not, for no step is the cheapest."""
    frames = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(known, frames, 0), 0)
    carried: np.ndarray = np.take_along_axis(values, last[..., None], 0)
    return carried


def _unpacked(file: Path) -> dict[str, Example]:
    arrays = read_npz(file, _ARRAYS, _LIMITS)
    words, lengths, rows = arrays["word"], arrays["length"], arrays["rows"]
    kinds = {"word": "U", "length": "iu", "seconds": "f", "rows": "iu", "box": "f"}
    kinds |= {"people": "iu", "steps": "i", "seen": "u"}
    strange = [name for name, kind in kinds.items() if arrays[name].dtype.kind not in kind]
    if strange:
        raise SequenceError(file, f"{strange[0]} is {arrays[strange[0]].dtype}", _ADVICE)
    if words.ndim != 1 or not 0 < len(words) <= _LIMITS.sequences:
        raise SequenceError(file, f"it has {words.shape} words", _ADVICE)
    if (
        rows.ndim != 1
        or len(np.unique(rows)) < len(rows)
        or not ((rows >= 0) & (rows < ROWS)).all()
    ):
        raise SequenceError(file, f"rows is not 0 to {ROWS - 1}, each once", _ADVICE)
    if lengths.shape != words.shape or not ((lengths > 0) & (lengths <= _LIMITS.frames)).all():
        raise SequenceError(file, f"length is not 1 to {_LIMITS.frames} for each word", _ADVICE)
    count, many = len(words), int(lengths.sum())
    shapes: dict[str, tuple[int, ...]] = {
        "seconds": (count,),
        "people": (count,),
        "box": (count, 2, 2),
    }
    shapes |= {"steps": (many, len(rows), 2), "seen": (many, -(-len(rows) // 8))}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise SequenceError(file, f"{name} {arrays[name].shape} is not {shape}", _ADVICE)
    seconds, boxes = arrays["seconds"], arrays["box"]
    if not (np.isfinite(boxes).all() and np.abs(boxes).max() < 100):
        raise SequenceError(file, "box is no part of a frame", _ADVICE)
    if not ((seconds > 0) & (seconds < 600)).all():
        raise SequenceError(file, "seconds is not 0 to 600", _ADVICE)
    people = arrays["people"]
    if not ((people >= 1) & (people <= _MOST_PEOPLE)).all():
        raise SequenceError(file, f"people is not 1 to {_MOST_PEOPLE:,}", _ADVICE)
    seen = np.unpackbits(arrays["seen"], axis=1, count=len(rows)).astype(bool)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    found = {}
    for number, word in enumerate(words.tolist()):
        own = slice(int(starts[number]), int(starts[number + 1]))
        places = np.cumsum(arrays["steps"][own], 0, np.int64) / _STEPS
        low, high = boxes[number].astype(np.float64)
        points = np.full((len(places), ROWS, 3), np.nan, np.float32)
        shown = np.where(seen[own, :, None], low + np.clip(places, 0, 1) * (high - low), np.nan)
        points[:, rows, :2] = shown
        found[word] = Example(points, float(seconds[number]), int(people[number]))
    return found
