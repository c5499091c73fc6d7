"""Turn a table of pictures into examples: hand crop, whole picture and landmarks of each.

Detecting hands takes most of the time, so examples are kept on disk under a fingerprint of the
pictures' bytes and of the settings they were made with. The same picture is never searched
twice, whatever its table says about labels and people, and whatever other pictures it comes with.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from asl.hands.crop import CONTEXT, crop_hand
from asl.hands.detector import HandDetector
from asl.hands.landmarks import normalise
from asl.images import PictureError, load_rgb
from asl.nets.registry import PICTURE_SIZE
from asl.processes import end_with_parent, map_ahead

#: Raise when detection or cropping change, so that old caches are not read.
VERSION = 9

# Of a folder of examples: the pictures' SHA-256, one a line; and a note written last, which says
# what made them, and the row and reason of every picture that cannot be read.
_CONTENTS = "contents.txt"
_DONE = "done.json"

UNREADABLE = "unreadable"

#: Told path and reason of a picture that cannot be read.
Reject = Callable[[str, str], None]

#: What of `Examples` is large.
_PICTURES = ("crops", "wholes")

# Copied from other examples: as many as fit into the memory beside everything else.
_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class ExampleSettings:
    """How pictures become examples.

    Attributes:
        size: side in pixels of the square that the pixel network sees.
        zoom_out: how much wider the kept square is, as room for shifts and scaling.
    """

    size: int = PICTURE_SIZE
    zoom_out: float = 1.25

    @property
    def kept(self) -> int:
        """Side of the kept square in pixels."""
        return round(self.size * self.zoom_out)


@dataclass(frozen=True)
class Pictures:
    """Pictures from one or several arrays, which stay on disk until they are asked for.

    Indexed like an array of shape (N, K, K, 3), it gives a copy of what is asked for.

    Attributes:
        arrays: of shape (n, K, K, 3) each.
        array, row: (N,) int, where each picture is.
    """

    arrays: tuple[np.ndarray, ...]
    array: np.ndarray
    row: np.ndarray

    @classmethod
    def join(cls, parts: Sequence["np.ndarray | Pictures"]) -> Self:
        """Put pictures after one another."""
        arrays, array, row = [], [], []
        for part in parts:
            if not isinstance(part, Pictures):
                part = Pictures((part,), np.zeros(len(part), int), np.arange(len(part)))
            array.append(part.array + len(arrays))
            row.append(part.row)
            arrays.extend(part.arrays)
        return cls(tuple(arrays), np.concatenate(array), np.concatenate(row))

    def take(self, index: np.ndarray) -> Self:
        """Return those at `index` (positions or a mask), without reading them."""
        return type(self)(self.arrays, self.array[index], self.row[index])

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, index: int | slice | np.ndarray) -> np.ndarray:
        array, row = self.array[index], self.row[index]
        if np.ndim(row) == 0:
            return np.array(self.arrays[array][row])
        pictures = np.empty((len(row), *self.arrays[0].shape[1:]), self.arrays[0].dtype)
        for number in np.unique(array):
            here = array == number
            pictures[here] = self.arrays[number][row[here]]
        return pictures


@dataclass(frozen=True)
class Examples:
    """What training sees, one row a picture (or a row of landmarks without a picture).

    Attributes:
        crops: (N, K, K, 3) uint8, square around the hand, or the whole picture where none is found.
        wholes: (N, K, K, 3) uint8, the whole picture padded to a square. Both stay on disk.
        landmarks: (N, 21, 3) float32, normalised; zeros where no hand was found.
        found: (N,) bool, whether a hand was found.
        labels: (N,) str.
        people: (N,) str, "" where unknown.
        sources: (N,) str, the data set each row comes from.
        paths: (N,) str.
    """

    crops: np.ndarray | Pictures
    wholes: np.ndarray | Pictures
    landmarks: np.ndarray
    found: np.ndarray
    labels: np.ndarray
    people: np.ndarray
    sources: np.ndarray
    paths: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, index: np.ndarray) -> Self:
        """Return the examples at `index` (positions or a mask)."""
        values = {name: getattr(self, name) for name in self.__annotations__}
        for name, value in values.items():
            lazy = name in _PICTURES
            values[name] = Pictures.join([value]).take(index) if lazy else value[index]
        return type(self)(**values)

    @classmethod
    def concatenate(cls, parts: Sequence["Examples"]) -> Self:
        """Join examples of several data sets."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            **{
                name: (Pictures.join if name in _PICTURES else np.concatenate)(
                    [getattr(part, name) for part in parts]
                )
                for name in cls.__annotations__
            }
        )


