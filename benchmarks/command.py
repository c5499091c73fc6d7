"""What the benchmarks' command lines share."""

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from asl.evaluation.results.result import RESULTS, Result, command


def parser(documentation: str | None, file: str) -> argparse.ArgumentParser:
    """Return the parser of a benchmark.

    Args:
        documentation: of its module; the first line says what is measured.
        file: name of its results file in docs/results.
    """
    made = argparse.ArgumentParser(description=(documentation or "").partition("\n")[0])
    made.add_argument("--out", type=Path, default=RESULTS / file, help="results file")
    return made


def at_least(least: float, kind: Callable[[str], float] = int) -> Callable[[str], float]:
    """Return the type of an option that is a number of at least `least`."""

    def number(text: str) -> float:
        value = kind(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is less than {least}")
        return value

    return number


def recordings(asking: argparse.ArgumentParser) -> Path:
    """Return the folder of recordings that ASL_DATA names; without one, the program ends."""
    data = os.environ.get("ASL_DATA")
    if not data:
        asking.error("ASL_DATA: name the folder of recordings in this environment variable")
    return Path(data)


def command_line(name: str, *words: object) -> str:
    """Return how to run a benchmark again, with ``$ASL_DATA`` for the folder of recordings."""
    return f"python -m benchmarks.{name}{command(*words).removeprefix('asl')}"


def keep(result: Result, file: Path) -> None:
    """Write a result over the rows of the same names that were measured before."""
    before = Result.read(file).rows if file.is_file() else ()
    rows = {row["name"]: row for row in (*before, *result.rows)}
    replace(result, rows=tuple(rows.values())).write(file)
