"""One visitor's camera: what the frames show, and what becomes of it.

The frames come in a thread of their own, the page reads and changes things from another. Nothing
here is shared between visitors but the loaded model and how many they are, and nothing is written
to disk.
"""

from __future__ import annotations

import io
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from PIL import Image

from asl.hands.landmarks import normalise
from asl.inference.motion import MotionReader
from asl.inference.practice import Practice
from asl.inference.speller import Held, HoldReader, HoldSettings, Speller
from asl.labels import display_name
from asl.ui.answers import percent
from asl.ui.live_overlay import draw_on

# Importing them at run time would load ONNX Runtime before the page is drawn.
if TYPE_CHECKING:
    import av

    from asl.hands.detector import Hand
    from asl.inference.landmark_eye import LandmarkEye
    from asl.inference.next_letter import NextLetter
    from asl.inference.predictor import Predictor
    from asl.inference.stream import HandStream

Mode = Literal["recognise", "spell", "practice", "record"]

#: Frames of which times are remembered: a few seconds.
_REMEMBERED = 60
#: Seconds without a frame after which the camera counts as off.
_OFF_AFTER = 2.0
#: Seconds between two recorded samples, so that they differ.
_BETWEEN_SAMPLES = 0.3


@dataclass(frozen=True)
class Options:
    """What the visitor chose.

    Attributes:
        model: a name for `predictor`; another name is another model.
        predictor: shared with other visitors.
        landmark_eye: of the same model, or None.
        signs: those that are possible.
        mode: what becomes of the signs.
        hold: how they are taken.
        motion: J and Z are read by their movement, too.
        next_letter: tells what the text's next letter may be; None where that must not count.
        mirror: show the camera as a mirror.
        in_steps: the visitor's system asks for less movement.
    """

    model: str
    predictor: Predictor
    landmark_eye: LandmarkEye | None
    signs: tuple[str, ...]
    mode: Mode = "recognise"
    hold: HoldSettings = field(default_factory=HoldSettings)
    motion: bool = False
    next_letter: NextLetter | None = None
    mirror: bool = True
    in_steps: bool = False


@dataclass(frozen=True)
class Status:
    """How the camera is doing.

    Attributes:
        on: frames are coming in.
        frames: read since the page was opened.
        rate: frames a second, of late.
        milliseconds: median from frame in to overlay out, of late.
        held: the sign that is shown now.
        hand: "left", "right" or "".
        shape: (21, 3) normalised landmarks of the hand, or None.
        hands_missing: why no hands are searched for, "" if they are.
        no_answer: why the model gave no answer to the last frame, "" if it did or was not asked.
        failure: why frames can no longer be read, "" if they can.
    """

    on: bool = False
    frames: int = 0
    rate: float = 0.0
    milliseconds: float = 0.0
    held: Held | None = None
    hand: str = ""
    shape: np.ndarray | None = None
    hands_missing: str = ""
    no_answer: str = ""
    failure: str = ""


@dataclass
class Recording:
    """Samples that are being recorded.

    Attributes:
        sign: that they are labelled with.
        wanted: how many.
        samples: JPEG files of whole frames, as the camera sent them.
    """

    sign: str
    wanted: int
    samples: list[bytes] = field(default_factory=list)
    last: float = -np.inf


