"""Measured figures: files in docs/results/, and what each of them looks like as a table.

Every command that measures figures writes a `Result`. `asl.evaluation.results.pages` renders the
README's table and the pages in docs/results from these files.
"""

import json
import math
import os
import platform
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

HOME = Path(__file__).parents[3]
RESULTS = HOME / "docs" / "results"
#: The sources' networks have a page of their own.
SOURCES = RESULTS / "sources.json"

#: Files that stand first on the page of results, in this order; all others follow by name.
_FIRST = (
    "asl-hands-asl_letters",
    "asl-hands-asl_29-29",
    "asl-hands-asl_29-39",
    "one-set-left-out",
    "asl_dataset-leave-one-hand-out",
    "asl_dataset-random",
    "bench",
    "first-page",
)
_HEADINGS = {
    "name": "",
    "macro_f1": "macro F1",
    "value": "median",
    "p90": "90 % within",
    "low": None,
    "high": None,
    "unit": None,
    "curve": None,
}


@dataclass(frozen=True)
class Result:
    """One results file, which becomes one table.

    Attributes:
        title: what was measured.
        data: which data set.
        split: how it relates to what the model was trained on.
        candidates: which signs were possible.
        machine: processor and versions.
        command: what to run to measure it again.
        rows: one entry a line of the table: "name" and any further figures. Fractional numbers
            are shares, shown in per cent ("low" and "high": range of "accuracy"), except "value"
            and "p90", which are shown with their "unit". "people" is null where it is not known who
            is in the pictures. "curve", how it came to the figures, is not shown.
        note: a sentence to stand below.
    """

    title: str
    rows: tuple[dict[str, Any], ...]
    data: str = ""
    split: str = ""
    candidates: str = ""
    machine: str = ""
    command: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.title:
            raise ValueError("title: a result needs one")
        if not self.rows or not all(row.get("name") for row in self.rows):
            raise ValueError(f"rows: {self.title!r} needs at least one, each with a name")

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a results file.

        Raises:
            ValueError: no JSON, or a field that is missing or not known.
        """
        try:
            raw = json.loads(file.read_text(encoding="utf-8"))
            return cls(**{**raw, "rows": tuple(raw["rows"])})
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{file.name}: no results file ({error})") from error

    def write(self, file: Path) -> Path:
        """Write the file, and the folders above it, and return its path."""
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        file.write_text(text + "\n", encoding="utf-8")
        return file

    def to_markdown(self) -> str:
        """Return a heading, a table, and how it was measured."""
        keys = dict.fromkeys(key for row in self.rows for key in row)
        headings = {key: _HEADINGS.get(key, key.replace("_", " ")) for key in keys}
        shown = {key: heading for key, heading in headings.items() if heading is not None}
        lines = [[*shown.values()], ["---"] * len(shown)]
        lines += [[cell(row, key) for key in shown] for row in self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        terms = {"Data": self.data, "Split": self.split, "Candidates": self.candidates}
        about = " ".join(f"{term}: {text}." for term, text in terms.items() if text)
        # Accuracy does not depend on the machine, costs do.
        costs = any({"value", "training_seconds"} & row.keys() for row in self.rows)
        where = self.machine if costs else ""
        source = f"Measured by `{self.command}`" + (f" on {where}." if where else ".")
        parts = (f"### {self.title}", about, table, self.note, source if self.command else "")
        return "\n\n".join(part for part in parts if part)


def read_results(folder: Path = RESULTS) -> list[Result]:
    """Return the results in `folder` that the page of results shows, in its order."""

    def place(file: Path) -> tuple[int, str]:
        return (_FIRST.index(file.stem) if file.stem in _FIRST else len(_FIRST), file.stem)

    files = sorted(folder.glob("*.json"), key=place)
    return [Result.read(file) for file in files if file.name != SOURCES.name]


def people_in_words(people: int | None) -> str:
    """Return how many people a score rests on, as in "3 people"; None where that is not known."""
    if people is None:
        return "people unknown"
    return "1 person" if people == 1 else f"{people:,} people"


def outward(low: float, high: float, decimals: int = 1) -> tuple[str, str]:
    """Return a range of shares in per cent, rounded so that it never seems to have no width."""
    parts = 10**decimals
    lowest = math.floor(round(low * (100 * parts), 6)) / parts
    highest = math.ceil(round(high * (100 * parts), 6)) / parts
    return f"{lowest:.{decimals}f}", f"{highest:.{decimals}f}"


def machine(packages: Sequence[str] = ("numpy", "onnxruntime", "ai-edge-litert")) -> str:
    """Return processor, cores, system, and the versions of Python and of installed `packages`."""
    versions = [f"Python {platform.python_version()}"]
    for package in packages:
        with suppress(PackageNotFoundError):
            versions.append(f"{package} {version(package)}")
    cores = f"{_processor()}, {os.cpu_count()} cores, {platform.system()}"
    return f"{cores}; {', '.join(versions)}"


def command(*words: object) -> str:
    """Return a command line of `asl`, with ``$ASL_DATA`` for the folder of recordings."""
    data = Path(os.environ.get("ASL_DATA", os.devnull)).resolve()
    shown = ["asl"]
    for word in words:
        place = Path(word).resolve() if isinstance(word, Path) else None
        if place and place.is_relative_to(data):
            shown.append(f"$ASL_DATA/{place.relative_to(data).as_posix()}")
        else:
            shown.append(shlex.quote(str(word)))
    return " ".join(shown)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def cell(row: dict[str, Any], key: str) -> str:
    """Return a figure of a row as a table shows it, "" where there is none."""
    value = row.get(key)
    if key == "people" and key in row and value is None:
        return "unknown"
    if value is None:
        return "not known" if key == "people" and key in row else ""
    if key in ("value", "p90"):
        return f"{value:.3g} {row.get('unit', '')}".strip()
    if isinstance(value, float):
        shown = f"{value:.1%}".replace("%", " %")
        if key == "accuracy" and "low" in row and "high" in row:
            shown += f" ({'–'.join(outward(row['low'], row['high']))})"
        return shown
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).replace("|", "\\|").replace("\n", " ")
