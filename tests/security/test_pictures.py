"""Pictures of every format with bytes turned at random: a picture or a plain refusal, soon."""

import io
import json
import os
import random
import re
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asl.images import PictureError, load_rgb

ROOT = Path(__file__).parents[2]
FORMATS = (
    "JPEG",
    "JPEG, progressive",
    "PNG",
    "WEBP",
    "BMP",
    "GIF",
    "TIFF",
    "TIFF, packed",
    "AVIF",
    "HEIC",
)
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
        options |= {"progressive": True} if "progressive" in format else {}
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


def picture_file(size, format, mode="L", **options):
    file = io.BytesIO()
    Image.new(mode, size, 90).save(file, format, **options)
    return file.getvalue()


def with_scans(size, count):
    """A progressive JPEG whose last scan, which refines nothing, comes again and again."""
    data = picture_file(size, "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:at] + (count - data.count(b"\xff\xda") + 1) * data[at:-2] + data[-2:]


def segments(mark, *contents):
    return b"".join(struct.pack(">BBH", 0xFF, mark, len(c) + 2) + c for c in contents)


def with_segments(*added, size=(64, 48)):
    data = picture_file(size, "JPEG")
    return data[:2] + b"".join(added) + data[2:]


def greedy_exif(length, fields):
    """An EXIF block whose fields all mean the whole of it."""
    entries = b"".join(struct.pack(">HHII", 1 + n, 7, length - 100, 8) for n in range(fields))
    return (b"MM\0*\0\0\0\x08" + struct.pack(">H", fields) + entries).ljust(length, b"\0")


def png_with(*chunks):
    data = picture_file((64, 48), "PNG")
    made = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    ]
    return data[:33] + b"".join(made) + data[33:]


def packed_bmp(side):
    """A BMP that packs every pixel as a run of one."""
    runs = b"\x01\x07" * side * side
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1078 + len(runs), 0, 0, 1078) + header + bytes(1024) + runs


def greedy_tiff():
    length = 2 << 20
    entries = b"".join(struct.pack("<HHII", 40000 + n, 7, length - 100, 8) for n in range(900))
    return (b"II*\0\x08\0\0\0" + struct.pack("<H", 900) + entries).ljust(length, b"\0")


def lying(data, width, height):
    """The same AVIF or HEIC, announcing another size."""
    return re.sub(rb"ispe.{12}", b"ispe\0\0\0\0" + struct.pack(">II", width, height), data)


