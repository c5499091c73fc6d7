"""How soon the app shows its first page, and how much memory its server then needs.

Needs Playwright and a Chromium, as the browser tests do.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from asl.evaluation.bench import resident_memory, summary
from asl.evaluation.results import HOME

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_DRAWN = "[data-testid='stApp'][data-test-script-state='notRunning'] h1"
_PATIENCE_MS = 120_000


def measure_page(picture: bytes, starts: int = 5) -> list[dict[str, Any]]:
    """Start the server several times and open its first page; ask the last one for an answer.

    The first start warms the file cache and is not counted.

    Args:
        picture: a JPEG to upload.
        starts: how many starts are counted.

    Raises:
        RuntimeError: there is no Playwright, no Chromium or no /proc, or the server ends early.
    """
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        raise RuntimeError("page: Playwright and Chromium are needed (see requirements-dev.txt)")
    seconds = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        for turn in range(starts + 1):
            page = browser.new_page()
            page.set_default_timeout(_PATIENCE_MS)
            start = time.perf_counter()
            with _server() as (url, process):
                page.goto(url)
                page.locator(_DRAWN).first.wait_for()
                if turn:
                    seconds.append(time.perf_counter() - start)
                bare = resident_memory(process.pid)
                if turn == starts:
                    after = _memory_after_an_answer(page, picture, process.pid)
            page.close()
        browser.close()
    return [
        {**summary("first page drawn after `streamlit run`, warm", seconds, "s"), "aim": "3 s"},
        {"name": "the app's server with its first page open", "value": bare, "unit": "MiB"},
        {
            "name": "the app's server after its first answer",
            "value": after,
            "unit": "MiB",
            "aim": "350 MiB",
        },
    ]


def _memory_after_an_answer(page: Any, picture: bytes, process: int) -> float:
    upload = page.get_by_test_id("stFileUploaderDropzoneInput").first
    upload.set_input_files({"name": "hand.jpg", "mimeType": "image/jpeg", "buffer": picture})
    page.get_by_test_id("stImage").first.wait_for()
    page.locator(_DRAWN).first.wait_for()
    return resident_memory(process)


@contextmanager
def _server() -> Iterator[tuple[str, subprocess.Popen]]:
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
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            command,
            cwd=HOME,
            env={**os.environ, "ASL_HOME": str(Path(home) / "asl-home")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_until_listening(port, process)
            yield f"http://127.0.0.1:{port}", process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_listening(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + _PATIENCE_MS / 1000
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError("page: the server did not start")
