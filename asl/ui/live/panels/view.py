"""What a panel is given to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asl.labels import display_name
from asl.ui.live.session import LiveSession, Status
from asl.ui.photo.handshapes import Handshapes
from asl.ui.shared.text import escape_markdown


@dataclass(frozen=True)
class View:
    """One visitor's camera as it is now.

    Attributes:
        session: to read and change what the mode keeps, with its lock held.
        status: how the camera is doing.
        signs: those that are possible.
        handshapes: of the model's card.
    """

    session: LiveSession
    status: Status
    signs: Sequence[str]
    handshapes: Handshapes

    @property
    def shown(self) -> str:
        """In a word what is shown now, Markdown."""
        if self.status.held:
            return escape_markdown(" or ".join(map(display_name, self.status.held.labels)))
        if not self.status.pulse.on:
            return "Camera off"
        return "Not clear" if self.status.hand else "No hand"
