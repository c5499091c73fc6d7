"""The examples of a first visit in a real browser: from a click to an answer, and to a report.

    python -m benchmarks.first_visit    # about two minutes

Nothing but what comes with the app is used: an example picture, a drawn word, and the example data
set, which is checked, trained on with Quick, each of its five hands left out in turn, and reported.
Needs Playwright and Chromium.
"""

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from asl.evaluation.results.result import Result, machine
from benchmarks.browser import chromium, server, wait_until_drawn
from benchmarks.command import command_line, keep, parser

_LONGEST_MS = 900_000
Row = dict[str, Any]


def measure(page: Any, url: str) -> Iterator[Row]:
    """Click through the examples; yields rows as they are measured."""
    page.goto(url)
    yield _row("an example picture, to its answer", 5, _after(page, "V 1", _heading(page, "V")))
    page.goto(f"{url}/words")
    word = _heading(page, "family")
    yield _row("a drawn word, to its answer", 5, _after(page, "family", word))
    page.goto(f"{url}/train")
    ready = page.get_by_text(re.compile("^Ready")).wait_for
    checked = _after(page, "Try it with an example data set", ready)
    yield _row("the example data set, to its check", 20, checked)
    page.get_by_role("button", name="Yes, people").click()
    page.get_by_text("on people it has not seen.").wait_for()
    report = _heading(page, re.compile("right on a new person"))
    trained = _after(page, "Start training", report)
    yield _row("its training, to the report", 40, trained)
    yield _row("both together", 60, checked + trained)


def _heading(page: Any, name: str | re.Pattern[str]) -> Callable[[], None]:
    return page.get_by_role("heading", name=name, exact=True).wait_for


def _after(page: Any, button: str, seen: Callable[[], None]) -> float:
    """Return the seconds from a click to what is to be seen then."""
    # The text of its icon, if it has one, comes before its own.
    text = re.compile(f"{re.escape(button)}$")
    clicked = page.get_by_role("button").filter(has_text=text)
    clicked.wait_for()
    wait_until_drawn(page)
    began = time.perf_counter()
    clicked.click()
    seen()
    return time.perf_counter() - began


def _row(name: str, aim: int, seconds: float) -> Row:
    return {"name": name, "value": seconds, "unit": "s", "aim": f"{aim} s"}


def result(row: Row) -> Result:
    """Return a results file with one row."""
    return Result(
        title="The examples of a first visit, from a click to what comes of it",
        data="the examples that come with the app",
        split="each of 5 hands left out in turn",
        candidates="all",
        machine=machine(("streamlit", "torch", "ai-edge-litert")),
        command=command_line("first_visit"),
        rows=(row,),
        note="Server, browser and training share the machine. Each page is new to the browser, and "
        "the models are loaded by the first click. The training is Quick.",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results file."""
    chosen = parser(__doc__, "first-visit.json").parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, chromium() as launch:
        with server(Path(folder) / "home") as (url, _):
            page = launch().new_page()
            page.set_default_timeout(_LONGEST_MS)
            for row in measure(page, url):
                print(f"{row['name']}: {row['value']:.3g} {row['unit']}", file=sys.stderr)
                keep(result(row), chosen.out)
    print(Result.read(chosen.out).to_markdown())


if __name__ == "__main__":
    main()
