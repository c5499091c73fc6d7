"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw


@pytest.fixture(autouse=True)
def asl_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of its own for every test, which no tracking server of the developer sees."""
    home = tmp_path / "asl-home"
    monkeypatch.setenv("ASL_HOME", str(home))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return home


@pytest.fixture(scope="session")
def asl_data() -> Path:
    """The folder of real recordings; skips where ASL_DATA names none."""
    data = os.environ.get("ASL_DATA")
    if not data or not Path(data).is_dir():
        pytest.skip("needs the real recordings: set ASL_DATA to their folder")
    return Path(data).resolve()


@pytest.fixture(scope="session")
def make_picture() -> Callable[..., Image.Image]:
    """``make_picture(seed=0, size=(96, 96))``: an RGB picture, the same for the same seed.

    A skin-coloured palm with some fingers on a noisy background: it decodes, crops and resizes
    like a photograph, but is not meant to be detected or recognised as a hand.
    """

    def make(seed: int = 0, size: tuple[int, int] = (96, 96)) -> Image.Image:
        random = np.random.default_rng(seed)
        width, height = size
        noise = random.normal(random.integers(40, 160), 20, (height, width, 3))
        picture = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
        draw = ImageDraw.Draw(picture)
        skin = tuple(int(c) for c in random.integers((150, 100, 80), (240, 190, 160)))
        draw.ellipse((0.3 * width, 0.45 * height, 0.7 * width, 0.9 * height), fill=skin)
        for finger in range(int(random.integers(1, 6))):
            x = (0.33 + 0.08 * finger) * width
            top = random.uniform(0.1, 0.4) * height
            draw.rectangle((x, top, x + 0.06 * width, 0.6 * height), fill=skin)
        return picture

    return make
