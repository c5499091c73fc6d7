"""HEIC by pi-heif, and AVIF, which shares its container."""

import io
import struct
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from asl.images import PictureError, format_of, load_rgb

QUADRANTS = np.repeat(
    np.repeat([[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (250, 240, 230)]], 16, 0), 24, 1
)


def reason(data):
    with pytest.raises(PictureError) as caught:
        load_rgb(data)
    return caught.value.reason


def avif(picture, **options):
    file = io.BytesIO()
    options = {"quality": 100, "subsampling": "4:4:4"} | options
    picture.save(file, "AVIF", **options)
    return file.getvalue()


def announcing(data, *size):
    """The file with another size in every box that tells one."""
    parts = data.split(b"ispe")
    return b"ispe".join(
        [parts[0], *(p[:4] + struct.pack(">II", *size) + p[12:] for p in parts[1:])]
    )


@pytest.mark.parametrize("name", ["plain", "turned"])
def test_heic_is_upright(heic, name):
    rgb = load_rgb(heic[name])
    assert rgb.shape == (32, 48, 3) and rgb.flags.writeable
    assert np.abs(rgb.astype(int) - QUADRANTS).max() <= 6


def test_only_the_container_says_how_heic_is_turned(heic):
    # Without its box, the Exif orientation alone must not turn the picture (ISO 23008-12, 6.5.10).
    assert load_rgb(heic["turned"].replace(b"irot", b"free")).shape == (48, 32, 3)


def test_transparent_heic_is_laid_over_grey(heic):
    rgb = load_rgb(heic["clear"])
    assert np.abs(rgb[:, :7].astype(int) - (255, 0, 0)).max() <= 3
    assert (rgb[:, 9:] == 128).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_is_turned_once(as_stored, orientation):
    stored = as_stored(orientation, QUADRANTS.astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    rgb = load_rgb(avif(Image.fromarray(stored), exif=exif))
    assert rgb.shape == (32, 48, 3)
    assert np.abs(rgb.astype(int) - QUADRANTS).max() <= 4


def test_animated_avif_gives_its_first_frame():
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    rgb = load_rgb(avif(frames[0], save_all=True, append_images=frames[1:]))
    assert np.abs(rgb.astype(int) - (255, 0, 0)).max() <= 4


@pytest.mark.parametrize(
    ("brands", "expected"),
    [
        pytest.param([b"heic", b"mif1"], "HEIF", id="iPhone"),
        pytest.param([b"heix", b"mif1", b"miaf"], "HEIF", id="ten bits"),
        pytest.param([b"mif1", b"heic"], "HEIF", id="shared brand, then HEVC"),
        pytest.param([b"mif1", b"miaf", b"avif"], "AVIF", id="shared brand, then AV1"),
        pytest.param([b"mif1"], "HEIF", id="shared brand alone"),
        pytest.param([b"avif", b"mif1", b"miaf"], "AVIF", id="AVIF"),
        pytest.param([b"avis", b"msf1"], "AVIF", id="animated AVIF"),
        pytest.param([b"isom", b"mp41"], None, id="film"),
        pytest.param([b"qt  "], None, id="QuickTime film"),
    ],
)
def test_brands_tell_formats(brands, expected):
    box = b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:])
    assert format_of(struct.pack(">I", len(box) + 4) + box + bytes(99)) == expected


def test_heic_without_pi_heif_says_what_to_do(heic, monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    assert "pip install pi-heif" in reason(heic["plain"])
    assert load_rgb(avif(Image.new("RGB", (8, 8)))).shape == (8, 8, 3)


def test_pi_heif_is_loaded_for_heic_only(heic):
    script = """if True:
        import sys
        from PIL import Image
        from asl.images import load_rgb
        load_rgb(bytes.fromhex(sys.argv[1]))
        assert "pi_heif" not in sys.modules
        load_rgb(bytes.fromhex(sys.argv[2]))
        assert "pi_heif" in sys.modules and "HEIF" not in Image.OPEN
    """
    other = avif(Image.new("RGB", (8, 8)))
    command = [sys.executable, "-c", script, other.hex(), heic["plain"].hex()]
    subprocess.run(command, check=True, timeout=60)


def test_sizes_that_are_announced_count_before_decoding(heic):
    data = avif(Image.new("RGB", (48, 32)))
    for picture in (heic["plain"], heic["turned"], data):
        assert "pixels allowed" in reason(announcing(picture, 60_000, 60_000))
    # What is cut away after decoding takes memory as well: here 64 pixels are stored, 48 shown.
    assert b"clap" in heic["plain"]
    assert "pixels allowed" in reason(announcing(heic["plain"], 9_000, 9_000))


def test_more_pixels_than_announced_are_not_decoded(heic):
    assert "damaged" in reason(announcing(heic["plain"], 16, 16))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.95])
def test_heic_and_avif_cut_short_are_refused(heic, share):
    noise = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)
    for data in (heic["plain"], avif(Image.fromarray(noise))):
        assert "damaged" in reason(data[: int(len(data) * share)])
