"""What becomes of the signs that a visitor shows: nothing more, a text, practice, or a recording.

A session has one object of each. It calls that of the visitor's mode with its lock held; the
panels change them under the same lock.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

from asl.inference.practice import Practice
from asl.inference.speller import Held, Speller
from asl.labels import display_name

# Importing it at run time would load LiteRT before the page is drawn.
if TYPE_CHECKING:
    from asl.hands.detector import Hand

ModeName = Literal["recognise", "spell", "practice", "record"]

#: Seconds between two recorded samples, so that they differ.
_BETWEEN_SAMPLES = 0.3


class Mode:
    """What a mode can do; by itself it only lets signs be shown, which is "recognise".

    Attributes:
        takes_signs: signs that are held are taken, so that a ring shows how far the hold is.
    """

    takes_signs = False

    def take(self, held: Held, at: float) -> None:
        """Take a sign that was held long enough, at `at` seconds."""

    def take_drawn(self, letter: str, at: float) -> None:
        """Take a J or Z whose movement was drawn."""

    def see(self, rgb: np.ndarray, hand: Hand | None, at: float) -> None:
        """Take in a (height, width, 3) uint8 frame after what it shows was taken."""

    @property
    def caption(self) -> str:
        """The line at the bottom of the video, "" for none."""
        return ""


class Spelling(Mode):
    """Signs become text.

    Attributes:
        speller: the text so far.
    """

    takes_signs = True

    def __init__(self) -> None:
        self.speller = Speller()

    def take(self, held: Held, at: float) -> None:
        """Write the sign."""
        self.speller.write(held)

    def take_drawn(self, letter: str, at: float) -> None:
        """Write the letter."""
        self.speller.press(letter)

    @property
    def caption(self) -> str:
        """The text."""
        return self.speller.text


class Practising(Mode):
    """Signs answer what is asked.

    Attributes:
        practice: what is asked, None before the panel begins one.
    """

    takes_signs = True

    def __init__(self) -> None:
        self.practice: Practice | None = None

    def take(self, held: Held, at: float) -> None:
        """Answer by the sign, or what looks like it."""
        self._answer(held.labels, at)

    @property
    def wanted(self) -> str:
        """The sign to make now, "" before a practice has begun."""
        return "" if self.practice is None else self.practice.wanted

    def take_drawn(self, letter: str, at: float) -> None:
        """Answer by the letter."""
        self._answer((letter,), at)

    def _answer(self, labels: Sequence[str], at: float) -> None:
        if self.practice is not None:
            self.practice.take(labels, at)

    @property
    def caption(self) -> str:
        """The task, in a word the letter that is due in brackets."""
        if self.practice is None:
            return ""
        task, done = self.practice.task, self.practice.done
        return task if len(task) == 1 else f"{task[:done]}[{task[done]}]{task[done + 1 :]}"


@dataclass
class Recording:
    """Samples that are being recorded.

    Attributes:
        sign: that they are labelled with.
        wanted: how many.
        samples: JPEG files of whole frames, as the camera sent them, or of cut-outs, where the
            browser finds the hand.
        last: when the last of them was taken.
    """

    sign: str
    wanted: int
    samples: list[bytes] = field(default_factory=list)
    last: float = -np.inf

    @property
    def is_complete(self) -> bool:
        """Whether there are as many as wanted."""
        return len(self.samples) >= self.wanted


class Recorder(Mode):
    """Frames with a hand are kept, in memory.

    Attributes:
        recording: what is being recorded, or was; None if there is nothing.
    """

    def __init__(self) -> None:
        self.recording: Recording | None = None

    @property
    def is_recording(self) -> bool:
        """Whether samples are still to come."""
        return self.recording is not None and not self.recording.is_complete

    def see(self, rgb: np.ndarray, hand: Hand | None, at: float) -> None:
        """Keep the frame if it is wanted, shows a hand, and comes long enough after the last."""
        recording = self.recording
        if recording is None or hand is None or recording.is_complete:
            return
        if at - recording.last >= _BETWEEN_SAMPLES:
            file = io.BytesIO()
            Image.fromarray(rgb).save(file, "JPEG", quality=92)
            recording.samples.append(file.getvalue())
            recording.last = at

    @property
    def caption(self) -> str:
        """What is recorded, and how far it is."""
        one = self.recording
        if one is None:
            return ""
        return f"{display_name(one.sign)}: {len(one.samples)} of {one.wanted}"
