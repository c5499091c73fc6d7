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

from asl.evaluation.browser import choose_files, chromium, server, wait_until_drawn

#: Milliseconds: a training loads PyTorch, and on a busy computer that takes its time.
PATIENCE = 600_000


def picture(colour: tuple[int, int, int], seed: int) -> bytes:
    noise = np.random.default_rng(seed).normal(colour, 25, (96, 96, 3)).clip(0, 255)
    file = io.BytesIO()
    Image.fromarray(noise.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def drawn_signs() -> bytes:
    """A zip of two signs, told apart by their colour."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for sign, colour in {"A": (200, 60, 50), "B": (50, 70, 200)}.items():
            for number in range(8):
                archive.writestr(f"{sign}/{number}.png", picture(colour, number))
    return file.getvalue()


def visit(page, url: str) -> None:
    """Go through all pages; the training goes on while the others are looked at."""
    heading = lambda name: page.get_by_role("heading", name=name).first.wait_for()  # noqa: E731
    one = {"name": "hand.png", "mimeType": "image/png", "buffer": picture((90, 200, 90), 99)}

    page.goto(f"{url}/train")
    packed = {"name": "signs.zip", "mimeType": "application/zip", "buffer": drawn_signs()}
    choose_files(page, packed)
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("It goes on if you leave or close this page.").wait_for()

    page.goto(url)
    choose_files(page, one)
    page.get_by_text("No hand found.").first.wait_for()
    page.get_by_role("link", name="Live").click()
    frame = page.frame_locator("iframe[title*='webrtc']")
    frame.get_by_role("button", name=re.compile("^start$", re.IGNORECASE)).click()
    page.get_by_text(re.compile(r"Frame \d+")).first.wait_for()
    page.get_by_role("link", name="About").click()
    heading("About")
    for name, title in {"scores": "How good is it?", "compare": "Which model is better?"}.items():
        page.goto(f"{url}/{name}")
        heading(title)
        wait_until_drawn(page)
        for tab in page.get_by_role("tab").all():
            tab.click()
            wait_until_drawn(page)
    page.goto(f"{url}/attention")
    heading("What does it look at?")
    choose_files(page, one)
    wait_until_drawn(page)

    page.goto(f"{url}/train")
    heading("right on pictures drawn at random")
    page.get_by_role("button", name="Prepare the download").click()
    page.get_by_text("pictures were read by this download and by the app").wait_for()
    page.goto(f"{url}/runs")
    heading("right on pictures drawn at random")


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
        visit(context.new_page(), address)
    print("\n".join(sorted(asked)))
