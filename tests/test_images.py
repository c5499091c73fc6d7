"""Every way in which a picture can arrive, against colours written down by hand."""

import io
import os
import struct
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from asl.codecs.limits import MAX_PIXELS
from asl.images import FORMATS, FORMATS_IN_WORDS, SUFFIXES, PictureError, load_rgb

BLOCK = (16, 24)

RED, GREEN, BLUE, PALE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 240, 230)
GREY = (128, 128, 128)

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

# name: (format, mode, stored colours, expected colours, tolerance), quadrants in reading order.
MODES = {
    "RGB JPEG": ("JPEG", "RGB", [RED, GREEN, BLUE, PALE], [RED, GREEN, BLUE, PALE], 3),
    "grey JPEG": ("JPEG", "L", [0, 80, 160, 255], [(v,) * 3 for v in (0, 80, 160, 255)], 1),
    "CMYK JPEG": (
        "JPEG",
        "CMYK",
        [(0, 255, 255, 0), (255, 0, 255, 0), (0, 0, 0, 255), (0, 0, 0, 0)],
        [RED, GREEN, (0, 0, 0), (255, 255, 255)],
        3,
    ),
    "RGB PNG": ("PNG", "RGB", [RED, GREEN, BLUE, PALE], [RED, GREEN, BLUE, PALE], 0),
    "RGBA PNG": (
        "PNG",
        "RGBA",
        [(*RED, 255), (*GREEN, 128), (*BLUE, 0), (*PALE, 255)],
        [RED, (64, 192, 64), GREY, PALE],
        0,
    ),
    "grey PNG": ("PNG", "L", [0, 80, 160, 255], [(v,) * 3 for v in (0, 80, 160, 255)], 0),
    "grey and alpha PNG": (
        "PNG",
        "LA",
        [(0, 255), (255, 128), (80, 0), (160, 255)],
        [(0, 0, 0), (192, 192, 192), GREY, (160, 160, 160)],
        0,
    ),
    "palette PNG": ("PNG", "P", [0, 1, 2, 3], [RED, GREEN, BLUE, PALE], 0),
    "palette PNG with alpha": ("PNG", "P+alpha", [0, 1, 2, 3], [RED, (64, 192, 64), GREY, PALE], 0),
    "1-bit PNG": ("PNG", "1", [0, 255, 255, 255], [(0,) * 3] + [(255,) * 3] * 3, 0),
    "16-bit grey PNG": (
        "PNG",
        "I;16",
        [0, 257 * 100, 257 * 200 + 100, 65535],
        [(v,) * 3 for v in (0, 100, 200, 255)],
        0,
    ),
    "RGB WebP": ("WEBP", "RGB", [RED, GREEN, BLUE, PALE], [RED, GREEN, BLUE, PALE], 0),
    "RGBA WebP": (
        "WEBP",
        "RGBA",
        [(*RED, 255), (*GREEN, 128), (*BLUE, 0), (*PALE, 255)],
        [RED, (64, 192, 64), GREY, PALE],
        0,
    ),
}


def quadrants(colours, dtype=np.uint8):
    """Picture of 2 x 2 blocks, wider than high, so that no turn of it looks like another."""
    grid = np.array(colours, dtype).reshape(2, 2, -1)
    return np.repeat(np.repeat(grid, BLOCK[0], axis=0), BLOCK[1], axis=1)


def to_image(mode, raster):
    if mode in ("L", "I;16", "1", "P", "P+alpha"):
        raster = raster[..., 0]
    picture = Image.fromarray(np.ascontiguousarray(raster), mode="CMYK" if mode == "CMYK" else None)
    if mode == "1":
        return picture.convert("1")
    if mode.startswith("P"):
        picture.putpalette(sum([RED, GREEN, BLUE, PALE], ()))
        if mode == "P+alpha":
            picture.info["transparency"] = bytes([255, 128, 0, 255])
    return picture


