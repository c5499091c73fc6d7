"""TIFF: the kinds that programs write, and fields that none would."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from asl.images import PictureError, load_rgb

RED, GREEN, BLUE, PALE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 240, 230)
QUADRANTS = np.repeat(np.repeat(np.uint8([[RED, GREEN], [BLUE, PALE]]), 16, 0), 24, 1)
GREYS = np.repeat(np.repeat(np.uint8([[0, 80], [160, 255]]), 16, 0), 24, 1)


def written(picture, **options):
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(np.ascontiguousarray(picture))
    file = io.BytesIO()
    picture.save(file, "TIFF", **options)
    return file.getvalue()


def reason(data):
    with pytest.raises(PictureError) as caught:
        load_rgb(data)
    return caught.value.reason


def by_hand(*fields, data=b"", order="<"):
    """A TIFF of 16 x 16 grey pixels in one strip, and fields: (tag, type, value or many)."""
    usual = {256: (4, 16), 257: (4, 16), 258: (3, 8), 259: (3, 1), 262: (3, 1), 273: (4, 8)}
    usual |= {277: (3, 1), 278: (4, 16), 279: (4, 256)}
    usual |= {tag: rest for tag, *rest in fields}
    start = 8 + len(data)
    body = start + 2 + 12 * len(usual) + 4
    mark = b"II*\0" if order == "<" else b"MM\0*"
    head = mark + struct.pack(order + "I", start) + data + struct.pack(order + "H", len(usual))
    extra = b""
    for tag, (kind, value) in sorted(usual.items()):
        head += struct.pack(order + "HH", tag, kind)
        if isinstance(value, bytes):
            width = {1: 1, 3: 2, 4: 4, 5: 8}[kind]
            head += struct.pack(order + "II", len(value) // width, body + len(extra))
            extra += value
        else:
            head += struct.pack(order + ("IH2x" if kind == 3 else "II"), 1, value)
    return head + bytes(4) + extra


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_turned_once(as_stored, compression, orientation):
    stored = as_stored(orientation, QUADRANTS)
    data = written(stored, compression=compression, tiffinfo={0x0112: orientation})
    np.testing.assert_array_equal(load_rgb(data), QUADRANTS)


def test_compressed_as_jpeg():
    rgb = load_rgb(written(QUADRANTS, compression="jpeg", quality=100))
    assert np.abs(rgb[::8, ::8].astype(int) - QUADRANTS[::8, ::8]).max() <= 4


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bit_grey_in_both_byte_orders(order, compression):
    values = (GREYS.astype(np.uint16) * 257).astype(order + "u2")
    if order == "<":
        data = written(values, compression=compression)
    else:
        fields = [(256, 4, 48), (257, 4, 32), (258, 3, 16), (278, 4, 32), (279, 4, values.nbytes)]
        data = by_hand(*fields, data=values.tobytes(), order=">")
    np.testing.assert_array_equal(load_rgb(data), np.stack([GREYS] * 3, -1))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"])
def test_modes(mode):
    colours = np.uint8([[(0, 0, 0), (255, 255, 255)], [(255, 255, 255), (0, 0, 0)]])
    colours = np.repeat(np.repeat(colours, 16, 0), 24, 1)
    picture = Image.fromarray(colours)
    if mode == "LAB":
        light = Image.fromarray(colours[..., 0])
        neutral = Image.new("L", light.size, 128)
        picture = Image.merge("LAB", (light, neutral, neutral))
    rgb = load_rgb(written(picture if mode == "LAB" else picture.convert(mode)))
    assert np.abs(rgb.astype(int) - colours).max() <= 2


def test_lab_has_its_colours():
    # sRGB red is L 53.2, a 80.1, b 67.2 (D65; by adaptation to D50 54.3, 80.8, 69.9).
    channels = [Image.new("L", (8, 8), value) for value in (round(54.3 * 2.55), 128 + 81, 128 + 70)]
    rgb = load_rgb(written(Image.merge("LAB", channels)))
    assert np.abs(rgb.astype(int) - RED).max() <= 8


def test_transparency_is_laid_over_grey():
    picture = Image.new("RGBA", (8, 8), (255, 0, 0, 255))
    picture.putpixel((0, 0), (0, 0, 0, 0))
    rgb = load_rgb(written(picture))
    assert rgb[0, 0].tolist() == [128] * 3 and rgb[1, 1].tolist() == [255, 0, 0]


def test_first_page():
    pages = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    data = written(pages[0], save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(load_rgb(data), np.full((10, 20, 3), RED))


def test_large_tiff():
    np.testing.assert_array_equal(load_rgb(written(QUADRANTS, big_tiff=True)), QUADRANTS)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(written(np.zeros((8, 8), np.float32)), id="floats"),
        pytest.param(written(np.zeros((8, 8), np.int32)), id="32-bit integers"),
        pytest.param(by_hand((258, 3, 16), (262, 3, 0), data=bytes(512)), id="16 bits, white is 0"),
        pytest.param(by_hand((258, 3, 12), data=bytes(384)), id="12 bits"),
        pytest.param(by_hand((258, 3, 24), data=bytes(999)), id="24 bits"),
        *(
            pytest.param(by_hand((259, 3, number), data=bytes(256)), id=name)
            for name, number in {"old JPEG": 6, "LZMA": 34925, "Zstandard": 50000}.items()
        ),
    ],
)
def test_unusual_kinds_are_refused_in_plain_words(data):
    assert reason(data) == "this kind of TIFF cannot be read; save the picture as JPEG or PNG"


@pytest.mark.parametrize("compression", [1, 5, 8, 32773])
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([(256, 4, 60_000), (257, 4, 60_000), (278, 4, 60_000)], id="picture"),
        pytest.param([(322, 4, 30_000), (323, 4, 30_000), (324, 4, 8), (325, 4, 256)], id="tile"),
    ],
)
def test_sizes_are_checked_before_room_is_made(fields, compression):
    data = by_hand((259, 3, compression), *fields, data=bytes(256))
    assert "pixels allowed" in reason(data)


def test_strips_without_end_are_refused():
    assert "damaged" in reason(by_hand((273, 4, bytes(4 << 20)), data=bytes(256)))


def test_pages_whose_data_all_lie_in_one_place_are_refused():
    data = bytearray(by_hand(data=bytes(256)))
    struct.pack_into("<H", data, 8 + 256, 60_000)
    assert "damaged" in reason(bytes(data))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate"])
def test_cut_short(compression):
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    data = written(noise, compression=compression)
    for share in (0.01, 0.3, 0.6, 0.9):
        assert "damaged" in reason(data[: int(len(data) * share)])
