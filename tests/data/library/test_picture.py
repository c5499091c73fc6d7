"""Pictures are taken into a data set: decoded, rid of what they say of their owner, described."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from asl.data.library import intake
from asl.data.library.dataset import Dataset, create
from asl.data.library.picture import LONGEST_SIDE, add_picture
from asl.images import PictureError, load_rgb


def test_metadata_and_needless_pixels_go_and_others_keep_their_bytes(take, zip_of, scene):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "at home"
    large = io.BytesIO()
    Image.new("RGB", (3000, 1000), "red").save(large, "JPEG", exif=exif)
    plain = scene(1, format="JPEG")
    dataset = take(zip_of({"A/plain.jpg": plain, "B/large.jpg": large.getvalue()}))
    table = dataset.pictures()
    assert (dataset.folder / table["path"][0]).read_bytes() == plain
    kept = dataset.folder / table["path"][1]
    assert b"Exif" not in kept.read_bytes() and b"at home" not in kept.read_bytes()
    assert load_rgb(kept).shape == (LONGEST_SIDE, round(LONGEST_SIDE / 3), 3)
    assert (table["width"][1], table["height"][1]) == (round(LONGEST_SIDE / 3), LONGEST_SIDE)


@pytest.mark.parametrize("where", ["text", "comment", "webp"])
def test_words_in_a_picture_go_too(take, zip_of, scene, where):
    from PIL.PngImagePlugin import PngInfo

    file, picture = io.BytesIO(), Image.open(io.BytesIO(scene(3)))
    words = PngInfo()
    words.add_text("Author", "secret-word")
    if where == "text":
        picture.save(file, "PNG", pnginfo=words)
    elif where == "comment":
        picture.save(file, "JPEG", comment=b"secret-word")
    else:
        picture.save(file, "WEBP", xmp=b"secret-word", lossless=True)
    assert b"secret-word" in file.getvalue()
    dataset = take(zip_of({f"A/x.{where}.png": file.getvalue(), "B/y.png": scene(4)}))
    assert len(dataset.read().table) == 2
    for place in dataset.folder.rglob("*"):
        assert place.is_dir() or b"secret-word" not in place.read_bytes(), place


@pytest.mark.parametrize(
    ("name", "format", "kept"),
    [
        ("x.HEIC", "HEIC", ".jpg"),
        ("x.avif", "AVIF", ".jpg"),
        ("x.tif", "TIFF", ".png"),
        ("x.gif", "GIF", ".png"),
        ("x.jfif", "JPEG", ".jpg"),
        ("named wrongly.jpg", "PNG", ".png"),
        ("named wrongly.png", "JPEG", ".jpg"),
    ],
)
def test_what_is_kept_every_browser_shows(take, zip_of, scene, heic, name, format, kept):
    exif = Image.Exif()
    exif[0x010E] = "secret-word"
    exif.get_ifd(0x8825)[1] = "N"
    file, picture = io.BytesIO(), Image.open(io.BytesIO(scene(3)))
    if format == "HEIC":
        file.write(heic["turned"])
    else:
        words = {"comment": b"secret-word"} if format == "GIF" else {"exif": exif}
        picture.save(file, format, **words)
    assert b"secret-word" in file.getvalue()
    dataset = take(zip_of({f"A/{name}": file.getvalue(), "B/y.png": scene(4)}))
    row = dataset.pictures().iloc[0]
    path = dataset.folder / row["path"]
    assert row["original"] == f"A/{name}" and path.suffix == kept and row["found"] is not None
    assert load_rgb(path).shape[:2] == (row["height"], row["width"])
    assert np.abs(load_rgb(path).astype(int) - load_rgb(file)).mean() < 5
    with Image.open(path, formats=["PNG" if kept == ".png" else "JPEG"]) as opened:
        assert not opened.getexif()
    assert dataset.thumbnail(row["path"]).is_file()
    for place in dataset.folder.rglob("*"):
        assert place.is_dir() or b"secret-word" not in place.read_bytes(), place


def test_what_only_the_decoder_can_read_is_written_again(take, zip_of, scene):
    text = b"Comment\0\0" + zlib.compress(bytes(2 << 20))
    added = struct.pack(">I", len(text)) + b"zTXt" + text
    added += struct.pack(">I", zlib.crc32(added[4:]))
    data = scene(3)
    at = data.index(b"IDAT") - 4
    dataset = take(zip_of({"A/x.png": data[:at] + added + data[at:], "B/y.png": scene(4)}))
    kept = (dataset.folder / dataset.pictures()["path"][0]).read_bytes()
    assert b"zTXt" not in kept
    np.testing.assert_array_equal(load_rgb(kept), load_rgb(data))


def test_pictures_are_added_sign_by_sign_and_then_looked_at(intake_here, scene):
    dataset = create("mine", "camera").save()
    for seed, sign in enumerate(["a", "b", "A"]):
        add_picture(dataset, scene(seed, format="JPEG"), sign, "anna" if seed else None)
    table = dataset.pictures()
    assert table["label"].tolist() == ["A", "B", "A"]
    assert table["person"].isna().tolist() == [True, False, False]
    assert table["found"].isna().all() and not table["checked"].any()
    intake.check_again(Dataset.open(dataset.folder))
    assert dataset.pictures()["found"].all() and dataset.pictures()["checked"].all()
    assert Dataset.open(dataset.folder).people_from == "table"


def test_a_picture_is_added_beside_those_that_are_there(take, zip_of, scene):
    dataset = take(zip_of({"A/1.jpg": b"no picture", "A/2.jpg": scene(1, format="JPEG")}))
    before = {file: file.read_bytes() for file in (dataset.folder / "pictures").iterdir()}
    add_picture(dataset, scene(2, format="JPEG"), "A", None)
    assert before.items() <= {f: f.read_bytes() for f in before}.items()
    assert dataset.pictures()["path"].is_unique


def test_what_is_no_picture_is_not_added(intake_here):
    dataset = create("mine", "camera").save()
    with pytest.raises(PictureError):
        add_picture(dataset, b"no picture", "A", None)
    assert dataset.pictures().empty and not list((dataset.folder / "pictures").iterdir())
