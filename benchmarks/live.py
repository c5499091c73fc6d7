"""The video of the Live page in a real browser: how soon, how often, and whether all is given back.

    python -m benchmarks.live                    # everything; about 45 minutes
    python -m benchmarks.live --only one several # these again; the other rows are kept

A fake camera plays a word made of the photographs in ASL_DATA. Needs Playwright and Chromium.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from asl.evaluation.bench import resident_memory, summary
from asl.evaluation.results.result import Result, machine
from asl.images import load_rgb
from benchmarks.browser import (
    PATIENCE_MS,
    browser_memory,
    chromium,
    let_the_app_find_hands,
    server,
)
from benchmarks.command import command_line, keep, parser, recordings
from benchmarks.video import SIZE, Timing, photographs, play, write_feed

_LETTERS = "LBYVC"
_STATUS = re.compile(r"Frame (\d+) · ([\d.]+) frames a second · answer after (\d+) ms")
_FPS = 20
#: Rounds that load what stays loaded.
_WARM = 5

Row = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """What a part is measured with.

    Attributes:
        launch: starts a browser.
        url, process: of the server, which nothing else asks.
        data: the recordings.
        chosen: what was asked for.
    """

    launch: Callable[[], Any]
    url: str
    process: int
    data: Path
    chosen: argparse.Namespace


#: The parts of a benchmark, by their names.
Parts = Mapping[str, Callable[[Scene], list[Row]]]


def play_letters(file: Path, data: Path) -> Path:
    """Write a camera feed in which letters are held one after the other, without a pause."""
    photos = photographs(data)
    pictures = [load_rgb(photos[letter][0]) for letter in _LETTERS]
    timing = Timing(frames_a_second=_FPS, hold=2.0, change=0.3, leave=0.05, empty=0.05)
    frames = play(pictures, timing, leave=[False] * len(pictures))
    write_feed(file, (Image.fromarray(frame) for _, frame in frames), _FPS)
    return file


class Visitor:
    """One browser on the Live page."""

    def __init__(self, launch: Callable[[], Any], url: str):
        # A browser of its own: tabs of one get in each other's way at the camera.
        browser = launch()
        self._context = browser.new_context(permissions=["camera"])
        self.page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.goto(url)
        self.come()

    def close(self) -> None:
        """Close the tab."""
        self._context.close()

    def come(self) -> None:
        """Go to the Live page by its link."""
        self.page.get_by_role("link", name="Live").click()
        self.page.get_by_role("heading", name="Live camera").wait_for()
        self._choose_way()
        self._button("start").wait_for()

    def start(self) -> float:
        """Press START; returns after how many seconds the first sign was answered."""
        began = time.perf_counter()
        self._button("start").click()
        self.page.locator("[class*='st-key-sign-live'] h2").wait_for()
        return time.perf_counter() - began

    def leave(self) -> None:
        """Go to another page."""
        self.page.get_by_role("link", name="About").click()
        self.page.get_by_role("heading", name="About", exact=True).wait_for()

    def status(self) -> tuple[int, float, float]:
        """Return frames so far, frames a second, and milliseconds to the answer."""
        text = self.page.get_by_text(_STATUS).first.inner_text()
        found = _STATUS.search(text)
        if found is None:
            raise ValueError(f"the page says {text!r}")
        frames, rate, milliseconds = found.groups()
        return int(frames), float(rate), float(milliseconds)

    def _choose_way(self) -> None:
        let_the_app_find_hands(self.page)

    def _button(self, name: str) -> Any:
        frame = self.page.frame_locator("iframe[title*='webrtc']")
        return frame.get_by_role("button", name=re.compile(f"^{name}$", re.IGNORECASE))


def measure_one(scene: Scene) -> list[Row]:
    """Measure one visitor: first answer, frames a second, time to the answer."""
    visitor = Visitor(scene.launch, scene.url)
    first = visitor.start()
    time.sleep(3)
    rate, milliseconds = watch([visitor], scene.chosen.seconds)[0]
    return [
        {"name": "first answer after START", "value": first, "unit": "s", "aim": "4 s"},
        {"name": "one visitor, frames a second", "value": rate, "unit": "", "aim": "at least 15"},
        {**summary("one visitor, frame in to overlay out", milliseconds, "ms"), "aim": "60 ms"},
    ]


def measure_several(scene: Scene) -> list[Row]:
    """Measure several visitors at once; the one with the fewest frames counts."""
    count = scene.chosen.users
    visitors = [Visitor(scene.launch, scene.url) for _ in range(count)]
    for visitor in visitors:
        visitor.start()
    time.sleep(3)
    watched = watch(visitors, scene.chosen.seconds)
    for visitor in visitors:
        visitor.close()
    name = f"{count} visitors at once"
    milliseconds = [value for _, values in watched for value in values]
    return [
        {
            "name": f"{name}, frames a second of the slowest",
            "value": min(rate for rate, _ in watched),
            "unit": "",
            "aim": "at least 5 each",
        },
        summary(f"{name}, frame in to overlay out", milliseconds, "ms"),
    ]


def watch(visitors: list[Visitor], seconds: float) -> list[tuple[float, list[float]]]:
    """Return each visitor's frames a second, and the times to the answer that its page showed."""
    before = [(visitor.status()[0], time.perf_counter()) for visitor in visitors]
    times: list[list[float]] = [[] for _ in visitors]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        time.sleep(1)
        for visitor, values in zip(visitors, times, strict=True):
            values.append(visitor.status()[2])
    watched = []
    for visitor, (frames, began), values in zip(visitors, before, times, strict=True):
        now = visitor.status()[0]
        watched.append(((now - frames) / (time.perf_counter() - began), values))
    return watched


