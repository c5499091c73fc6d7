"""Where the models, runs and data of a user live.

On one's own computer there is one workspace, shared by everybody who opens the app. If the app is
hosted for strangers (`ASL_HOSTED=1`), every visitor has a workspace of their own below the
server's. The app, which knows the visitors, says so through `serve_visitors`; all others just ask
`workspace()`. A process started for a visitor gets `environment()` and needs to know nothing.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

_find_visitor: Callable[[], Path] | None = None


def bundled_models() -> Path:
    """Return the folder of the models that come with the app, MediaPipe's networks among them.

    Installed, it lies inside the package; in a checkout and in a download, beside it.
    """
    package = Path(__file__).parent
    inside = package / "models"
    return inside if inside.is_dir() else package.parent / "models"


def hosted() -> bool:
    """Return whether the app serves strangers, each on their own (`ASL_HOSTED`)."""
    return os.environ.get("ASL_HOSTED", "").strip().lower() not in ("", "0", "no", "false")


def server_home() -> Path:
    """Return the folder that all visitors of a server share, for locks and queues.

    It is `ASL_SERVER_HOME` in processes started for a visitor, elsewhere `ASL_HOME` or
    ./workspace. Nothing of a visitor's own belongs there.
    """
    return Path(os.environ.get("ASL_SERVER_HOME") or _own_home())


def workspace() -> Path:
    """Return the folder of the user's own models, runs and data.

    Raises:
        RuntimeError: strangers are served, and it is not known for whom this is asked.
    """
    # A process that was started for a visitor has a server's home beside its own.
    if not hosted() or "ASL_SERVER_HOME" in os.environ:
        return _own_home()
    if _find_visitor is None:
        raise RuntimeError("ASL_HOSTED is set, and it is not known who is being served")
    return _find_visitor()


def serve_visitors(find: Callable[[], Path]) -> None:
    """From now on, `workspace()` is what `find` returns, as far as this app is hosted.

    Args:
        find: returns the workspace of the visitor who is being served, and raises RuntimeError
            if there is none, so that nothing ever falls back to a folder that others see.
    """
    global _find_visitor
    _find_visitor = find


def environment() -> dict[str, str]:
    """Return the environment for a process that works for the visitor who is being served now."""
    own = {"ASL_HOME": workspace().resolve(), "ASL_SERVER_HOME": server_home().resolve()}
    if hosted():  # what a process that is killed leaves behind goes with the visitor
        own["TMPDIR"] = own["ASL_HOME"] / "tmp"
        own["TMPDIR"].mkdir(parents=True, exist_ok=True)
    return {**os.environ, **{name: str(path) for name, path in own.items()}}


def disk_trouble(error: OSError) -> str:
    """Return in plain words why something could not be written or read, and what to do."""
    name = f"{Path(os.fsdecode(error.filename)).name!r}" if error.filename else "a file or folder"
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "the disk is full; delete data sets or runs that are no longer needed"
        case errno.EROFS:
            return "the disk may only be read; name a folder on another one in ASL_HOME"
        case errno.EACCES | errno.EPERM:
            return f"{name} is closed to the app; give it the right to read and write there"
        case errno.ENOENT:
            return f"{name} is gone: it was deleted or moved"
        case errno.ENOTDIR | errno.EEXIST:
            return f"{name} is in the way, where a folder should be; move it elsewhere"
    return error.strerror or str(error)


def megabytes(count: int) -> str:
    """Return a number of bytes as people read it, as in "12 MB"."""
    return f"{count / (1 << 20):,.0f} MB" if count >= 10 << 20 else f"{count / (1 << 20):,.1f} MB"


def _own_home() -> Path:
    return Path(os.environ.get("ASL_HOME") or "workspace")
