"""PNG files whose pixels are sound, whatever else is not."""

import io
import random
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from asl.codecs.srgb import MAX_PROFILE
from asl.images import PictureError, load_rgb

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
LONG = random.Random(0).randbytes(1500).hex().encode() * 1000
XMP = b"XML:com.adobe.xmp\0\0\0\0\0"


def chunk(kind, data, checksum=None):
    checksum = zlib.crc32(kind + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def written(mode="RGB", **options):
    file = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(file, "PNG", **options)
    return file.getvalue()


def with_chunk(added, before=b"IDAT"):
    data = written()
    at = data.index(before) - 4
    return data[:at] + added + data[at:]


def refused(data):
    with pytest.raises(PictureError, match="damaged"):
        load_rgb(data)
    return True


HARMLESS = {
    "long compressed text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(LONG)),
    "long international text": chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(LONG)),
    "long text": chunk(b"tEXt", b"Comment\0" + LONG),
    "long XMP": chunk(b"iTXt", XMP + LONG),
    "long EXIF as text": chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(LONG)),
    "EXIF as text that is none": chunk(b"zTXt", b"Raw profile type exif\0\0xyz"),
    "EXIF as text in an unknown compression": chunk(b"zTXt", b"Raw profile type exif\0\7xyz"),
    "text in an unknown compression": chunk(b"zTXt", b"Comment\0\7xyz"),
    "text that is none": chunk(b"iTXt", b"\xff\xfe"),
    "profile in an unknown compression": chunk(b"iCCP", b"x\0\7" + b"y" * 99),
    "endless profile": chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(MAX_PROFILE + 1))),
    "empty profile": chunk(b"iCCP", b""),
    "short gamma": chunk(b"gAMA", b"\0"),
    "short resolution": chunk(b"pHYs", b"\0"),
    "animation that is none": chunk(b"acTL", b"") + chunk(b"fcTL", bytes(26)),
    "unknown extra": chunk(b"abCd", LONG),
}


@pytest.mark.parametrize("place", [b"IDAT", b"IEND"])
@pytest.mark.parametrize("case", HARMLESS)
def test_extras_cannot_spoil_a_picture(case, place):
    np.testing.assert_array_equal(load_rgb(with_chunk(HARMLESS[case], place)), PIXELS)


@pytest.mark.parametrize("kind", [b"tEXt", b"iCCP", b"gAMA", b"tRNS", b"eXIf", b"pHYs", b"abCd"])
def test_an_extra_with_a_wrong_checksum_does_not_count(kind):
    added = chunk(kind, b"x\0\0" + bytes(30), checksum=1)
    np.testing.assert_array_equal(load_rgb(with_chunk(added)), PIXELS)


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"PLTE"])
def test_a_wrong_checksum_where_it_matters_is_damage(kind):
    data = bytearray(written("P"))
    at = data.index(kind)
    (length,) = struct.unpack_from(">I", data, at - 4)
    data[at + 4 + length] ^= 1
    assert refused(bytes(data))


def test_picture_data_must_be_whole():
    data = written()
    for end in (data.index(b"IEND") - 5, data.index(b"IEND") - 60):
        assert refused(data[:end])
    # What only says that the file is over may be missing.
    np.testing.assert_array_equal(load_rgb(data[: data.index(b"IEND") - 4]), PIXELS)


def test_a_profile_of_more_than_a_megabyte_is_applied():
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(132, 132 + 12 * struct.unpack_from(">I", profile, 128)[0], 12):
        tag = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(tag, tag)
    profile += bytes(2 << 20)
    profile[:4] = struct.pack(">I", len(profile))
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG", icc_profile=bytes(profile))
    assert np.abs(load_rgb(file.getvalue()).astype(int) - (0, 255, 0)).max() <= 2


@pytest.mark.parametrize("where", ["eXIf", "text", "XMP"])
def test_every_way_to_say_that_a_picture_is_turned_still_counts(where):
    exif = Image.Exif()
    exif[0x0112] = 6
    block = exif.tobytes()
    added = {
        "eXIf": chunk(b"eXIf", block.removeprefix(b"Exif\0\0")),
        "text": chunk(
            b"zTXt",
            b"Raw profile type exif\0\0"
            + zlib.compress(b"\nexif\n%8d\n%s\n" % (len(block), block.hex().encode())),
        ),
        "XMP": chunk(b"iTXt", XMP + b'<x tiff:Orientation="6"/>'),
    }[where]
    np.testing.assert_array_equal(load_rgb(with_chunk(added)), np.rot90(PIXELS, -1))


def test_texts_take_neither_memory_nor_time():
    bomb = chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(bytes(1 << 25)))
    data = with_chunk(bomb * 200)
    tracemalloc.start()
    try:
        load_rgb(data)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(data) + (4 << 20)
    finally:
        tracemalloc.stop()
