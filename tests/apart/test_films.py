"""Films decoded in a process of its own: the same frames, and nothing that ends this one."""

from __future__ import annotations

import gc
import io
import os
import signal

import av
import numpy as np
import pytest

from asl.apart import films as film_decoding
from asl.apart.films import open_film
from asl.videos import VideoError, open_video


def film(pictures: int = 5, size: tuple[int, int] = (64, 48), seed: int = 0) -> bytes:
    """An MP4 of random squares that move."""
    file = io.BytesIO()
    squares = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    picture = squares.repeat(size[1] // 6, 0).repeat(size[0] // 8, 1)
    with av.open(file, "w", format="mp4") as made:
        stream = made.add_stream("mpeg4", rate=25)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        for number in range(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(picture, number, 1)))
            made.mux(stream.encode(frame))
        made.mux(stream.encode())
    return file.getvalue()


@pytest.fixture
def peers(monkeypatch):
    """Numbers of the processes that are started; none is left from another test."""
    started = []

    class Peer(film_decoding._Peer):
        def __init__(self):
            super().__init__()
            started.append(self._process.pid)

    monkeypatch.setattr(film_decoding, "_Peer", Peer)
    monkeypatch.setattr(film_decoding, "_idle", idle := [])
    yield started
    for peer in idle:
        peer.end()


@pytest.mark.parametrize("options", [{}, {"longest": 32}, {"every": 0.1}])
def test_frames_are_those_of_the_decoder(tmp_path, peers, options):
    data = film()
    (tmp_path / "film.mp4").write_bytes(data)
    with open_video(data, **options) as expected:
        frames = list(expected)
    for source in (data, tmp_path / "film.mp4", str(tmp_path / "film.mp4")):
        with open_film(source, **options) as apart:
            assert apart.info == expected.info
            found = list(apart)
        assert apart.missing == expected.missing
        assert [one.seconds for one in found] == [one.seconds for one in frames]
        for one, other in zip(found, frames, strict=True):
            np.testing.assert_array_equal(one.rgb, other.rgb)
    assert len(peers) == 1, "a process is kept from film to film"


def test_two_films_at_once_do_not_mix(peers):
    with open_film(film(seed=1)) as one, open_film(film(seed=2)) as other:
        pairs = list(zip(one, other, strict=True))
    assert len(pairs) == 5 and len(peers) == 2
    assert all(np.abs(a.rgb.astype(int) - b.rgb).mean() > 20 for a, b in pairs)


@pytest.mark.parametrize(
    "data", [b"", b"no film at all", film()[:300], b"\xff\xd8\xff\xe0" + bytes(100)]
)
def test_refusals_are_those_of_the_decoder(peers, data):
    with pytest.raises(VideoError) as expected:
        open_video(data, "f")
    for _ in range(2):
        with pytest.raises(VideoError) as error:
            open_film(data, "f")
        assert str(error.value) == str(expected.value)
    assert len(peers) == 1, "a refusal ends nothing"


def test_a_path_that_leads_nowhere_is_refused_in_words(tmp_path, peers):
    with pytest.raises(VideoError, match=r"none\.mp4"):
        open_film(tmp_path / "none.mp4")


def test_what_ends_the_process_is_a_refusal(peers):
    video = open_film(film(30))
    next(video)
    os.kill(peers[0], signal.SIGSEGV)
    with pytest.raises(VideoError, match="too much memory or fails"):
        list(video)
    assert list(video) == []
    with open_film(film()) as again:
        assert len(list(again)) == 5


def test_a_frame_that_takes_too_long_is_a_refusal(peers, monkeypatch):
    video = open_film(film(30))
    next(video)
    os.kill(peers[0], signal.SIGPROF)
    with pytest.raises(VideoError, match="takes too long"):
        list(video)


def test_too_large_a_film_is_not_even_sent(peers, monkeypatch):
    monkeypatch.setattr(film_decoding, "MAX_BYTES", 10)
    monkeypatch.setattr("asl.codecs.film.MAX_BYTES", 10)
    with pytest.raises(VideoError, match="MB allowed"):
        open_film(film())
    assert not peers


def test_one_that_is_left_early_leaves_no_process(peers):
    video = open_film(film(30))
    next(video)
    del video
    gc.collect()
    with pytest.raises(ProcessLookupError):
        os.kill(peers[0], 0)


@pytest.mark.parametrize("options", [{"longest": 0}, {"every": -1.0}, {"every": float("nan")}])
def test_options_are_checked(options):
    with pytest.raises(ValueError, match="out of their range"):
        open_film(b"", **options)
