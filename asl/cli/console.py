"""What the command line writes: answers on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asl.data.archives.limits import ArchiveError
from asl.labels import display_name

if TYPE_CHECKING:
    from asl.data.problems import Problem

#: Wide enough for any table: what is piped into a file or another program is never folded.
_PIPED_WIDTH = 1000


def print_json(value: dict[str, Any]) -> None:
    """Print one object on one line, in ASCII: a file name that is no valid UTF-8 survives it."""
    print(json.dumps(value), flush=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, folded to the width of the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        # As text, not as markup: a label may hold brackets.
        table.add_row(*[Text(_printable(cell), overflow="fold") for cell in row])
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    Console(file=sys.stdout, width=width).print(table)


def left_out_json(problems: Sequence["Problem"]) -> list[dict[str, str]]:
    """Return what was not used, and why; not what was only settled."""
    from asl.data.problems import SETTLED

    return [
        {"path": one.path, "reason": one.message} for one in problems if one.kind not in SETTLED
    ]


def counted(pictures: Mapping[str, int]) -> str:
    """Return how many pictures of which signs, as in "5 (D 3, Q 2)"."""
    signs = ", ".join(f"{display_name(label)} {count}" for label, count in pictures.items())
    return f"{sum(pictures.values())} ({signs})" if signs else "0"


def complain(message: str) -> None:
    """Print one plain line on standard error."""
    print(f"asl: {_printable(message)}", file=sys.stderr, flush=True)


def complain_of(problems: Sequence["Problem"]) -> None:
    """Say what was left out or settled; hidden files, of which systems leave many, by number."""
    hidden = [problem for problem in problems if problem.kind == "hidden"]
    for problem in problems:
        if problem.kind != "hidden":
            complain(f"{problem.path}: {problem.message}")
    if hidden:
        more = f" and {len(hidden) - 1} more hidden files" if len(hidden) > 1 else ""
        complain(f"{hidden[0].path}{more}: {hidden[0].message}")


@contextmanager
def naming(place: Path) -> Iterator[None]:
    """Put the name of the file before what is said of an archive that is refused."""
    try:
        yield
    except ArchiveError as error:
        raise ArchiveError(f"{place}: {error}") from error


@contextmanager
def progress(what: str = "", log: bool = False) -> Iterator[Callable[..., None]]:
    """Show on a terminal how much is done and how long the rest takes.

    Args:
        what: is being done.
        log: where there is no terminal, print a line at every tenth instead of nothing.

    Yields:
        ``step(done, total, what=what)``; each `what` gets a bar of its own.
    """
    if not sys.stderr.isatty():
        yield _tenths(what) if log else lambda done, total, what=what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # By itself rich would send what is printed to standard output to its own console.
    terminal = Console(file=sys.stderr)
    with Progress(*columns, console=terminal, transient=True, redirect_stdout=False) as bar:
        lines: dict[str, Any] = {}

        def step(done: int, total: int, what: str = what) -> None:
            if what not in lines:
                lines[what] = bar.add_task(what)
            bar.update(lines[what], completed=done, total=total)

        yield step


def _tenths(what: str) -> Callable[..., None]:
    last = (what, 0)

    def step(done: int, total: int, what: str = what) -> None:
        nonlocal last
        if last != (last := (what, 10 * done // max(total, 1))):
            complain(f"{what}: {done} of {total}")

    return step


def _printable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()
