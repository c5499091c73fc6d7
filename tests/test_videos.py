"""Every way in which a film can arrive, against colours and times written down by hand."""

import gc
import io
import os
import struct
import subprocess
import sys
import time
import wave
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from asl.codecs import film
from asl.videos import FORMATS_IN_WORDS, VideoError, open_video

SIZE = (96, 64)
RED, GREEN, BLUE, PALE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 240, 230)
CORNERS = np.array([RED, GREEN, BLUE, PALE], np.uint8).reshape(2, 2, 3)

# name: (FFmpeg's format, encoder)
KINDS = {
    "MP4 with H.264": ("mp4", "libx264"),
    "MP4 with MPEG-4": ("mp4", "mpeg4"),
    "MP4 with H.265": ("mp4", "libx265"),
    "MOV with H.264": ("mov", "libx264"),
    "MOV with MJPEG": ("mov", "mjpeg"),
    "WebM with VP8": ("webm", "libvpx"),
    "WebM with VP9": ("webm", "libvpx-vp9"),
    "MKV with H.264": ("matroska", "libx264"),
    "AVI with MPEG-4": ("avi", "mpeg4"),
    "AVI with H.264": ("avi", "libx264"),
    "AVI with MJPEG": ("avi", "mjpeg"),
}
ENCODERS = {"libx265": {"x265-params": "log-level=none"}, "libvpx-vp9": {"cpu-used": "8"}}


