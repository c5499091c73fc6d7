"""The camera of the Words page in a real browser: frames a second, and how soon words are answered.

    python -m benchmarks.words_live                       # all; about 36 minutes
    python -m benchmarks.words_live --only app browser    # four minutes; the other rows are kept
    python -m benchmarks.words_live --model runs/x/bundle # with another model of words

A fake camera plays five clips of ASL_DATA with rests between, again and again. Needs Playwright and
Chromium.
"""

import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from asl.bundle import BundleError, find_bundle
from asl.evaluation.bench import summary
from asl.evaluation.results.result import Result, machine
from asl.videos import open_video
from benchmarks.browser import chromium, server, wait_until_drawn
from benchmarks.command import command_line, keep, parser, recordings
from benchmarks.live import Row, Visitor, measure_minutes, tell
from benchmarks.video import SIZE, write_feed

_FPS = 20
#: Clips of wlasl/videos, of five people; each shows one sign, and hands down before and after it.
_CLIPS = ("05741", "12311", "17721", "65539", "65824")
_REST_SECONDS = 1.2
ANSWERED = re.compile(r"Sign (\d+) took ([\d.]+) s; the answer came ([\d.]+) s after its end")
#: Where hands are found, and memory over minutes where the app finds them.
_PARTS = ("app", "browser", "minutes")


def pictures(data: Path) -> Iterator[Image.Image]:
    """Yield the frames of the clips; after each its last one stays for a rest."""
    for clip in _CLIPS:
        with open_video(data / "wlasl" / "videos" / f"{clip}.mp4", every=1 / _FPS) as film:
            frames = [ImageOps.pad(Image.fromarray(frame.rgb), SIZE) for frame in film]
        yield from frames
        yield from frames[-1:] * round(_REST_SECONDS * _FPS)


class Signer(Visitor):
    """One browser on the Words page, whose camera waits for words."""

    def come(self) -> None:
        """Go to the Words page by its link, and choose the camera."""
        self.page.get_by_role("link", name="Words").click()
        self.page.get_by_role("heading", name="Which word is this?").wait_for()
        wait_until_drawn(self.page)
        self.page.get_by_role("radio", name="Camera, one word at a time").click()
        wait_until_drawn(self.page)
        self._choose_way()
        self._button("start").wait_for()

    def start(self) -> float:
        """Press START; returns after how many seconds the first word was answered."""
        began = time.perf_counter()
        self._button("start").click()
        self.page.get_by_text(ANSWERED).wait_for()
        return time.perf_counter() - began

    def words(self, seconds: float) -> dict[int, float]:
        """Watch for so long; returns each word's number → seconds from its end to the answer."""
        found: dict[int, float] = {}
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            said = ANSWERED.search(self.page.inner_text("body"))
            if said:
                found[int(said[1])] = float(said[3])
            time.sleep(0.3)
        return found


class BrowserSigner(Signer):
    """One browser on the Words page, which finds the hands itself."""

    def _choose_way(self) -> None:
        self.page.get_by_text("in this browser").click()

    def _button(self, name: str) -> Any:
        return self.page.locator(f".hand-camera .{name}")


def measure_words(signer: Signer, lasts: float, rounds: int, where: str) -> list[Row]:
    """Measure frames a second, the wait for answers, and how many words were found.

    Args:
        where: hands are found, as the names of the rows say it.
    """
    signer.start()
    before, began = signer.status()[0], time.perf_counter()
    waits = signer.words(rounds * lasts)
    rate = (signer.status()[0] - before) / (time.perf_counter() - began)
    # The first one had been answered before the watch began.
    counted = max(waits, default=0) - min(waits, default=0)
    return [
        {
            "name": f"words, frames a second{where}",
            "value": rate,
            "unit": "",
            "aim": "at least 15",
        },
        {
            **summary(f"from the end of a word to its answer{where}", [*waits.values()], "s"),
            "aim": "0.6 s",
        },
        {
            "name": f"words found, of {rounds * len(_CLIPS)} played{where}",
            "value": counted,
            "unit": "",
            "aim": f"{round(0.9 * rounds * len(_CLIPS))} to {round(1.1 * rounds * len(_CLIPS))}",
        },
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results file."""
    asking = parser(__doc__, "words-live.json")
    asking.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, help="what to measure")
    asking.add_argument("--model", default="asl-words", help="name or folder of a model of words")
    asking.add_argument("--rounds", type=int, default=8, help="of the five words")
    asking.add_argument("--minutes", type=float, default=30, help="of video for memory")
    chosen = asking.parse_args(arguments)
    data = recordings(asking)
    try:
        bundle = find_bundle(chosen.model)
    except BundleError as error:
        asking.error(str(error))
    with tempfile.TemporaryDirectory() as folder:
        lasts = write_feed(Path(folder) / "feed.y4m", pictures(data), _FPS) / _FPS
        for part in chosen.only:
            home = Path(folder) / part
            if not bundle.is_bundled:
                shutil.copytree(bundle.folder, home / "models" / bundle.folder.name)
            with chromium(Path(folder) / "feed.y4m") as launch, server(home) as (url, process):
                if part == "browser":
                    signer, where = BrowserSigner(launch, url), ", hands found by the browser"
                    rows = measure_words(signer, lasts, chosen.rounds, where)
                elif part == "app":
                    rows = measure_words(Signer(launch, url), lasts, chosen.rounds, "")
                else:
                    rows = measure_minutes(Signer(launch, url), process, chosen.minutes)
            tell(rows)
            keep(result(rows, chosen.model), chosen.out)
    print(Result.read(chosen.out).to_markdown())


def result(rows: list[Row], model: str) -> Result:
    """Return what the results file says."""
    options: list[Any] = [] if model == "asl-words" else ["--model", Path(model).name]
    return Result(
        title="Words before the camera, in a browser",
        data=f"a fake camera of {SIZE[0]}×{SIZE[1]} pixels and {_FPS} frames a second that plays "
        f"{len(_CLIPS)} clips of five people (wlasl/videos), with rests of {_REST_SECONDS:g} s",
        machine=machine(("streamlit", "streamlit-webrtc", "onnxruntime", "ai-edge-litert")),
        command=command_line("words_live", *options),
        rows=tuple(rows),
        note="Server and browser share the machine. The end of a word is its last frame as the "
        "page finds it, up to three frames after the hands moved last.",
    )


if __name__ == "__main__":
    main()
