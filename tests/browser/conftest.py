"""A running Streamlit server, and a real Chromium that looks at it.

def test_photo(app_url, open_page, screenshot):
    page = open_page(app_url)
    choose_files(page, path)
    screenshot(page, "photo")
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from asl.bundle import ModelBundle
from asl.hands.detector import Hand
from asl.hands.landmarks import normalise
from benchmarks.browser import (
    CHROMIUM_FLAGS,
    CHROMIUM_NAMES,
    PATIENCE_MS,
    wait_until_drawn,
    wait_until_healthy,
)
from benchmarks.video import SIZE, write_feed

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"

WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            # A module's server and browser are started once, by the process that runs its tests.
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
            # A page may starve beside what else is tested at the time, so that each of these tests
            # has a second try. The report names what needed it (RERUN).
            item.add_marker(pytest.mark.flaky(reruns=1))


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The installed Chromium; skips where it or Playwright is missing."""
    pytest.importorskip("playwright", reason="browser tests need Playwright")
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    pytest.skip("browser tests need Chromium: sudo apt-get install chromium")


@pytest.fixture(scope="module")
def serve(
    chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., str]]:
    """``serve(script, **environment)``: runs a Streamlit script for one module's tests; its URL.

    Every server has a workspace (ASL_HOME) of its own. Where Chromium is missing it skips at
    once, before a server is started for nothing.
    """
    with ExitStack() as servers:

        def start(script: Path, **environment: str) -> str:
            folder = tmp_path_factory.mktemp(script.stem)
            environment = {"ASL_HOME": str(folder / "asl-home"), **environment}
            return servers.enter_context(_server(script, folder / "server.log", environment))

        yield start


@pytest.fixture(scope="module")
def serve_text(
    serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """``serve_text(text)``: runs a Streamlit script that is given as text; its URL."""

    def start(text: str) -> str:
        script = tmp_path_factory.mktemp("script") / "script.py"
        script.write_text(text)
        return serve(script)

    return start


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of the app at `app_url`, empty at first."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def serve_app(serve: Callable[..., str]) -> Callable[..., str]:
    """``serve_app(**environment)``: runs the app itself for one module's tests; its URL."""
    return partial(serve, ROOT / "streamlit_app.py")


@pytest.fixture(scope="module")
def app_url(serve_app: Callable[..., str], home: Path) -> str:
    """The address of the app with the workspace `home`."""
    return serve_app(ASL_HOME=str(home))


@pytest.fixture
def add_words(home: Path, words_bundle: Callable[..., ModelBundle]) -> Callable[..., None]:
    """``add_words(**card)``: a `words_bundle` for `app_url`, if no earlier test has added it."""

    def add(**card: object) -> None:
        if not (home / "models" / "words").exists():
            shutil.copytree(words_bundle(**card).folder, home / "models" / "words")

    return add


@pytest.fixture
def add_model(
    home: Path, tiny_bundle: Callable[..., ModelBundle], make_hand: Callable[..., Hand]
) -> Callable[..., None]:
    """``add_model("tiny", labels, shapes=labels, finish=write, **card)``: a model for `app_url`.

    A `tiny_bundle` which knows an upright right hand as the handshape of all ``shapes``, or else
    of all labels. ``finish`` is given its folder before the app sees it. If an earlier test of the
    module has added it, nothing is done.
    """
    hand = make_hand()
    points = normalise(hand.landmarks, hand.side).tolist()

    def add(
        name: str,
        labels: tuple[str, ...],
        shapes: tuple[str, ...] | None = None,
        finish: Callable[[Path], None] | None = None,
        **card: object,
    ) -> None:
        if (home / "models" / name).exists():
            return
        shapes = labels if shapes is None else shapes
        bundle = tiny_bundle(name, labels, handshapes=dict.fromkeys(shapes, points), **card)
        if finish is not None:
            finish(bundle.folder)
        shutil.copytree(bundle.folder, home / "models" / name)

    return add


@pytest.fixture(scope="module")
def launch(chromium_path: str) -> Iterator[Callable]:
    """``launch(camera=None)``: a Chromium whose camera shows the feed (see ``make_feed``).

    One module's browsers end with it: Playwright keeps an event loop running in this thread,
    in which no other test could run its own.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:

        def start(camera: Path | None = None):
            feed = [f"--use-file-for-fake-video-capture={camera}"] if camera else []
            return playwright.chromium.launch(
                executable_path=chromium_path, args=[*CHROMIUM_FLAGS, *feed]
            )

        yield start


@pytest.fixture(scope="module")
def browser(launch: Callable):
    """A Chromium with a test pattern for a camera."""
    return launch()


@pytest.fixture
def open_page(browser, request: pytest.FixtureRequest) -> Iterator[Callable]:
    """``open_page(url, width="desktop", theme="light", browser=browser)``: a fresh visitor's page.

    ``width`` is "desktop" (1280 px) or "phone" (390 px), ``theme`` "light" or "dark"; the camera
    is allowed. It returns when the page's script has run once. Where the test fails, it says what
    the pages showed.
    """
    default, pages = browser, []
    with ExitStack() as visits:

        def visit(url: str, width: str = "desktop", theme: str = "light", browser=default):
            size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
            context = browser.new_context(viewport=size, color_scheme=theme, permissions=["camera"])
            visits.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            pages.append(page)
            page.goto(url)
            wait_until_drawn(page)
            return page

        yield visit
        if request.node.stash.get(_FAILED, False):
            for page in pages:
                print(f"{page.url} showed:\n{page.inner_text('body')}")


@pytest.fixture(scope="session")
def screenshot() -> Callable:
    """``screenshot(page, name)``: the page as a PNG, for people to look at; returns its path."""

    def take(page, name: str) -> Path:
        wait_until_drawn(page)
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        # The page scrolls inside of the window, so the window is made as high as what is in it.
        size = page.viewport_size
        height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
        page.set_viewport_size({**size, "height": max(height, size["height"])})
        page.screenshot(path=path)
        page.set_viewport_size(size)
        return path

    return take


@pytest.fixture(scope="session")
def fits() -> Callable:
    """``fits(page)``: whether the page, once it is drawn, is no wider than the window."""

    def fit(page) -> bool:
        wait_until_drawn(page)
        return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    return fit


@pytest.fixture
def make_feed(tmp_path: Path) -> Callable[..., Path]:
    """``make_feed(picture, …)``: a camera feed of 640x480 that shows these pictures, 20 a second,
    again and again."""

    def make(*pictures: Image.Image) -> Path:
        path = tmp_path / "feed.y4m"
        write_feed(path, (picture.resize(SIZE) for picture in pictures), 20)
        return path

    return make


@contextmanager
def _server(script: Path, log: Path, environment: dict[str, str]) -> Iterator[str]:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    command += [f"--{name}={value}" for name, value in options.items()]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        try:
            wait_until_healthy(url, process, seconds=60)
        except RuntimeError as error:
            pytest.fail(f"{error}:\n{log.read_text()}")
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
