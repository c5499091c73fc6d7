"""From a zip of pictures to a model in use, in a real browser, by somebody who reloads the page."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from asl.tflite.labels import read_labels
from benchmarks.browser import choose_files, choose_option

#: Milliseconds: processes load PyTorch, and on a busy computer that takes its time.
PATIENCE = 180_000
SIGNS = {"A": (200, 60, 50), "B": (50, 70, 200)}


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    """Drawn pictures of two signs, told apart by their colour."""
    random, files = np.random.default_rng(0), {}
    for sign, colour in SIGNS.items():
        for number in range(12):
            noise = random.normal(colour, 25, (96, 96, 3)).clip(0, 255).astype(np.uint8)
            file = io.BytesIO()
            Image.fromarray(noise).save(file, "PNG")
            files[f"{sign}/{number}.png"] = file.getvalue()
    return files


@pytest.mark.timeout(900)
def test_from_a_zip_to_a_model_in_use(open_page, screenshot, fits, app_url, zip_of, pictures):
    page = open_page(app_url)
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app_url}/train")
    packed = {"name": "colours.zip", "mimeType": "application/zip", "buffer": zip_of(pictures)}
    choose_files(page, packed)
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("It goes on if you leave or close this page.").wait_for()
    screenshot(page, "training-live")
    # Somebody who loads the page again finds the training going on.
    page.reload()
    page.get_by_text("It goes on if you leave or close this page.").wait_for()
    page.get_by_role("heading", name="right on pictures drawn at random").wait_for()
    page.get_by_text("It is not known who is in the pictures, so the model was tested").wait_for()
    screenshot(page, "training-report")

    page.get_by_text("Also as TFLite").click()
    page.get_by_role("button", name="Prepare the download").click()
    page.get_by_text("pictures were read by this download and by the app").wait_for()
    page.get_by_text("pictures were read by model.tflite and by model.onnx").wait_for()
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "colours-quick.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        [network] = [name for name in archive.namelist() if name.endswith("model.tflite")]
        assert read_labels(archive.read(network)) == tuple(SIGNS)

    page.get_by_role("textbox", name="Name of the model").fill("colours")
    page.get_by_role("textbox", name="Name of the model").press("Enter")
    page.get_by_role("button", name="Use this model").click()
    page.get_by_role("link", name="Try it on a photo").click()
    choose_option(page, "Model", "colours")
    picture = {"name": "b.png", "mimeType": "image/png", "buffer": pictures["B/3.png"]}
    choose_files(page, picture)
    page.get_by_text("No hand found.").wait_for()
    page.goto(f"{app_url}/runs")
    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    page.get_by_text("In use as colours").wait_for()
    assert fits(page)
    screenshot(page, "runs-light-desktop")


def test_the_runs_fit_on_a_phone_in_the_dark(
    open_page, screenshot, fits, serve_app, make_run, make_search, asl_home
):
    make_run("Letters")
    make_run("Digits", state="crashed", reason="The disk is full.")
    make_search()
    page = open_page(serve_app(ASL_HOME=str(asl_home)), "phone", "dark")
    page.set_default_timeout(PATIENCE)
    page.goto(f"{page.url.rstrip('/')}/runs?run=run-0")
    page.get_by_role("heading", name="97% right on a new person").wait_for()
    assert fits(page)
    screenshot(page, "runs-dark-phone")
    page.goto(page.url.replace("run-0", "run-2"))
    page.get_by_role("heading", name="The best of 7 trials").wait_for()
    page.get_by_role("button", name="Train with these settings").wait_for()
    page.get_by_text("macro F1 on validation pictures").first.wait_for()
    assert fits(page)
    screenshot(page, "search-dark-phone")
