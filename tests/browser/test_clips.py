"""Clips of words in a real browser: recorded in a row, and from an upload to a model in use."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from benchmarks.browser import choose_files, choose_option, wait_until_drawn

#: Milliseconds: processes load PyTorch, and on a busy computer that takes its time.
PATIENCE = 180_000

SLOW = """
import time

import streamlit as st

from asl.ui.components.film_recorder import record_series

state = st.session_state
came = state.setdefault("came", [])
sign = st.selectbox("Sign", ["hello, you", "no"])
film = record_series("recorder", sign, 1.0, 3, 1, len(came))
if film is not None:
    time.sleep(2.5)  # as finding landmarks takes longer than recording the next clip
    came.append(f"{film.about}: {film.content[:4].hex()}, {len(film.content) > 500}")
    st.rerun()
for number, one in enumerate(came, start=1):
    st.text(f"{number}. {one}")
"""


@pytest.mark.timeout(300)
def test_a_series_is_recorded_while_its_first_clips_are_read(
    serve, open_page, launch, make_feed, screenshot, tmp_path
):
    script = tmp_path / "slow.py"
    script.write_text(SLOW)
    page = open_page(serve(script), browser=launch(make_feed(Image.new("RGB", (640, 480), "red"))))
    page.get_by_role("button", name="Open the camera").click()
    page.get_by_role("button", name="Record 3").click()
    page.get_by_text("Starts with 1 of 3 in 3").wait_for()
    page.get_by_text("Recording 1 of 3: sign now").wait_for()
    screenshot(page, "clips-recording")
    for number in (1, 2, 3):
        line = page.get_by_text(re.compile(rf"{number}\. hello, you: 1a45dfa3, True"))
        line.wait_for(timeout=60_000)
    page.get_by_role("button", name="Record 3").wait_for()
    page.get_by_role("button", name="Record 3").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Record 3").wait_for()


@pytest.mark.timeout(600)
def test_from_packed_clips_to_a_model_of_words(open_page, screenshot, fits, app_url, packed_words):
    page = open_page(app_url)
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app_url}/train")
    content = packed_words(("hello", "no", "please"), ("anna", "ben"), each=6)
    choose_files(page, {"name": "words.npz", "mimeType": "application/zip", "buffer": content})
    page.get_by_text("36 clips of 3 signs, 2 people.").wait_for()
    page.get_by_role("tab", name="Clips").click()
    page.wait_for_function("document.querySelectorAll('video').length === 4")
    page.wait_for_function("[...document.querySelectorAll('video')].every((v) => v.readyState > 1)")
    assert fits(page)
    screenshot(page, "clips-check")
    page.locator("summary", has_text="Advanced").click()
    page.get_by_role("combobox", name="Network").wait_for()
    wait_until_drawn(page)
    choose_option(page, "Network", "lstm")
    page.get_by_role("spinbutton", name="Epochs").fill("4")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    wait_until_drawn(page)
    page.get_by_role("button", name="Start training").click()
    page.get_by_role("heading", name=re.compile("right on a new person")).wait_for()
    page.get_by_role("heading", name="What and whom to record next").wait_for()
    screenshot(page, "clips-report")
    page.get_by_role("button", name="Use this model").click()
    page.get_by_text("In use as words-quick on every page.").wait_for()
    page.get_by_role("link", name="Try it on a film").click()
    page.get_by_role("heading", name="Which word is this?").wait_for()
    page.get_by_role("combobox", name="Model").wait_for()
