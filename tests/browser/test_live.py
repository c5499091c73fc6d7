"""The live page in a real browser, with a camera that plays what the test made."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from asl.bundle import BUNDLED_MODELS, CARD, DEFAULT_MODEL
from asl.evaluation.browser import choose_files, wait_until_drawn
from asl.hands.landmarks import normalise
from asl.images import load_rgb

APP = Path(__file__).parents[2] / "streamlit_app.py"
LABELS = ("A", "O", "C", "0", "B")
FRAME = re.compile(r"Frame (\d+)")
#: A page on which Streamlit seems to count its runs late, and then several at once.
LATE = """
import streamlit as st
from streamlit_webrtc import component
from asl.ui.live_camera import connect

class Session:
    frames = 0
    def show(self, frame):
        self.frames += 1
        return frame
    def close(self):
        pass

@st.fragment(run_every=0.5)
def watch():
    st.text(f"Frame {session.frames}")

session = st.session_state.setdefault("session", Session())
st.session_state.runs = st.session_state.get("runs", 0) + 2
component.get_script_run_count = lambda info: st.session_state.runs
connect(session)
watch()
st.button("Again")
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live")


@pytest.fixture(scope="module")
def server(serve: Callable[..., str], home: Path) -> str:
    return serve(APP, ASL_HOME=str(home))


@pytest.fixture
def url(server: str, home: Path, tiny_bundle, make_hand) -> str:
    """The app with the model "tiny"."""
    hand = make_hand()
    points = normalise(hand.landmarks, hand.side).tolist()
    if not (home / "models" / "tiny").exists():
        bundle = tiny_bundle("tiny", LABELS, handshapes=dict.fromkeys(LABELS, points))
        shutil.copytree(bundle.folder, home / "models" / "tiny")
    return server


def go_live(page, mode: str = "") -> None:
    page.get_by_role("link", name="Live").click()
    page.get_by_role("heading", name="Live camera").wait_for()
    start(page).wait_for()
    # What the browser says of its cameras has the page drawn again, and keys are lost meanwhile.
    wait_until_drawn(page)
    if mode:
        page.get_by_role("radio", name=mode).click()


def start(page):
    frame = page.frame_locator("iframe[title*='webrtc']")
    return frame.get_by_role("button", name=re.compile("^start$", re.IGNORECASE))


def frames(page) -> int:
    return int(FRAME.search(page.get_by_text(FRAME).first.inner_text())[1])


def overflow(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize(
    ("mode", "theme", "width"),
    [("Recognise", "light", "desktop"), ("Spell", "dark", "phone"), ("Practise", "light", "phone")],
)
def test_every_panel_fits(open_page, screenshot, url, mode, theme, width):
    page = open_page(url, width, theme)
    if width == "phone":
        page.goto(f"{url}/live")
        start(page).wait_for()
        page.get_by_role("radio", name=mode).click()
    else:
        go_live(page, mode)
    page.get_by_text("Nothing is stored unless you record").wait_for()
    assert overflow(page) == 0
    screenshot(page, f"live-{mode.lower()}-{theme}-{width}")


def test_frames_flow_until_the_page_is_left(open_page, launch, make_feed, screenshot, url):
    page = open_page(url, browser=launch(make_feed(Image.new("RGB", (640, 480), "red"))))
    go_live(page)
    start(page).click()
    page.get_by_text(FRAME).wait_for()
    before = frames(page)
    page.wait_for_timeout(2000)
    assert frames(page) > before
    page.get_by_role("heading", name="No hand", exact=True).wait_for()
    screenshot(page, "live-playing")
    page.get_by_role("link", name="About").click()
    page.get_by_role("heading", name="About", exact=True).wait_for()
    page.wait_for_timeout(3000)
    go_live(page)
    page.get_by_role("heading", name="Camera off", exact=True).wait_for()


def test_the_video_goes_on_while_the_page_is_drawn_anew(
    serve, open_page, launch, make_feed, tmp_path
):
    script = tmp_path / "late.py"
    script.write_text(LATE)
    page = open_page(serve(script), browser=launch(make_feed(Image.new("RGB", (640, 480), "red"))))
    start(page).click()
    page.get_by_text(re.compile("Frame [1-9]")).wait_for()
    for _ in range(3):
        before = frames(page)
        page.get_by_role("button", name="Again").click()
        page.wait_for_timeout(1500)
        assert frames(page) > before + 5
    assert start(page).count() == 0


def test_the_text_is_spoken_and_copied_as_it_stands(open_page, url):
    page = open_page(url)
    page.context.grant_permissions(["camera", "clipboard-read", "clipboard-write"])
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.evaluate(
        "() => { window.said = [];"
        " speechSynthesis.speak = (words) => { window.said.push(words.text); }; }"
    )
    go_live(page, "Spell")
    text = page.get_by_role("textbox", name="Text")
    text.fill("HI <img src=x onerror=alert(1)>")
    text.press("Control+Enter")
    speak = page.get_by_role("button", name="Speak")
    page.wait_for_function("!document.querySelector('[class*=live-speaker] :disabled')")
    speak.click()
    assert page.evaluate("window.said") == ["hi <img src=x onerror=alert(1)>"]
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "HI <img src=x onerror=alert(1)>"
    assert page.locator("img[src='x']").count() == 0


def test_practice_needs_no_mouse(open_page, url):
    page = open_page(url)
    go_live(page)
    page.get_by_role("radio", name="Recognise").focus()
    for key in ("ArrowRight", "ArrowRight", "Space"):
        page.keyboard.press(key)
    task = page.locator("[class*='st-key-sign-task'] h2")
    task.wait_for()
    first = task.inner_text()
    page.get_by_role("button", name="Skip").wait_for()
    page.get_by_text("A right hand as the person opposite sees it.").wait_for()
    page.keyboard.press("s")
    page.get_by_text("1 missed").wait_for()
    assert task.inner_text() != first


def test_a_blocked_camera_is_named_and_pictures_are_offered(
    open_page, screenshot, url, coloured_file
):
    page = open_page(url)
    page.evaluate(
        "() => { navigator.permissions.query ="
        " async () => Object.assign(new EventTarget(), { state: 'denied' }); }"
    )
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="tiny").click()
    go_live(page)
    page.get_by_text("No live video: permission.").wait_for()
    page.get_by_text("Use pictures instead").click()
    choose_files(page, {"name": "a.png", "mimeType": "image/png", "buffer": coloured_file()})
    page.get_by_role("heading", name="A", exact=True).wait_for()
    screenshot(page, "live-blocked")


@pytest.mark.skipif(
    not (BUNDLED_MODELS / DEFAULT_MODEL / CARD).exists(), reason="needs the bundled model"
)
def test_a_real_hand_is_read_and_spelled(open_page, launch, make_feed, screenshot, url, asl_data):
    photo = load_rgb(sorted((asl_data / "asl_letters" / "valid" / "L").iterdir())[0])
    scene = Image.new("RGB", (640, 480), (110, 110, 110))
    scene.paste(Image.fromarray(photo).resize((460, 460)), (90, 10))
    page = open_page(url, browser=launch(make_feed(scene)))
    go_live(page, "Spell")
    start(page).click()
    text = page.get_by_role("textbox", name="Text")
    page.wait_for_function(
        "document.querySelector('textarea[aria-label=Text]')?.value.startsWith('L')", timeout=60_000
    )
    assert text.input_value().startswith("L")
    screenshot(page, "live-spelled")
