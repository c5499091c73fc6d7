"""What a run was begun with, so that it continues with the same or is refused."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from asl.files import read_json, write_json
from asl.training.config import TrainConfig
from asl.training.data import TrainingData
from asl.workspace import workspace

_FILE = "run.json"
_CHANGED = (
    "resume: {} have changed since the run {!r} was started; train under another name instead"
)


def run_folder(config: TrainConfig) -> Path:
    """Return the folder of the run of that name."""
    return workspace() / "runs" / config.name


def check_resume(config: TrainConfig, resume: bool) -> None:
    """Refuse a name that a run has already, unless that run is to continue as it began.

    Raises:
        ValueError: saying what to do instead.
    """
    file = run_folder(config) / _FILE
    if not file.is_file():
        return
    if not resume:
        raise ValueError(
            f"name: a run {config.name!r} is there already; resume it, or train under another name"
        )
    try:  # settings that came later have the values that they had before
        noted = TrainConfig.from_dict(read_json(file).get("config", {}))
    except (TypeError, ValueError):
        noted = None
    if noted is None or noted.wherever() != config.wherever():
        raise ValueError(_CHANGED.format("settings", config.name))


def note_run(config: TrainConfig, data: TrainingData[Any]) -> None:
    """Write down what is trained on what; a resumed run must continue with the same.

    Raises:
        ValueError: it was begun with other examples.
    """
    file = run_folder(config) / _FILE
    noted = read_json(file)
    content: dict[str, Any] = {"data": data.about, **data.content}
    if file.is_file() and not _same_content(content, noted):
        raise ValueError(_CHANGED.format("pictures", config.name))
    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(file, {"config": asdict(config), **content})


def _same_content(content: dict[str, Any], noted: dict[str, Any]) -> bool:
    """Tell whether a run was begun with this content, whatever the data sets were called then."""
    try:
        ours, theirs = (
            [[entry[name] for name in ("kind", "rows", "fingerprint")] for entry in said["data"]]
            for said in (content, noted)
        )
    except (KeyError, TypeError):  # a note that is damaged
        return False
    # Older notes have not all of it.
    return ours == theirs and all(
        noted.get(name, content[name]) == content[name] for name in content if name != "data"
    )
