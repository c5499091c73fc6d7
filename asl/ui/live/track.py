"""The way of the video through the app: the camera's frames in, those with drawings on them out.

streamlit-webrtc's own way (`AsyncVideoProcessTrack`) answers every frame that comes in: where
reading takes longer, with the frame before, which is then coded and sent again. Here only frames
that were read are sent, so that the time goes to reading them.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack


class LiveTrack(MediaStreamTrack):
    """Shows the newest frame of a camera; those that come while it is read are left out.

    For streamlit-webrtc it is both what takes the camera's track (`MediaSink`) and the track that
    is sent back. It serves one connection, on aiortc's event loop.

    Attributes:
        show: returns a frame with what it shows drawn on it; called in a thread of its own.
        ended: called there when the camera has ended.
    """

    kind = "video"

    def __init__(
        self,
        show: Callable[[av.VideoFrame], av.VideoFrame],
        ended: Callable[[], None],
    ):
        super().__init__()
        self.show, self.ended = show, ended
        self._camera: MediaStreamTrack | None = None
        self._newest: av.VideoFrame | None = None
        self._changed = asyncio.Event()

    def addTrack(self, track: MediaStreamTrack) -> None:
        """Take the camera's frames."""
        self._camera = track

    def hasTrack(self) -> bool:
        """Tell whether there is a camera."""
        return self._camera is not None

    def start(self) -> None:
        """Watch the camera until it ends, which closing the connection does.

        Raises:
            RuntimeError: there is no camera yet.
        """
        if self._camera is None:
            raise RuntimeError("addTrack comes before start")
        self._thread = ThreadPoolExecutor(1, "live-video")
        self._watching = asyncio.ensure_future(self._watch(self._camera))

    async def recv(self) -> av.VideoFrame:
        """Return the next frame with what it shows drawn on it.

        Raises:
            MediaStreamError: the camera has ended.
        """
        await self._changed.wait()
        frame = self._newest
        if self.readyState != "live" or frame is None:
            raise MediaStreamError
        self._changed.clear()
        loop = asyncio.get_running_loop()
        shown = await loop.run_in_executor(self._thread, self.show, frame)
        shown.pts, shown.time_base = frame.pts, frame.time_base
        return shown

    async def _watch(self, camera: MediaStreamTrack) -> None:
        try:
            while True:
                received = await camera.recv()
                if isinstance(received, av.VideoFrame):  # so it is, from a track of video
                    self._newest = received
                    self._changed.set()
        except MediaStreamError:
            super().stop()
            # A frame that was read holds threads, and this object may wait long to be collected.
            self._newest = self._camera = None
            self._changed.set()
            self._thread.submit(self.ended)
            self._thread.shutdown(wait=False)
