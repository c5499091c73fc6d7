"""Reading sequences of landmarks: files of asl-signs a second, beside the source's way.

    python -m benchmarks.sequences

The files are those in ASL_DATA/islr, as Kaggle publishes them. The source reads a whole file with
pandas, pivots it to frames × 543 landmarks and interpolates short gaps; what a network is shown of
it, 96 landmarks in x and y, is chosen afterwards. Both ways give the same numbers, which is
checked file by file, and take turns, each in this one process.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from asl.data.sequences.asl_signs import read_parquet
from asl.data.sequences.layout import PARTS, ROWS, SOURCE
from asl.data.sequences.lengths import fill_gaps
from asl.data.sequences.listing import list_sequences
from asl.data.sequences.prepare import prepare_sequences
from asl.evaluation.results.result import Result, machine
from benchmarks.command import at_least, command_line, parser, recordings

#: Frames of a gap in a landmark's path that are filled, as in the source.
_GAP = 3


def as_the_source(path: Path) -> np.ndarray:
    """Return 96 landmarks of a file as the source reads them, (T, 96, 2)."""
    table = pd.read_parquet(path)
    first = table["type"].map({part: start for part, (start, _) in PARTS.items()})
    table["row"] = first.astype(int) + table["landmark_index"]
    wide = table.pivot(index="frame", columns="row", values=["x", "y", "z"])
    filled = wide.interpolate(limit=_GAP, limit_area="inside")
    points = filled.to_numpy().reshape(len(wide), 3, ROWS).transpose(0, 2, 1)
    return points[:, list(SOURCE.rows), :2]


def as_here(path: Path) -> np.ndarray:
    """Return the same landmarks as this project reads them, (T, 96, 2)."""
    return fill_gaps(_unfilled(path), _GAP)


def check_same(files: Sequence[Path]) -> None:
    """Make sure that both ways give the same numbers; pandas begins to fill longer gaps as well.

    Raises:
        ValueError: they do not, of some file.
    """
    for file in files:
        one, other = as_the_source(file), as_here(file)
        filled = np.isfinite(other)
        same = one.shape == other.shape and np.allclose(one[filled], other[filled], atol=1e-6)
        if not same or filled.sum() < np.isfinite(_unfilled(file)).sum():
            raise ValueError(f"{file.name}: the two ways of reading give different numbers")


def _unfilled(path: Path) -> np.ndarray:
    return read_parquet(path, SOURCE, depth=False)[..., :2]


def seconds(read: Callable[[Path], object], files: Sequence[Path]) -> float:
    """Return how long it takes to read all files."""
    start = time.perf_counter()
    for file in files:
        read(file)
    return time.perf_counter() - start


def measure(table: pd.DataFrame, rounds: int) -> list[dict[str, object]]:
    """Return files a second of each way, and how many times as many they are.

    Args:
        table: of files, as `list_sequences` gives it.
        rounds: how often each way reads all of them; ways take turns.
    """
    files = [Path(path) for path in table["path"]]
    check_same(files)
    ways: dict[str, list[float]] = {"source": [], "here": [], "prepared": [], "again": []}
    for _ in range(rounds):
        ways["source"].append(seconds(as_the_source, files))
        ways["here"].append(seconds(as_here, files))
        with tempfile.TemporaryDirectory() as cache:
            for name in ("prepared", "again"):
                start = time.perf_counter()
                _prepare(table, Path(cache))
                ways[name].append(time.perf_counter() - start)
    speed = {name: len(files) / np.array(taken) for name, taken in ways.items()}
    shown = {
        "source": "whole file with pandas, pivot, interpolate",
        "here": "this project's reader, the same landmarks",
        "prepared": "read and kept as arrays, with all checks and z",
        "again": "opened again from the arrays",
    }
    found: list[dict[str, object]] = [
        {"name": shown[name], "value": float(np.median(values)), "unit": "files/s"}
        for name, values in speed.items()
    ]
    for name, what in (("here", "the reader"), ("prepared", "read and kept as arrays")):
        ratio = float(np.median(speed[name] / speed["source"]))
        found.append({"name": f"times as many files a second: {what}", "value": ratio, "unit": ""})
    return found


def _prepare(table: pd.DataFrame, cache: Path) -> None:
    def refuse(path: str, reason: str) -> None:
        raise ValueError(f"{path}: {reason}")

    prepare_sequences(table, cache, "islr", SOURCE, 1, lambda done, total: None, refuse)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the results file."""
    asking = parser(__doc__, "sequences.json")
    asking.add_argument("--rounds", type=at_least(1), default=7, help="turns of each way")
    asked = asking.parse_args(arguments)
    table = list_sequences(recordings(asking) / "islr").table
    result = Result(
        title="Reading files of landmarks",
        rows=tuple(measure(table, asked.rounds)),
        data=f"the {len(table)} files of asl-signs in islr",
        machine=machine(),
        command=command_line("sequences", "--rounds", asked.rounds),
        note=(
            "One process, the same numbers from both ways, 96 landmarks in x and y; the ways took "
            "turns, and files had been read before."
        ),
    )
    result.write(asked.out)
    print(result.to_markdown())


if __name__ == "__main__":
    main()
