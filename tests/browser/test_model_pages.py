"""Scores, Compare and Attention in a real browser, on any screen."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from asl.bundle import EVALUATION, HISTORY, WEIGHTS
from asl.inference.sequences.lexicon import write_lexicon
from asl.ui.shell.preload import plotly_file
from benchmarks.browser import choose_files, choose_option, wait_until_drawn

EVIL = "<img src=x onerror=alert(1)>"
LABELS = ("A", "B", "C", EVIL)
#: Models, and how sharply they tell signs apart.
MODELS = {"colours": 3.0, "plain": 2.0}
#: Both themes and both widths; whether a page fits does not depend on its colours.
SCREENS = [("light", "desktop"), ("dark", "phone")]
PAGES = {"scores": "How good is it?", "compare": "Which model is better?",
         "attention": "What does it look at?"}  # fmt: skip


@pytest.fixture
def url(app_url: str, add_model, make_evaluation, make_history) -> str:
    """The app with two models that were tested on the same 400 pictures."""

    def finish(folder: Path, sharpness: float) -> None:
        table = make_evaluation(LABELS, 400, sharpness=sharpness)
        for channel, mean in enumerate((0.7, 0.5, 0.3)):
            spread = np.random.default_rng(channel).normal(0, 0.05, len(table))
            table[f"channel_attention:{channel}"] = mean + spread
        table.to_parquet(folder / EVALUATION)
        make_history().to_parquet(folder / HISTORY)
        save_file({"net.weight": np.zeros((100, 20))}, folder / WEIGHTS)

    for name, sharpness in MODELS.items():
        add_model(
            name,
            LABELS,
            shapes=("A", "B"),
            finish=partial(finish, sharpness=sharpness),
            network="channel_attention" if name == "colours" else "tiny",
            training={"split": "new-person", "split_means": "people held out"},
        )
    return app_url


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
    page.wait_for_timeout(500)  # nothing is to happen, so there is nothing to wait for
    assert plotly_file() not in asked
    with page.expect_request(re.compile(re.escape(plotly_file()))):
        page.get_by_role("button", name="Understand").hover()
    page.get_by_role("button", name="Understand").click()
    page.get_by_role("menuitem", name="Scores").click()
    page.locator(".stPlotlyChart svg").first.wait_for()
    assert asked.count(plotly_file()) == 1


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_scores(visit, screenshot, fits, theme, width):
    page = visit("scores", width, theme)
    choose_option(page, "Model", "plain")
    page.get_by_role("figure", name=re.compile("Confusion matrix of 4 signs")).wait_for()
    assert page.locator("img[src='x']").count() == 0
    assert fits(page)
    screenshot(page, f"scores-{theme}-{width}")
    for tab, figure in (("Signs", "Lowest F1"), ("Curves", "AUC"), ("Confidence", "calibration")):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.get_by_role("figure", name=re.compile(figure)).first.wait_for()
        wait_until_drawn(page)
        assert fits(page)
        screenshot(page, f"scores-{tab.lower()}-{theme}-{width}")


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_compare(visit, screenshot, fits, theme, width):
    page = visit("compare", width, theme)
    # Where bundled models are there, these may be the two that are compared at first.
    for name in MODELS:
        models = page.get_by_role("combobox", name="Models", exact=True)
        models.click()
        models.fill(name)
        page.get_by_role("listbox").wait_for()
        if page.get_by_role("option", name=name, exact=True).count():
            page.get_by_role("option", name=name, exact=True).click()
        page.keyboard.press("Escape")
        wait_until_drawn(page)
    page.get_by_role("figure", name=re.compile("colours: .*plain: ")).wait_for()
    wait_until_drawn(page)
    assert fits(page)
    screenshot(page, f"compare-{theme}-{width}")


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_attention(visit, screenshot, fits, coloured_file, theme, width):
    page = visit("attention", width, theme)
    choose_option(page, "Model", "colours")
    page.get_by_role("figure", name=re.compile("Mean weights: red 0.70")).wait_for()
    file = {"name": "hand.png", "mimeType": "image/png", "buffer": coloured_file("red")}
    choose_files(page, file)
    page.get_by_role("heading", name="Places").wait_for()
    page.get_by_role("img", name=re.compile("Covering .* hurts A most")).wait_for()
    wait_until_drawn(page)
    assert fits(page)
    screenshot(page, f"attention-{theme}-{width}")


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_a_model_of_words(
    visit, home, words_bundle, make_evaluation, screenshot, fits, theme, width
):
    folder = home / "models" / "words-that-move"
    if not folder.exists():
        made = words_bundle(folder.name, training={"split": "new-person"}).folder
        labels = ("right", "left", "up", "down", "none")
        make_evaluation(labels, 100).drop(columns="found").to_parquet(made / EVALUATION)
        example = np.full((30, 543, 3), np.nan)
        example[:, 522:543] = 0.5 + np.random.default_rng(0).normal(0, 0.03, (21, 3))
        example[:, 522:543, 0] += np.linspace(-0.2, 0.2, 30)[:, None]
        write_lexicon(made, {"right": example})
        shutil.copytree(made, folder)
    page = visit("scores", width, theme)
    choose_option(page, "Model", folder.name)
    page.get_by_text("100 clips, 4 people, 5 signs").wait_for()
    assert not page.get_by_text("Possible signs").count()
    assert fits(page)
    screenshot(page, f"scores-words-{theme}-{width}")
    page.goto(page.url.replace("scores", "attention"))
    page.get_by_role("heading", name=PAGES["attention"]).wait_for()
    choose_option(page, "Model", folder.name)
    page.get_by_role("figure", name=re.compile("right rests most on: right hand")).last.wait_for()
    page.locator("video").wait_for()
    assert fits(page)
    screenshot(page, f"attention-words-{theme}-{width}")


def test_a_click_on_a_cell_shows_what_is_behind_it(visit):
    from playwright.sync_api import expect

    page = visit("scores")
    choose_option(page, "Model", "plain")
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
    choose_option(page, "Model", "plain")
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
    choose_option(page, "Model", "plain")
    page.get_by_text("Evaluate this model on labelled pictures").click()
    file = {"name": "mine.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    choose_files(page, file)
    page.get_by_role("button", name="Evaluate").click()
    page.get_by_text("These are scores on your own pictures").wait_for()
    page.get_by_test_id("stMetric").first.get_by_text("66.7%").wait_for()
    page.get_by_role("img", name="C/1.png: C, answered A").wait_for()
