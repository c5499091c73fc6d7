"""GIF: the first picture of an animation, without the notes that stand before it."""

_HEADER = 13
_EXTENSION, _CONTROL = 0x21, 0xF9
# Bytes that are searched: notes come in blocks of one to 255, each of which costs time.
_MOST_NOTES = 4 << 20


def without_notes(data: bytes) -> bytes:
    """Leave out what stands before the first picture, save for what says which colour is clear.

    Pillow makes an object of every note, and there may be millions.

    Raises:
        IndexError: the file is cut short, or there are notes without end.
    """
    palette = 3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0
    at = begin = _HEADER + palette
    control = b""
    notes = data[:_MOST_NOTES]
    while notes[at] == _EXTENSION:
        end = _end_of_blocks(notes, at + 2)
        if notes[at + 1] == _CONTROL:
            control = notes[at:end]
        at = end
    return data[:begin] + control + data[at:]


def _end_of_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1
