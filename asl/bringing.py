"""A model made elsewhere, brought in as the zip that *Take it away* makes, and believed in nothing.

Of the zip only the files of one model folder are taken, under names known here; scripts and
whatever else lies in it are never written, let alone run. What was taken must be a whole bundle,
and give its first answers in a process of its own, before it stands among the models.
"""

import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import asl.bundle
from asl.bundle import (
    CARD,
    EVALUATION,
    FILES,
    HISTORY,
    LEXICON,
    ONNX,
    BundleError,
    ModelBundle,
)
from asl.card import name_fault
from asl.data.archives.limits import ArchiveError, DamagedError, Limits, shown
from asl.data.archives.members import Member, bounded, copy_member
from asl.data.archives.zip_reading import open_zip
from asl.evaluation.comparison import parameters
from asl.evaluation.recorded import read_evaluation, read_history
from asl.inference.first_answer import require_answer
from asl.inference.sequences.lexicon import read_lexicon
from asl.quota import Room, counting, require_disk, require_room
from asl.workspace import workspace

#: A download holds the modules that it answers with beside the model.
_LIMITS = Limits(members=2000, total=1 << 30, depth=8, name=512)
#: Bytes of any one file; what each may have at most, a bundle knows itself.
_LARGEST_FILE = 512 << 20
_MOST_NUMBERED = 100
_LONGEST_NAME = 64
_AGAIN = "Bring the zip that Take it away makes, as it is"


def bring(file: BinaryIO) -> ModelBundle:
    """Put the model in a zip among the user's own, and return it.

    It gets the name of its card, with a number where that is taken.

    Args:
        file: the zip, read from its start, a piece at a time.

    Raises:
        ArchiveError: no zip, a hostile or damaged one, or one without exactly one model.
        BundleError: a file of the model is broken, too large, or gives no answer.
        QuotaError: there is no room for it.
        OSError: it cannot be written.
    """
    size = file.seek(0, os.SEEK_END)
    home = workspace() / "models"
    # Names that begin with a dot are no models.
    work = home / f".brought-{secrets.token_hex(6)}"
    with counting():
        require_room(3 * size, "the model")
        work.mkdir(parents=True)
    try:
        archive = work / "upload"
        file.seek(0)
        with archive.open("xb") as copy:
            while piece := file.read(1 << 20):
                require_disk(work, len(piece))
                copy.write(piece)
        fresh = work / "model"
        fresh.mkdir()
        _unpack(archive, fresh)
        archive.unlink()
        bundle = _checked(fresh)
        with counting():
            name = _free_name(home, bundle.card.name)
            bundle.write_card(replace(bundle.card, name=name))
            os.replace(fresh, home / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return ModelBundle.read(home / name)


def _unpack(archive: Path, into: Path) -> None:
    """Write the files of the model in a zip, each under its own name."""
    room, written = Room(into.parent, "the model"), 0
    with open_zip(archive, _LIMITS) as (listing, _):
        for member in _of_one_model([*listing.pictures, *listing.others]):
            name = member.parts[-1]
            chunks = bounded(member, _LARGEST_FILE, "file", _AGAIN, _LIMITS)
            try:
                written += copy_member(chunks, into / name, written, _LIMITS, room)
            except DamagedError as error:
                raise ArchiveError(
                    f"{shown(member.name)}: {error}; nothing was kept. {_AGAIN}"
                ) from error


def _of_one_model(members: Sequence[Member]) -> list[Member]:
    """Return the files of the one folder in a zip that has a card and a network.

    Raises:
        ArchiveError: there is none, there are several, or a file stands twice in it.
    """
    folders: dict[tuple[str, ...], list[Member]] = {}
    for member in members:
        if member.parts[-1] in FILES:
            folders.setdefault(member.parts[:-1], []).append(member)
    found = [
        own for own in folders.values() if {CARD, ONNX} <= {member.parts[-1] for member in own}
    ]
    if len(found) != 1:
        said = "there is no model in it" if not found else f"there are {len(found)} models in it"
        raise ArchiveError(
            f"zip: {said}: one folder must hold {CARD} and {ONNX}; nothing was kept. {_AGAIN}"
        )
    [own] = found
    names = [member.parts[-1] for member in own]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ArchiveError(f"zip: {twice[0]} stands twice in it; nothing was kept. {_AGAIN}")
    return own


def _checked(folder: Path) -> ModelBundle:
    """Read all of a bundle once, as the pages will.

    Raises:
        BundleError: naming the file and the reason.
    """
    try:
        bundle = ModelBundle.read(folder)
        if (folder / EVALUATION).is_file():
            read_evaluation(folder, bundle.card.labels)
        if (folder / HISTORY).is_file():
            read_history(folder)
        if (folder / LEXICON).is_file():
            read_lexicon(bundle)
        parameters(folder)
        require_answer(bundle)
    except BundleError as error:
        # The folder is a passing one, and no name that its user knows.
        raise BundleError(str(error).removeprefix(f"{folder}: ")) from error
    return bundle


def _free_name(home: Path, wanted: str) -> str:
    """Return a name that no model has, bundled or the user's own; to be used while `counting`.

    Raises:
        BundleError: the card's name cannot be that of a folder, or there are too many like it.
    """
    if fault := name_fault(wanted):
        raise BundleError(f"{CARD}: name: {fault}")
    numbered = (f"{wanted[: _LONGEST_NAME - 4]}-{number}" for number in range(2, _MOST_NUMBERED))
    for name in (wanted, *numbered):
        if not (home / name).exists() and not (asl.bundle.BUNDLED_MODELS / name).exists():
            return name
    raise BundleError(f"{CARD}: name: there are too many models {wanted!r}; delete some first")
