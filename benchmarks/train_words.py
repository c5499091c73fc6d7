"""The Train page in a real browser with short films of words: from a zip to a verdict and a report.

    python -m benchmarks.train_words                    # Quick
    python -m benchmarks.train_words --presets Quick Thorough

The zip holds 7 words × 20 films from 5 people as far as time is concerned: pieces of films in
ASL_DATA/wlasl/videos, cut out and lit in another way for each of the 5. Needs Playwright and
Chromium.
"""

import io
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageEnhance

from asl.evaluation.results.result import Result, machine
from asl.videos import open_video
from benchmarks.browser import chromium, server, wait_until_drawn
from benchmarks.command import command_line, keep, parser, recordings
from benchmarks.train_page import Memory, train

_WORDS, _PEOPLE, _EACH = 7, 5, 4
#: A film of one sign takes about so many seconds.
_SECONDS = 2.5
_SIZE = (640, 480)
_AIM, _LANDMARKS_AIM = "240 s", "120 s"
_LONGEST_MS = 3_600_000

Row = dict[str, Any]


def varied(frames: Sequence[Image.Image], person: int, repeat: int) -> list[Image.Image]:
    """Return a film as another person's would differ: cut out elsewhere, lit otherwise, later."""
    random = np.random.default_rng((person, repeat))
    own = np.random.default_rng(person)
    share, light = own.uniform(0.85, 1.0), own.uniform(0.75, 1.25)
    width, height = frames[0].size
    left, top = random.uniform(0, 1 - share, 2) * (width, height)
    box = (left, top, left + share * width, top + share * height)
    made = [frame.resize(_SIZE, Image.Resampling.BILINEAR, box) for frame in frames[repeat:]]
    return [ImageEnhance.Brightness(frame).enhance(light) for frame in made]


def encoded(frames: Sequence[Image.Image], rate: float) -> bytes:
    """Return frames as an MP4 such as telephones record."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        pace, options = Fraction(rate).limit_denominator(1000), {"preset": "ultrafast"}
        stream = container.add_stream("libx264", rate=pace, options=options)
        stream.width, stream.height = _SIZE
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode(None))
    return file.getvalue()


def write_films(films: Sequence[Path], archive: Path) -> tuple[int, int]:
    """Write a zip with a folder of films for each word; returns films and frames in it.

    Args:
        films: one for each word.
    """
    count = frames = 0
    with zipfile.ZipFile(archive, "w") as packed:
        for word, film in enumerate(films):
            with open_video(film, every=1 / 30) as video:
                seen = [(Image.fromarray(one.rgb), one.seconds) for one in video]
            shown = [frame for frame, seconds in seen if seconds <= _SECONDS]
            rate = (len(seen) - 1) / seen[-1][1]
            for person in range(_PEOPLE):
                for repeat in range(_EACH):
                    made = varied(shown, person, repeat)
                    name = f"word {word + 1}/person{person + 1}_{repeat + 1}.mp4"
                    packed.writestr(name, encoded(made, rate))
                    count, frames = count + 1, frames + len(made)
    return count, frames


def measure(page: Any, process: int, archive: Path, presets: Sequence[str]) -> Iterator[Row]:
    """Bring the zip in and train with each of the presets; yields rows as they are measured.

    Args:
        process: of the server.
    """
    memory = Memory(process)
    memory.start()
    began = time.perf_counter()
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(archive)
    page.get_by_text(re.compile("^Ready")).wait_for()
    landmarks = time.perf_counter() - began
    name = "from upload to verdict, with the landmarks of all films"
    yield {"name": name, "value": landmarks, "unit": "s", "aim": _LANDMARKS_AIM}
    page.get_by_role("button", name="Yes, people").click()
    page.get_by_text("each person left out in turn").wait_for()
    wait_until_drawn(page)
    for preset in presets:
        seconds = train(page, preset)
        aim = {"aim": _AIM} if preset == "Quick" else {}
        yield {
            "name": f"{preset}, from upload to report",
            "value": landmarks + seconds,
            "unit": "s",
            **aim,
        }
        name = "most memory of the server"
        yield {"name": name, "value": memory.most, "unit": "MiB", "aim": "700 MB"}
    memory.stop()


def result(row: Row, films: int, frames: int) -> Result:
    """Return a results file with one row."""
    return Result(
        title="The Train page, from a zip of films of words to a report",
        data=f"{films} films of {_WORDS} words, {frames:,} frames of {_SIZE[0]} × {_SIZE[1]}",
        split=f"each of {_PEOPLE} left out in turn",
        machine=machine(("streamlit", "torch", "ai-edge-litert", "av")),
        command=command_line("train_words"),
        rows=(row,),
        note="Server, browser and training share the machine. The films are pieces of those in "
        "wlasl/videos, cut out and lit in other ways, so that time is measured and nothing else.",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results file."""
    asking = parser(__doc__, "train-words.json")
    asking.add_argument(
        "--presets", nargs="+", choices=["Quick", "Thorough"], default=["Quick"], help="settings"
    )
    chosen = asking.parse_args(arguments)
    films = sorted((recordings(asking) / "wlasl" / "videos").glob("*.mp4"))[:_WORDS]
    if len(films) < _WORDS:
        asking.error(f"ASL_DATA: there are {len(films)} films in wlasl/videos, {_WORDS} are needed")
    with tempfile.TemporaryDirectory() as folder, chromium() as launch:
        archive = Path(folder) / "words.zip"
        count, frames = write_films(films, archive)
        with server(Path(folder) / "home") as (url, process):
            page = launch().new_page()
            page.set_default_timeout(_LONGEST_MS)
            page.goto(f"{url}/train")
            wait_until_drawn(page)
            for row in measure(page, process, archive, chosen.presets):
                print(f"{row['name']}: {row['value']:.3g} {row['unit']}", file=sys.stderr)
                keep(result(row, count, frames), chosen.out)
    print(Result.read(chosen.out).to_markdown())


if __name__ == "__main__":
    main()
