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

# A component in a frame that speaks all the time, each time to the whole page that it is on.
CHATTING = """
import tempfile
from pathlib import Path

import streamlit as st

from asl.ui.live.browser import ask_browser

if "folder" not in st.session_state:
    st.session_state.folder = tempfile.mkdtemp()
    (Path(st.session_state.folder) / "index.html").write_text('''<script>
      const say = (message) => parent.postMessage({ isStreamlitMessage: true, ...message }, "*");
      let number = 0;
      say({ type: "streamlit:componentReady", apiVersion: 1 });
      setInterval(() => say({ type: "streamlit:setComponentValue", dataType: "json",
                              value: number++ }), 20);
    </script>''')

def talk():
    ask_browser()
    chat = st.components.v1.declare_component("chat", path=st.session_state.folder)
    st.text(f"said {chat(key='chat', default=0)}")

def listen():
    st.text("nobody speaks")

st.navigation([st.Page(talk), st.Page(listen)]).run()
"""

# What a server far away answers comes late.
FAR = """
const late = (listener) => (event) => setTimeout(() => listener(event), 300);
window.WebSocket = class extends window.WebSocket {
  set onmessage(listener) { super.onmessage = late(listener); }
  addEventListener(type, listener, ...more) {
    super.addEventListener(type, type === "message" ? late(listener) : listener, ...more);
  }
};
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


def test_a_component_in_a_frame_does_not_call_back_who_leaves(serve_text, open_page) -> None:
    url = serve_text(CHATTING)
    page = open_page(url)
    page.add_init_script(FAR)
    page.reload()
    page.get_by_text("said ").wait_for()
    page.get_by_role("link", name="listen").click()
    page.get_by_text("nobody speaks").wait_for()
    page.wait_for_timeout(1000)
    assert page.url == f"{url}/listen"
