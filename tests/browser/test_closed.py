"""Closed is gone: nothing of a visitor stays on a server that nobody visits any more."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import urlopen

import psutil
import pytest

from asl.bundle import BUNDLED_MODELS, CARD, DEFAULT_MODEL
from benchmarks.browser import choose_files

#: Seconds after the last page was closed.
MINUTE = 60
#: Where Streamlit says what its memory holds.
METRICS = "_stcore/metrics?families=cache_memory_bytes&families=active_sessions"

pytestmark = pytest.mark.skipif(
    not (BUNDLED_MODELS / DEFAULT_MODEL / CARD).exists(), reason="needs the bundled model"
)


@pytest.fixture(scope="module")
def server(serve_app: Callable[..., str], home: Path) -> str:
    return serve_app(ASL_HOME=str(home), ASL_HOSTED="1")


@pytest.fixture
def left_behind(serve_app: Callable[..., str], tmp_path: Path) -> Path:
    """The workspace of a server that was killed, and that another one has just been started on."""
    for folder in ("visits/" + "x" * 43, "servers/1", "visits/.half-deleted"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "picture.jpg").write_bytes(b"private")
    serve_app(ASL_HOME=str(tmp_path), ASL_HOSTED="1")
    return tmp_path


@pytest.fixture
def dying_browser(launch: Callable) -> Iterator[tuple]:
    """A Chromium, and a function that freezes it as a sleeping telephone does: no word is said."""
    before = set(psutil.Process().children(recursive=True))
    browser = launch()
    started = set(psutil.Process().children(recursive=True)) - before

    def processes() -> set[psutil.Process]:
        return started.union(*(one.children(recursive=True) for one in started if one.is_running()))

    def freeze() -> None:
        for process in processes():
            process.suspend()

    yield browser, freeze
    for process in processes():
        process.kill()


@pytest.fixture
def png(make_picture) -> Callable[[int], dict]:
    """``png(seed)``: a picture as file choosers take it."""

    def make(seed: int) -> dict:
        file = io.BytesIO()
        make_picture(seed, (400, 400)).save(file, "PNG")
        return {"name": f"{seed}.png", "mimeType": "image/png", "buffer": file.getvalue()}

    return make


def upload(page, url: str, file: dict) -> str:
    """Upload a picture on the Photo page; returns the address under which it is shown."""
    page.goto(url)
    choose_files(page, file)
    shown = page.get_by_role("img", name=re.compile(file["name"]))
    return urljoin(url, shown.get_attribute("src"))


def status(url: str) -> int:
    try:
        with urlopen(url) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def metrics(url: str) -> str:
    with urlopen(f"{url}/{METRICS}") as answer:
        return answer.read().decode()


def leftovers(home: Path) -> list[Path]:
    """Visits, and files of servers that were killed."""
    servers = [file for file in (home / "servers").rglob("*") if file.name == "picture.jpg"]
    return [*(home / "visits").iterdir(), *servers]


@pytest.mark.timeout(300)
def test_a_minute_after_the_last_page_was_closed_nothing_is_left(
    launch, dying_browser, left_behind, server, home, png, signs_zip
):
    shown, browser, (telephone, freeze) = [], launch(), dying_browser
    context = browser.new_context()
    page = context.new_page()
    shown.append(upload(page, server, png(1)))
    training = context.new_page()
    training.goto(f"{server}/train")
    zipped = {"name": "s.zip", "mimeType": "application/zip", "buffer": signs_zip(each=1)}
    choose_files(training, zipped)
    training.get_by_role("combobox", name="Data set").wait_for(timeout=120_000)
    # Loaded again, it finds its data set.
    training.reload()
    training.get_by_role("combobox", name="Data set").wait_for(timeout=120_000)
    shown.append(upload(telephone.new_page(), server, png(2)))
    assert [status(address) for address in shown] == [200, 200]
    held = metrics(server)
    assert "UploadedFileManager" in held and "st_memory_media_file_storage" in held
    assert len(list((home / "visits").iterdir())) == 2
    freeze()
    browser.close()
    closed = time.monotonic()
    # The server is not asked for anything meanwhile, so nothing but the disk tells how far it is.
    while time.monotonic() < closed + MINUTE and (leftovers(home) or leftovers(left_behind)):
        time.sleep(1)
    assert not leftovers(home) and not leftovers(left_behind)
    assert [status(address) for address in shown] == [404, 404]
    left = metrics(server)
    assert "UploadedFileManager" not in left and "st_memory_media_file_storage" not in left
    assert "active_sessions 0" in left
    assert time.monotonic() < closed + MINUTE
