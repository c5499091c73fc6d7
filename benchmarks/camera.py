"""The page Live where the browser finds the hand: how soon, how often, how well, and how much.

    python -m benchmarks.camera                          # everything; about an hour and a half
    python -m benchmarks.camera --only one several       # these again; the other rows are kept
    python -m benchmarks.camera --only spelling --words 10

A fake camera plays a word made of the photographs in ASL_DATA. Needs Playwright and Chromium.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from asl.cli.console import progress
from asl.evaluation.bench import summary
from asl.evaluation.results.result import Result, machine
from asl.images import load_rgb
from benchmarks.camera_spelling import spell_both_ways
from benchmarks.command import at_least, command_line, parser
from benchmarks.live import Parts, Row, Scene, Visitor, lasting, measure_parts
from benchmarks.spelling import Spelled
from benchmarks.video import SIZE, Timing, photographs, play, write_feed

_LETTERS = "LBYVC"
_TIMING = Timing(frames_a_second=30, hold=2.0, change=0.3, leave=0.05, empty=0.05)
#: A square in the upper left corner says by its brightness which letter is held still.
_MARK, _DARK, _STEP = 24, 40, 40

_WATCH = """(letters) => {
  const camera = [...document.querySelectorAll("*")].map((one) => one.shadowRoot)
    .find((one) => one?.querySelector(".hand-camera"));
  const video = camera.querySelector("video"), sign = camera.querySelector(".sign");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  window.seen = [];
  let before = "";
  const look = () => {
    brush.drawImage(video, 8, 8, 8, 8, 0, 0, 1, 1);
    const [value] = brush.getImageData(0, 0, 1, 1).data;
    const held = letters[Math.round((value - DARK) / STEP) - 1] ?? "";
    if (held !== before) window.seen.push(["held", held, performance.now()]);
    before = held;
    video.requestVideoFrameCallback(look);
  };
  look();
  new MutationObserver(() => window.seen.push(["sign", sign.textContent, performance.now()]))
    .observe(sign, { childList: true, characterData: true, subtree: true });
}""".replace("DARK", str(_DARK)).replace("STEP", str(_STEP))


def play_marked_letters(file: Path, data: Path) -> Path:
    """Write a camera feed in which letters are held one after the other, and marked."""
    photos = photographs(data)
    pictures = [load_rgb(photos[letter][0]) for letter in _LETTERS]
    frames = [frame for _, frame in play(pictures, _TIMING, leave=[False] * len(pictures))]
    count = {name: max(1, round(getattr(_TIMING, name) * _TIMING.frames_a_second))
             for name in ("hold", "change", "leave", "empty")}  # fmt: skip
    place = count["empty"] + count["leave"]
    marks = [_DARK] * len(frames)
    for number in range(len(pictures)):
        marks[place : place + count["hold"]] = [_DARK + _STEP * (number + 1)] * count["hold"]
        place += count["hold"] + count["change"]
    marked = (_marked(frame, mark) for frame, mark in zip(frames, marks, strict=True))
    write_feed(file, marked, _TIMING.frames_a_second)
    return file


def _marked(frame: np.ndarray, mark: int) -> Image.Image:
    marked = frame.copy()
    marked[:_MARK, :_MARK] = mark
    return Image.fromarray(marked)


class CameraVisitor(Visitor):
    """One browser on the Live page, which finds the hand."""

    def ready(self) -> float:
        """Press START; returns after how many seconds the first picture has been searched."""
        began = time.perf_counter()
        self._button("start").click()
        self.page.locator(".hand-camera[data-state=on]").wait_for()
        return time.perf_counter() - began

    def counts(self) -> tuple[int, int, float]:
        """Return how many pictures were drawn and searched, and when, in seconds."""
        drawn, searched = (
            self.page.locator(".hand-camera").get_attribute(f"data-{name}") or 0
            for name in ("drawn", "searched")
        )
        return int(drawn), int(searched), time.perf_counter()

    def delays(self, seconds: float) -> list[float]:
        """Return after how many milliseconds each letter is shown once it is held still."""
        self.page.evaluate(_WATCH, _LETTERS)
        time.sleep(seconds)
        return delays_of(self.page.evaluate("window.seen"))

    def _choose_way(self) -> None:
        pass  # it is the page's own

    def _button(self, name: str) -> Any:
        return self.page.locator(f".hand-camera .{name}")


def delays_of(seen: Sequence[tuple[str, str, float]]) -> list[float]:
    """Return the milliseconds from a letter being held to its being shown.

    Args:
        seen: ("held", letter, when), the letter "" while none is, and ("sign", letter, when).
    """
    found, waiting, shown = [], None, ""
    for kind, letter, at in seen:
        if kind == "held":
            waiting = (letter, at) if letter and letter != shown else None
        else:
            shown = letter
            if waiting and shown == waiting[0]:
                found.append(at - waiting[1])
                waiting = None
    return found


@contextmanager
def watched(
    visitors: Sequence[CameraVisitor], seconds: float
) -> Iterator[list[tuple[float, float]]]:
    """Give, at the end, each visitor's pictures drawn and searched a second."""
    rates: list[tuple[float, float]] = []
    before = [visitor.counts() for visitor in visitors]
    yield rates
    for visitor, (drawn, searched, began) in zip(visitors, before, strict=True):
        more, found, now = visitor.counts()
        rates.append(((more - drawn) / (now - began), (found - searched) / (now - began)))


