"""WebP: how large a picture is, before Pillow makes room for it twice."""

import struct


def announced_size(data: bytes) -> tuple[int, int]:
    """Width and height that the first part of a WebP file announces (RFC 9649, 2.5 to 2.7).

    Nothing of a file that is none, which Pillow does not open.

    Raises:
        struct.error: it is cut short.
    """
    kind, at = data[12:16] if data[8:12] == b"WEBP" else b"", 20
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[from_ : from_ + 3], "little") for from_ in (24, 27))
        return width + 1, height + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, at + 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, at + 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return 0, 0