class LiveSession:
    """Reads one visitor's frames.

    Args:
        open_stream: makes the stream for a model; another one in tests.
        clock: seconds that do not go back; the system's if not given.
    """

    #: Those whose frames are being read, of all visitors.
    _using_camera: ClassVar[weakref.WeakSet[LiveSession]] = weakref.WeakSet()

    def __init__(
        self,
        open_stream: Callable[[Options], HandStream] | None = None,
        clock: Callable[[], float] | None = None,
    ):
        self.speller = Speller()
        self.practice: Practice | None = None
        self.recording: Recording | None = None
        #: Held by whoever reads or changes what the frames change, too.
        self.lock = threading.RLock()
        self._open_stream = open_stream or _open_stream
        self.now = clock or time.monotonic
        # Held while a frame is read, so that nobody closes what reads it.
        self._reading = threading.Lock()
        self._options: Options | None = None
        self._stream: HandStream | None = None
        self._model = ""
        self._reader: HoldReader | None = None
        self._motion = MotionReader()
        self._came: deque[float] = deque(maxlen=_REMEMBERED)
        self._took: deque[float] = deque(maxlen=_REMEMBERED)
        self._status = Status()

    def choose(self, options: Options) -> None:
        """Go on with other options, from the next frame on."""
        with self.lock:
            before, self._options = self._options, options
            same = before is not None and before.signs == options.signs
            if self._reader is None or not same or before.hold != options.hold:
                self._reader = HoldReader(options.signs, options.hold)

    def show(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a frame of the camera with what it shows drawn on it."""
        return type(frame).from_ndarray(self.see(frame.to_ndarray(format="rgb24")), format="rgb24")

    def see(self, rgb: np.ndarray) -> np.ndarray:
        """Return a (height, width, 3) uint8 frame with what it shows drawn on it."""
        start, at = time.perf_counter(), self.now()
        with self._reading:
            with self.lock:
                options, failure = self._options, self._status.failure
            if options is None or failure:
                return rgb
            try:
                shown = self._read(rgb, options, at)
            # Whatever it is, it would end the video without a word; the page shows it.
            except Exception as error:
                with self.lock:
                    self._status = Status(failure=f"{type(error).__name__}: {error}")
                return rgb
        with self.lock:
            self._came.append(at)
            self._took.append(1000 * (time.perf_counter() - start))
        return shown

    def status(self) -> Status:
        """Return how the camera is doing now."""
        with self.lock:
            came, status = list(self._came), self._status
            if not came or self.now() - came[-1] > _OFF_AFTER:
                return Status(
                    frames=status.frames,
                    hands_missing=status.hands_missing,
                    failure=status.failure,
                )
            span = came[-1] - came[0]
            return Status(
                on=True,
                frames=status.frames,
                rate=(len(came) - 1) / span if span > 0 else 0.0,
                milliseconds=float(np.median(self._took)),
                held=status.held,
                hand=status.hand,
                shape=status.shape,
                hands_missing=status.hands_missing,
                no_answer=status.no_answer,
            )

    @classmethod
    def count(cls) -> int:
        """Return of how many visitors frames are being read."""
        return len(cls._using_camera)

    def record(self, sign: str, count: int) -> None:
        """Keep the next `count` frames with a hand, labelled as `sign`, in memory."""
        with self.lock:
            self.recording = Recording(sign, count)

    def close(self) -> None:
        """Free what reads the frames. The next frame, if there is one, opens it again."""
        with self._reading:
            self._stream, self._model = None, ""
            self._using_camera.discard(self)
        with self.lock:
            self._came.clear()
            self._took.clear()
            self._status = Status(frames=self._status.frames)

    def _read(self, rgb: np.ndarray, options: Options, at: float) -> np.ndarray:
        if self._stream is None or self._model != options.model:
            self._stream, self._model = self._open_stream(options), options.model
            self._using_camera.add(self)
        stream = self._stream
        stream.signs = options.signs
        sight = stream.see(rgb, at)
        with self.lock:
            reader = self._reader
            if sight.scores is not None and len(sight.scores) != len(reader.signs):
                return rgb  # the signs have just changed
            expected = None
            if options.next_letter is not None:
                expected = options.next_letter.chances(self.speller.last_word, reader.signs)
            taken = reader.see(sight.scores, at, expected)
            if options.mode == "spell" and taken is not None:
                self.speller.write(taken)
            if options.mode == "practice" and taken is not None:
                self._practise(taken.labels, at)
            drawn = self._motion.see(sight.hand, at) if options.motion else None
            if drawn is not None and options.mode == "spell":
                self.speller.press(drawn)
            elif drawn is not None and options.mode == "practice":
                self._practise((drawn,), at)
            if options.mode == "record":
                self._record(rgb, sight.hand, at)
            hand, held = sight.hand, reader.held
            self._status = Status(
                frames=self._status.frames + 1,
                held=held,
                hand="" if hand is None else hand.side,
                shape=None if hand is None else normalise(hand.landmarks, hand.side),
                hands_missing=stream.hands_missing,
                no_answer=stream.no_answer,
            )
            caption = self._caption(options.mode)
        return draw_on(
            rgb,
            hand,
            sign=" ".join(map(display_name, held.labels)) if held else "",
            note=percent(held.confidence) if held else "" if hand is None else "not clear",
            progress=held.progress if held and options.mode in ("spell", "practice") else None,
            caption=caption,
            mirror=options.mirror,
            in_steps=options.in_steps,
        )

    def _practise(self, labels: Sequence[str], at: float) -> None:
        if self.practice is not None:
            self.practice.take(labels, at)

    def _record(self, rgb: np.ndarray, hand: Hand | None, at: float) -> None:
        recording = self.recording
        if recording is None or hand is None or len(recording.samples) >= recording.wanted:
            return
        if at - recording.last >= _BETWEEN_SAMPLES:
            file = io.BytesIO()
            Image.fromarray(rgb).save(file, "JPEG", quality=92)
            recording.samples.append(file.getvalue())
            recording.last = at

    def _caption(self, mode: Mode) -> str:
        """Return the line at the bottom of the video."""
        if mode == "spell":
            return self.speller.text
        if mode == "practice" and self.practice is not None:
            task, done = self.practice.task, self.practice.done
            return task if len(task) == 1 else f"{task[:done]}[{task[done]}]{task[done + 1 :]}"
        if mode == "record" and self.recording is not None:
            return f"{display_name(self.recording.sign)}: {len(self.recording.samples)} of " + str(
                self.recording.wanted
            )
        return ""


def _open_stream(options: Options) -> HandStream:
    from asl.inference.stream import HandStream

    return HandStream(options.predictor, options.signs, options.landmark_eye)
