"""Which files are pictures, and what to say of the others."""

import os
from pathlib import Path

from asl.data.problems import Problem
from asl.data.scan import Parts, scan_folder
from asl.images import FORMATS_IN_WORDS, SUFFIXES, PictureError, load_rgb

# Pictures that somebody would miss.
_OTHER_PICTURES = frozenset(
    ".svg .psd .xcf .ai .eps .pdf .jxl .jp2 .j2k .tga .ico .raw .dng .cr2 .cr3 .nef .arw .orf .rw2 "
    ".raf .heics .avifs".split()
)


def list_pictures(base: Path) -> tuple[list[Parts], list[Parts], list[Problem]]:
    """Return pictures, folders and problems below `base`; see `asl.data.scan.scan_folder`."""
    return scan_folder(base, SUFFIXES, not_used)


def not_used(path: str) -> Problem:
    """Return why a file is not used whose ending is none of `asl.images.SUFFIXES`."""
    if os.path.splitext(path)[1].lower() in _OTHER_PICTURES:
        advice = f"pictures of this kind cannot be read; save it as {FORMATS_IN_WORDS}"
        return Problem("unreadable", path, advice)
    return Problem("not a picture", path, f"only {FORMATS_IN_WORDS} files are used")


def decoding_problem(base: Path, parts: Parts) -> Problem | None:
    """Return why the picture at `parts` below `base` cannot be decoded, None if it can be."""
    try:
        load_rgb(base.joinpath(*parts))
    except PictureError as error:
        return Problem("unreadable", "/".join(parts), error.reason)
    return None


def refuse(path: str, reason: str) -> None:
    """Raise what is wrong with a picture.

    Raises:
        PictureError: always.
    """
    raise PictureError(path, reason)
