"""The way of the video through the app, with a camera and a reader of our own."""

import asyncio
import threading
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from streamlit_webrtc.sink import MediaSink

from asl.ui.live.track import LiveTrack

SOON = 5.0


class Camera(MediaStreamTrack):
    """Sends frames of the number that it is given; None is the end."""

    kind = "video"

    def __init__(self):
        super().__init__()
        self._frames = asyncio.Queue()

    def give(self, number):
        frame = None
        if number is not None:
            pixels = np.full((16, 16, 3), number, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = 3000 * number, Fraction(1, 90_000)
        self._frames.put_nowait(frame)

    async def recv(self):
        frame = await self._frames.get()
        if frame is None:
            raise MediaStreamError
        return frame


class Reader:
    """Marks frames; holds the one it reads until it may go on."""

    def __init__(self):
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.reads = threading.Event()
        self.ended = threading.Event()
        self.seen, self.threads = [], set()

    def show(self, frame):
        pixels = frame.to_ndarray(format="rgb24")
        self.seen.append(int(pixels[0, 0, 0]))
        self.threads.add(threading.current_thread())
        self.reads.set()
        assert self.may_go_on.wait(SOON)
        return av.VideoFrame.from_ndarray(pixels + 1, format="rgb24")


def through(play):
    """Run ``play(track, camera, reader)`` with all three connected."""

    async def connected():
        camera, reader = Camera(), Reader()
        track = LiveTrack(reader.show, reader.ended.set)
        assert isinstance(track, MediaSink) and not track.hasTrack()
        track.addTrack(camera)
        assert track.hasTrack()
        track.start()
        try:
            await asyncio.wait_for(play(track, camera, reader), SOON)
        finally:
            reader.may_go_on.set()
            camera.give(None)
            await asyncio.to_thread(reader.ended.wait, SOON)
        assert reader.ended.is_set()
        for thread in reader.threads:
            thread.join(SOON)
            assert not thread.is_alive()

    asyncio.run(connected())


async def held_at_first_frame(track, camera, reader):
    """Return what becomes of the first frame, whose reading has begun and may not go on."""
    reader.may_go_on.clear()
    camera.give(1)
    shown = asyncio.ensure_future(track.recv())
    await asyncio.to_thread(reader.reads.wait, SOON)
    return shown


async def until_idle():
    """Let all that can run on the event loop run."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_frame_comes_back_drawn_on_and_in_time():
    async def play(track, camera, reader):
        camera.give(7)
        shown = await track.recv()
        assert shown.to_ndarray(format="rgb24")[0, 0, 0] == 8
        assert (shown.pts, shown.time_base) == (21_000, Fraction(1, 90_000))

    through(play)


def test_only_the_newest_frame_is_read_and_none_is_sent_twice():
    async def play(track, camera, reader):
        first = await held_at_first_frame(track, camera, reader)
        for number in (2, 3, 4):
            camera.give(number)
        await until_idle()
        assert not first.done()
        reader.may_go_on.set()
        assert (await first).pts == 3000
        assert (await track.recv()).pts == 12_000
        assert reader.seen == [1, 4]
        third = asyncio.ensure_future(track.recv())
        await until_idle()
        assert not third.done()
        camera.give(5)
        assert (await third).pts == 15_000
        assert reader.seen == [1, 4, 5]

    through(play)


def test_reading_a_frame_keeps_nobody_waiting():
    async def play(track, camera, reader):
        slow = await held_at_first_frame(track, camera, reader)
        await asyncio.to_thread(through, _one_frame)
        assert not slow.done()
        reader.may_go_on.set()
        await slow

    async def _one_frame(track, camera, reader):
        camera.give(9)
        assert (await track.recv()).pts == 27_000

    through(play)


def test_the_end_of_the_camera_ends_the_video_after_the_frame_that_is_read():
    async def play(track, camera, reader):
        last = await held_at_first_frame(track, camera, reader)
        camera.give(None)
        await until_idle()
        assert track.readyState == "ended" and not reader.ended.is_set()
        reader.may_go_on.set()
        assert (await last).pts == 3000
        with pytest.raises(MediaStreamError):
            await track.recv()

    through(play)


def test_who_waits_for_a_frame_hears_of_the_end():
    async def play(track, camera, reader):
        waits = asyncio.ensure_future(track.recv())
        await until_idle()
        camera.give(None)
        with pytest.raises(MediaStreamError):
            await waits

    through(play)
