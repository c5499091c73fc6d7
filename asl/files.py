"""Open files of users: only ordinary ones, since a pipe or a device may never end.

What a path names can change between a look at it and its opening, so that the file that is open
is asked, and opening waits for nobody who would write into a pipe.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO

# Without it, opening a pipe waits for whoever writes into it. Windows has no such pipes.
_DO_NOT_WAIT = getattr(os, "O_NONBLOCK", 0)


def open_file(path: str | Path) -> BinaryIO:
    """Open an ordinary file for reading bytes; links are followed.

    Raises:
        OSError: there is none, it may not be read, or it is a folder, pipe, socket or device.
    """
    # Opening some devices does something already.
    _require_ordinary(os.stat(path), path)
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _DO_NOT_WAIT))
    try:
        _require_ordinary(os.fstat(file.fileno()), path)
    except BaseException:
        file.close()
        raise
    return file


def read_file(path: str | Path, most: int) -> bytes:
    """Return all bytes of an ordinary file.

    Raises:
        OSError: as `open_file`, or there are more than `most` bytes.
    """
    with open_file(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(f"{path}: larger than {most >> 20} MB")
    return content


def _require_ordinary(state: os.stat_result, path: str | Path) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise OSError(f"{path}: this is no ordinary file")
