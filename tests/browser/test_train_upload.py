"""The train page in a real browser: from a zip, or the camera, to the verdict."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from PIL import Image

from benchmarks.browser import choose_files, take_picture

EVIL = "<img src=x onerror=alert(1)>**x**"
#: A process is started, which loads networks; on a busy computer that takes its time.
PATIENCE = 120_000


@pytest.fixture(scope="module")
def hosted(serve_app: Callable[..., str]) -> str:
    return serve_app(ASL_HOSTED="1")


@pytest.fixture
def open_train(open_page):
    """``open_train(url, …)``: the train page, reached as visitors do, by the navigation."""

    def visit(url: str, width: str = "desktop", theme: str = "light", **options):
        page = open_page(url, width, theme, **options)
        page.goto(f"{url}/train")
        page.get_by_role("heading", name="Train a model").wait_for()
        return page

    return visit


def upload(page, name: str, data: bytes) -> None:
    choose_files(page, {"name": name, "mimeType": "application/zip", "buffer": data})


def test_from_a_zip_to_the_verdict(open_train, screenshot, fits, app_url, zip_of, scene):
    page = open_train(app_url)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    names = [f"{s}/{p}_{n}.png" for s in ("A", EVIL) for p in ("anna", "ben") for n in range(5)]
    members = {name: scene(seed, hand="") for seed, name in enumerate(names)}
    members |= {"A/broken.png": b"no picture", f"{EVIL}/again.png": members[names[0]]}
    screenshot(page, "train-empty")
    upload(page, "my signs.zip", zip_of(members))
    page.get_by_role("progressbar").first.wait_for()
    screenshot(page, "train-reading")
    # A page that is loaded again finds the work going on, or done.
    page.reload()
    page.get_by_text("Ready, with warnings.").wait_for(timeout=PATIENCE)
    page.get_by_text("Pictures that cannot be read").wait_for()
    page.get_by_role("combobox", name="Data set").wait_for()
    page.get_by_role("tab", name="Pictures").click()
    page.get_by_role("img", name="6 of 10 pictures of A").wait_for()
    screenshot(page, "train-pictures")
    page.get_by_role("tab", name="Copies").click()
    page.get_by_role("button", name="Both A").click()
    page.get_by_text("No two pictures that look alike have different names.").wait_for()
    page.get_by_role("tab", name="People").click()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("You have confirmed who is in the pictures.").wait_for()
    assert page.locator("img[src='x']").count() == 0
    for theme, width in (("dark", "phone"), ("light", "desktop")):
        again = open_train(app_url, width, theme)
        again.get_by_text("Ready, with warnings.").wait_for()
        assert fits(again)
        screenshot(again, f"train-{theme}-{width}")


def test_what_names_do_not_tell_is_asked(open_train, screenshot, fits, app_url, zip_of, scene):
    """Which folders are the signs, and whether others are people; an answer counts at once."""
    page = open_train(app_url)
    names = [f"{s}/{k}/{n}.png" for s in "ABC" for k in "123" for n in range(4)]
    upload(page, "letters.zip", zip_of({name: scene(seed) for seed, name in enumerate(names)}))
    page.get_by_text("It is not clear which folders are the signs.").wait_for(timeout=PATIENCE)
    page.get_by_text("Mend what stops it above").wait_for()
    screenshot(page, "train-question")
    page.get_by_role("radiogroup", name="Which folders are the signs?").wait_for()
    page.get_by_text("signs 1, 2, 3; people A, B, C").click()
    page.get_by_role("button", name="Read them so").click()
    page.get_by_text("Are these people?").wait_for()
    page.get_by_text("Who is in the pictures has not been confirmed yet").wait_for()
    page.get_by_role("button", name="Yes, people").click()
    page.get_by_text("Tested with each person left out in turn").wait_for()
    assert fits(page)


def test_signs_are_recorded_with_the_camera(open_train, launch, make_feed, screenshot, hosted):
    """By one visitor of a hosted app; the other one sees nothing of it, a reload loses nothing."""
    page = open_train(hosted, browser=launch(make_feed(Image.new("RGB", (640, 480), "red"))))
    page.get_by_role("tab", name="Camera").click()
    page.get_by_role("button", name="Start").click()
    for number in (1, 2):
        # After each picture the camera is a new one; a click on the old one would be lost.
        take_picture(page)
        page.get_by_text(re.compile(rf"Pictures so far: A {number}")).wait_for()
    screenshot(page, "train-camera")
    page.reload()
    page.get_by_text("Pictures that have not been looked at yet: 2").wait_for()
    other = open_train(hosted)
    other.get_by_text("A zip with one folder of pictures, or of short films").wait_for()
    assert other.get_by_text("My signs").count() == 0
