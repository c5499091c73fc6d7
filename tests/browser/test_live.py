"""The live page in a real browser, with a camera that plays what the test made."""

from __future__ import annotations

import re
import time

import pytest
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg

from asl.bundle import BUNDLED_MODELS, CARD, DEFAULT_MODEL
from asl.images import load_rgb
from benchmarks.browser import (
    choose_files,
    choose_option,
    let_the_app_find_hands,
    wait_until_drawn,
)

LABELS = ("A", "O", "C", "0", "B")
FRAME = re.compile(r"Frame (\d+)")
#: A page on which Streamlit seems to count its runs late, and then several at once.
LATE = """
import streamlit as st
from streamlit_webrtc import component
from asl.ui.live.camera import connect

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

#: A page that is drawn without the camera, and then with it.
ANEW = """
import streamlit as st
from asl.ui.hand_camera.component import Asked, draw_camera
from asl.ui.hand_camera.messages import Cut

gone = st.button("Without")
st.button("With")
if gone:
    st.text("no camera")
else:
    cut = Cut("read", 128, 1.5, 500, False)
    draw_camera("camera", Asked(taken=0, sends="", cut=cut), lambda: None)
"""


@pytest.fixture
def url(app_url: str, add_model) -> str:
    """The app with the model "tiny"."""
    add_model("tiny", LABELS)
    return app_url


def go_live(page, mode: str = "", way: str = "browser") -> None:
    page.get_by_role("link", name="Live").click()
    page.get_by_role("heading", name="Live camera").wait_for()
    start(page, "browser").wait_for()
    # What the browser says of its cameras has the page drawn again, and keys are lost meanwhile.
    wait_until_drawn(page)
    if way == "app":
        let_the_app_find_hands(page)
        start(page, way).wait_for()
    if mode:
        page.get_by_role("radio", name=mode).click()


def start(page, way: str = "app"):
    if way == "browser":
        return page.locator(".hand-camera .start")
    frame = page.frame_locator("iframe[title*='webrtc']")
    return frame.get_by_role("button", name=re.compile("^start$", re.IGNORECASE))


def wait_for_frames(page, more_than: int) -> None:
    """Return once the page says that more frames than this were read."""
    page.wait_for_function(
        "least => Number(document.body.innerText.match(/Frame (\\d+)/)?.[1]) > least",
        arg=more_than,
    )


def frames(page) -> int:
    return int(FRAME.search(page.get_by_text(FRAME).first.inner_text())[1])


@pytest.mark.parametrize(
    ("mode", "theme", "width"),
    [("Recognise", "light", "desktop"), ("Spell", "dark", "phone"), ("Practise", "light", "phone")],
)
def test_every_panel_fits(open_page, screenshot, fits, url, mode, theme, width):
    page = open_page(url, width, theme)
    if width == "phone":
        page.goto(f"{url}/live")
        start(page, "browser").wait_for()
        page.get_by_role("radio", name=mode).click()
    else:
        go_live(page, mode)
    page.get_by_text("Nothing is stored unless you record").wait_for()
    assert fits(page)
    screenshot(page, f"live-{mode.lower()}-{theme}-{width}")


@pytest.mark.parametrize("way", ["browser", "app"])
def test_frames_flow_until_the_page_is_left(open_page, launch, make_feed, screenshot, url, way):
    page = open_page(url, browser=launch(make_feed(Image.new("RGB", (640, 480), "red"))))
    go_live(page, way=way)
    start(page, way).click()
    page.get_by_text(FRAME).wait_for(timeout=120_000)
    wait_for_frames(page, frames(page))
    page.get_by_role("heading", name="No hand", exact=True).wait_for()
    screenshot(page, f"live-playing-{way}")
    page.get_by_role("link", name="About").click()
    page.get_by_role("heading", name="About", exact=True).wait_for()
    go_live(page)
    page.get_by_role("heading", name="Camera off", exact=True).wait_for()


def test_the_camera_is_silent_before_its_page_is_left(open_page, launch, make_feed, url):
    """What it said in the last moment would come behind the click and call the visitor back."""
    page = open_page(url, browser=launch(make_feed(Image.new("RGB", (640, 480), "red"))))
    asked = []

    def note(content: str | bytes) -> None:
        if isinstance(content, bytes):
            asked.append((time.time(), BackMsg.FromString(content).rerun_script))

    page.on("websocket", lambda socket: socket.on("framesent", note))
    page.reload()
    go_live(page)
    start(page, "browser").click()
    page.get_by_text(FRAME).wait_for(timeout=120_000)
    page.evaluate("window.addEventListener('click', () => { window.at ??= Date.now() }, true)")
    page.get_by_role("link", name="About").click()
    page.get_by_role("heading", name="About", exact=True).wait_for()
    clicked = page.evaluate("window.at") / 1000
    before = [one for at, one in asked if at < clicked][-1].page_script_hash
    left = next(at for at, one in asked if one.page_script_hash != before and at > clicked)
    assert left - clicked >= 0.09
    spoken = [one for at, one in asked if at > left and one.page_script_hash == before]
    assert all(one.is_auto_rerun for one in spoken)


def test_the_camera_goes_on_if_it_is_taken_off_the_page_and_put_back(
    serve_text, open_page, launch, make_feed
):
    feed = make_feed(Image.new("RGB", (640, 480), "red"))
    page = open_page(serve_text(ANEW), browser=launch(feed))
    # Nothing is to be found, so the finder may take its time.
    page.route("**/worker.js", lambda asked: asked.fulfill(content_type="text/javascript"))
    start(page, "browser").click()
    camera = page.locator(".hand-camera[data-drawn]")
    camera.wait_for()
    page.get_by_role("button", name="Without").click()
    page.get_by_text("no camera").wait_for()
    page.get_by_role("button", name="With", exact=True).click()
    camera.wait_for(timeout=5_000)
    drawn = int(camera.get_attribute("data-drawn"))
    page.wait_for_function(
        "least => [...document.querySelectorAll('*')].some(one => one.shadowRoot && "
        "one.shadowRoot.querySelector('.hand-camera')?.dataset.drawn > least)",
        arg=drawn,
        timeout=5_000,
    )


def test_the_video_goes_on_while_the_page_is_drawn_again(
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
        wait_for_frames(page, before + 5)
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
    from playwright.sync_api import expect

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
    expect(task).not_to_have_text(first)


def test_a_blocked_camera_is_named_and_pictures_are_offered(
    open_page, screenshot, url, coloured_file
):
    page = open_page(url)
    page.evaluate(
        "() => { navigator.permissions.query ="
        " async () => Object.assign(new EventTarget(), { state: 'denied' }); }"
    )
    choose_option(page, "Model", "tiny")
    go_live(page)
    page.get_by_text("No live video: permission.").wait_for()
    page.get_by_text("Use pictures instead").click()
    choose_files(page, {"name": "a.png", "mimeType": "image/png", "buffer": coloured_file()})
    page.get_by_role("heading", name="A", exact=True).wait_for()
    screenshot(page, "live-blocked")


def test_a_browser_that_cannot_find_hands_says_so_and_the_app_can(open_page, screenshot, url):
    page = open_page(url)
    go_live(page)
    page.evaluate("() => { delete window.WebAssembly; }")
    start(page, "browser").click()
    page.get_by_text("No live video: browser.").wait_for()
    screenshot(page, "live-old-browser")
    page.get_by_role("button", name="Let the app find the hands").click()
    start(page, "app").wait_for()


@pytest.mark.skipif(
    not (BUNDLED_MODELS / DEFAULT_MODEL / CARD).exists(), reason="needs the bundled model"
)
@pytest.mark.parametrize("way", ["browser", "app"])
def test_a_real_hand_is_read_and_spelled(
    open_page, launch, make_feed, screenshot, url, asl_data, way
):
    photo = load_rgb(sorted((asl_data / "asl_letters" / "valid" / "L").iterdir())[0])
    scene = Image.new("RGB", (640, 480), (110, 110, 110))
    scene.paste(Image.fromarray(photo).resize((460, 460)), (90, 10))
    page = open_page(url, browser=launch(make_feed(scene)))
    go_live(page, "Spell", way)
    text = page.get_by_role("textbox", name="Text")
    text.wait_for()
    wait_until_drawn(page)
    start(page, way).click()
    page.get_by_text(FRAME).wait_for()
    page.wait_for_function(
        "document.querySelector('textarea[aria-label=Text]')?.value.startsWith('L')",
        timeout=120_000,
    )
    assert text.input_value().startswith("L")
    screenshot(page, f"live-spelled-{way}")
