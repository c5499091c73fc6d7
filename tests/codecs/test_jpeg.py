"""JPEG files that lack their end."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from asl.images import PictureError, load_rgb

KINDS = {
    "plain": {},
    "fine": {"quality": 95, "subsampling": 0},
    "coarse": {"quality": 30, "optimize": True},
    "progressive": {"progressive": True},
    "restarts by row": {"restart_marker_rows": 1},
    "restarts by block": {"restart_marker_blocks": 3},
    "progressive with restarts": {"progressive": True, "restart_marker_rows": 1},
}
MODES = ("RGB", "L", "CMYK")


def hand(seed=0):
    """A patch of noise on black, as a hand that was cut out."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (14, 10, 3), np.uint8))
    picture = Image.new("RGB", (320, 240))
    picture.paste(coarse.resize((160, 220), Image.Resampling.BICUBIC), (80, 20))
    return picture


def written(kind, mode="RGB", picture=None):
    file = io.BytesIO()
    (picture or hand()).convert(mode).save(file, "JPEG", **KINDS[kind])
    return file.getvalue()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_mark_at_the_end_may_be_missing(kind, mode):
    data = written(kind, mode)
    for missing in (1, 2):
        np.testing.assert_array_equal(load_rgb(data[:-missing]), load_rgb(data))


@pytest.mark.parametrize("missing", [3, 4, 6])
@pytest.mark.parametrize("kind", ["plain", "fine", "restarts by row"])
def test_a_few_bytes_may_be_missing_as_well(kind, missing):
    data = written(kind)
    whole, rgb = load_rgb(data), load_rgb(data[:-missing])
    wrong = (whole != rgb).any(axis=-1)
    assert wrong.mean() < 0.02 and not wrong[:-16].any()


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.9])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_cut_in_the_middle_is_damaged(kind, mode, share):
    data = written(kind, mode)
    with pytest.raises(PictureError, match="damaged"):
        load_rgb(data[: int(len(data) * share)])


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if "restarts" in kind])
def test_a_cut_where_decoding_restarts_is_damage(kind, after):
    data = written(kind)
    marks = [found.start() for found in re.finditer(rb"\xff[\xd0-\xd7]", data)]
    for at in marks[len(marks) // 4 : len(marks) // 2]:
        with pytest.raises(PictureError, match="damaged"):
            load_rgb(data[: at + after])


def test_a_cut_between_two_scans_is_damage():
    data = written("progressive")
    for found in list(re.finditer(rb"\xff\xda", data))[1:]:
        with pytest.raises(PictureError, match="damaged"):
            load_rgb(data[: found.start()])


def test_a_cut_through_flat_black_is_damage():
    picture = Image.new("RGB", (320, 240))
    picture.paste(hand().crop((80, 20, 240, 90)), (80, 10))
    data = written("plain", picture=picture)
    for end in range(len(data) - 200, len(data) - 40, 20):
        with pytest.raises(PictureError, match="damaged"):
            load_rgb(data[:end])
