"""How much one file may hold, and what is said of one that holds more or is damaged."""

from dataclasses import dataclass


class ArchiveError(ValueError):
    """A file is refused as a whole; the message says why and what to do."""


class DamagedError(Exception):
    """A member cannot be read to its end; the others may be whole."""


@dataclass(frozen=True)
class Limits:
    """How much one file may hold.

    Attributes:
        members: files and folders in an archive, pictures or not.
        pictures: of them, pictures, or rows of tables.
        total: bytes of everything that is unpacked.
        picture: bytes of one picture, unpacked.
        table: bytes of one table of pictures, unpacked.
        annotation: bytes of one file that may say what pictures show, packed or not.
        ratio: how many times its packed size a member may have; counted from `ratio_from` bytes
            on, since small pictures of one colour pack well in honest archives too.
        ratio_from: see `ratio`.
        depth: folders above a picture.
        name: letters of a member's whole path.
    """

    members: int = 100_000
    pictures: int = 50_000
    total: int = 8 << 30
    picture: int = 60 << 20
    table: int = 480 << 20
    annotation: int = 64 << 20
    ratio: int = 200
    ratio_from: int = 2 << 20
    depth: int = 16
    name: int = 1024


def beyond(what: str, found: int, limit: int) -> ArchiveError:
    """Return what to raise if there are too many of something."""
    return ArchiveError(
        f"there are {found:,} {what}, and at most {limit:,} are taken; nothing was kept. Leave "
        "some out, or split them into several data sets"
    )


def shown(name: str) -> str:
    """Return a member's name for a message: short, and without what could disguise it."""
    plain = name.encode("ascii", "backslashreplace").decode()
    plain = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in plain)
    return repr(plain if len(plain) <= 60 else f"{plain[:30]}…{plain[-25:]}").replace("\\\\", "\\")
