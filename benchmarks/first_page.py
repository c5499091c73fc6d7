"""How soon the app shows its first page, and how much memory its server then needs.

    python -m benchmarks.first_page

The picture that it is asked about is one of the recordings in ASL_DATA, or noise without them.
Needs Playwright and Chromium.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asl.evaluation.bench import resident_memory, sample_pictures, summary
from asl.evaluation.results.result import Result, machine
from benchmarks.browser import PATIENCE_MS, chromium, server
from benchmarks.command import at_least, command_line, parser

_DRAWN = "[data-testid='stApp'][data-test-script-state='notRunning'] h1"


def measure_page(picture: bytes, starts: int = 5) -> list[dict[str, Any]]:
    """Start the server several times and open its first page; ask the last one for an answer.

    The first start warms the file cache and is not counted.

    Args:
        picture: a JPEG to upload.
        starts: how many starts are counted.

    Raises:
        RuntimeError: there is no Playwright, no Chromium or no /proc, or the server ends early.
    """
    seconds = []
    with chromium() as launch, tempfile.TemporaryDirectory() as folder:
        browser = launch()
        for turn in range(starts + 1):
            page = browser.new_page()
            page.set_default_timeout(PATIENCE_MS)
            start = time.perf_counter()
            with server(Path(folder) / str(turn)) as (url, process):
                page.goto(url)
                page.locator(_DRAWN).first.wait_for()
                if turn:
                    seconds.append(time.perf_counter() - start)
                bare = resident_memory(process)
                if turn == starts:
                    after = _memory_after_an_answer(page, picture, process)
            page.close()
    return [
        {**summary("first page drawn after `streamlit run`, warm", seconds, "s"), "aim": "3 s"},
        {"name": "the app's server with its first page open", "value": bare, "unit": "MiB"},
        {
            "name": "the app's server after its first answer",
            "value": after,
            "unit": "MiB",
            "aim": "350 MiB",
        },
    ]


def _memory_after_an_answer(page: Any, picture: bytes, process: int) -> float:
    upload = page.get_by_test_id("stFileUploaderDropzoneInput").first
    upload.set_input_files({"name": "hand.jpg", "mimeType": "image/jpeg", "buffer": picture})
    page.get_by_test_id("stImage").first.wait_for()
    page.locator(_DRAWN).first.wait_for()
    return resident_memory(process)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results file."""
    asking = parser(__doc__, "first-page.json")
    asking.add_argument("--starts", type=at_least(1), default=5, help="that are counted")
    chosen = asking.parse_args(arguments)
    data = os.environ.get("ASL_DATA")
    [picture, *_] = sample_pictures(Path(data) if data else None)
    try:
        rows = measure_page(picture, chosen.starts)
    except RuntimeError as error:
        asking.error(str(error))
    result = Result(
        title="The app's first page",
        data="photographs of asl_letters/valid" if data else "noise, in which no hand is found",
        machine=machine(("onnxruntime", "ai-edge-litert", "streamlit")),
        command=command_line("first_page"),
        rows=tuple(rows),
        note="Server and browser share the machine. The first start, which fills the file cache, "
        "is not counted.",
    )
    result.write(chosen.out)
    print(result.to_markdown())


if __name__ == "__main__":
    main()
