"""A film's file, opened by FFmpeg without trusting it, and what its header says.

FFmpeg knows many hundred formats, and some of them open further files and addresses. Here only the
named demuxer runs, only the decoders below do, and nothing but the one file is opened.
"""

from __future__ import annotations

import os
from typing import Any, BinaryIO, NoReturn

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from asl.codecs import film, mp4
from asl.codecs.film import Refused, VideoInfo

# What phones, cameras and browsers write, by the names of FFmpeg's decoders.
_CODECS = frozenset("h264 hevc vp8 vp9 libdav1d mpeg4 mjpeg h263 msmpeg4".split())
# Checked by the decoders themselves, since a film may change its size at any frame.
_MAX_PIXELS = {"max_pixels": str(film.MAX_PIXELS)}
# Pictures beside the film, as the cover of a song.
_STILL = Disposition.attached_pic | Disposition.timed_thumbnails

_SOUND = "there is only sound in it; choose a film with a picture"
_NO_FILM = "there is no film in it; choose another file"
# FFmpeg keeps the size of frames to itself that it refused.
_NO_SIZE = "the film is damaged, or larger than 4K; save it again, or smaller"


def open_container(file: BinaryIO, demuxer: str) -> InputContainer:
    """Open a film's file, and read as much of it as shows what is in it.

    Args:
        file: open for reading, seekable.
        demuxer: from `film.kind`.

    Raises:
        Refused: it has too many bytes, or tables that are too large.
        Exception: it is damaged.
    """
    film.check_bytes(file.seek(0, os.SEEK_END))
    if demuxer == "mov":
        mp4.check_tables(file)
    file.seek(0)
    return av.open(
        file,
        "r",
        format=demuxer,
        options={"codec_whitelist": ",".join(sorted(_CODECS)), **_MAX_PIXELS},
        metadata_errors="replace",
        io_open=_open_nothing_else,
    )


def film_in(container: InputContainer, threads: int) -> VideoStream:
    """Return the first film in a file, ready to be decoded; the rest of the file is passed over.

    Raises:
        Refused: there is none, its codec is not understood, or its frames are too large.
    """
    streams = [one for one in container.streams.video if not one.disposition & _STILL]
    if not streams:
        raise Refused(_SOUND if container.streams.audio else _NO_FILM)
    stream = streams[0]
    for other in container.streams:
        other.discard = Discard.default if other is stream else Discard.all
    # Without a decoder there is no context either, whatever PyAV's types say.
    context: Any = stream.codec_context
    if context is None or context.codec.name not in _CODECS:
        codec = f" ({context.codec.name})" if context else ""
        raise Refused(f"this kind of film{codec} cannot be read; save it as MP4 with H.264")
    if not (context.width and context.height):
        raise Refused(_NO_SIZE)
    film.check_size(context.width, context.height)
    context.options = dict(_MAX_PIXELS)
    context.thread_count = threads
    context.thread_type = "AUTO"
    return stream


def announced(container: InputContainer, stream: VideoStream) -> VideoInfo:
    """What a film's header says; the size is the stored one until a frame has been seen."""
    seconds = None
    if stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        # WebM says when the film ends, which need not begin at 0.
        begin = (stream.start_time or 0) * (stream.time_base or 0)
        seconds = container.duration / av.time_base - float(begin)
    rate = float(stream.average_rate or 0)
    # What FFmpeg reads of WebM's index are the frames to which one can jump. AVI counts empty
    # frames as well, but its index does not list them.
    listed = 0 if "matroska" in container.format.name else len(stream.index_entries)
    return VideoInfo(
        width=stream.width,
        height=stream.height,
        seconds=seconds if seconds and seconds > 0 else None,
        rate=rate if 0 < rate <= film.MAX_RATE else None,
        frames=(listed if listed > 1 else stream.frames) or None,
    )


def _open_nothing_else(address: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError("a film is read from one file")
