"""Take one picture into a data set: decode it, strip what it says of its owner, and describe it."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from asl.codecs import jpeg, tiff
from asl.codecs.srgb import MAX_PROFILE
from asl.data.library.dataset import Dataset
from asl.data.library.intake import limits_now
from asl.data.library.naming import person_name, spelt_as
from asl.data.library.table import COLUMNS, PICTURES, THUMBS
from asl.data.pictures.duplicates import perceptual_hash
from asl.decoding import decode
from asl.images import START_LENGTH, PictureError, format_of
from asl.labels import class_label
from asl.quota import counting, require_room

#: Longest side kept, in pixels: hands are searched for at 640, and cut out smaller still.
LONGEST_SIDE = 1600
THUMB_SIDE = 160

# What is kept as it came, and its ending. Not every browser shows the other formats.
_KEPT = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "BMP": ".bmp"}
# Photos, in which JPEG loses nothing more that can be seen.
_LOSSY = ("JPEG", "HEIF", "AVIF")

# Marks of a JPEG's segments that say nothing but how to decode it.
_HARMLESS_SEGMENTS = {"APP0", "APP14"}
_PRIVATE_INFO = {"exif", "xmp", "XML:com.adobe.xmp", "comment", "photoshop", "mp"}


def ingest_picture(path: str) -> dict[str, object]:
    """Decode one picture of a data set, write its thumbnail, and return what the table says of it.

    A picture with metadata, of a format that not every browser shows, or far larger than needed
    is written again as JPEG or PNG. The ending of the file that is kept is that of its content.
    The result has `state` "unreadable" and a `reason` if it cannot be decoded.
    """
    file = Path(path)
    row = dict.fromkeys(COLUMNS) | {"path": f"{PICTURES}/{file.name}", "state": "used"}
    row |= {"reason": "", "original": "", "label": "", "checked": False}
    with file.open("rb") as opened:
        # Of an unknown one, decoding says so.
        format = format_of(opened.read(START_LENGTH)) or ""
    try:
        rgb = decode(file)
    except PictureError as error:
        file.unlink()
        return row | {"state": "unreadable", "reason": error.reason}
    picture = Image.fromarray(rgb)
    unfit = max(picture.size) > LONGEST_SIDE or format not in _KEPT
    if unfit or _says_more_than_pixels(file, format):
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=3)
        format = "JPEG" if format in _LOSSY else "PNG"
        picture.save(file, format, **({"quality": 95} if format == "JPEG" else {}))
        rgb = np.asarray(picture)
    file = file.rename(file.with_suffix(_KEPT[format]))
    thumb = file.parents[1] / THUMBS / f"{file.stem}.jpg"
    small = picture.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    small.save(thumb, "JPEG", quality=80)
    return row | {
        "path": f"{PICTURES}/{file.name}",
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "content": hashlib.sha256(file.read_bytes()).hexdigest(),
        "hash": perceptual_hash(rgb).tobytes().hex(),
    }


def add_picture(dataset: Dataset, content: bytes, label: str, person: str | None) -> None:
    """Put one picture, as from the camera, into a data set.

    Raises:
        PictureError: it cannot be read.
        QuotaError, ValueError: there is no room for it, or class or person have no usable name.
    """
    label, person = class_label(label), person_name(person)
    with counting():
        require_room(len(content), "the picture")
        limits_now()
        numbers = (int(file.stem) for file in (dataset.folder / PICTURES).iterdir())
        # Not their count: the numbers of unreadable pictures are missing.
        number = 1 + max(numbers, default=-1)
        file = dataset.folder / PICTURES / f"{number:06d}.jpg"
        decode(content)
        file.write_bytes(content)
        row = ingest_picture(str(file))
        add_recorded(dataset, row | {"original": f"{label}/camera {number + 1}.jpg"}, label, person)


def add_recorded(
    dataset: Dataset, row: dict[str, Any], label: str, person: str | None
) -> dict[str, Any]:
    """Put a picture or a clip that has been recorded into the table; return its row.

    Args:
        row: what is known of it but label and person.
    """
    row |= {"label": spelt_as(label, dataset.pictures()["label"]), "person": person}
    dataset.add(pd.DataFrame([row], columns=list(COLUMNS)))
    if person and dataset.people_from == "unknown":
        dataset = replace(dataset, people_from="table", people_confirmed=True)
    dataset.save()
    return row


def _says_more_than_pixels(file: Path, format: str) -> bool:
    """Whether a picture holds place, time, device, words or anything else beside its pixels."""
    try:
        # Of more than decoding needs, no more is read either.
        if format == "JPEG" and jpeg.plain(data := file.read_bytes(), MAX_PROFILE) != data:
            return True
        with Image.open(file, formats=(format,)) as picture:
            if not tiff.has_sound_exif(picture.info):
                return True
            segments = {
                mark
                for mark, content in getattr(picture, "applist", ())
                if not (mark == "APP2" and content.startswith(b"ICC_PROFILE"))
            }
            return bool(
                segments - _HARMLESS_SEGMENTS
                or _PRIVATE_INFO & set(picture.info)
                or getattr(picture, "text", None)
                or getattr(picture, "private_chunks", None)
                or len(picture.getexif())
            )
    # What `load_rgb` could read all the same has a broken part, or texts without end.
    except Exception:
        return True
