"""What prediction costs here: time and memory, beside PyTorch running the same network.

Everything compared is measured in one run, taking turns, so that a busy machine slows both.
"""

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from asl.bundle import WEIGHTS, ModelBundle
from asl.decoding import decode
from asl.evaluation.results.result import HOME
from asl.hands.detector import Hand
from asl.images import load_rgb
from asl.inference.pictures.predictor import Predictor

SIZE = (640, 480)
_WARM_UP = 10

#: Enough for a fair mean: the joints of some hands are read several times, those of others once.
_PICTURES = 72

# A server's share of a prediction: what Streamlit loads, then the model and one picture.
_FRESH_PROCESS = """
import sys
import streamlit, streamlit.web.server
{also}
from pathlib import Path
from asl.bundle import find_bundle
from asl.evaluation.bench import resident_memory
from asl.images import load_rgb
from asl.inference.pictures.predictor import Predictor
predictor = Predictor(find_bundle(sys.argv[1]))
predictor.predict(load_rgb(sys.stdin.buffer.read()))
print(resident_memory(), flush=True)
"""

Row = dict[str, Any]
#: Told how many of how many steps are done.
Progress = Callable[[int, int], None]


def sample_pictures(data: Path | None, seed: int = 0) -> list[bytes]:
    """Return JPEG files of 640×480 pixels with a hand in the middle.

    Args:
        data: folder of recordings; without it one picture of noise is made, in which no hand is
            found and which therefore takes longer.
        seed: chooses the recordings.
    """
    random = np.random.default_rng(seed)
    photos = sorted(data.glob("asl_letters/valid/*/*.jpg")) if data else []
    if not photos:
        return [_jpeg(Image.fromarray(random.integers(0, 256, (*SIZE[::-1], 3), np.uint8)))]
    chosen = random.choice(len(photos), min(_PICTURES, len(photos)), replace=False)
    pictures = []
    for number in chosen:
        photo = Image.fromarray(load_rgb(photos[number])).resize((SIZE[1], SIZE[1]))
        scene = Image.new("RGB", SIZE, (128, 128, 128))
        scene.paste(photo, ((SIZE[0] - SIZE[1]) // 2, 0))
        pictures.append(_jpeg(scene))
    return pictures


def stay_on_one_core() -> None:
    """Keep this thread, and those that it starts from now on, on one core, where that can be."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def time_prediction(
    predictor: Predictor,
    pictures: Sequence[bytes],
    repeats: int,
    progress: Progress = lambda done, total: None,
) -> list[Row]:
    """Time a JPEG from bytes to answer, and the parts of it.

    Returns:
        Rows with median and 90th percentile in milliseconds.
    """
    seconds, beyond = np.empty((repeats, 3)), np.empty(repeats)
    found = 0
    for turn in range(-_WARM_UP, repeats):
        start = time.perf_counter()
        picture = pictures[turn % len(pictures)]
        rgb = load_rgb(picture)
        decoded = time.perf_counter()
        hand = predictor.find_hand(rgb)
        searched = time.perf_counter()
        predictor.answer(predictor.predict_logits(rgb, hand), "all", start)
        answered = time.perf_counter()
        decode(picture)
        apart = time.perf_counter()
        if turn >= 0:
            seconds[turn] = np.diff((start, decoded, searched, answered))
            beyond[turn] = (apart - answered) - (decoded - start)
            found += hand is not None
            progress(turn + 1, repeats)
    whole = f"one {SIZE[0]}×{SIZE[1]} JPEG, decode to answer (hand found in {found / repeats:.0%})"
    parts = 1000 * seconds.T
    return [
        {**summary(whole, parts.sum(0), "ms"), "aim": "30 ms"},
        summary("of it: decode", parts[0], "ms"),
        summary("of it: hand detection", parts[1], "ms"),
        summary("of it: crop, both networks, joints read again if unclear", parts[2], "ms"),
        {
            **summary("decoding in a process of its own, beyond that", 1000 * beyond, "ms"),
            "aim": "3 ms",
        },
    ]


def time_networks(
    bundle: ModelBundle,
    predictor: Predictor,
    pictures: Sequence[bytes],
    repeats: int,
    progress: Progress = lambda done, total: None,
) -> list[Row]:
    """Time the networks in ONNX Runtime and in PyTorch eager, in turns, one thread each.

    Returns:
        Rows with both medians in milliseconds and their ratio.

    Raises:
        ImportError: PyTorch is not installed.
        ValueError: the bundle has no weights, or they are not those of its network.
    """
    import torch

    from asl.nets.pictures.build import rebuild

    torch.set_num_threads(1)
    card = bundle.card
    weights = bundle.folder / WEIGHTS
    network = rebuild(weights, card.network, len(card.labels), card.input_names, card.settings)
    shown: list[tuple[np.ndarray, Hand | None]] = []
    for picture in pictures:
        rgb = load_rgb(picture)
        shown.append((rgb, predictor.find_hand(rgb)))
    seconds, difference = np.empty((repeats, 2)), 0.0
    for turn in range(-_WARM_UP, repeats):
        feed = predictor.feed(*shown[turn % len(shown)])
        tensors = [torch.tensor(feed[name]) for name in network.input_names]
        start = time.perf_counter()
        ours = predictor.run(feed)["logits"]
        middle = time.perf_counter()
        with torch.inference_mode():
            theirs = network(*tensors)[0]
        end = time.perf_counter()
        if turn >= 0:
            seconds[turn] = middle - start, end - middle
            difference = max(difference, float(np.abs(ours - theirs.numpy()).max()))
            progress(turn + 1, repeats)
    onnx, eager = np.median(seconds, axis=0)
    return [
        summary("both networks, ONNX Runtime", 1000 * seconds[:, 0], "ms"),
        summary("both networks, PyTorch eager", 1000 * seconds[:, 1], "ms"),
        {"name": "ONNX Runtime to PyTorch eager", "value": onnx / eager, "unit": "×", "aim": "0.5"},
        {"name": "largest difference of their logits", "value": difference, "unit": ""},
    ]


def measure_memory(bundle: ModelBundle, picture: bytes) -> list[Row]:
    """Measure fresh server processes after their first prediction, without and with PyTorch.

    Raises:
        RuntimeError: a process fails, or the system has no /proc.
    """
    return [
        {**_memory_row("server after the first prediction", bundle, picture, ""), "aim": "350 MiB"},
        _memory_row("the same with PyTorch imported", bundle, picture, "import torch"),
    ]


def resident_memory(process: int | str = "self") -> float:
    """Return the resident memory of a process in MiB.

    Raises:
        RuntimeError: the system has no /proc.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        raise RuntimeError("memory: it can only be measured where there is /proc") from None
    line = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    if line is None:
        raise RuntimeError("memory: the system does not say how much a process has")
    return int(line[1]) / 1024


def summary(name: str, values: Sequence[float] | np.ndarray, unit: str) -> Row:
    """Return a row with the median ("value") and the 90th percentile ("p90") of `values`."""
    median, p90 = np.quantile(values, [0.5, 0.9])
    return {"name": name, "value": float(median), "p90": float(p90), "unit": unit}


def _memory_row(name: str, bundle: ModelBundle, picture: bytes, also: str) -> Row:
    done = subprocess.run(
        [sys.executable, "-c", _FRESH_PROCESS.format(also=also), str(bundle.folder.resolve())],
        input=picture,
        capture_output=True,
        cwd=HOME,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise RuntimeError(f"memory: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return {"name": name, "value": float(done.stdout), "unit": "MiB"}


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()
