"""How soon the pages that explain a model are drawn, with 39 signs and 10,527 test pictures.

    python -m benchmarks.pages

The models are copies of the bundled one with its own test pictures; that they answer differently
and weigh colours is made up. Needs Playwright and Chromium.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from asl.bundle import BUNDLED_MODELS, EVALUATION, ModelBundle
from asl.evaluation.bench import summary
from asl.evaluation.report import SCORE
from asl.evaluation.results.result import Result, machine
from benchmarks.browser import PATIENCE_MS, chromium, server
from benchmarks.command import command_line, parser

_MODEL = "asl-hands"
#: Link to a page → its heading and its tabs.
_PAGES = {
    "Scores": (
        "How good is it?",
        ("Confusions", "Signs", "Curves", "Confidence", "Mistakes", "Training"),
    ),
    "Compare": (
        "Which model is better?",
        ("Accuracy and cost", "Signs", "Where they disagree", "Learning curves"),
    ),
    "Attention": ("What does it look at?", ()),
}
#: The script has ended, nothing old is left, all charts are there, and it stays so for a while:
#: a click takes a moment to reach the script. Gives the moment since when.
_DRAWN = """stays => {
    const app = document.querySelector("[data-testid='stApp']")
    const charts = [...document.querySelectorAll('.stPlotlyChart')]
    const drawn = app?.dataset.testScriptState === 'notRunning'
        && !document.querySelector("[data-testid='stSkeleton'], [data-stale='true']")
        && charts.every(chart => chart.querySelector('svg'))
    window.drawnSince = drawn ? window.drawnSince ?? performance.now() : null
    return drawn && performance.now() - window.drawnSince > stays && window.drawnSince
}"""
_STAYS_MS = 400
#: From opening the menu to the click on a page, as long as a person takes to find it there.
_FINDS_MS = 700


def make_models(home: Path, count: int) -> None:
    """Put `count` models into the workspace `home`, "model-1" and so on."""
    bundled = ModelBundle.read(BUNDLED_MODELS / _MODEL)
    tested = pd.read_parquet(bundled.folder / EVALUATION)
    scores = [column for column in tested if column.startswith(SCORE)]
    for number in range(1, count + 1):
        folder, random = home / "models" / f"model-{number}", np.random.default_rng(number)
        shutil.copytree(bundled.folder, folder)
        table = tested.copy()
        table[scores] *= random.uniform(0.5, 1, (len(table), len(scores))).astype(np.float32)
        for channel in range(3):
            table[f"channel_attention:{channel}"] = random.beta(5, 5, len(table))
        table.to_parquet(folder / EVALUATION, index=False)
        card = replace(bundled.card, name=folder.name, network="channel_attention")
        ModelBundle(folder, bundled.card).write_card(card)


def seconds_to_draw(page: Any, act: Callable[[], None]) -> float:
    """Return the seconds from `act` until everything is drawn."""
    began = page.evaluate("window.drawnSince = null; performance.now()")
    act()
    drawn = page.wait_for_function(_DRAWN, arg=_STAYS_MS).json_value()
    return (drawn - began) / 1000


def open_page(page: Any, link: str) -> None:
    """Go to a page by its link in the open menu."""
    page.get_by_role("menuitem", name=re.compile(link)).click()
    page.get_by_role("heading", name=_PAGES[link][0]).wait_for()


def choose_model(page: Any, name: str) -> None:
    """Choose the model on a page that shows one."""
    page.get_by_role("combobox", name="Model", exact=True).click()
    page.get_by_role("option", name=name, exact=True).click()


@contextmanager
def menu_opened(browser: Any, url: str) -> Iterator[Any]:
    """A new visitor's page, with the menu in which the pages are."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.wait_for_function(_DRAWN, arg=_STAYS_MS)
    page.get_by_role("button", name="Understand").click()
    yield page
    context.close()


def measure_visit(browser: Any, url: str, model: str) -> dict[str, float]:
    """Return the seconds that each page and each of its tabs takes a new visitor."""
    seconds = {}
    for link, (_, tabs) in _PAGES.items():
        with menu_opened(browser, url) as page:
            hasty = seconds_to_draw(page, partial(open_page, page, link))
        with menu_opened(browser, url) as page:
            page.wait_for_timeout(_FINDS_MS)
            seconds[link] = seconds_to_draw(page, partial(open_page, page, link))
            seconds[f"{link}, chosen as the menu opens"] = hasty
            if link != "Compare":
                fresh = partial(choose_model, page, model)
                seconds[f"{link}, a model that nobody has looked at"] = seconds_to_draw(page, fresh)
            for tab in tabs[1:]:
                click = page.get_by_role("tab", name=tab, exact=True).click
                seconds[f"{link}, {tab}"] = seconds_to_draw(page, click)
    return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results file."""
    asking = parser(__doc__, "pages.json")
    asking.add_argument("--rounds", type=int, default=3, help="visits to every page")
    chosen = asking.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, chromium() as launch:
        browser = launch()
        home = Path(folder)
        make_models(home, chosen.rounds + 1)
        with server(home) as (url, _):
            # What the server loads once, for its first visitor, is not a page's own time.
            measure_visit(browser, url, "model-1")
            visits = []
            for number in range(chosen.rounds):
                visits.append(measure_visit(browser, url, f"model-{number + 2}"))
                for what, seconds in visits[-1].items():
                    print(f"{what}: {seconds:.2f} s", file=sys.stderr)
    rows = [summary(what, [visit[what] for visit in visits], "s") for what in visits[0]]
    result = Result(
        title="Drawing the pages that explain a model",
        data="the bundled model's 10,527 test pictures of 39 signs",
        machine=machine(("streamlit", "plotly")),
        command=command_line("pages"),
        rows=tuple({**row, "aim": "2 s"} for row in rows),
        note="From the click to the last chart, server and browser on one machine. Every page is a "
        "new visitor's first with charts; it is chosen "
        f"{_FINDS_MS / 1000:g} s after the menu was opened, or else at once.",
    )
    result.write(chosen.out)
    print(result.to_markdown())


if __name__ == "__main__":
    main()
