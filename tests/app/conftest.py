"""The app as Streamlit's own test harness runs it, with hands found by colour.

Only the models that a test makes are there, the bundled ones are not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def open_app(
    hands_by_colour: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], AppTest]:
    """``open_app()``: the app's first page as a new visitor finds it, drawn without an error."""
    monkeypatch.setattr("asl.bundle.BUNDLED_MODELS", tmp_path / "no-models")

    def start() -> AppTest:
        app = AppTest.from_file(APP, default_timeout=30).run()
        assert not app.exception
        return app

    return start


@pytest.fixture
def upload() -> Callable[..., AppTest]:
    """``upload(app, ("a.png", data), …)``: the page after these files were uploaded."""

    def give(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
        files = [(name, data, "image/png") for name, data in files]
        app.file_uploader[0].set_value(files).run()
        assert not app.exception
        return app

    return give
