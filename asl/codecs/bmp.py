"""BMP: what is packed, which Pillow unpacks slowly, is checked before."""

import struct

_PACKING = 30
_RUNS = (1, 2)
# Two bytes may stand for a single pixel, and each such pair costs half a microsecond.
_MOST_RUNS = 2 << 20


def check_packing(data: bytes) -> None:
    """Check a file that begins as a BMP does.

    Raises:
        struct.error: the file is cut short.
        ValueError: it packs more runs of pixels than can be read in time.
    """
    (header,) = struct.unpack_from("<I", data, 14)
    # The oldest kind of header, 12 bytes long, knows no packing.
    if header < 40:
        return
    (packing,) = struct.unpack_from("<I", data, _PACKING)
    if packing in _RUNS and len(data) > _MOST_RUNS:
        raise ValueError(f"more than {_MOST_RUNS} bytes of packed pixels")
