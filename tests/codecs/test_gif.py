"""GIF: first frames, clear colours, and notes without end."""

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from asl.images import PictureError, load_rgb


def written(*pictures, **options):
    file = io.BytesIO()
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], **options)
    return file.getvalue()


def test_first_frame():
    data = written(*(Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")))
    np.testing.assert_array_equal(load_rgb(data), np.full((10, 20, 3), (255, 0, 0)))


def test_clear_colour_is_laid_over_grey():
    picture = Image.new("RGBA", (8, 8), (0, 0, 255, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 4, 8))
    rgb = load_rgb(written(picture, comment=b"a note"))
    assert (rgb[:, :4] == 128).all() and (rgb[:, 4:] == (0, 0, 255)).all()


def test_palette_of_the_frame_itself():
    picture = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).convert("P")
    np.testing.assert_array_equal(load_rgb(written(picture))[..., 0].ravel(), np.arange(256))


def test_any_number_of_notes_takes_little_memory():
    data = written(Image.new("P", (20, 20)))
    at = data.index(b",", 13)
    data = data[:at] + b"!\xfe\1a\0" * 200_000 + data[at:]
    tracemalloc.start()
    try:
        assert load_rgb(data).shape == (20, 20, 3)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("at", [6, -1], ids=["screen", "frame"])
def test_size_is_checked_first(at):
    data = bytearray(written(Image.new("P", (20, 20))))
    at = at if at > 0 else data.index(b",", 13) + 5
    data[at : at + 4] = b"\xff" * 4
    with pytest.raises(PictureError, match="pixels allowed"):
        load_rgb(bytes(data))


def test_cut_short():
    noise = np.random.default_rng(0).integers(0, 256, (40, 60), np.uint8)
    data = written(Image.fromarray(noise))
    for share in (0.3, 0.6, 0.9):
        with pytest.raises(PictureError, match="damaged"):
            load_rgb(data[: int(len(data) * share)])
