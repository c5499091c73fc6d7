"""Words spelled where the browser finds the hand, from the very frames that the app's way gets."""

import base64
import io
import itertools
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from asl.bundle import DEFAULT_MODEL, find_bundle
from asl.inference.pictures.landmark_only import LandmarkOnly
from asl.inference.pictures.predictor import Predictor
from asl.inference.pictures.stream import HandJudge, HandStream, Sight, possible_signs
from asl.inference.speller import HoldSettings
from asl.ui.hand_camera.files import address
from asl.ui.hand_camera.messages import read_message
from asl.ui.live.found import SIZES, FoundHands, wanted_cut
from benchmarks.spelling import Spelled, draw_words, measure
from benchmarks.video import photographs

#: As the page Live starts.
_HOLD = HoldSettings(hold=0.6)
#: Milliseconds: no word takes as long.
_LONGEST = 600_000

_LOAD = """async (files) => {
  const worker = new Worker(new URL("worker.js", files));
  window.ask = (asked, given) => new Promise((done) => {
    worker.onmessage = ({ data }) => done(data);
    worker.postMessage(asked, given);
  });
  return window.ask({ load: files }, []);
}"""
_FIND = """async ([png, at, cut, lost]) => {
  const file = await (await fetch(`data:image/png;base64,${png}`)).blob();
  const picture = await createImageBitmap(file);
  const size = [picture.width, picture.height];
  const found = await window.ask({ picture, at, cut, lost }, [picture]);
  return { ...found, size, joints: found.joints && [...found.joints],
    cut: found.cut && btoa(String.fromCharCode(...found.cut)) };
}"""


class FoundInBrowser(HandStream):
    """Reads a video's frames as the page does; to be used where a `HandStream` is.

    Args:
        page: a page of the app in a browser, in which the finder was loaded.
        start: milliseconds at which the video starts, after the end of the one before.
        predictor, signs, landmark_only: as for `HandJudge`.
    """

    def __init__(
        self,
        page: Any,
        start: float,
        predictor: Predictor,
        signs: Sequence[str],
        landmark_only: LandmarkOnly,
    ):
        HandJudge.__init__(self, predictor, signs, landmark_only)
        self._page, self._start, self._found = page, start, FoundHands()

    def see(self, rgb: np.ndarray, at: float) -> Sight:
        """Return what a (height, width, 3) uint8 frame shows, found and sent as by the page.

        Raises:
            RuntimeError: the finder has stopped.
        """
        file = io.BytesIO()
        Image.fromarray(rgb).save(file, "PNG", compress_level=1)
        png = base64.b64encode(file.getvalue()).decode()
        card = self._predictor.card
        cut = wanted_cut(card, recording=False, unclear=self.wants_picture)
        asked = [png, self._start + 1000 * at, asdict(cut), self.lost]
        found = self._page.evaluate(_FIND, asked)
        if "failed" in found:
            raise RuntimeError(f"the browser's finder: {found['failed']}")
        hand = [found["right"], *found["joints"]] if found["joints"] else []
        jpeg = found["cut"] and {"frame": 0, "kind": cut.kind, "jpeg": found["cut"]}
        frames = [[1000 * at, *hand]]
        sent = {"number": 1, "size": found["size"], "frames": frames, "cut": jpeg}
        [frame] = read_message(sent, SIZES).frames
        return self.judge(*self._found.settle(frame, card), at)


def spell_both_ways(
    page: Any, url: str, data: Path, count: int, progress: Callable[[int, int], None]
) -> dict[str, list[Spelled]]:
    """Spell drawn words of eight letters where the app finds the hand, and where a page does.

    Args:
        page: of the app at `url`.
        data: the folder of recordings.
        count: how many words.

    Returns:
        "app" and "browser": what was spelled.

    Raises:
        RuntimeError: the finder cannot be started.
    """
    answer = page.evaluate(_LOAD, f"{url}/{address()}")
    if "failed" in answer:
        raise RuntimeError(f"the browser's finder: {answer['failed']}")
    bundle, photos = find_bundle(DEFAULT_MODEL), photographs(data)
    predictor, landmark_only = Predictor(bundle), LandmarkOnly(bundle)
    signs = possible_signs(bundle.card.labels, "letters", controls=True, motion=True)
    words, starts = draw_words(count, tuple(photos)), itertools.count(0, _LONGEST)
    ways: dict[str, Callable[[], HandStream]] = {
        "app": lambda: HandStream(predictor, signs, landmark_only),
        "browser": lambda: FoundInBrowser(page, next(starts), predictor, signs, landmark_only),
    }
    return {
        way: measure(words, photos, open_stream, _HOLD, progress=progress)
        for way, open_stream in ways.items()
    }
