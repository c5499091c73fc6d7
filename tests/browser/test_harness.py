"""The browser harness itself: a server, a visitor, themes, widths, the camera."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from benchmarks.browser import choose_files, take_picture

SCRIPT = """
import streamlit as st
from PIL import Image

st.title("Harness")
if st.button("Say hello", type="primary"):
    st.success("Hello")
upload = st.file_uploader("A file")
if upload:
    st.text(f"{upload.name}: {upload.size} bytes")
shot = st.camera_input("A picture")
if shot:
    st.text(f"middle {Image.open(shot).convert('RGB').resize((1, 1)).getpixel((0, 0))}")
"""


@pytest.fixture(scope="module")
def url(serve_text) -> str:
    return serve_text(SCRIPT)


def test_a_visitor_clicks_and_uploads(url: str, open_page) -> None:
    page = open_page(url)
    page.get_by_role("button", name="Say hello").click()
    page.get_by_text("Hello", exact=True).wait_for()

    upload = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"12345"}
    choose_files(page, upload)
    page.get_by_text("note.txt: 5 bytes").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_screenshots_show_the_theme_and_the_width(
    url: str, open_page, screenshot, theme: str, width: str
) -> None:
    page = open_page(url, width=width, theme=theme)
    with Image.open(screenshot(page, f"harness-{theme}-{width}")) as picture:
        assert picture.width == {"desktop": 1280, "phone": 390}[width]
        corner = picture.convert("L").getpixel((2, picture.height - 2))
    assert (corner > 128) == (theme == "light")


def test_the_camera_shows_the_feed(url: str, launch, open_page, make_feed) -> None:
    orange = Image.new("RGB", (64, 48), (230, 120, 20))
    page = open_page(url, browser=launch(camera=make_feed(orange)))
    take_picture(page)
    seen = page.get_by_text(re.compile(r"middle \(")).inner_text()
    colour = [int(value) for value in re.findall(r"\d+", seen)]
    assert all(abs(a - b) < 30 for a, b in zip(colour, (230, 120, 20), strict=True)), seen
