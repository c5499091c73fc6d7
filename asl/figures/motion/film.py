"""Drawn people as small films, which a browser plays with its own controls.

WebM with VP9: 60 frames take about 110,000 bytes, not much more than an animated figure of Plotly
(80,000). But unlike the buttons of that, a browser's play, pause and slider can be reached by
keyboard and are known to screen readers.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from fractions import Fraction

import av
import numpy as np
from PIL import Image

from asl.data.sequences.layout import HOLISTIC, mirror
from asl.figures.motion.drawing import Paper, View, sheet

RATE = 25
#: So many frames are a minute and a half: longer ones are no words.
_MOST_FRAMES = 2000
_ENCODER = {"deadline": "realtime", "cpu-used": "8", "crf": "36", "b:v": "0", "row-mt": "0"}
_LEARNER, _EXAMPLE = "You", "Example"


def film(
    points: np.ndarray,
    highlight: Sequence[int] = (),
    paper: Paper | None = None,
    rate: float = RATE,
) -> bytes:
    """Return a person who signs, as a film.

    Args:
        points: (T, 543, 2 or 3) in the common frame, NaN where nothing was seen; what is not
            seen is not drawn.
        highlight: frames that decided, to be marked on a line of time and by a frame.
        rate: frames a second.

    Returns:
        the bytes of a WebM.

    Raises:
        ValueError: nothing is seen in any frame, too many frames, or a marked one is not there.
    """
    paper = paper or Paper()
    count = _checked(points, "points")
    strange = [frame for frame in highlight if not 0 <= frame < count]
    if strange:
        raise ValueError(f"highlight: {strange[0]} is not 0 to {count - 1}")
    view = View.of(points)
    times = np.linspace(0, 1, count).tolist() if count > 1 else [0.0]
    marks = [times[frame] for frame in highlight]
    shown = (
        sheet([(one, view)], paper, time=time if marks else None, marks=marks)
        for one, time in zip(points, times, strict=True)
    )
    return encode(shown, rate)


def beside(
    learner: np.ndarray,
    example: np.ndarray,
    path: np.ndarray,
    mirrored: bool = False,
    paper: Paper | None = None,
    rate: float = RATE,
) -> bytes:
    """Return a learner and an example next to each other, at one pace.

    Args:
        learner, example: (T, 543, 2 or 3) and (U, 543, 2 or 3).
        path: (n, 2) frames that belong together, as `asl.inference.sequences.practice.compare`
            finds them.
        mirrored: whether to mirror the example, as that function says.

    Raises:
        ValueError: nothing is seen in one of them, too many frames, or the path leads out of one.
    """
    paper = paper or Paper()
    counts = _checked(learner, "learner"), _checked(example, "example")
    if path.ndim != 2 or path.shape[1] != 2 or not 0 < len(path) <= _MOST_FRAMES:
        raise ValueError(f"path: shape {path.shape} is not (n, 2) with n to {_MOST_FRAMES}")
    if (path < 0).any() or (path >= counts).any():
        raise ValueError("path: it leads out of a recording")
    if mirrored:
        example = mirror(example, HOLISTIC)
    views = View.of(learner), View.of(example)

    def drawn(pair: np.ndarray) -> Image.Image:
        both = Image.new("RGB", (2 * paper.side, paper.side))
        parts = zip((learner, example), pair, views, (_LEARNER, _EXAMPLE), strict=True)
        for number, (points, frame, view, title) in enumerate(parts):
            both.paste(sheet([(points[frame], view)], paper, title), (number * paper.side, 0))
        return both

    return encode((drawn(pair) for pair in path), rate)


def encode(pictures: Iterable[Image.Image], rate: float = RATE) -> bytes:
    """Return pictures of one even size as a WebM without sound.

    Raises:
        ValueError: a rate that is none, or no pictures.
    """
    if not 0.5 <= rate <= 120:
        raise ValueError(f"rate: {rate!r} is not 0.5 to 120")
    pace = Fraction(rate).limit_denominator(1000)
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = None
        for picture in pictures:
            if stream is None:
                stream = container.add_stream("libvpx-vp9", rate=pace, options=_ENCODER)
                stream.width, stream.height = picture.size
                stream.pix_fmt = "yuv420p"
                stream.thread_count = 1
            frame = av.VideoFrame.from_image(picture)
            container.mux(stream.encode(frame))
        if stream is None:
            raise ValueError("pictures: there are none")
        container.mux(stream.encode(None))
    return file.getvalue()


def _checked(points: np.ndarray, name: str) -> int:
    if points.ndim != 3 or points.shape[1] != len(HOLISTIC) or points.shape[2] < 2:
        raise ValueError(f"{name}: shape {points.shape} is not (T, {len(HOLISTIC)}, 3)")
    if not 0 < len(points) <= _MOST_FRAMES:
        raise ValueError(f"{name}: {len(points)} frames are not 1 to {_MOST_FRAMES}")
    return len(points)
