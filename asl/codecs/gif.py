"""GIF: the first picture of an animation, without the notes that stand before it."""

_HEADER = 13
_EXTENSION, _CONTROL = 0x21, 0xF9


def without_notes(data: bytes) -> bytes:
    """Leave out what stands before the first picture, save for what says which colour is clear.

    Pillow makes an object of every note, and there may be millions.

    Raises:
        IndexError: the file is cut short.
    """
    palette = 3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0
    at = begin = _HEADER + palette
    control = b""
    while data[at] == _EXTENSION:
        end = _end_of_blocks(data, at + 2)
        if data[at + 1] == _CONTROL:
            control = data[at:end]
        at = end
    return data[:begin] + control + data[at:]


def _end_of_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1
