"""The panel of each mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asl.ui.live.modes import ModeName
from asl.ui.live.panels.practise import show_practice
from asl.ui.live.panels.recognise import show_recognised
from asl.ui.live.panels.record import show_recorder
from asl.ui.live.panels.spell import show_spelling
from asl.ui.live.panels.view import View


@dataclass(frozen=True)
class Panel:
    """What stands beside the video in one mode: its name for the visitor, and what draws it."""

    label: str
    show: Callable[[View], None]


PANELS: Mapping[ModeName, Panel] = {
    "recognise": Panel("Recognise", show_recognised),
    "spell": Panel("Spell", show_spelling),
    "practice": Panel("Practise", show_practice),
    "record": Panel("Record", show_recorder),
}
