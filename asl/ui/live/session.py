"""One visitor's camera on the Live page: which signs the frames show, and what becomes of them.

Frames come as pictures, over WebRTC, or as hands that the visitor's browser has found.
Nothing here is shared between visitors but the loaded model, and nothing is written to disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np

from asl.figures.text import percent
from asl.hands.landmarks import normalise
from asl.inference.motion import MotionReader
from asl.inference.speller import Held, HoldReader, HoldSettings
from asl.labels import display_name
from asl.ui.hand_camera.component import Asked
from asl.ui.live.found import SIZES, BrowserClock, FoundHands, wanted_cut
from asl.ui.live.modes import Mode, ModeName, Practising, Recorder, Spelling
from asl.ui.live.overlay import Overlay, draw_on
from asl.ui.live.reader import CameraReader, Pulse
from asl.ui.teaching.camera import Lesson

# Importing them at run time would load ONNX Runtime before the page is drawn.
if TYPE_CHECKING:
    from asl.inference.next_letter import NextLetter
    from asl.inference.pictures.landmark_only import LandmarkOnly
    from asl.inference.pictures.predictor import Predictor
    from asl.inference.pictures.stream import HandJudge, HandStream, Sight
    from asl.inference.pictures.taught import TaughtHand
    from asl.ui.hand_camera.messages import Cut, Frame, Message


#: What the browser sends, as the page says it.
_SENDS = "where the joints of your hand are and, when it rests, this cut-out of it."


@dataclass(frozen=True)
class Options:
    """What the visitor chose.

    Attributes:
        model: a name for `predictor`; another name is another model.
        predictor: shared with other visitors.
        landmark_only: of the same model, or None.
        signs: those that are possible.
        mode: what becomes of the signs.
        hold: how they are taken.
        motion: J and Z are read by their movement, too.
        next_letter: tells what the text's next letter may be; None if that must not count.
        mirror: show the camera as a mirror.
        in_steps: the visitor's system asks for less movement.
        in_browser: the browser finds the hands, and no pictures come.
        taught: the hand that the model was taught, or None.
    """

    model: str
    predictor: Predictor
    landmark_only: LandmarkOnly | None
    signs: tuple[str, ...]
    mode: ModeName = "recognise"
    hold: HoldSettings = field(default_factory=HoldSettings)
    motion: bool = False
    next_letter: NextLetter | None = None
    mirror: bool = True
    in_steps: bool = False
    in_browser: bool = False
    taught: TaughtHand | None = None


@dataclass(frozen=True)
class Status:
    """How the camera is doing, and what it shows.

    Attributes:
        pulse: whether frames come in.
        held: the sign that is shown now.
        hand: "left", "right" or "".
        shape: (21, 3) normalised landmarks of the hand, or None.
        hands_missing: why no hands are searched for, "" if they are.
        no_answer: why the model gave no answer to the last frame, "" if it did or was not asked.
    """

    pulse: Pulse = field(default_factory=Pulse)
    held: Held | None = None
    hand: str = ""
    shape: np.ndarray | None = None
    hands_missing: str = ""
    no_answer: str = ""


class LiveSession(CameraReader):
    """Reads one visitor's frames.

    Args:
        open_stream: makes what reads frames, as chosen; another one in tests.
        clock: seconds that do not go back; the system's if not given.

    Attributes:
        sizes, both: of what the browser sends; see `asl.ui.hand_camera.messages.read_message`.
    """

    sizes, both = SIZES, False

    def __init__(
        self,
        open_stream: Callable[[Options], HandJudge] | None = None,
        clock: Callable[[], float] | None = None,
    ):
        super().__init__(clock)
        self.spelling, self.practising, self.recorder = Spelling(), Practising(), Recorder()
        self._modes: dict[ModeName, Mode] = {
            "recognise": Mode(),
            "spell": self.spelling,
            "practice": self.practising,
            "record": self.recorder,
        }
        self.lesson = Lesson()
        self._open_stream = open_stream or _open_stream
        self._options: Options | None = None
        self._stream: HandJudge | None = None
        self._opened_for: tuple[str, bool] | None = None
        self._clock, self._found = BrowserClock(), FoundHands()
        self._reader = HoldReader(())
        self._motion = MotionReader()
        self._status, self._overlay = Status(), Overlay()

    def choose(self, options: Options) -> None:
        """Go on with other options, from the next frame on."""
        with self.lock:
            before, self._options = self._options, options
            if before is None or (before.signs, before.hold) != (options.signs, options.hold):
                self._reader = HoldReader(options.signs, options.hold)

    def status(self) -> Status:
        """Return how the camera is doing now."""
        with self.lock:
            pulse, status = self.pulse(), self._status
            if pulse.on:
                return replace(status, pulse=pulse)
            return Status(pulse, hands_missing=status.hands_missing)

    def asked(self, taken: int) -> Asked:
        """Return what the browser is to do and to show.

        Args:
            taken: number of its last message.

        Raises:
            ValueError: nobody has chosen what to do yet.
        """
        cut, lost, overlay = self.wanted_cut(), self.lost(), self.overlay()
        with self.lock:
            mirror = self._options is None or self._options.mirror
        return Asked(taken, _SENDS, cut, lost=lost, mirror=mirror, **asdict(overlay))

    def receive(self, message: Message) -> None:
        """Take in frames in which the browser has found the hand."""
        times = self._clock.times(message, self.now())
        for frame, at in zip(message.frames, times, strict=True):
            self._count(partial(self._judge, frame), at)

    def overlay(self) -> Overlay:
        """Return what is to be written on the video that the browser shows."""
        with self.lock:
            return self._overlay if self._is_on() else Overlay()

    def wanted_cut(self) -> Cut:
        """Return which cut-out of the hand the browser is to send.

        Raises:
            ValueError: nobody has chosen what to do yet.
        """
        with self.lock:
            if self._options is None:
                raise ValueError("options: choose comes before wanted_cut")
            recording = self._options.mode == "record" and self.recorder.is_recording
            unclear = self._stream is not None and self._stream.wants_picture
            return wanted_cut(self._options.predictor.card, recording, unclear)

    def lost(self) -> int:
        """Return how often the browser was to search for the hand again."""
        with self.lock:
            return 0 if self._stream is None else self._stream.lost

    def _free(self) -> None:
        self._stream = self._opened_for = None
        with self.lock:
            self._status, self._overlay = Status(), Overlay()

    def _read(self, rgb: np.ndarray, at: float) -> np.ndarray | None:
        with self.lock:
            options = self._options
        if options is None or options.in_browser:
            return None
        stream = cast("HandStream", self._stream_for(options))
        sight = stream.see(rgb, at)
        overlay = self._make_of(sight, rgb, options, stream)
        if overlay is None:
            return rgb
        return draw_on(
            rgb, sight.hand, **asdict(overlay), mirror=options.mirror, in_steps=options.in_steps
        )

    def _judge(self, frame: Frame, at: float) -> Overlay | None:
        """Read a frame in which the browser has found the hand; None if it is not to do that."""
        with self.lock:
            options = self._options
        if options is None or not options.in_browser:
            return None
        judge = self._stream_for(options)
        hand, shown = self._found.settle(frame, options.predictor.card)
        sight = judge.judge(hand, shown, at)
        sample = shown.rgb if shown is not None and frame.kind == "sample" else None
        overlay = self._make_of(sight, sample, options, judge) or Overlay()
        with self.lock:
            self._overlay = overlay
        return overlay

    def _make_of(
        self, sight: Sight, rgb: np.ndarray | None, options: Options, stream: HandJudge
    ) -> Overlay | None:
        """Let the mode take what a frame shows; None if other signs have just been chosen.

        Args:
            rgb: what the mode may keep of the frame, or None.
        """
        mode = self._modes[options.mode]
        with self.lock:
            if sight.scores is not None and len(sight.scores) != len(self._reader.signs):
                return None
            self._take_signs(sight, options, mode)
            self.lesson.see(sight)
            if rgb is not None:
                mode.see(rgb, sight.hand, sight.at)
            held, caption = self._reader.held, mode.caption
            self._status = self._status_of(sight, held, stream)
        return Overlay(
            sign=" ".join(map(display_name, held.labels)) if held else "",
            note=percent(held.confidence) if held else "" if sight.hand is None else "not clear",
            progress=held.progress if held and mode.takes_signs else None,
            caption=caption,
        )

    def _stream_for(self, options: Options) -> HandJudge:
        """Return what reads frames, opened again if something else was chosen."""
        chosen = options.model, options.in_browser
        if self._stream is None or self._opened_for != chosen:
            self._stream, self._opened_for = self._open_stream(options), chosen
        self._stream.signs, self._stream.taught = options.signs, options.taught
        return self._stream

    def _take_signs(self, sight: Sight, options: Options, mode: Mode) -> None:
        """Hand to the mode the sign that has been held, and the letter that has been drawn."""
        expected = None
        if options.next_letter is not None:
            word = self.spelling.speller.last_word
            expected = options.next_letter.chances(word, self._reader.signs)
        taken = self._reader.see(sight.scores, sight.at, expected)
        if taken is not None:
            mode.take(taken, sight.at)
        drawn = self._motion.see(sight.hand, sight.at) if options.motion else None
        if drawn is not None:
            mode.take_drawn(drawn, sight.at)

    def _status_of(self, sight: Sight, held: Held | None, stream: HandJudge) -> Status:
        hand = sight.hand
        return Status(
            held=held,
            hand="" if hand is None else hand.side,
            shape=None if hand is None else normalise(hand.landmarks, hand.side),
            hands_missing=stream.hands_missing,
            no_answer=stream.no_answer,
        )


def _open_stream(options: Options) -> HandJudge:
    from asl.inference.pictures.stream import HandJudge, HandStream

    kind = HandJudge if options.in_browser else HandStream
    return kind(options.predictor, options.signs, options.landmark_only)
