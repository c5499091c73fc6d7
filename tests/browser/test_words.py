"""The Words page in a real browser: films, a recording, and a camera that plays what it is told."""

from __future__ import annotations

import io
import re
from itertools import chain

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

from asl.videos import open_video
from benchmarks.browser import choose_files, let_the_app_find_hands, wait_until_drawn

FRAME = re.compile(r"Frame (\d+)")


@pytest.fixture
def url(app_url: str, add_words) -> str:
    """The app with a model of words."""
    add_words(data=({"name": "WLASL", "licence": "C-UDA", "people": 68},))
    return app_url


def go_to_words(page, mode: str = "") -> None:
    page.get_by_role("link", name="Words").click()
    page.get_by_role("heading", name="Which word is this?").wait_for()
    wait_until_drawn(page)
    if mode:
        page.get_by_role("radio", name=mode).click()
        wait_until_drawn(page)


def start(page, way: str):
    """Return the button that starts the camera, where hands are found in this way."""
    if way == "browser":
        page.get_by_text("in this browser").click()
        return page.locator(".hand-camera .start")
    let_the_app_find_hands(page)
    frame = page.frame_locator("iframe[title*='webrtc']")
    return frame.get_by_role("button", name=re.compile("^start$", re.IGNORECASE))


def dark_film(frames: int = 30) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as made:
        stream = made.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for _ in range(frames):
            made.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((240, 320, 3), np.uint8))))
        made.mux(stream.encode())
    return file.getvalue()


def a_film(content: bytes, name: str = "film.mp4") -> dict:
    return {"name": name, "mimeType": "video/mp4", "buffer": content}


@pytest.mark.parametrize(("theme", "width"), [("light", "desktop"), ("dark", "phone")])
def test_the_page_fits(open_page, screenshot, fits, url, theme, width):
    page = open_page(url, width, theme)
    page.goto(f"{url}/words")
    page.get_by_text("only the places of joints are kept").wait_for()
    page.get_by_text("for learning and research only (C-UDA)").wait_for()
    assert fits(page)
    screenshot(page, f"words-{theme}-{width}")


def test_a_film_without_a_hand_says_so(open_page, screenshot, url):
    page = open_page(url)
    go_to_words(page)
    choose_files(page, a_film(dark_film(), "wall.mp4"))
    page.get_by_text("no hand was seen in it").wait_for()
    page.get_by_role("heading", name="wall.mp4").wait_for()
    screenshot(page, "words-no-hand")
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("no hand was seen in it").wait_for(state="detached")


def test_reading_can_be_given_up(open_page, url):
    page = open_page(url)
    go_to_words(page)
    # Not by `choose_files`, which waits until the film has been read.
    page.locator("input[type=file]").set_input_files(a_film(dark_film(1200), "long.mp4"))
    page.get_by_text("of 720 frames read, about").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel").wait_for(state="detached")
    assert page.get_by_text("long.mp4").count() == 0


def test_a_film_is_read_and_its_skeleton_moves(open_page, screenshot, url, asl_data):
    page = open_page(url)
    go_to_words(page)
    choose_files(page, a_film((asl_data / "wlasl" / "videos" / "17721.mp4").read_bytes()))
    page.get_by_text("The sign:").wait_for()
    page.locator("video[aria-label*='A drawn person signs']").wait_for()
    page.wait_for_function("document.querySelector('video').currentTime > 0.2")
    screenshot(page, "words-film")


def test_a_recording_reaches_the_app(open_page, launch, make_feed, screenshot, url):
    dark = Image.new("RGB", (640, 480), "black")
    page = open_page(url, browser=launch(make_feed(dark)))
    go_to_words(page)
    page.get_by_role("tab", name="Record one").click()
    page.get_by_role("button", name="Open the camera").click()
    record = page.get_by_role("button", name="Record", exact=True)
    record.wait_for()
    screenshot(page, "words-recorder")
    record.click()
    page.get_by_text("Recording: sign now").wait_for()
    page.get_by_text("8 s left").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("heading", name="Recording").wait_for()
    page.get_by_text("no hand was seen in it").wait_for()


@pytest.mark.parametrize("way", ["browser", "app"])
def test_the_camera_waits_while_nobody_signs(open_page, launch, make_feed, screenshot, url, way):
    dark = Image.new("RGB", (640, 480), "black")
    page = open_page(url, browser=launch(make_feed(dark)))
    go_to_words(page, "Camera, one word at a time")
    start(page, way).click()
    page.get_by_text(FRAME).wait_for()
    page.locator("strong", has_text="Waiting for a sign").wait_for()
    page.get_by_text("no hand in view").wait_for()
    page.get_by_text("A list of glosses is no translation").wait_for()
    screenshot(page, f"words-waiting-{way}")
    # The same camera serves the page of letters, and comes back.
    page.get_by_role("link", name="About").click()
    page.get_by_role("heading", name="About", exact=True).wait_for()
    go_to_words(page, "Camera, one word at a time")
    page.get_by_text("Camera off").wait_for()


@pytest.mark.parametrize("way", ["browser", "app"])
def test_a_word_before_the_camera_is_answered(
    open_page, launch, make_feed, screenshot, url, asl_data, way
):
    pictures = []
    for name in ("17721", "65539"):
        with open_video(asl_data / "wlasl" / "videos" / f"{name}.mp4", every=1 / 20) as film:
            own = [Image.fromarray(frame.rgb) for frame in film]
        pictures += [ImageOps.pad(one, (640, 480)) for one in chain(own, [own[-1]] * 15)]
        pictures += [Image.new("RGB", (640, 480), "black")] * 15
    page = open_page(url, browser=launch(make_feed(*pictures)))
    go_to_words(page, "Camera, one word at a time")
    start(page, way).click()
    page.locator("strong", has_text="Signing…").wait_for()
    page.get_by_text("Signed so far").wait_for()
    page.get_by_text("the answer came").wait_for()
    screenshot(page, f"words-signed-{way}")
