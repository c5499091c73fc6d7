"""What a visitor chose, remembered beyond the visit: in a small file of the workspace.

It is a kindness and nothing more, so that a disk that cannot be written is no reason to say so.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from asl.files import read_json, write_json
from asl.workspace import workspace

_FILE = "choices.json"


def remember(name: str, value: str) -> None:
    """Remember a choice."""
    with suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        write_json(_file(), {**read_json(_file()), name: value}, durable=False)


def remembered(name: str) -> str:
    """Return what was chosen last, "" where nothing was."""
    value = read_json(_file()).get(name)
    return value if isinstance(value, str) else ""


def _file() -> Path:
    return workspace() / _FILE