def measure_rounds(visitor: Visitor, process: int, rounds: int) -> list[Row]:
    """Open, start and leave the page again and again; threads and memory before and after.

    Memory goes up and down by a seventh from round to round, so the median of the second half is
    compared with that of the first.
    """
    visitor.leave()
    found = []
    for turn in range(_WARM + rounds):
        visitor.come()
        visitor.start()
        visitor.leave()
        time.sleep(3)
        if turn >= _WARM:
            threads = len(os.listdir(f"/proc/{process}/task"))
            found.append((threads, resident_memory(process), browser_memory()))
    first, second = (np.median(half, 0) for half in np.array_split(found, 2))
    names = (
        f"threads after {rounds} rounds of opening and leaving",
        f"memory after {rounds} rounds",
        f"memory of the browser after {rounds} rounds",
    )
    return [
        {"name": f"{name}, to before", "value": float(more), "unit": "%", "aim": "within 10 %"}
        for name, more in zip(names, 100 * (second / first - 1), strict=True)
    ]


def measure_minutes(visitor: Visitor, process: int, minutes: float) -> list[Row]:
    """Let the video play; memory in the last tenth of the time to that after the first one."""
    visitor.start()
    memory = []
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        time.sleep(max(1.0, 0.6 * minutes))
        memory.append((resident_memory(process), browser_memory()))
    tenth = max(1, len(memory) // 10)
    start, last = np.median(memory[tenth : 2 * tenth], 0), np.median(memory[-tenth:], 0)
    grown = 100 * (last / start - 1)
    after = f"after {minutes:g} minutes of video, to its beginning"
    return [
        {
            "name": f"memory{of} {after}",
            "value": float(more),
            "unit": "%",
            "aim": "within 10 %",
        }
        for of, more in zip(("", " of the browser"), grown, strict=True)
    ] + [{"name": "memory of the server then", "value": float(last[0]), "unit": "MiB"}]


def lasting(visitor: type[Visitor]) -> Parts:
    """Return the parts that are the same whoever finds the hand."""
    return {
        "rounds": lambda scene: measure_rounds(
            visitor(scene.launch, scene.url), scene.process, scene.chosen.rounds
        ),
        "minutes": lambda scene: measure_minutes(
            visitor(scene.launch, scene.url), scene.process, scene.chosen.minutes
        ),
    }


def tell(rows: list[Row]) -> None:
    """Say on standard error what has been measured so far, and how busy the machine was."""
    for row in rows:
        load = os.getloadavg()[0]
        print(f"{row['name']}: {row['value']:.3g} {row['unit']} (load {load:.1f})", file=sys.stderr)


def measure_parts(
    asking: argparse.ArgumentParser,
    parts: Parts,
    arguments: Sequence[str] | None,
    feed: Callable[[Path, Path], Path],
    result: Callable[[list[Row]], Result],
) -> None:
    """Measure the parts that were asked for, and keep each in the results file once it is done.

    Args:
        asking: to which what all such measurements can be asked is added.
        feed: writes what the camera shows to a file, from the folder of recordings.
        result: makes a results file of rows.
    """
    names = tuple(parts)
    asking.add_argument("--only", nargs="+", choices=names, default=names, help="what to measure")
    asking.add_argument("--seconds", type=float, default=20, help="that frames are counted for")
    asking.add_argument("--users", type=int, default=4, help="visitors at once")
    asking.add_argument("--rounds", type=int, default=20, help="of opening and leaving")
    asking.add_argument("--minutes", type=float, default=30, help="of video for memory")
    chosen = asking.parse_args(arguments)
    data = recordings(asking)
    # Each on a server of its own, whose memory nothing else has grown.
    with tempfile.TemporaryDirectory() as folder:
        shown = feed(Path(folder) / "feed.y4m", data)
        for part in chosen.only:
            with chromium(shown) as launch, server(Path(folder) / part) as (url, process):
                rows = parts[part](Scene(launch, url, process, data, chosen))
            load = os.getloadavg()[0]
            rows.append({"name": f"load while “{part}” was measured", "value": load, "unit": ""})
            tell(rows)
            keep(result(rows), chosen.out)
    print(Result.read(chosen.out).to_markdown())


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results file."""
    asking = parser(__doc__, "live.json")
    measure_parts(asking, _PARTS, arguments, play_letters, result)


def result(rows: list[Row]) -> Result:
    """Return what the results file says."""
    return Result(
        title="The live camera in a browser",
        data=f"a fake camera of {SIZE[0]}×{SIZE[1]} pixels and {_FPS} frames a second that plays "
        f"photographs of the letters {', '.join(_LETTERS)}",
        machine=machine(("streamlit", "streamlit-webrtc", "onnxruntime", "ai-edge-litert")),
        command=command_line("live"),
        rows=tuple(rows),
        note="Server and browser share the machine. Frame in to overlay out is what the page says: "
        "the median of its last 60 frames. Of the rounds of opening and leaving, the median of the "
        "second half is compared with that of the first. Load is how many processes wanted to work "
        "in the last minute of each part. How long and how often is said in the "
        "rows' names.",
    )


_PARTS: Parts = {"one": measure_one, "several": measure_several, **lasting(Visitor)}


if __name__ == "__main__":
    main()
