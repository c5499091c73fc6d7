"""What the command line writes: answers on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

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


def complain(message: str) -> None:
    """Print one plain line on standard error."""
    print(f"asl: {_printable(message)}", file=sys.stderr, flush=True)


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
