"""Pictures decoded in processes of their own: the same pixels, and nothing that ends this one."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from asl import decoding
from asl.decoding import decode
from asl.images import PictureError, load_rgb

ROOT = Path(__file__).parents[1]


@pytest.fixture
def encoded(make_picture):
    def make(seed=0, size=(64, 48), format="PNG"):
        file = io.BytesIO()
        make_picture(seed, size).save(file, format)
        return file.getvalue()

    return make


@pytest.fixture
def one_worker(monkeypatch):
    """A pool of its own with a single worker; returns the numbers of the processes it started."""
    started = []

    class Worker(decoding._Worker):
        def __init__(self):
            super().__init__()
            started.append(self._process.pid)

    monkeypatch.setattr(decoding, "_pool", decoding._Pool(1))
    monkeypatch.setattr(decoding, "_Worker", Worker)
    return started


def children_of(pid):
    listing = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True
    )
    return [int(number) for number in listing.stdout.split()]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(done, seconds=20):
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(0.05)
    assert done()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_pixels_are_those_of_load_rgb(encoded, format):
    # One picture larger than the last, and one smaller: memory is used again.
    for seed, size in enumerate([(64, 48), (900, 700), (30, 50)]):
        data = encoded(seed, size, format)
        rgb = decode(data)
        np.testing.assert_array_equal(rgb, load_rgb(data))
        assert rgb.flags.writeable and rgb.flags.c_contiguous


def test_what_is_answered_stays_as_it_is(encoded, one_worker):
    first = decode(encoded(0))
    kept = first.copy()
    decode(encoded(1))
    np.testing.assert_array_equal(first, kept)
    assert len(one_worker) == 1


def test_without_shared_memory(encoded, one_worker, monkeypatch, tmp_path):
    # Of the worker too, which imports this before anything else.
    (tmp_path / "sitecustomize.py").write_text("import os\ndel os.memfd_create\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delattr(os, "memfd_create", raising=False)
    for seed, size in enumerate([(64, 48), (900, 700), (30, 50)]):
        data = encoded(seed, size)
        np.testing.assert_array_equal(decode(data), load_rgb(data))


def test_errors_are_those_of_load_rgb(tmp_path, encoded):
    (tmp_path / "text.png").write_text("no picture")
    for source in (tmp_path / "text.png", tmp_path / "none.png", tmp_path, b"", encoded()[:90]):
        with pytest.raises(PictureError) as here:
            load_rgb(source)
        with pytest.raises(PictureError) as there:
            decode(source)
        assert str(here.value) == str(there.value)


def test_names_that_are_no_text_come_back(encoded):
    with pytest.raises(PictureError, match=re.escape("a\udcff\n.png: ")):
        decode(b"x", name="a\udcff\n.png")


def test_a_worker_that_is_killed_is_replaced(encoded, one_worker):
    decode(encoded())
    os.kill(one_worker[0], signal.SIGKILL)
    with pytest.raises(PictureError, match="fails"):
        decode(encoded())
    assert decode(encoded()).shape == (48, 64, 3)
    assert len(one_worker) == 2


def instead_of_decoding(monkeypatch, tmp_path, body):
    """Let workers do something else once they have loaded what they need."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if sys.argv[:1] == ['-m'] and '-P' in sys.orig_argv:\n"
        "    import asl.images\n"
        f"    def load_rgb(content, name, empty):\n        {body}\n"
        "    asl.images.load_rgb = load_rgb\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sum(number for number in iter(int, 1))", "too long"),
        ("b'x' * 2_000_000_000", "too much memory"),
        ("import os; os.abort()", "fails"),
        ("import os; os._exit(0)", "fails"),
    ],
)
def test_a_decoder_that_gives_up_costs_its_picture(
    encoded, one_worker, monkeypatch, tmp_path, body, words
):
    instead_of_decoding(monkeypatch, tmp_path, body)
    began = time.monotonic()
    with pytest.raises(PictureError, match=words):
        decode(encoded())
    assert time.monotonic() - began < 30
    monkeypatch.delenv("PYTHONPATH")
    assert decode(encoded()).shape == (48, 64, 3)


def test_a_worker_that_waits_for_ever_is_ended(encoded, one_worker, monkeypatch, tmp_path):
    monkeypatch.setattr(decoding, "_SECONDS_BY_THE_CLOCK", 3.0)
    instead_of_decoding(monkeypatch, tmp_path, "import time; time.sleep(600)")
    with pytest.raises(PictureError, match="too long"):
        decode(encoded())
    assert not is_alive(one_worker[0])


def test_many_threads_share_few_workers(encoded, monkeypatch):
    pool = decoding._Pool(2)
    monkeypatch.setattr(decoding, "_pool", pool)
    pictures = [encoded(seed, (50 + seed, 40)) for seed in range(24)]
    with ThreadPoolExecutor(8) as threads:
        shapes = [rgb.shape for rgb in threads.map(decode, pictures)]
    assert shapes == [(40, 50 + seed, 3) for seed in range(24)]
    assert len(pool._idle) <= 2


def test_a_worker_loads_little(encoded, one_worker):
    decode(encoded())
    maps = Path(f"/proc/{one_worker[0]}/maps").read_text()
    assert not any(word in maps for word in ("torch", "onnxruntime", "litert", "streamlit"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_whoever_asks(how):
    script = (
        "import sys, time\nfrom asl.decoding import decode\n"
        "try:\n    decode(b'x')\nexcept ValueError:\n    print('ready', flush=True)\ntime.sleep(60)"
    )
    asking = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with asking:
        assert asking.stdout.readline() == "ready\n"
        workers = children_of(asking.pid)
        assert workers
        asking.send_signal(how)
    wait_until(lambda: not any(map(is_alive, workers)))


def test_where_no_process_can_be_started(encoded, one_worker, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(PictureError, match="no process"):
        decode(encoded())
    assert threading.active_count() < 50
