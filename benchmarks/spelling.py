"""How well the camera page spells: words played as videos made of still photographs.

    python -m benchmarks.spelling --words 100 --hold 0.6

The photographs are those in ASL_DATA. Nobody sees the pictures beforehand: words and photographs
are drawn by lot. `benchmarks.video` says how a word is played.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from asl.bundle import DEFAULT_MODEL, ModelBundle, find_bundle
from asl.cli.console import complain, progress
from asl.evaluation.bench import summary
from asl.evaluation.results.result import Result, machine
from asl.images import load_rgb
from asl.inference.decision import restrict
from asl.inference.first_answer import require_answer
from asl.inference.motion import MotionReader
from asl.inference.next_letter import NextLetter
from asl.inference.pictures.landmark_only import LandmarkOnly
from asl.inference.pictures.predictor import Predictor
from asl.inference.pictures.stream import HandStream, possible_signs
from asl.inference.speller import HoldReader, HoldSettings, Speller
from asl.inference.words import common_words
from asl.labels import MOTION_SIGNS
from benchmarks.command import at_least, command_line, parser, recordings
from benchmarks.video import Timing, photographs, play

_TIMING = Timing()


@dataclass(frozen=True)
class Spelled:
    """One word and what was read.

    Attributes:
        word: in capitals.
        text: what the speller wrote.
        seconds: of video.
        milliseconds: from frame to scores, one a frame.
        pictures_read: share of the frames that the picture network read.
        readable: each of its photographs is read rightly by itself, as a still picture; None
            if that was not tried.
    """

    word: str
    text: str
    seconds: float
    milliseconds: tuple[float, ...]
    pictures_read: float
    readable: bool | None = None

    @property
    def errors(self) -> int:
        """Letters to change, add or take away (Levenshtein's distance)."""
        return edit_distance(self.word, self.text)


def draw_words(count: int, letters: Sequence[str], length: int = 8, seed: int = 0) -> list[str]:
    """Draw common words of some length that can be written with still signs of `letters`.

    J and Z are left out: they are movements, which a held photograph does not show.

    Raises:
        ValueError: there are not as many.
    """
    usable = {letter for letter in letters if letter not in MOTION_SIGNS}
    words = [
        word.upper()
        for word in common_words()
        if len(word) == length and set(word.upper()) <= usable
    ]
    if len(words) < count:
        raise ValueError(f"words: {len(words)} words of {length} letters can be made, not {count}")
    chosen = np.random.default_rng(seed).choice(len(words), count, replace=False)
    return [words[number] for number in chosen]


def spell(
    word: str,
    frames: Iterator[tuple[float, np.ndarray]],
    stream: HandStream,
    settings: HoldSettings,
    next_letter: NextLetter,
) -> Spelled:
    """Read a video as the camera page does by default, and return what was spelled."""
    reader, motion, speller = HoldReader(stream.signs, settings), MotionReader(), Speller()
    milliseconds, by_picture, at = [], 0, 0.0
    for at, frame in frames:
        sight = stream.see(frame, at)
        milliseconds.append(sight.milliseconds)
        by_picture += sight.by_picture
        expected = next_letter.chances(speller.last_word, stream.signs)
        taken = reader.see(sight.scores, at, expected)
        if taken:
            speller.write(taken)
        if drawn := motion.see(sight.hand, at):
            speller.press(drawn)
    share = by_picture / max(1, len(milliseconds))
    return Spelled(word, speller.text, at, tuple(milliseconds), share)


def measure(
    words: Sequence[str],
    photos: Mapping[str, Sequence[Path]],
    open_stream: Callable[[], HandStream],
    settings: HoldSettings,
    timing: Timing = _TIMING,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
    read_still: Callable[[np.ndarray], str] | None = None,
) -> list[Spelled]:
    """Spell each word from a video of photographs drawn by lot.

    What is known of English letters is learned from the other common words.

    Args:
        read_still: names the sign in one still picture, to tell what a video loses.
    """
    random = np.random.default_rng(seed)
    played = {word.lower() for word in words}
    next_letter = NextLetter(word for word in common_words() if word not in played)
    results = []
    for number, word in enumerate(words):
        chosen = [photos[letter][int(random.integers(len(photos[letter])))] for letter in word]
        # The same letter twice can only be told where the hand is away in between.
        leave = [a == b or random.random() < 0.5 for a, b in zip(" " + word, word, strict=False)]
        pictures = [load_rgb(path) for path in chosen]
        video = play(pictures, timing, seed + number, leave)
        spelled = spell(word, video, open_stream(), settings, next_letter)
        if read_still is not None:
            right = [read_still(one) == sign for one, sign in zip(pictures, word, strict=True)]
            spelled = replace(spelled, readable=all(right))
        results.append(spelled)
        progress(number + 1, len(words))
    return results


def rows(results: Sequence[Spelled]) -> list[dict[str, Any]]:
    """Return what was measured, and one row a word."""
    letters = sum(len(one.word) for one in results)
    errors = sum(one.errors for one in results)
    right = sum(one.errors == 0 for one in results)
    minutes = sum(one.seconds for one in results) / 60
    milliseconds = [value for one in results for value in one.milliseconds]
    by_picture = float(np.mean([one.pictures_read for one in results]))
    stills = [one.readable for one in results if one.readable is not None]
    ceiling = {"name": "words whose photographs are all read rightly as stills", "unit": ""}
    return [
        {"name": f"words without a mistake, of {len(results)}", "value": right, "unit": ""},
        *([{**ceiling, "value": sum(stills)}] if stills else []),
        {
            "name": "letters wrong, missing or too many",
            "value": 100 * errors / letters,
            "unit": "%",
        },
        {
            "name": "right letters a minute of video",
            "value": (letters - min(errors, letters)) / minutes,
            "unit": "",
        },
        summary("from frame to scores", milliseconds, "ms"),
        {
            "name": "frames at which the picture network looked",
            "value": 100 * by_picture,
            "unit": "%",
        },
        *({"name": one.word, "read as": one.text} for one in results if one.errors),
    ]


def edit_distance(one: str, other: str) -> int:
    """Return how many letters to change, add or take away lead from one text to the other."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Spell words, count the mistakes, and write the results file."""
    asking = parser(__doc__, "spelling.json")
    asking.add_argument("--model", default=DEFAULT_MODEL, help="name of a model, or its folder")
    asking.add_argument("--words", type=at_least(1), default=10, help="how many words are played")
    asking.add_argument("--length", type=at_least(2), default=8, help="letters of each word")
    asking.add_argument("--hold", type=float, default=0.6, help="seconds that a sign is held")
    asking.add_argument(
        "--controls",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also look for the signs for space and delete",
    )
    asking.add_argument("--seed", type=int, default=0, help="of words and photographs")
    asking.add_argument("--json", action="store_true", help="print JSON and nothing else")
    chosen = asking.parse_args(arguments)
    data = recordings(asking)
    try:
        bundle, photos = find_bundle(chosen.model), photographs(data)
        words = draw_words(chosen.words, tuple(photos), chosen.length, chosen.seed)
        spelled = _spell_all(bundle, words, photos, chosen)
    except ValueError as error:
        asking.error(str(error))
    result = _result(spelled, chosen)
    result.write(chosen.out)
    print(json.dumps(asdict(result)) if chosen.json else result.to_markdown())


def _spell_all(
    bundle: ModelBundle,
    words: Sequence[str],
    photos: Mapping[str, Sequence[Path]],
    chosen: argparse.Namespace,
) -> list[Spelled]:
    """Spell all words with a model, and read the photographs as stills."""
    labels = bundle.card.labels
    signs = possible_signs(labels, "letters", chosen.controls, motion=True)
    require_answer(bundle)
    try:
        landmark_only = LandmarkOnly(bundle)
    except (ImportError, ValueError) as error:
        complain(str(error))
        landmark_only = None
    predictor = Predictor(bundle)

    def read_still(rgb: np.ndarray) -> str:
        logits = predictor.outputs_of(rgb).logits
        return signs[int(restrict(logits, labels, signs).argmax())]

    with progress("Spelling") as step:
        return measure(
            words,
            photos,
            lambda: HandStream(predictor, signs, landmark_only),
            HoldSettings(hold=chosen.hold),
            seed=chosen.seed,
            progress=step,
            read_still=read_still,
        )


def _result(spelled: Sequence[Spelled], chosen: argparse.Namespace) -> Result:
    options: list[object] = ["--words", chosen.words, "--hold", chosen.hold]
    options += [] if chosen.controls else ["--no-controls"]
    options += ["--seed", chosen.seed] if chosen.seed else []
    signs = ", space, delete, nothing" if chosen.controls else ""
    hold, rate = _TIMING.hold, _TIMING.frames_a_second
    return Result(
        title=f"Spelling words of {chosen.length} letters from video",
        data="photographs of asl_letters/valid + asl_letters/test",
        split="the set's own; people and rooms of its training part may return",
        candidates=f"letters without J and Z{signs}",
        machine=machine(),
        command=command_line("spelling", *options),
        rows=tuple(rows(spelled)),
        note="Words and photographs are drawn by lot from common words without J and Z, which are "
        "read by their movement only. Which letters English expects is learned from other words. "
        f"Each letter is shown for {hold} s at {rate} frames a second and "
        f"taken after {chosen.hold} s; words that were not read rightly stand below.",
    )


if __name__ == "__main__":
    main()