def blocks(colours=CORNERS, size=SIZE):
    """Picture of 2 x 2 colours, wider than high, so that no turn of it looks like another."""
    width, height = size
    rows, columns = colours.shape[:2]
    return colours.repeat(height // rows, axis=0).repeat(width // columns, axis=1)


def grey(value, size=SIZE):
    return np.full((size[1], size[0], 3), value, np.uint8)


def noise(count, size=SIZE):
    """Frames that a decoder cannot make up from the ones before."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 255, (count, 8, 8, 3), dtype=np.uint8)
    return [blocks(one, size) for one in coarse]


def write(path, pictures, format="mp4", codec="mpeg4", times=None, base=25, tweak=None, **muxer):
    """Write a film of RGB pictures, shown at times that are counted in parts of a second."""
    with av.open(str(path), "w", format=format, options=muxer) as file:
        # The encoder's clock ticks as the times do.
        stream = file.add_stream(codec, rate=base, options=ENCODERS.get(codec, {}))
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.thread_count = 1
        if codec in ("mpeg4", "mjpeg"):
            stream.bit_rate = 4_000_000
        if tweak:
            tweak(stream)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture)
            frame.pts = number if times is None else times[number]
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture
def make_film(tmp_path):
    """``make_film(pictures, format, codec, …)``: the bytes of a film, by `write`."""
    return lambda *args, **kwargs: write(tmp_path / "made", *args, **kwargs)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """``films(kind)``: ten different frames in this kind of `KINDS`."""
    folder = tmp_path_factory.mktemp("films")
    return cache(lambda kind: write(folder / "film", noise(10), *KINDS[kind]))


def read(data, **options):
    with open_video(data, **options) as video:
        return list(video)


def times(data, **options):
    return [frame.seconds for frame in read(data, **options)]


def corners(rgb):
    """The colours of four corners, from their middles."""
    height, width = rgb.shape[:2]
    return rgb[height // 4 :: height // 2, width // 4 :: width // 2].astype(int)


def refusal(data, **options):
    with pytest.raises(VideoError) as caught:
        read(data, **options)
    return caught.value.reason


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_film_is_read_in_the_order_in_which_it_is_shown(films, kind):
    with open_video(films(kind)) as video:
        frames = list(video)
    expected = np.stack([one.astype(int) for one in noise(10)])
    assert len(frames) == 10 and video.missing == 0
    for number, frame in enumerate(frames):
        assert frame.rgb.shape == (64, 96, 3) and frame.rgb.dtype == np.uint8
        difference = np.abs(expected - frame.rgb).mean((1, 2, 3))
        assert difference.argmin() == number
    assert [frame.seconds for frame in frames] == pytest.approx(np.arange(10) / 25, abs=0.001)
    assert (video.info.width, video.info.height) == SIZE
    assert video.info.rate == pytest.approx(25)
    assert video.info.seconds == pytest.approx(0.4, abs=0.05)
    assert video.info.frames == (None if "WebM" in kind or "MKV" in kind else 10)


def test_colours_are_those_of_the_film(make_film):
    (frame,) = read(make_film([blocks()]))
    assert np.abs(corners(frame.rgb) - CORNERS).max() <= 5


def test_a_path_is_read_as_its_bytes_are(tmp_path):
    path = tmp_path / "wave.jpg"
    data = write(path, noise(3))
    for given_path in (path, str(path)):
        for one, other in zip(read(given_path), read(data), strict=True):
            assert np.array_equal(one.rgb, other.rgb) and one.seconds == other.seconds


@pytest.mark.parametrize("format", ["mp4", "mov"])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turned_films_come_upright(make_film, format, turn):
    stored = np.ascontiguousarray(np.rot90(blocks(), turn // 90))
    # A film that is stored turned to the left is shown turned to the right.
    data = make_film([stored], format, tweak=lambda stream: stream.set_display_rotation(-turn))
    with open_video(data) as video:
        (frame,) = video
    assert (video.info.width, video.info.height) == SIZE
    assert frame.rgb.shape == (64, 96, 3) and frame.rgb.flags.c_contiguous
    assert np.abs(corners(frame.rgb) - CORNERS).max() <= 5


# The matrices by which FFmpeg translates the orientations of EXIF, without their scale.
MATRICES = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


@pytest.mark.parametrize("orientation", MATRICES)
def test_mirrored_films_come_upright(make_film, as_stored, orientation):
    a, b, c, d = (value << 16 for value in MATRICES[orientation])
    matrix = [a, b, 0, c, d, 0, 0, 0, 1 << 30]
    stored = as_stored(orientation, blocks())
    data = make_film([stored], tweak=lambda stream: stream.set_display_matrix(matrix))
    (frame,) = read(data)
    assert np.abs(corners(frame.rgb) - CORNERS).max() <= 5


def test_stretched_pixels_are_made_square(make_film):
    def stretch(stream):
        stream.codec_context.sample_aspect_ratio = 2

    with open_video(make_film([blocks()], tweak=stretch)) as video:
        (frame,) = video
    assert (video.info.width, video.info.height) == (192, 64)
    assert frame.rgb.shape == (64, 192, 3)


@pytest.mark.parametrize("kind", ["MP4 with H.264", "WebM with VP8", "MOV with MJPEG"])
def test_times_may_be_uneven_and_begin_anywhere(make_film, kind):
    stamps = np.array([0, 10, 50, 60, 200, 205, 300])
    data = make_film(noise(7), *KINDS[kind], times=list(stamps + 700), base=100)
    assert times(data) == pytest.approx(stamps / 100, abs=0.002)
    with open_video(data) as video:
        # How long the last frame is shown, no file says here.
        assert 2.5 <= video.info.seconds <= 4


def test_without_a_length_the_film_is_read_to_its_end(make_film):
    data = make_film(noise(10), "webm", "libvpx", live="1")
    with open_video(data) as video:
        assert video.info.seconds is None and video.info.frames is None
        assert len(list(video)) == 10 and video.missing == 0


@pytest.mark.parametrize("every", [0.05, 0.1, 0.2, 1 / 3])
@pytest.mark.parametrize("kind", ["MP4 with MPEG-4", "WebM with VP8"])
def test_frames_are_thinned_out(make_film, kind, every):
    data = make_film(noise(60), *KINDS[kind], base=30)
    found = times(data, every=every)
    assert len(found) == -(-60 // round(30 * every)) if every != 0.05 else len(found) == 40
    wanted = np.arange(len(found)) * every
    assert np.all(np.array(found) >= wanted - 0.001)
    assert np.all(np.array(found) < wanted + 1 / 30)


@pytest.mark.parametrize(
    ("size", "longest", "shape"),
    [
        ((3840, 2160), 640, (360, 640)),
        ((2160, 3840), 100, (100, 56)),
        ((96, 64), 640, (64, 96)),
        ((96, 64), 1, (1, 1)),
    ],
    ids=["4K", "upright 4K", "smaller is left", "one pixel"],
)
def test_large_films_are_scaled_down(make_film, size, longest, shape):
    with open_video(make_film([blocks(size=size)], codec="mjpeg"), longest=longest) as video:
        (frame,) = video
    assert (video.info.width, video.info.height) == size
    assert frame.rgb.shape[:2] == shape
    if shape != (1, 1):
        assert np.abs(corners(frame.rgb) - CORNERS).max() <= 5


def test_only_the_first_film_is_read(tmp_path):
    path = tmp_path / "several.mp4"
    with av.open(str(path), "w") as file:
        sound = file.add_stream("aac", rate=16000)
        streams = [file.add_stream("mpeg4", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height = SIZE
            stream.pix_fmt = "yuv420p"
        for stream, value in zip(streams, (200, 20), strict=True):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(grey(value))))
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        heard.rate = 16000
        file.mux(sound.encode(heard))
        for stream in (sound, *streams):
            file.mux(stream.encode())
    (frame,) = read(path)
    assert abs(frame.rgb.mean() - 200) < 3


def test_threads_change_nothing(films):
    one, four = read(films("MP4 with H.264")), read(films("MP4 with H.264"), threads=4)
    assert all(np.array_equal(a.rgb, b.rgb) for a, b in zip(one, four, strict=True))


# What is not a film, or too much of one.


def sound(format, codec):
    def make(path):
        with av.open(str(path), "w", format=format) as file:
            stream = file.add_stream(codec, rate=44100)
            for number in range(5):
                samples = np.zeros((1, 1152), np.float32)
                frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
                frame.rate, frame.pts = 44100, 1152 * number
                file.mux(stream.encode(frame))
            file.mux(stream.encode())
        return path.read_bytes()

    return make


def picture(format):
    def make(path):
        Image.fromarray(blocks()).save(
            path, format, **({"save_all": True} if format == "GIF" else {})
        )
        return path.read_bytes()

    return make


def wav(path):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000))
    return path.read_bytes()


def playlist(address):
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:5", "#EXTINF:5,", address, "#EXT-X-ENDLIST"]
    return lambda path: "\n".join(lines).encode()


SOUND = "only sound"
NO_FILM = f"not a {FORMATS_IN_WORDS} film"
NOT_FILMS = {
    "nothing": (lambda path: b"", "is empty"),
    "text": (lambda path: b"This is free text about films. " * 50, NO_FILM),
    "zeros": (lambda path: bytes(5000), NO_FILM),
    "PNG": (picture("PNG"), "a picture, not a film"),
    "GIF": (picture("GIF"), "a picture, not a film"),
    "AVIF": (picture("AVIF"), "a picture, not a film"),
    "MP3": (sound("mp3", "libmp3lame"), NO_FILM),
    "WAV": (wav, NO_FILM),
    "M4A": (sound("mp4", "aac"), SOUND),
    "sound in WebM": (sound("matroska", "aac"), SOUND),
    "playlist of files": (playlist("file:///etc/hostname"), NO_FILM),
    "playlist of addresses": (playlist("http://127.0.0.1:9/film.ts"), NO_FILM),
    "list of FFmpeg's concat": (lambda path: b"ffconcat version 1.0\nfile 'film.mp4'\n", NO_FILM),
    "beginning of an MP4": (lambda path: b"\0\0\0\x14ftypisom\0\0\0\0mp42", "damaged"),
}


@pytest.mark.parametrize("what", NOT_FILMS)
def test_what_is_not_a_film_is_refused(tmp_path, what):
    make, reason = NOT_FILMS[what]
    assert reason in refusal(make(tmp_path / "made"))


def test_heic_is_a_picture(heic):
    assert "a picture" in refusal(heic["plain"])


def test_no_other_file_is_opened(tmp_path, make_film):
    """A MOV may say that its frames lie in another file."""
    other = tmp_path / "other.mov"
    data = write(other, noise(3), "mov")
    # A data reference of type "alis" or "url " that does not have the flag "in this file".
    here = data.index(b"url \0\0\0\1")
    abroad = data[:here] + b"url \0\0\0\0" + data[here + 8 :]
    for answer in (abroad, data):
        assert len(read(answer)) == 3


PLACES = {
    "missing": (lambda folder: folder / "missing.mp4", "no such file"),
    "folder": (lambda folder: folder, "a folder"),
    "NUL": (lambda folder: "a\0b", "no such file"),
    "address": (lambda folder: "http://127.0.0.1:9/a.mp4", "no such file"),
    "protocol": (lambda folder: "concat:a.mp4|b.mp4", "no such file"),
}


@pytest.mark.parametrize("where", PLACES)
def test_only_files_are_opened(tmp_path, where):
    place, reason = PLACES[where]
    assert reason in refusal(place(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "not an ordinary file" in refusal(tmp_path / "pipe.mp4")


def test_errors_name_the_film(tmp_path):
    with pytest.raises(VideoError, match=r"^b\.mp4: there is no such file"):
        open_video(tmp_path / "b.mp4")
    with pytest.raises(VideoError, match=r"^my film: the file is empty"):
        open_video(b"", "my film")


@pytest.mark.parametrize(
    "option",
    [{"longest": 0}, {"every": -1.0}, {"every": float("nan")}, {"threads": 0}, {"threads": 99}],
    ids=str,
)
def test_options_are_checked(films, option):
    ((name, value),) = option.items()
    with pytest.raises(ValueError, match=f"^{name}: .*{value}"):
        open_video(films("MP4 with MPEG-4"), **option)


def test_a_source_of_another_type_is_refused():
    with pytest.raises(TypeError, match="source"):
        open_video(io.BytesIO())


@pytest.mark.parametrize("kind", ["MP4 with MPEG-4", "WebM with VP8", "AVI with MPEG-4"])
def test_ten_minutes_are_refused_before_they_are_decoded(make_film, kind):
    format, codec = KINDS[kind]
    # AVI fills what lies between with empty frames.
    data = make_film(noise(2), format, codec, times=[0, 600], base=1)
    reason = refusal(data)
    assert f"longer than the {film.MAX_SECONDS} seconds" in reason


def test_ten_minutes_that_are_not_announced_are_refused_when_they_have_come(make_film):
    data = make_film(noise(3), "webm", "libvpx", times=[0, 5, 600], base=1, live="1")
    with open_video(data) as video:
        assert [next(video).seconds, next(video).seconds] == [0, 5]
        with pytest.raises(VideoError, match="longer than the 60 seconds"):
            next(video)


def test_a_minute_is_read(make_film):
    assert times(make_film(noise(2), times=[0, 59], base=1)) == [0, 59]


def test_too_many_frames_are_refused(make_film, monkeypatch):
    monkeypatch.setattr(film, "MAX_FRAMES", 5)
    for kind, options in (("MP4 with MPEG-4", {}), ("WebM with VP8", {"live": "1"})):
        assert "more than the 5 frames" in refusal(make_film(noise(9), *KINDS[kind], **options))


def test_too_many_frames_a_second_are_refused(make_film):
    pictures = noise(film.MAX_RATE + 10, (16, 16))
    assert "frames a second" in refusal(make_film(pictures, base=1000))
    assert len(read(make_film(pictures, base=200))) == len(pictures)


def test_too_many_bytes_are_refused_before_they_are_read(tmp_path, films):
    path = tmp_path / "long.mp4"
    path.write_bytes(films("MP4 with MPEG-4"))
    os.truncate(path, film.MAX_BYTES + 1)
    assert "more than the 200 MB" in refusal(path)


@pytest.mark.parametrize("size", [(16384, 16), (4096, 2320)], ids=["too wide", "too many pixels"])
def test_too_large_frames_are_refused(make_film, size):
    assert "4K" in refusal(make_film([grey(9, size)], "avi", "mjpeg"))


def test_a_header_that_announces_too_wide_frames_is_refused(films):
    data = bytearray(films("MP4 with MPEG-4"))
    # Of the sample description, where width and height stand 32 bytes on (ISO 14496-12, 12.1.3).
    at = data.index(b"mp4v") + 28
    assert struct.unpack_from(">HH", data, at) == SIZE
    struct.pack_into(">H", data, at, 16384)
    started = time.perf_counter()
    try:
        frames = read(bytes(data))
    except VideoError:
        frames = []
    assert all(frame.rgb.shape == (64, 96, 3) for frame in frames)
    assert time.perf_counter() - started < 2


def test_a_film_that_grows_too_large_is_not_decoded_any_further(tmp_path, make_film):
    """The header of the small film, and the frames of the large one."""
    small = make_film(noise(1), "avi", "mjpeg")
    large = make_film([grey(9, (16384, 16))], "avi", "mjpeg")
    body = large[large.index(b"movi") - 8 :]
    assert refusal(small[: small.index(b"movi") - 8] + body)


def announce(data, box, at, count):
    """The film with another count in the first of its boxes of this name."""
    changed = bytearray(data)
    struct.pack_into(">I", changed, changed.index(box) + at, count)
    return bytes(changed)


@pytest.mark.parametrize("hidden", [False, True], ids=["as usual", "in a box named free"])
def test_tables_larger_than_the_file_are_refused_before_they_are_made(films, hidden):
    data = films("MP4 with MPEG-4")
    # A constant size, ten million samples of it, in one chunk.
    huge = announce(announce(announce(data, b"stsz", 8, 1), b"stsz", 12, 10**7), b"stsc", 16, 10**7)
    if hidden:
        at = huge.index(b"moov")
        box = struct.pack(">I4s", len(huge) - at + 12, b"free") + huge[at - 4 :]
        huge = huge[: at - 4] + box
    before = psutil.Process().memory_info().rss
    assert refusal(huge)
    assert psutil.Process().memory_info().rss - before < 50 << 20


def test_runs_of_fragments_are_counted(make_film):
    data = make_film(noise(10), movflags="frag_keyframe+empty_moov")
    assert len(read(data)) == 10
    assert "tables are too large" in refusal(announce(data, b"trun", 8, 10**7))


def test_edits_are_counted(films):
    data = films("MP4 with MPEG-4")
    assert "tables are too large" in refusal(announce(data, b"elst", 8, 10**8))


def test_frames_may_look_like_tables(make_film):
    """In "mdat" anything may stand."""
    data = make_film(noise(10))
    table = b"stsz" + b"\xff" * 12 + b"cmov"
    loose = struct.pack(">I4s", 8 + len(table), b"mdat") + table
    assert len(read(data + loose)) == 10
    for endless in (0, 1 << 31):
        assert len(read(data + struct.pack(">I4s", endless, b"mdat") + table)) == 10


def test_an_unknown_codec_is_named(make_film):
    data = make_film(noise(2), "matroska", "ffv1")
    assert "(ffv1) cannot be read" in refusal(data)
    data = make_film(noise(2), "matroska").replace(b"V_MPEG4", b"V_ZZZZZ")
    assert "cannot be read; save it as MP4 with H.264" in refusal(data)


# Damage.


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
@pytest.mark.parametrize(
    "kind", ["MP4 with H.264", "MP4 with MPEG-4", "WebM with VP8", "AVI with MPEG-4"]
)
def test_of_a_film_that_lacks_its_end_the_rest_is_read(make_film, kind, share):
    options = {"movflags": "faststart"} if kind.startswith("MP4") else {}
    data = make_film(noise(50), *KINDS[kind], **options)
    with open_video(data[: int(share * len(data))]) as video:
        frames = list(video)
    assert 50 * share - 15 < len(frames) < 50
    assert video.missing == pytest.approx(50 - len(frames), abs=1)
    assert [frame.seconds for frame in frames] == pytest.approx(
        np.arange(len(frames)) / 25, abs=0.001
    )


def test_without_its_table_a_film_is_damaged(films):
    data = films("MP4 with H.264")
    assert "damaged or incomplete" in refusal(data[: data.index(b"moov") - 4])


@pytest.mark.parametrize("kind", ["MP4 with MPEG-4", "AVI with MPEG-4"])
def test_after_a_damaged_frame_the_film_goes_on_with_the_next_whole_one(make_film, kind):
    def often_whole(stream):
        stream.gop_size = 10

    data = bytearray(make_film(noise(50), *KINDS[kind], tweak=often_whole))
    with av.open(io.BytesIO(data)) as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]
    spoilt = packets[23]
    at = data.index(bytes(spoilt))
    data[at : at + spoilt.size] = bytes(spoilt.size)
    with open_video(bytes(data)) as video:
        frames = list(video)
    whole = next(i for i in range(24, 50) if packets[i].is_keyframe)
    expected = [i for i in range(50) if not 23 <= i < whole]
    found = [round(frame.seconds * 25) for frame in frames]
    assert found == expected
    assert video.missing == whole - 23


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(["MP4 with H.264", "MOV with MJPEG", "WebM with VP8", "AVI with MPEG-4"]),
    changes=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), max_size=12),
    head=st.booleans(),
    end=st.floats(0.02, 1),
)
def test_whatever_bytes_come_only_a_film_or_its_error_comes_of_them(
    films, kind, changes, head, end
):
    data = bytearray(films(kind))
    reach = 600 if head else len(data)
    for place, value in changes:
        # MP4 has its tables at the end.
        at = int(place * reach)
        data[-1 - at if head and kind[:2] == "MP" else at] = value
    started = time.perf_counter()
    try:
        with open_video(bytes(data[: int(end * len(data))])) as video:
            found = list(video)
    except VideoError as error:
        assert error.reason
    else:
        assert found and video.missing >= 0
        assert all(one.seconds < two.seconds for one, two in pairwise(found))
        assert all(max(frame.rgb.shape[:2]) <= 640 for frame in found)
    assert time.perf_counter() - started < 5


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [b"\0\0\0\x14ftypisom", b"RIFF\xff\0\0\0AVI LIST", b"\x1a\x45\xdf\xa3\x9fwebm"]
    ),
    st.binary(max_size=400),
)
def test_a_beginning_alone_makes_no_film(start, rest):
    with pytest.raises(VideoError):
        read(start + rest)


# What is held, and let go.


def test_memory_stays_flat(make_film):
    size = (640, 480)
    random = np.random.default_rng(0)
    coarse = random.integers(0, 255, (4, 48, 64, 3), dtype=np.uint8)
    pictures = [blocks(one, size) for one in coarse]
    data = make_film([pictures[number % 4] for number in range(300)])
    memory = psutil.Process().memory_info
    with open_video(data) as video:
        for _ in range(30):
            next(video)
        before = memory().rss
        rest = sum(1 for _ in video)
        grown = memory().rss - before
    assert rest == 270
    # All frames together take 250 MB.
    assert grown < 20 << 20


def test_everything_is_let_go(tmp_path):
    path = tmp_path / "film.mp4"
    write(path, noise(10))

    def held():
        gc.collect()
        return [one.path for one in psutil.Process().open_files() if one.path == str(path)]

    with open_video(path) as video:
        next(video)
        assert held()
    assert not held()
    assert list(video) == []
    finished = open_video(path)
    assert len(list(finished)) == 10
    assert not held()
    finished.close()
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(VideoError):
        open_video(path)
    assert not held()


def test_nothing_is_printed(tmp_path, films):
    paths = [tmp_path / "whole", tmp_path / "cut", tmp_path / "spoilt"]
    data = films("AVI with MPEG-4")
    middle = len(data) // 2
    spoilt = data[:middle] + bytes(200) + data[middle + 200 :]
    for path, content in zip(paths, (data, data[:middle], spoilt), strict=True):
        path.write_bytes(content)
    read_all = "for path in sys.argv[1:]: list(open_video(path))"
    script = f"import sys; from asl.videos import open_video\n{read_all}"
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, paths)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_real_films(asl_data):
    paths = sorted((asl_data / "wlasl" / "videos").glob("*.mp4"))
    assert len(paths) == 11
    for path in paths:
        with open_video(path) as video:
            frames = list(video)
        info = video.info
        assert 28 <= len(frames) <= 110 and video.missing == 0
        # Some begin with frames that are not shown.
        assert info.frames - 2 <= len(frames) <= info.frames
        assert 20 <= info.rate <= 31
        assert frames[-1].seconds + 1 / info.rate == pytest.approx(info.seconds, abs=0.1)
        assert 1 <= info.seconds <= 4
        height, width = frames[0].rgb.shape[:2]
        assert max(height, width) <= 640 and frames[0].rgb.std() > 10
        assert width / height == pytest.approx(info.width / info.height, abs=0.01)
