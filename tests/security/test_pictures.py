"""Pictures of every format with bytes turned at random: a picture or a plain refusal, soon."""

import io
import random
import time

import numpy as np
import pytest
from PIL import Image

from asl.images import PictureError, load_rgb

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "TIFF, packed", "AVIF", "HEIC")
MUTANTS = 300


@pytest.fixture(scope="module")
def sound(heic):
    """``sound("GIF")``: a small picture of this format."""

    def make(format):
        if format == "HEIC":
            return heic["turned"]
        coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
        file = io.BytesIO()
        options = {"compression": "tiff_lzw"} if "packed" in format else {}
        Image.fromarray(coarse).resize((64, 48)).save(file, format.split(",")[0], **options)
        return file.getvalue()

    return make


def mutant(data, chance):
    """The bytes with some changed, doubled or left out; most often near the beginning."""
    mutated = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = int(len(mutated) * chance.random() ** chance.choice((1, 3)))
        match chance.randrange(4):
            case 0:
                mutated[at] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
            case 1:
                mutated[at : at + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
            case 2:
                del mutated[at : at + chance.randint(1, 8)]
            case 3:
                mutated[at:at] = mutated[at : at + chance.randint(1, 32)]
    return bytes(mutated)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", FORMATS)
def test_mutants_end_in_a_picture_or_a_plain_refusal(sound, format):
    data, chance = sound(format), random.Random(format)
    assert load_rgb(data).shape[2] == 3
    slowest = 0.0
    for _ in range(MUTANTS):
        began = time.thread_time()
        try:
            rgb = load_rgb(mutant(data, chance))
        except PictureError as error:
            assert error.reason
        else:
            assert rgb.dtype == np.uint8 and rgb.ndim == 3 and rgb.shape[2] == 3
        slowest = max(slowest, time.thread_time() - began)
    assert slowest < 3