def zoo(heic):
    exif = b"Exif\0\0" + greedy_exif(65_000, 5_000)
    avif = picture_file((64, 48), "AVIF", "RGB")
    big = picture_file((2_000, 2_000), "AVIF", "RGB", speed=10)
    return {
        "1x65500.jpg": picture_file((1, 65_500), "JPEG"),
        "1x16000.jpg": picture_file((1, 16_000), "JPEG"),
        "16000x1.jpg": picture_file((16_000, 1), "JPEG"),
        "60000x1.png": picture_file((60_000, 1), "PNG", "1"),
        "1x60000.gif": picture_file((1, 60_000), "GIF"),
        "16383x1900.png": picture_file((16_383, 1_900), "PNG"),
        "1900x16383.png": picture_file((1_900, 16_383), "PNG"),
        "16383x3000.jpg": picture_file((16_383, 3_000), "JPEG", "RGB"),
        "16383x3000.webp": picture_file((16_383, 3_000), "WEBP", "RGB", method=0),
        "scans-200.jpg": with_scans((1_000, 800), 200),
        "scans-90-large.jpg": with_scans((4_000, 3_000), 90),
        "scans-200-large.jpg": with_scans((6_944, 6_040), 200),
        "scans-2000-tiny.jpg": with_scans((64, 48), 2_000),
        "scans-2000-cut.jpg": with_scans((1_000, 800), 2_000)[:-2],
        "scans-10-large.jpg": with_scans((5_600, 5_600), 10),
        "exif.jpg": with_segments(*[segments(0xE1, exif)] * 16),
        "exif.png": png_with((b"eXIf", greedy_exif(1_000_000, 65_000))),
        "exif-text.png": png_with(
            (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(
                b"\nexif\n  1000000\n" + greedy_exif(500_000, 40_000).hex().encode()))
        ),
        "exif.webp": picture_file((64, 48), "WEBP", "RGB", exif=greedy_exif(1_000_000, 65_000)),
        "exif.avif": picture_file((64, 48), "AVIF", "RGB", exif=greedy_exif(1_000_000, 65_000)),
        "profile.jpg": with_segments(
            *[segments(0xE2, b"ICC_PROFILE\0\1\1" + bytes(65_000)) for _ in range(160)]
        ),
        "comments.jpg": with_segments(segments(0xFE, *[b""] * 1_000_000)),
        "comment.jpg": with_segments(*[segments(0xFE, bytes(65_000))] * 200),
        "chunks.png": png_with(*[(b"prVt", b"")] * 500_000),
        "notes.gif": picture_file((64, 48), "GIF")[:-1].replace(
            b",\0\0\0\0@", b"!\xfe" + b"\1a" * 8_000_000 + b"\0,\0\0\0\0@", 1
        ),
        "runs.bmp": packed_bmp(3_000),
        "fields.tif": greedy_tiff(),
        "small-is-large.avif": lying(avif, 60_000, 60_000),
        "large-is-small.avif": lying(big, 64, 48),
        "small-is-large.heic": lying(heic["plain"], 16_000, 16_000),
        "large-is-small.heic": lying(heic["plain"], 8, 8),
    }  # fmt: skip


# All of what a picture meets: decoding as on the pages and in this process, and the model's look.
_LOOK = """
import json, resource, sys, time, warnings
from pathlib import Path
warnings.simplefilter("ignore")
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
from asl.bundle import ModelBundle
from asl.decoding import decode
from asl.images import PictureError, load_rgb
from asl.inference.pictures.predictor import Predictor
from asl.ui.shared.hand_drawing import picture_with_hand
predictor = Predictor(ModelBundle.read(Path(sys.argv[1])))
for path in sorted(Path(sys.argv[2]).iterdir()):
    for read in (load_rgb, decode):
        began, said = time.process_time(), ""
        try:
            rgb = read(path)
            decoded = time.process_time()
            hand = predictor.predict(rgb).hand
            picture_with_hand(rgb, hand)
            rgb = None
        except PictureError as error:
            decoded, said = time.process_time(), error.reason
        print(json.dumps([path.name, read.__name__, said, decoded - began,
            time.process_time() - decoded]), flush=True)
# Not the figure of getrusage, which knows of the process before this program was loaded, too.
[most] = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(1024 * int(most.split()[1]))
"""


@pytest.mark.filterwarnings("ignore")
def test_thin_many_scanned_and_talkative_pictures_end_soon_in_little_memory(
    heic, tiny_bundle, tmp_path
):
    folder = tmp_path / "zoo"
    folder.mkdir()
    for name, data in zoo(heic).items():
        (folder / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, str(tiny_bundle().folder), str(folder)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *lines, memory = map(json.loads, done.stdout.splitlines())
    assert len(lines) == 2 * len(zoo(heic))
    # In seconds of processor time, so that a busy computer does not count.
    slow = [line for line in lines if line[3] > 3 or line[4] > 3]
    assert not slow
    assert memory < 1_000_000_000
    refused = {line[0] for line in lines if line[2]}
    assert {"1x65500.jpg", "60000x1.png", "scans-200-large.jpg", "comments.jpg"} <= refused
    # What is too much beside a sound picture is skipped, as far as it can be.
    shown = {line[0] for line in lines} - refused
    assert {"1x16000.jpg", "exif.jpg", "exif.png", "comment.jpg", "profile.jpg"} <= shown