def measure_one(scene: Scene) -> list[Row]:
    """Measure one visitor: ready, drawn and searched pictures, and how soon a sign is shown."""
    visitor, seconds = CameraVisitor(scene.launch, scene.url), scene.chosen.seconds
    ready = visitor.ready()
    time.sleep(3)
    with watched([visitor], seconds) as rates:
        delays = visitor.delays(seconds)
    [(drawn, searched)] = rates
    rows: list[Row] = [
        {"name": "ready after START", "value": ready, "unit": "s", "aim": "3 s"},
        {"name": "pictures drawn a second", "value": drawn, "unit": "", "aim": "at least 20"},
        {"name": "pictures searched for the hand a second", "value": searched, "unit": ""},
    ]
    if delays:
        row = summary("sign shown after it is held still", delays, "ms")
        rows.append({**row, "aim": "400 ms"})
    return rows


def measure_several(scene: Scene) -> list[Row]:
    """Measure several visitors at once, in browsers of their own, and what the server uses."""
    count, seconds = scene.chosen.users, scene.chosen.seconds
    visitors = [CameraVisitor(scene.launch, scene.url) for _ in range(count)]
    for visitor in visitors:
        visitor.ready()
    time.sleep(3)
    used, began = processor_seconds(scene.process), time.perf_counter()
    with watched(visitors, seconds) as rates:
        time.sleep(seconds)
    cores = (processor_seconds(scene.process) - used) / (time.perf_counter() - began)
    name = f"{count} visitors at once"
    return [
        {
            "name": f"{name}, pictures drawn a second by the slowest",
            "value": min(drawn for drawn, _ in rates),
            "unit": "",
            "aim": "at least 15 each",
        },
        {
            "name": f"{name}, pictures searched a second by the slowest",
            "value": min(searched for _, searched in rates),
            "unit": "",
        },
        {"name": f"{name}, cores that the server uses", "value": cores, "unit": "", "aim": "0.5"},
    ]


def processor_seconds(process: int) -> float:
    """Return what a process and its children have used of processors, in seconds."""
    root = psutil.Process(process)
    times = [one.cpu_times() for one in (root, *root.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def measure_spelling(scene: Scene) -> list[Row]:
    """Measure how well words are spelled, beside the way in which the app finds the hand."""
    page, count = scene.launch().new_page(), scene.chosen.words
    page.goto(scene.url)
    with progress("Spelling") as step:
        spelled = spell_both_ways(page, scene.url, scene.data, count, step)
    wrong = {way: letters_wrong(words) for way, words in spelled.items()}
    return [
        {"name": f"letters wrong in {count} words, hand found by the app", "value": wrong["app"],
         "unit": "%"},
        {"name": f"letters wrong in {count} words, hand found by the browser",
         "value": wrong["browser"], "unit": "%", "aim": "3 more than by the app"},
    ]  # fmt: skip


def letters_wrong(words: Sequence[Spelled]) -> float:
    """Return the letters that are wrong, missing or too many, in per cent."""
    return 100 * sum(one.errors for one in words) / sum(len(one.word) for one in words)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results file."""
    asking = parser(__doc__, "camera.json")
    asking.add_argument("--words", type=at_least(1), default=100, help="words that are spelled")
    measure_parts(asking, _PARTS, arguments, play_marked_letters, result)


def result(rows: list[Row]) -> Result:
    """Return what the results file says."""
    width, height = SIZE
    return Result(
        title="The live camera where the browser finds the hand",
        data=f"a fake camera of {width}×{height} pixels and {_TIMING.frames_a_second} frames a "
        f"second that plays photographs of the letters {', '.join(_LETTERS)}; words are made of "
        "photographs of asl_letters/valid + asl_letters/test",
        machine=machine(("streamlit", "onnxruntime", "ai-edge-litert")),
        command=command_line("camera"),
        rows=tuple(rows),
        note="Server and browsers share the machine, which has no GPU. Load is how many processes "
        "wanted to work in the last minute of each part: where it is much above the number of "
        "processors, other work slowed what was measured. A sign counts as shown when it stands "
        "on the video, from the first picture in which the hand is still. Words are spelled from "
        "the same frames both ways, one after the other. Of the rounds of opening and leaving, "
        "the median of the second half is compared with that of the first.",
    )


_PARTS: Parts = {
    "one": measure_one,
    "spelling": measure_spelling,
    "several": measure_several,
    **lasting(CameraVisitor),
}


if __name__ == "__main__":
    main()
