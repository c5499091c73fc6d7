"""Pictures that are quickly learned, for tests of training."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """Two signs: a bright left half, and a bright right half; some in a part for testing."""
    random = np.random.default_rng(0)
    for label in "AB":
        for number in range(20):
            rgb = random.integers(0, 80, (40, 30, 3), np.uint8)
            half = rgb[:, :15] if label == "A" else rgb[:, 15:]
            half += np.uint8(150)
            folder = tmp_path / "shapes" / ("test" if number < 5 else "train") / label
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb).save(folder / f"{number}.png")
    return tmp_path / "shapes"