def encode(picture, format="PNG", **options):
    options = {
        "JPEG": {"quality": 100, "subsampling": 0},
        "WEBP": {"lossless": True, "exact": True},
    }.get(format, {}) | options
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def exif(orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    return block


def photo(size=(640, 480), seed=0):
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (size[1] // 16, size[0] // 16, 3), np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC)


def reason(source, **kwargs):
    with pytest.raises(PictureError) as caught:
        load_rgb(source, **kwargs)
    return caught.value.reason


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("case", MODES)
def test_orientation_and_mode_golden_table(as_stored, case, orientation):
    format, mode, stored, expected, tolerance = MODES[case]
    raster = as_stored(orientation, quadrants(stored, np.uint16 if mode == "I;16" else np.uint8))

    rgb = load_rgb(encode(to_image(mode, raster), format, exif=exif(orientation)))

    assert rgb.dtype == np.uint8
    assert rgb.shape == (2 * BLOCK[0], 2 * BLOCK[1], 3)
    assert np.abs(rgb.astype(int) - quadrants(expected)).max() <= tolerance


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_bmp(mode):
    as_png = {"1": "1-bit PNG", "L": "grey PNG", "P": "palette PNG", "RGB": "RGB PNG"}
    _, _, stored, expected, _ = MODES[as_png[mode]]
    rgb = load_rgb(encode(to_image(mode, quadrants(stored)), "BMP"))
    np.testing.assert_array_equal(rgb, quadrants(expected))


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(width, height, depth, colour, rows, extra=b""):
    """A PNG written by hand, for what Pillow cannot write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("colour", "values", "expected"),
    [
        pytest.param(2, (65535, 257 * 100, 0), (255, 100, 0), id="RGB"),
        pytest.param(4, (65535, 0x8080), (192, 192, 192), id="grey and alpha"),
        pytest.param(6, (65535, 0, 0, 65535), (255, 0, 0), id="RGBA"),
    ],
)
def test_16_bit_colour_png_is_scaled_not_clipped(colour, values, expected):
    rows = b"\0" + struct.pack(f">{len(values)}H", *values)
    np.testing.assert_array_equal(load_rgb(png(1, 1, 16, colour, rows))[0, 0], expected)


def test_16_bit_grey_named_as_transparent_becomes_background():
    extra = chunk(b"tRNS", struct.pack(">H", 1000))
    rgb = load_rgb(png(2, 1, 16, 0, b"\0" + struct.pack(">HH", 1000, 65535), extra))
    assert rgb.tolist() == [[[128] * 3, [255] * 3]]


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_animation_gives_its_first_frame(format):
    frames = [Image.new("RGB", (20, 10), colour) for colour in (RED, BLUE)]
    data = encode(frames[0], format, save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(load_rgb(data), np.full((10, 20, 3), RED))


def swapped_profile():
    """sRGB with red and green swapped: no picture can pass through it unnoticed."""
    profile = bytearray(SRGB)
    for at in range(132, 132 + 12 * struct.unpack_from(">I", profile, 128)[0], 12):
        tag = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(tag, tag)
    return bytes(profile)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colour_profile_is_applied(mode):
    picture = Image.new("RGB", (8, 8), RED).convert(mode)
    rgb = load_rgb(encode(picture, icc_profile=swapped_profile()))
    assert np.abs(rgb.astype(int) - GREEN).max() <= 2


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(SRGB, id="sRGB"),
        pytest.param(b"not a profile", id="broken"),
        pytest.param(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), id="Lab"),
    ],
)
def test_pixels_stay_exact_where_a_profile_changes_nothing(profile):
    picture = photo((64, 48))
    np.testing.assert_array_equal(load_rgb(encode(picture, icc_profile=profile)), picture)


def test_colour_profile_of_another_mode_is_ignored():
    picture = Image.new("L", (8, 8), 100)
    rgb = load_rgb(encode(picture, icc_profile=swapped_profile()))
    np.testing.assert_array_equal(rgb, np.full((8, 8, 3), 100))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_is_ignored():
    picture = photo((64, 48))
    data = encode(picture, "WEBP", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff garbage")
    np.testing.assert_array_equal(load_rgb(data), picture)


@pytest.mark.parametrize("kind", ["str", "Path", "bytes", "file", "stream"])
def test_every_kind_of_source(tmp_path, kind):
    picture = photo((64, 48))
    data = encode(picture)
    path = tmp_path / "hand.txt"
    path.write_bytes(data)
    file = io.BytesIO(data)
    file.seek(0, io.SEEK_END)
    stream = io.BytesIO(data)
    stream.seekable = lambda: False
    sources = {"str": str(path), "Path": path, "bytes": data, "file": file, "stream": stream}

    rgb = load_rgb(sources[kind])

    np.testing.assert_array_equal(rgb, picture)
    assert rgb.flags.writeable and rgb.flags.c_contiguous


@pytest.mark.parametrize("source", [None, 7, np.zeros((4, 4, 3), np.uint8)])
def test_something_else_than_a_picture_source(source):
    with pytest.raises(TypeError, match="source: expected a path"):
        load_rgb(source)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"8BPS\0\1" + bytes(200), FORMATS_IN_WORDS, id="PSD"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a JPEG", id="SVG"),
        pytest.param(b"GIF89a" + bytes(200), "not a JPEG", id="GIF"),
        pytest.param("Grüße\n".encode() * 50, "not a JPEG", id="text"),
        pytest.param(b"\xff\xd8\xff\xe0", "not a JPEG|damaged", id="start of a JPEG"),
        pytest.param(b"RIFF\x10\0\0\0AVI LIST", "not a JPEG", id="film"),
        pytest.param(b"II, the second\n" * 50, "not a JPEG", id="text as a TIFF begins"),
        pytest.param(b"RIFF\x10\0\0\0WEBPVP8 ", "not a JPEG|damaged", id="start of a WebP"),
    ],
)
def test_file_that_is_no_picture(tmp_path, content, words):
    path = tmp_path / "hand.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=words) as caught:
        load_rgb(path)
    assert caught.value.name == "hand.jpg"
    assert str(caught.value) == f"hand.jpg: {caught.value.reason}"


def test_path_that_is_no_file(tmp_path):
    assert "no such file" in reason(tmp_path / "none.png")
    assert "no such file" in reason(tmp_path / "x\0y")
    assert "no such file" in reason("x" * 5000)
    assert "folder" in reason(tmp_path)
    assert "folder" in reason("")


@pytest.mark.timeout(10)
def test_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert "not an ordinary file" in reason(tmp_path / "pipe.png")


def test_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "private.png").write_bytes(b"x")
    monkeypatch.setattr("asl.files.open_file", refuse)
    assert "may not be read" in reason(tmp_path / "private.png")


@pytest.mark.parametrize("format", ["PPM", "ICO", "PDF", "ICNS", "JPEG2000", "TGA"])
def test_sound_pictures_of_other_formats_are_refused(format):
    file = io.BytesIO()
    photo((32, 32)).save(file, format)
    assert f"not a {FORMATS_IN_WORDS}" in reason(file)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_truncated_picture_is_refused(format, share):
    data = encode(photo((160, 96)), format)
    assert "damaged or incomplete" in reason(data[: int(len(data) * share)])


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(b"", id="no palette"),
        pytest.param(chunk(b"PLTE", bytes(12)) + chunk(b"tRNS", bytes(300)), id="too much alpha"),
    ],
)
def test_palette_that_cannot_be_is_refused(chunks):
    assert "damaged" in reason(png(4, 1, 8, 3, b"\0\0\1\2\3", chunks))


def test_given_name_stands_in_the_error(tmp_path):
    file = io.BytesIO(b"x")
    file.name = "folder/upload.png"
    with pytest.raises(PictureError, match=r"^picture: "):
        load_rgb(b"x")
    with pytest.raises(PictureError, match=r"^upload\.png: "):
        load_rgb(file)
    with pytest.raises(PictureError, match=r"^third in the zip: "):
        load_rgb(file, name="third in the zip")


@pytest.mark.parametrize("side", [7_100, 10_000, 20_000])
def test_too_many_pixels(side):
    rows = b"\0" * (side // 8 + 1) * side
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        assert "pixels allowed" in reason(png(side, side, 1, 0, rows))
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        assert "pixels allowed" in reason(png(side, side, 1, 0, rows))


def test_the_readme_names_the_formats():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    assert FORMATS_IN_WORDS in readme


def test_formats_are_named_and_have_their_endings():
    named = FORMATS_IN_WORDS.upper().replace(" OR ", ", ").split(", ")
    assert set(named) == {*FORMATS, "HEIC"}
    endings = {
        ending
        for ending, format in Image.registered_extensions().items()
        if format in FORMATS and ending in SUFFIXES
    }
    assert SUFFIXES - endings == {".heic", ".heif"}


def test_cap_is_lower_than_where_pillow_only_warns():
    assert MAX_PIXELS <= Image.MAX_IMAGE_PIXELS


@settings(deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "BMP"]), st.data())
def test_damaged_bytes_give_a_picture_or_a_plain_error(format, data):
    encoded = bytearray(encode(photo((32, 32)), format))
    for at in data.draw(st.lists(st.integers(0, len(encoded) - 1), min_size=1, max_size=8)):
        encoded[at] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            rgb = load_rgb(bytes(encoded))
        except PictureError:
            return
    assert rgb.dtype == np.uint8 and rgb.shape[2] == 3


@pytest.mark.parametrize("profile", [None, SRGB], ids=["plain", "sRGB profile"])
def test_jpeg_is_exact_and_costs_little_more_than_its_decoding(profile):
    data = encode(photo(), "JPEG", quality=90, icc_profile=profile)

    def seconds(decode):
        start = time.thread_time()
        decode()
        return time.thread_time() - start

    def bare():
        return np.array(Image.open(io.BytesIO(data)))

    np.testing.assert_array_equal(load_rgb(data), bare())
    # Side by side, since how fast decoding is depends on what else the machine does.
    ours, least = zip(
        *((seconds(lambda: load_rgb(data)), seconds(bare)) for _ in range(20)), strict=True
    )
    assert min(ours) < 1.7 * min(least)
