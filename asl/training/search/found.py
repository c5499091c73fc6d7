"""What a search has found so far, as its folder tells of it. Reading it needs no Optuna."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from asl.training.config import TrainConfig

if TYPE_CHECKING:
    import pandas as pd

#: File in the folder of a search: what it has found so far.
FOUND = "found.json"


@dataclass(frozen=True)
class Found:
    """What a search has found so far.

    Attributes:
        table: one row a trial that was finished or given up: trial, macro_f1 (its best), state
            ("complete" or "pruned"), seconds, and a column for every setting that was varied.
        best: settings of the best trial.
        macro_f1: of the best trial.
        usual: number of the trial with the settings that were there before; None while it is not
            done.
        importance: setting → share of the differences between trials that it explains; empty
            while there are too few.
        config: the best settings, to train with.
    """

    table: pd.DataFrame
    best: dict[str, float]
    macro_f1: float
    usual: int | None
    importance: dict[str, float]
    config: TrainConfig

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Build from plain values, with the table as a list of its rows."""
        import pandas as pd

        table, config = pd.DataFrame(raw["table"]), TrainConfig.from_dict(raw["config"])
        return cls(**{**raw, "table": table, "config": config})


def read_search(home: Path) -> Found:
    """Return what the search whose study lies in `home` has found so far.

    Raises:
        ValueError: none of its trials is done, or its notes are damaged.
    """
    try:
        return Found.from_dict(json.loads((home / FOUND).read_text()))
    except FileNotFoundError:
        raise ValueError(f"search: no trial of {home.name!r} is done") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"search: the notes of {home.name!r} cannot be read ({error})") from error


def search_json(found: Found) -> dict[str, Any]:
    """Return what `asl search --json` prints."""
    return {
        "trials": len(found.table),
        "pruned": int((found.table["state"] == "pruned").sum()),
        "macro_f1": found.macro_f1,
        "best": found.best,
        "importance": found.importance,
        "config": asdict(found.config),
    }
