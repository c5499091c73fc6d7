"""Use all of the app as visitors do; `test_nothing_leaves` watches what it tries to reach.

``python visit_everything.py FOLDER`` serves the app with an empty workspace in FOLDER, trains a
model on drawn pictures, and opens every page in Chromium, with a camera. It prints the addresses
that the pages asked for, one a line.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Error as PlaywrightError

from benchmarks.browser import (
    choose_files,
    chromium,
    let_the_app_find_hands,
    server,
    wait_until_drawn,
)

#: Milliseconds: a training loads PyTorch, and on a busy computer that takes its time.
PATIENCE = 240_000


def picture(colour: tuple[int, int, int], seed: int) -> bytes:
    noise = np.random.default_rng(seed).normal(colour, 25, (96, 96, 3)).clip(0, 255)
    file = io.BytesIO()
    Image.fromarray(noise.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def one_picture() -> dict[str, object]:
    """A picture without a hand, as Playwright takes files."""
    return {"name": "hand.png", "mimeType": "image/png", "buffer": picture((90, 200, 90), 99)}


def drawn_signs() -> bytes:
    """A zip of two signs, told apart by their colour."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for sign, colour in {"A": (200, 60, 50), "B": (50, 70, 200)}.items():
            for number in range(8):
                archive.writestr(f"{sign}/{number}.png", picture(colour, number))
    return file.getvalue()


def visit(page, url: str) -> None:
    """Go through all pages; the training goes on while the others are visited."""
    start_training(page, url)
    visit_those_that_read(page, url)
    visit_those_that_explain(page, url)
    visit_the_result(page, url)


def start_training(page, url: str) -> None:
    page.goto(f"{url}/train")
    packed = {"name": "signs.zip", "mimeType": "application/zip", "buffer": drawn_signs()}
    choose_files(page, packed)
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("It goes on if you leave or close this page.").wait_for()


def visit_those_that_read(page, url: str) -> None:
    page.goto(url)
    choose_files(page, one_picture())
    page.get_by_text("No hand found.").first.wait_for()
    page.get_by_role("link", name="Live").click()
    page.locator(".hand-camera .start").click()
    page.locator(".hand-camera[data-state=on]").wait_for()
    page.get_by_text(re.compile(r"Frame \d+")).first.wait_for()
    let_the_app_find_hands(page)
    frame = page.frame_locator("iframe[title*='webrtc']")
    frame.get_by_role("button", name=re.compile("^start$", re.IGNORECASE)).click()
    page.get_by_text(re.compile(r"Frame \d+")).first.wait_for()
    page.get_by_role("link", name="Words").click()
    wait_for_heading(page, "Which word is this?")
    wait_until_drawn(page)
    page.get_by_role("radio", name="Camera, one word at a time").click()
    page.get_by_text("in this browser").click()
    page.locator(".hand-camera .start").click()
    page.locator(".hand-camera[data-state=on]").wait_for()
    page.get_by_text(re.compile(r"Frame \d+")).first.wait_for()


def visit_those_that_explain(page, url: str) -> None:
    page.goto(f"{url}/about")
    wait_for_heading(page, "About")
    for name, title in {"scores": "How good is it?", "compare": "Which model is better?"}.items():
        page.goto(f"{url}/{name}")
        wait_for_heading(page, title)
        wait_until_drawn(page)
        for tab in page.get_by_role("tab").all():
            tab.click()
            wait_until_drawn(page)
    page.goto(f"{url}/attention")
    wait_for_heading(page, "What does it look at?")
    choose_files(page, one_picture())
    wait_until_drawn(page)


def visit_the_result(page, url: str) -> None:
    page.goto(f"{url}/train")
    wait_for_heading(page, "right on pictures drawn at random")
    page.get_by_role("button", name="Prepare the download").click()
    page.get_by_text("were read by this download and by the app").wait_for()
    page.goto(f"{url}/runs")
    wait_for_heading(page, "right on pictures drawn at random")


def wait_for_heading(page, name: str) -> None:
    page.get_by_role("heading", name=name).first.wait_for()


def knock(page, url: str) -> None:
    """Ask for the app's stream from a page of another origin, which is refused."""
    stream = f"{url.replace('http', 'ws')}/_stcore/stream"
    page.evaluate(
        "url => new Promise(done => { new WebSocket(url).onclose = () => done(); })", stream
    )


if __name__ == "__main__":
    asked = set()
    with server(Path(sys.argv[1])) as (address, _), chromium() as launch:
        browser = launch()
        context = browser.new_context(permissions=["camera"])
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: asked.add(request.url))
        knock(context.new_page(), address)
        page = context.new_page()
        try:
            visit(page, address)
        except PlaywrightError:
            print("The page says:", page.inner_text("body"), sep="\n", file=sys.stderr)
            raise
    print("\n".join(sorted(asked)))
