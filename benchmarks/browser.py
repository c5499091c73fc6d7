"""The app in a process of its own, and a real Chromium that opens it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from asl.evaluation.results.result import HOME

# How long what was clicked takes to show in the state of the page.
_CLICK_MS = 200
PATIENCE_MS = 120_000
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Those that silence the background traffic leave some that Chromium tries at each start, such as
# its maker's sign-in. So no name leads anywhere.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)


@contextmanager
def chromium(camera: Path | None = None) -> Iterator[Callable[[], Any]]:
    """Give a function that starts a Chromium, Playwright's browser; all are closed at the end.

    Args:
        camera: what its camera shows, a Y4M file; None for a test pattern.

    Raises:
        RuntimeError: Playwright or Chromium is missing.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise RuntimeError("Playwright is needed: make test installs it") from error
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        raise RuntimeError("Chromium is needed: sudo apt-get install chromium")
    feed = [f"--use-file-for-fake-video-capture={camera}"] if camera else []
    with sync_playwright() as playwright, ExitStack() as started:

        def launch() -> Any:
            browser = playwright.chromium.launch(
                executable_path=path, args=[*CHROMIUM_FLAGS, *feed]
            )
            started.callback(browser.close)
            return browser

        yield launch


@contextmanager
def server(home: Path) -> Iterator[tuple[str, int]]:
    """Run the app with the workspace `home`; gives its address and the number of its process.

    Raises:
        RuntimeError: it does not start.
    """
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
    }
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += [f"--{name}={value}" for name, value in options.items()]
    process = subprocess.Popen(
        command,
        cwd=HOME,
        env={**os.environ, "ASL_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(url, process)
        yield url, process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def browser_memory() -> float:
    """Return the resident memory, in MiB, of all browsers that this process has started."""
    found = 0
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended meanwhile
            found += one.memory_info().rss if "chrom" in one.name() else 0
    return found / (1 << 20)


def wait_until_healthy(
    url: str, process: subprocess.Popen, seconds: float = PATIENCE_MS / 1000
) -> None:
    """Return once the server that `process` runs answers at `url`.

    Raises:
        RuntimeError: it ends, or does not answer in time.
    """
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.01)
    raise RuntimeError("the server did not start")


def wait_until_drawn(page: Any) -> None:
    """Return once the page's script, also what was clicked before has started, has ended."""
    page.wait_for_timeout(_CLICK_MS)
    page.locator("[data-testid='stApp'][data-test-script-state='notRunning']").wait_for()


def choose_option(page: Any, label: str, option: str) -> None:
    """Choose one option of a select box, by its search: of a long list not all is drawn."""
    wait_until_drawn(page)
    box = page.get_by_role("combobox", name=label, exact=True)
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).click()
    wait_until_drawn(page)


def choose_files(page: Any, files: Any) -> None:
    """Choose what Playwright's ``set_input_files`` takes, in the page's first file uploader.

    The page has to be drawn: where its script starts while the server answers the uploader,
    Streamlit (1.67, ``ForwardMsgQueue.clear``) drops that answer, and the file is lost.
    """
    wait_until_drawn(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(files)


def let_the_app_find_hands(page: Any) -> None:
    """Have the page Live send the camera's video to the app, which it else does not."""
    way = page.get_by_text("in the app (WebRTC)")
    if not way.is_visible():
        page.get_by_text("Model and settings").click()
    way.click()
    page.locator("iframe[title*='webrtc']").wait_for()


def take_picture(page: Any) -> None:
    """Press the shutter of the page's camera, once its video runs; before, it shows black."""
    wait_until_drawn(page)
    shutter = page.get_by_test_id("stCameraInputButton")
    shutter.wait_for()
    page.wait_for_function("document.querySelector('video')?.readyState === 4")
    shutter.click()
