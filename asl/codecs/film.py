"""Films before they are decoded: their kind by content, and how much of them there may be."""

from __future__ import annotations

from dataclasses import dataclass

from asl.codecs import heif

#: Where a film's kind shows, in bytes from its start.
START_LENGTH = 256

# A minute of a phone's 4K film has up to 400 MB, of its ordinary films 60 to 130.
MAX_BYTES = 200 << 20
# One sign takes 1 to 3 s; a minute leaves room for a film that was not cut.
MAX_SECONDS = 60
# Slow motion of phones.
MAX_RATE = 240
# A whole minute at the rate of phones, and what is announced as a minute may last a little longer.
MAX_FRAMES = 60 * (MAX_SECONDS + 1)
# Decoders hold some 20 frames, as 4K about 250 MB. Cinema's 4K, upright too, still fits.
MAX_PIXELS = 4096 * 2304
MAX_SIDE = 4096

# The names of FFmpeg's demuxers. All others are left alone, playlists above all.
_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"))
_EBML = b"\x1a\x45\xdf\xa3"


class Refused(ValueError):
    """Why a film cannot be used and what to do, in plain words."""


@dataclass(frozen=True)
class VideoInfo:
    """What a film says of itself before it is decoded; None is what it does not say.

    Attributes:
        width, height: pixels as the film is shown: upright, with square pixels, not scaled down.
        seconds: its length; films that browsers record often keep it to themselves.
        rate: frames a second, on average.
        frames: how many it holds; WebM does not say.
    """

    width: int
    height: int
    seconds: float | None
    rate: float | None
    frames: int | None


def kind(start: bytes) -> str | None:
    """Return which of FFmpeg's demuxers reads a film, by its first `START_LENGTH` bytes.

    Returns:
        "mov" for MP4 and MOV, "matroska" for WebM and MKV, "avi"; None for everything else.
    """
    if start[4:8] in _BOXES and (start[:1] == b"\0" or start[4:8] == b"mdat"):
        return None if heif.kind(start) else "mov"
    if start.startswith(_EBML) and (b"webm" in start or b"matroska" in start):
        return "matroska"
    if start.startswith(b"RIFF") and start[8:12] == b"AVI ":
        return "avi"
    return None


def check_bytes(count: int) -> None:
    """Refuse a film of too many bytes.

    Raises:
        Refused: it has more than `MAX_BYTES`.
    """
    if count > MAX_BYTES:
        raise Refused(
            f"the file has more than the {MAX_BYTES >> 20} MB allowed; cut the film shorter"
        )


def check_size(width: int, height: int) -> None:
    """Refuse a film whose frames are stored in too many pixels.

    Raises:
        Refused: they have more than `MAX_PIXELS`, or a side of more than `MAX_SIDE`.
    """
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise Refused(f"{width} x {height} pixels are more than 4K; save the film smaller")


def check_length(seconds: float | None, frames: int | None) -> None:
    """Refuse a film that lasts too long, by what it announces or by what was decoded so far.

    Raises:
        Refused: it is longer than `MAX_SECONDS`, has more frames than `MAX_FRAMES`, or more than
            `MAX_RATE` a second.
    """
    if seconds is not None and seconds >= MAX_SECONDS + 1:
        raise Refused(
            f"the film is longer than the {MAX_SECONDS} seconds allowed; cut it to the sign"
        )
    if frames is not None and frames > MAX_FRAMES:
        raise Refused(
            f"the film has more than the {MAX_FRAMES:,} frames allowed; cut it to the sign"
        )
    # What lasts less than a second counts as one: short films round their length.
    if seconds is not None and frames is not None and frames > MAX_RATE * max(seconds, 1):
        raise Refused(
            f"the film has more than the {MAX_RATE} frames a second allowed; save it with 30 or 60"
        )
