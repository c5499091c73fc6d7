"""A click counts, whatever else the browser tells the app meanwhile."""

from __future__ import annotations

import pytest

# It works on a click for a while before it comes to what the click asks for.
SCRIPT = """
import time

import streamlit as st

from asl.ui.live.browser import ask_browser

st.text(f"cameras {ask_browser().cameras}")
for step in range(40):
    time.sleep(0.05)
    st.empty()
if st.button("Count"):
    st.session_state["count"] = st.session_state.get("count", 0) + 1
st.text(f"clicks {st.session_state.get('count', 0)}")
"""

CAMERAS = """
window.cameras = 0;
navigator.mediaDevices.enumerateDevices = async () =>
  Array.from({ length: window.cameras }, () => ({ kind: "videoinput" }));
"""

PLUG_IN = """() => {
  window.cameras = 7;
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
}"""


@pytest.fixture(scope="module")
def url(serve_text) -> str:
    return serve_text(SCRIPT)


def test_an_answer_of_the_browser_does_not_lose_a_click(url: str, open_page) -> None:
    page = open_page(url)
    page.add_init_script(CAMERAS)
    page.reload()
    page.get_by_text("cameras 0").wait_for()
    page.get_by_text("clicks 0").wait_for()
    page.get_by_role("button", name="Count").click()
    page.locator("[data-testid='stApp'][data-test-script-state='running']").wait_for()
    page.evaluate(PLUG_IN)
    page.get_by_text("cameras 7").wait_for()
    page.get_by_text("clicks 1").wait_for()
