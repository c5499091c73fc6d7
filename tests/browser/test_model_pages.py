"""Scores, Compare and Attention in a real browser, on any screen."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from asl.bundle import EVALUATION, HISTORY, WEIGHTS
from asl.evaluation.browser import choose_files, wait_until_drawn
from asl.hands.landmarks import normalise
from asl.ui.preload import plotly_file

APP = Path(__file__).parents[2] / "streamlit_app.py"
EVIL = "<img src=x onerror=alert(1)>"
LABELS = ("A", "B", "C", EVIL)
MODELS = ("colours", "plain")
SCREENS = [(theme, width) for theme in ("light", "dark") for width in ("desktop", "phone")]
PAGES = {"scores": "How good is it?", "compare": "Which model is better?",
         "attention": "What does it look at?"}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("understood")


@pytest.fixture(scope="module")
def server(serve: Callable[..., str], home: Path) -> str:
    return serve(APP, ASL_HOME=str(home))


@pytest.fixture
def url(server: str, home: Path, tiny_bundle, make_evaluation, make_history, make_hand) -> str:
    """The app with two models that were tested on the same 400 pictures."""
    hand = make_hand()
    points = normalise(hand.landmarks, hand.side).tolist()
    for number, name in enumerate(MODELS):
        if (home / "models" / name).exists():
            continue
        bundle = tiny_bundle(
            name,
            LABELS,
            network="channel_attention" if name == "colours" else "tiny",
            handshapes={"A": points, "B": points},
            training={"split": "new-person", "split_means": "people held out"},
        )
        table = make_evaluation(LABELS, 400, sharpness=3.0 - number)
        for channel, mean in enumerate((0.7, 0.5, 0.3)):
            spread = np.random.default_rng(channel).normal(0, 0.05, len(table))
            table[f"channel_attention:{channel}"] = mean + spread
        table.to_parquet(bundle.folder / EVALUATION)
        make_history().to_parquet(bundle.folder / HISTORY)
        save_file({"net.weight": np.zeros((100, 20))}, bundle.folder / WEIGHTS)
        shutil.copytree(bundle.folder, home / "models" / name)
    return server


@pytest.fixture
def visit(open_page, url) -> Callable:
    """``visit("scores", width, theme)``: the page, reached from the first one."""

    def go(name: str, width: str = "desktop", theme: str = "light"):
        page = open_page(url, width, theme)
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        page.goto(f"{url}/{name}")
        page.get_by_role("heading", name=PAGES[name]).wait_for()
        return page

    return go


def test_charts_are_loaded_for_who_reaches_for_them_and_nobody_else(open_page, url):
    page = open_page(url)
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.get_by_role("heading", level=1).hover()
    page.wait_for_timeout(500)
    assert plotly_file() not in asked
    page.get_by_role("button", name="Understand").hover()
    page.wait_for_timeout(500)
    assert asked.count(plotly_file()) == 1
    page.get_by_role("button", name="Understand").click()
    page.get_by_role("menuitem", name="Scores").click()
    page.locator(".stPlotlyChart svg").first.wait_for()
    assert asked.count(plotly_file()) == 1


def choose(page, box: str, option: str) -> None:
    page.get_by_role("combobox", name=box, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    wait_until_drawn(page)


def overflow(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_scores(visit, screenshot, theme, width):
    page = visit("scores", width, theme)
    choose(page, "Model", "plain")
    page.get_by_role("figure", name=re.compile("Confusion matrix of 4 signs")).wait_for()
    assert page.locator("img[src='x']").count() == 0
    assert overflow(page) == 0
    screenshot(page, f"scores-{theme}-{width}")
    for tab, figure in (("Signs", "Lowest F1"), ("Curves", "AUC"), ("Confidence", "calibration")):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.get_by_role("figure", name=re.compile(figure)).first.wait_for()
        wait_until_drawn(page)
        assert overflow(page) == 0
        screenshot(page, f"scores-{tab.lower()}-{theme}-{width}")


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_compare(visit, screenshot, theme, width):
    page = visit("compare", width, theme)
    # Where the bundled model is there, it is one of the two that are compared at first.
    page.get_by_role("combobox", name="Models", exact=True).click()
    page.get_by_role("listbox").wait_for()
    if page.get_by_role("option", name="plain", exact=True).count():
        page.get_by_role("option", name="plain", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("figure", name=re.compile("colours: .*plain: ")).wait_for()
    wait_until_drawn(page)
    assert overflow(page) == 0
    screenshot(page, f"compare-{theme}-{width}")


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_attention(visit, screenshot, coloured_file, theme, width):
    page = visit("attention", width, theme)
    choose(page, "Model", "colours")
    page.get_by_role("figure", name=re.compile("Mean weights: red 0.70")).wait_for()
    file = {"name": "hand.png", "mimeType": "image/png", "buffer": coloured_file("red")}
    choose_files(page, file)
    page.get_by_role("heading", name="Places").wait_for()
    page.get_by_role("img", name=re.compile("Covering .* hurts A most")).wait_for()
    wait_until_drawn(page)
    assert overflow(page) == 0
    screenshot(page, f"attention-{theme}-{width}")


def test_a_click_on_a_cell_shows_what_is_behind_it(visit):
    from playwright.sync_api import expect

    page = visit("scores")
    choose(page, "Model", "plain")
    chart = page.get_by_role("figure", name=re.compile("Confusion matrix"))
    cells = chart.locator(".nsewdrag")
    cells.scroll_into_view_if_needed()
    wait_until_drawn(page)
    # Four signs by four: C is the third row, B the second column.
    plot = cells.bounding_box()
    x, y = plot["x"] + plot["width"] * 3 / 8, plot["y"] + plot["height"] * 5 / 8
    page.mouse.move(x - 3, y)
    chart.locator(".hoverlayer .hovertext").wait_for()
    page.mouse.click(x, y)
    expect(page.get_by_role("combobox", name="Meant", exact=True)).to_have_value("C")
    expect(page.get_by_role("combobox", name="Answered", exact=True)).to_have_value("B")


def test_numbers_and_figures_can_be_kept(visit):
    page = visit("scores")
    choose(page, "Model", "plain")
    page.get_by_role("figure", name=re.compile("Confusion matrix")).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").first.click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert [row["meant"] for row in rows] == list(LABELS)
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML").first.click()
    assert "Plotly.newPlot" in download.value.path().read_text("utf-8")
    page.get_by_role("button", name="Saving figures").click()
    page.get_by_role("radio", name="SVG").click()
    wait_until_drawn(page)
    page.keyboard.press("Escape")
    page.get_by_role("figure", name=re.compile("Confusion matrix")).hover()
    with page.expect_download() as download:
        page.locator(".modebar-btn[data-title*='ownload']").first.click(force=True)
    assert download.value.suggested_filename == "confusion-matrix.svg"
    assert download.value.path().read_text("utf-8").lstrip().startswith("<svg")


def test_own_pictures(visit, coloured_file):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, colour in (("A/1.png", "red"), ("B/1.png", "lime"), ("C/1.png", "red")):
            archive.writestr(name, coloured_file(colour))
    page = visit("scores")
    choose(page, "Model", "plain")
    page.get_by_text("Evaluate this model on labelled pictures").click()
    file = {"name": "mine.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    choose_files(page, file)
    page.get_by_role("button", name="Evaluate").click()
    page.get_by_text("These are scores on your own pictures").wait_for()
    assert "66.7%" in page.get_by_test_id("stMetric").first.inner_text()
    page.get_by_role("img", name="C/1.png: C, answered A").wait_for()
