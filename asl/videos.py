"""The one decoder of films: every film that the project opens goes through `open_video`.

Films are read by FFmpeg through PyAV, which keeps FFmpeg's messages to itself. What may run of it
says `asl.codecs.film_file`, how much `asl.codecs.film`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Self

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from asl.codecs import film, film_file
from asl.codecs.film import Refused, VideoInfo
from asl.codecs.film_frames import Clock, Scaler, Turn, square_size
from asl.files import FileFault, UnusableFile, open_chosen
from asl.images import format_of

#: The formats that are read, as people call them; MKV is WebM by another name.
FORMATS_IN_WORDS = "MP4, MOV, WebM or AVI"
#: How the names of such files end.
SUFFIXES = frozenset(".mp4 .m4v .mov .3gp .webm .mkv .avi".split())

# A frame takes one packet, or two where one of them is not shown; the rest may be damaged.
_PACKETS_A_FRAME = 4
_RATE_IF_UNKNOWN = 30.0
# WebM rounds times to milliseconds.
_ROUNDED = 0.001
# What a WebM may lack at its end before that counts as missing: its length includes rounding.
_SHORT = 0.25

_EMPTY = "the file is empty; save or upload it again"
_UNKNOWN = f"this is not a {FORMATS_IN_WORDS} film; save it as one of these"
_PICTURE = f"this is a picture, not a film; choose a {FORMATS_IN_WORDS} film"
_DAMAGED = "the film is damaged or incomplete; save or upload it again"
_TOO_MUCH_MEMORY = "decoding it takes too much memory; save the film smaller"


class VideoError(UnusableFile):
    """A film that cannot be used."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a film.

    Attributes:
        rgb: uint8 of shape (height, width, 3), upright, red first.
        seconds: when it is shown, counted from the first frame; grows from frame to frame.
    """

    rgb: np.ndarray
    seconds: float


def open_video(
    source: str | Path | bytes,
    name: str | None = None,
    *,
    longest: int = 640,
    every: float = 0.0,
    threads: int = 1,
) -> Video:
    """Open a film and decode its first frame.

    Reads MP4, MOV, WebM and AVI, told apart by content and not by file name. Only the first film
    in it is read; sound, subtitles and whatever else is there are left alone.

    Args:
        source: path or encoded bytes.
        name: what errors call the film; by default the file's own name, or "film".
        longest: the longest side of frames in pixels; larger ones are scaled down, smaller ones
            are left as they are.
        every: seconds that lie between frames at least; 0 gives every frame.
        threads: of the decoder, 1 to 16.

    Raises:
        VideoError: no such file, not a film, no picture in it, an unknown codec, damaged from the
            start, or more than `asl.codecs.film` allows.
        ValueError: an option is out of its range.
    """
    if longest < 1:
        raise ValueError(f"longest: expected 1 or more pixels, got {longest}")
    if not (math.isfinite(every) and every >= 0):
        raise ValueError(f"every: expected 0 or more seconds, got {every}")
    if not 1 <= threads <= 16:
        raise ValueError(f"threads: expected 1 to 16, got {threads}")
    if isinstance(source, bytes):
        return Video(io.BytesIO(source), name or "film", longest, every, threads)
    if not isinstance(source, (str, Path)):
        raise TypeError(f"source: expected a path or bytes, got {type(source).__name__}")
    path = Path(source)
    name = name or path.name or str(path)
    return Video(_open_file(path, name), name, longest, every, threads)


class Video(Iterator[Frame]):
    """A film that is open: gives its frames once, in the order in which they are shown.

    Made by `open_video`. It holds a few frames at a time, whatever the film's length; all is
    released by `close`, by leaving a ``with`` block, or with the last frame. Frames are as large as
    the film at that moment: one that changes its size while it runs changes theirs.

        with open_video(path) as video:
            for frame in video:
                ...

    A damaged frame is left out, together with those that are drawn from it, up to the next one that
    stands by itself; `missing` counts them. Iteration raises `VideoError` where a film turns
    out to be more than is allowed, which it need not announce.

    Attributes:
        info: what the film says of itself.
        missing: frames that the film should hold but that could not be read, complete after the
            last frame. How many a cut-off WebM lacks is estimated from its announced length; one
            without that, or with sound beside the film, does not say.
    """

    info: VideoInfo
    missing: int = 0

    def __init__(self, file: BinaryIO, name: str, longest: int, every: float, threads: int) -> None:
        self._name, self._every = name, every
        self._scaler = Scaler(longest)
        self._read = self._lost = 0
        with ExitStack() as opened:
            opened.callback(file.close)
            with _in_words(name):
                self._container = film_file.open_container(file, _demuxer(file))
                opened.callback(self._container.close)
                self._stream = film_file.film_in(self._container, threads)
                self.info = film_file.announced(self._container, self._stream)
                film.check_length(self.info.seconds, self.info.frames)
            self._step = 1 / (self.info.rate or _RATE_IF_UNKNOWN)
            self._clock = Clock(self._step, by_decoding=self._container.format.name == "avi")
            self._frames = self._give()
            opened.callback(self._frames.close)
            self._first = next(self._frames, None)
            if self._first is None:
                raise VideoError(name, _DAMAGED)
            self._opened = opened.pop_all()

    def __next__(self) -> Frame:
        first, self._first = self._first, None
        try:
            return first or next(self._frames)
        except (StopIteration, VideoError):
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file and the decoder; there are no frames after that."""
        self._first = None
        self._opened.close()

    def _give(self) -> Generator[Frame]:
        due = seconds = 0.0
        turn: Turn | None = None
        with _in_words(self._name):
            for number, (decoded, stamp) in enumerate(self._decode(), 1):
                film.check_size(decoded.width, decoded.height)
                seconds = self._clock.read(stamp)
                film.check_length(seconds, number)
                size = square_size(decoded, self._stream)
                if turn is None:
                    # Only a frame tells for certain.
                    turn = Turn.of(decoded)
                    width, height = turn.size(*size)
                    self.info = replace(self.info, width=width, height=height)
                if seconds + _ROUNDED < due:
                    continue
                if self._every:
                    due = (math.floor((seconds + _ROUNDED) / self._every) + 1) * self._every
                yield Frame(turn.upright(self._scaler.pixels(decoded, size)), seconds)
            self.missing = self._lost + self._never_read(seconds)

    def _decode(self) -> Iterator[tuple[VideoFrame, float | None]]:
        """Every whole frame as it is stored and its time, in the order in which they are shown."""
        broken = False
        for number, packet in enumerate(self._packets()):
            film.check_length(None, number // _PACKETS_A_FRAME)
            if packet.size:
                self._read += 1
                base = packet.time_base
                self._clock.expect(None if packet.dts is None else float(packet.dts * base))
            try:
                frames = packet.decode()
            except MemoryError:
                raise
            except av.FFmpegError:
                self._clock.stamp(None)
                broken = True
                self._lost += 1
                continue
            for frame in frames:
                stamp = self._clock.stamp(frame.time)
                broken = frame.is_corrupt or (broken and not frame.key_frame)
                if broken:
                    self._lost += 1
                else:
                    yield frame, stamp

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        try:
            yield from self._container.demux(self._stream)
        except MemoryError:
            raise
        except av.FFmpegError:
            # Nothing can be read beyond; an empty packet has the decoder hand out what it holds.
            last: Packet[Any] = Packet()
            last.stream = self._stream
            yield last

    def _never_read(self, last: float) -> int:
        if self.info.frames is not None:
            return max(0, self.info.frames - self._read)
        alone = len(self._container.streams) == 1
        if self.info.seconds is None or self.info.rate is None or not alone:
            return 0
        short = self.info.seconds - last - self._step
        return round(short * self.info.rate) if short > _SHORT else 0


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    # Hostile or cut-off bytes end decoding in many kinds of exception.
    try:
        yield
    except Refused as refused:
        raise VideoError(name, str(refused)) from None
    except MemoryError:
        raise VideoError(name, _TOO_MUCH_MEMORY) from None
    except Exception as error:
        raise VideoError(name, _DAMAGED) from error


def _open_file(path: Path, name: str) -> BinaryIO:
    try:
        return open_chosen(path, "film")
    except FileFault as fault:
        raise VideoError(name, str(fault)) from None


def _demuxer(file: BinaryIO) -> str:
    start = file.read(film.START_LENGTH)
    if not start:
        raise Refused(_EMPTY)
    demuxer = film.kind(start)
    if demuxer is None:
        # Of the files that begin with RIFF, sounds are more frequent than pictures.
        is_picture = format_of(start) and (start[:4] != b"RIFF" or start[8:12] == b"WEBP")
        raise Refused(_PICTURE if is_picture else _UNKNOWN)
    return demuxer
