"""How much there may be to decode, and in plain words why a picture is refused.

The limits were chosen for at most 1 GB and 2 s of a processor core; measured at the limit, but for
WebP and HEIC.
"""

import math

# The largest frame of a 50-megapixel phone (8160 x 6144) still fits. The cap lies below the size
# at which Pillow only warns, so a picture that Pillow would warn of is always refused here.
MAX_PIXELS = 8192 * 6144
# The formats in which phones save; decoding the others takes more time or memory a pixel.
_PHONE_FORMATS = ("JPEG", "HEIF")
_MAX_PIXELS_OF_OTHERS = 6144 * 5120
# The longest panoramas of phones.
_MAX_SIDE = 16_384
MAX_BYTES = 100 << 20
# A JPEG that lacks its end is decoded several times.
MAX_PIXELS_TO_COMPLETE = MAX_PIXELS // 2
# A progressive JPEG draws the whole picture in every scan, in as few bytes as it likes. Programs
# use some 10 scans; as work counts how often each pixel is drawn: 10 scans of 32 megapixels.
_MOST_SCANS = 100
_MOST_SCANNED = 10 * 32_000_000


def too_many_bytes(count: int) -> str:
    """Return why a file of `count` bytes is refused, "" if it is not."""
    if count <= MAX_BYTES:
        return ""
    return f"the file has more than the {MAX_BYTES >> 20} MB allowed; make it smaller"


def too_large(size: tuple[int, int], format: str) -> str:
    """Return why a picture of (width, height) pixels is refused, "" if it is not."""
    width, height = size
    if width * height > _most_pixels(format):
        return too_many_pixels(f"{width} x {height} pixels,", format)
    if max(size) > _MAX_SIDE:
        reason = (
            f"{width} x {height} pixels, longer than the {_MAX_SIDE:,} pixels allowed on a side"
        )
        return f"{reason}; cut out the part with the hand"
    return ""


def too_many_pixels(size: str, format: str) -> str:
    """Return why a picture is refused that is as large as `size` says."""
    most = _most_pixels(format)
    return f"{size} more than the {most:,} pixels allowed in this format; make the picture smaller"


def too_many_scans(scans: int, size: tuple[int, int], times: int = 1) -> str:
    """Return why a JPEG that is to be decoded some times is refused, "" if it is not.

    Args:
        scans: in which it is drawn.
        size: width and height in pixels.
        times: how often it is to be decoded.
    """
    if scans <= _MOST_SCANS and times * scans * math.prod(size) <= _MOST_SCANNED:
        return ""
    reason = f"the picture of {size[0]} x {size[1]} pixels is drawn in {scans} scans, too many"
    return f"{reason} to decode; save it again, or smaller"


def _most_pixels(format: str) -> int:
    return MAX_PIXELS if format in _PHONE_FORMATS else _MAX_PIXELS_OF_OTHERS