def refuse(path: str, reason: str) -> None:
    """Raise what is wrong with a picture."""
    raise PictureError(path, reason)


def prepare(
    table: pd.DataFrame,
    cache: Path,
    source: str = "",
    settings: ExampleSettings = ExampleSettings(),
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    reject: Reject = refuse,
) -> Examples:
    """Return the examples of `table` (columns path, label, person), from `cache` if there.

    Args:
        reject: told path and reason of every picture that cannot be read, once all have been
            tried; those have no row. By default the first of them is refused.

    Raises:
        PictureError: a picture cannot be read, and `reject` refuses it.
        HandsUnavailable: hand detection cannot run here.
        ValueError: the table is empty.
    """
    table, contents = with_contents(table, reject)
    paths = table["path"].tolist()
    folder = cache / f"examples-{_fingerprint(contents, settings)}"
    if not (folder / _DONE).is_file():
        known = _known(cache, set(contents), settings)
        try:
            _fill(
                folder, paths, contents, known, settings, workers or os.cpu_count() or 1, progress
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # large, and of no use half filled
            raise
    progress(len(paths), len(paths))
    examples = Examples(
        crops=np.load(folder / "crops.npy", mmap_mode="r"),
        wholes=np.load(folder / "wholes.npy", mmap_mode="r"),
        landmarks=np.load(folder / "landmarks.npy"),
        found=np.load(folder / "found.npy"),
        labels=table["label"].to_numpy(str),
        people=table["person"].fillna("").to_numpy(str),
        sources=np.full(len(paths), source),
        paths=np.array(paths, str),
    )
    return without_unreadable(examples, folder / _DONE, reject)


def with_contents(table: pd.DataFrame, reject: Reject) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of `table` whose files can be opened, and the SHA-256 of each.

    Raises:
        ValueError: the table is empty, or no file can be opened.
    """
    if table.empty:
        raise ValueError("table: no pictures to prepare")
    contents: dict[str, str] = {}
    for path in table["path"]:
        try:
            contents[path] = content_of(path)
        except OSError as error:
            reject(path, f"the file cannot be opened: {error.strerror}")
    table = table[table["path"].isin(list(contents))]
    if table.empty:
        raise ValueError("table: none of the pictures can be opened")
    return table, [contents[path] for path in table["path"]]


def without_unreadable(examples: Examples, note: Path, reject: Reject) -> Examples:
    """Return the examples without the rows that `note` says cannot be read."""
    unreadable = json.loads(note.read_text()).get(UNREADABLE, {})
    for row, reason in unreadable.items():
        reject(str(examples.paths[int(row)]), reason)
    if not unreadable:
        return examples
    return examples.rows(np.delete(np.arange(len(examples)), [int(row) for row in unreadable]))


def note_contents(folder: Path, contents: Sequence[str]) -> None:
    """Write down which pictures, by their SHA-256, what is kept in `folder` was made of."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _CONTENTS).write_text("\n".join(contents))


def new_array(file: Path, kind: type, shape: tuple[int, ...]) -> np.ndarray:
    """Make a file for an array, with all the room that it needs, to be filled through the disk.

    Raises:
        OSError: the disk is full. Without room of its own the process would be killed in the
            midst of filling it.
    """
    array = np.lib.format.open_memmap(file, "w+", kind, shape)
    if hasattr(os, "posix_fallocate"):  # macOS has none
        with file.open("r+b") as made:
            os.posix_fallocate(made.fileno(), 0, file.stat().st_size)
    return array


def forget(cache: Path, contents: Iterable[str]) -> None:
    """Delete all that was made of sets that have one of these pictures, by their SHA-256."""
    forgotten = set(contents)
    for file in cache.glob(f"*/{_CONTENTS}"):
        if not forgotten.isdisjoint(file.read_text().split()):
            shutil.rmtree(file.parent, ignore_errors=True)


def fingerprint(paths: Sequence[str]) -> str:
    """Return a SHA-256 over the bytes of the pictures, in order."""
    return _joint([content_of(path) for path in paths])


def content_of(path: str) -> str:
    """Return the SHA-256 of a picture's bytes."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _joint(contents: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for content in contents:
        digest.update(bytes.fromhex(content))
    return digest.hexdigest()


def _made_with(settings: ExampleSettings) -> str:
    return json.dumps([VERSION, CONTEXT, asdict(settings)])


def _fingerprint(contents: Sequence[str], settings: ExampleSettings) -> str:
    return hashlib.sha256((_joint(contents) + _made_with(settings)).encode()).hexdigest()[:16]


def _known(cache: Path, wanted: set[str], settings: ExampleSettings) -> dict[str, tuple[Path, int]]:
    """Where examples of these pictures are, made with the same settings: folder and row."""
    found: dict[str, tuple[Path, int]] = {}
    for file in cache.glob(f"examples-*/{_CONTENTS}"):
        done = file.parent / _DONE
        note = json.loads(done.read_text()) if done.is_file() else {}
        if note.get("made_with") == _made_with(settings):
            for row, content in enumerate(file.read_text().split()):
                if content in wanted and str(row) not in note.get(UNREADABLE, {}):
                    found[content] = file.parent, row
    return found


def _fill(
    folder: Path,
    paths: Sequence[str],
    contents: Sequence[str],
    known: dict[str, tuple[Path, int]],
    settings: ExampleSettings,
    workers: int,
    progress: Callable[[int, int], None],
) -> None:
    note_contents(folder, contents)
    shape = (len(paths), settings.kept, settings.kept, 3)
    crops = new_array(folder / "crops.npy", np.uint8, shape)
    wholes = new_array(folder / "wholes.npy", np.uint8, shape)
    landmarks = np.zeros((len(paths), 21, 3), np.float32)
    found = np.zeros(len(paths), bool)
    targets = (("crops", crops), ("wholes", wholes), ("landmarks", landmarks), ("found", found))
    for source in {place for place, _ in known.values()}:
        rows = [
            row for row, content in enumerate(contents) if known.get(content, ("",))[0] == source
        ]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            block = rows[start : start + _ROWS_AT_ONCE]
            origins = [known[contents[row]][1] for row in block]
            for name, target in targets:
                target[block] = np.load(source / f"{name}.npy", mmap_mode="r")[origins]
    fresh = [row for row, content in enumerate(contents) if content not in known]
    unreadable: dict[int, str] = {}
    if fresh:
        # Spawned, not forked: PyTorch's threads do not survive a fork.
        with ProcessPoolExecutor(
            workers, get_context("spawn"), initializer=_start_worker, initargs=(settings,)
        ) as pool:
            made = map_ahead(pool, _example, [paths[row] for row in fresh], 2 * workers)
            for done, (row, example) in enumerate(zip(fresh, made, strict=True)):
                if isinstance(example, str):
                    unreadable[row] = example
                else:
                    crops[row], wholes[row], points = example
                    if points is not None:
                        landmarks[row], found[row] = points, True
                if done % 16 == 0:
                    progress(len(paths) - len(fresh) + done, len(paths))
    crops.flush()
    wholes.flush()
    np.save(folder / "landmarks.npy", landmarks)
    np.save(folder / "found.npy", found)
    made_with = {"made_with": _made_with(settings), **asdict(settings)}
    about = {"pictures": len(paths), **made_with, UNREADABLE: unreadable}
    (folder / _DONE).write_text(json.dumps(about))


_detector: HandDetector
_settings: ExampleSettings


def _start_worker(settings: ExampleSettings) -> None:
    global _detector, _settings
    end_with_parent()
    _detector, _settings = HandDetector(), settings


def _example(path: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | None] | str:
    """Return crop, whole picture and landmarks, or why the picture cannot be read."""
    try:
        rgb = load_rgb(path)
    except PictureError as error:
        return error.reason
    hand = _detector.detect(rgb)
    crop = crop_hand(rgb, hand, _settings.kept, _settings.zoom_out)
    whole = crop_hand(rgb, None, _settings.kept, _settings.zoom_out)
    return crop, whole, None if hand is None else normalise(hand.landmarks, hand.side)
