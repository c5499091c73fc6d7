"""How well the beginnings and ends of words are found in streams of five words with rests.

    python -m benchmarks.boundaries

Clips of single words in ASL_DATA are joined as `benchmarks.signed_streams` says, for each person
with all three kinds of rest and at three frame rates. The settings were chosen on one half of the
people, and the other half is measured.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asl.cli.console import progress
from asl.data.sequences.layout import HOLISTIC
from asl.data.sequences.packed import PackedSequences, read_packed
from asl.evaluation.bench import summary
from asl.evaluation.results.result import Result, machine
from asl.inference.sequences.boundaries import WordBoundaries
from benchmarks.command import at_least, command_line, parser, recordings
from benchmarks.signed_streams import RESTS, Rest, Stream, join, moving_part, play

#: Set → its file, its frames a second as far as they are known, and people that are left out.
_SETS: dict[str, tuple[str, float, frozenset[str]]] = {
    "webcams": ("words/sequences.npz", 15, frozenset({"13", "4", "9"})),
    "dictionary": ("wlasl/sequences.npz", 25, frozenset()),
    "phones": ("islr/all_sequences.npz", 20, frozenset()),
}
_RATES = (10, 15, 30)
_WORDS = 5
#: Clips of a person that words are drawn from.
_CLIPS = 20
#: Seconds by which a beginning and an end may be off. An end is told when it is over.
_BEGINS, _ENDS, _EARLY = 0.4, 0.6, 0.3


@dataclass(frozen=True)
class Played:
    """A stream and what was found in it.

    Attributes:
        data: the set's name.
        rest: between words.
        rate: frames a second.
        right: of each word whether it was found once, and began and ended in time.
        once: of each word whether it was found once, whenever.
        begins: seconds by which the beginnings that were found are late.
        ends: seconds from the end of each word that was found until it was told.
        extra: words that were found where there was none.
        milliseconds: that a frame took, in the mean.
    """

    data: str
    rest: Rest
    rate: int
    right: tuple[bool, ...]
    once: tuple[bool, ...]
    begins: tuple[float, ...]
    ends: tuple[float, ...]
    extra: int
    milliseconds: float


def find(stream: Stream, data: str = "", rest: Rest = "held", rate: int = 15) -> Played:
    """Look for the words of a stream."""
    boundaries, found = WordBoundaries(), []
    start = time.perf_counter()
    for points, seconds in play(stream):
        word = boundaries.feed(points, seconds)
        if word is not None:
            found.append((word.start, word.end, seconds))
    taken = (time.perf_counter() - start) * 1000 / len(stream.seconds)
    right, once, begins, ends, known = [], [], [], [], set()
    for first, last in stream.words:
        meant = [one for one in found if one[0] < last and one[1] > first and one not in known]
        known.update(meant)
        if meant:
            begins.append(meant[0][0] - first)
            ends.append(meant[0][2] - last)
        once.append(len(meant) == 1)
        right.append(once[-1] and abs(begins[-1]) <= _BEGINS and -_EARLY <= ends[-1] <= _ENDS)
    extra = len(found) - len(known)
    times = tuple(begins), tuple(ends)
    return Played(data, rest, rate, tuple(right), tuple(once), *times, extra, taken)


def streams(
    packed: PackedSequences, people: Sequence[str], clip_rate: float, seed: int, whole: bool = False
) -> Iterator[tuple[Rest, int, Stream]]:
    """Yield streams of each person with each kind of rest at each rate; of those with few clips,
    none.

    Args:
        whole: play clips with the pauses that are in them.
    """
    random = np.random.default_rng(seed)
    for person in people:
        rows = np.flatnonzero(np.array(packed.people) == person)
        clips = []
        for row in random.permutation(rows).tolist():
            clip = moving_part(packed.read(row, HOLISTIC), clip_rate, whole)
            clips += [] if clip is None else [clip]
            if len(clips) == _CLIPS:
                break
        if len(clips) < _WORDS:
            continue
        for rest in RESTS:
            for rate in _RATES:
                chosen = random.choice(len(clips), _WORDS, replace=False)
                drawn = [clips[number] for number in chosen]
                seed = int(random.integers(1 << 30))
                yield rest, rate, join(drawn, clip_rate, rest, rate, seed)


def half(packed: PackedSequences, left_out: frozenset[str], chosen_on: bool) -> list[str]:
    """Return every other person of a set: those that settings were chosen on, or the rest."""
    people = sorted({*packed.people} - left_out, key=int)
    return people[0 if chosen_on else 1 :: 2]


def measure(
    data: Path,
    people: int,
    chosen_on: bool = False,
    seed: int = 0,
    whole: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Played]:
    """Look for words in streams of at most so many people of each set."""
    results = []
    for number, (name, (file, rate, left_out)) in enumerate(_SETS.items()):
        packed = read_packed(data / file)
        wanted = half(packed, left_out, chosen_on)[:people]
        for rest, at, stream in streams(packed, wanted, rate, seed, whole):
            results.append(find(stream, name, rest, at))
        progress(number + 1, len(_SETS))
    return results


def rows(results: Sequence[Played], whole: Sequence[Played]) -> list[dict[str, Any]]:
    """Return a row of all words, one of each set and rest, one of each rate, and the delays.

    Args:
        whole: the same with clips that have their pauses; it gets one row.
    """
    groups = {"all": list(results), "all, pauses inside words left in": list(whole)}
    for one in results:
        groups.setdefault(f"{one.data}, hands {one.rest}", []).append(one)
    for one in results:
        groups.setdefault(f"{one.rate} frames a second", []).append(one)
    counted = [
        {
            "name": name,
            "words": sum(len(one.right) for one in group),
            "found once": float(np.mean([ok for one in group for ok in one.once])),
            "begun and ended rightly": float(np.mean([ok for one in group for ok in one.right])),
            "streams without a mistake": float(
                np.mean([all(one.right) and not one.extra for one in group])
            ),
            "extra words": sum(one.extra for one in group),
        }
        for name, group in groups.items()
    ]
    begins = [abs(late) for one in results for late in one.begins]
    ends = [late for one in results for late in one.ends]
    return [
        *counted,
        summary("from the beginning that was found to the true one", begins, "s"),
        summary("from the end until it is told", ends, "s"),
        summary("a frame", [one.milliseconds for one in results], "ms"),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Find words, count the mistakes, and write the results file."""
    asking = parser(__doc__, "boundaries.json")
    asking.add_argument("--people", type=at_least(1), default=40, help="of each set, at most")
    asking.add_argument("--seed", type=int, default=0, help="of clips, rests and trembling")
    asking.add_argument(
        "--chosen-on", action="store_true", help="measure the half that settings were chosen on"
    )
    asking.add_argument("--json", action="store_true", help="print JSON and nothing else")
    chosen = asking.parse_args(arguments)
    data = recordings(asking)
    try:
        with progress("Finding words") as step:
            options = (data, chosen.people, chosen.chosen_on, chosen.seed)
            played = measure(*options, progress=step)
            whole = measure(*options, whole=True, progress=step)
    except ValueError as error:
        asking.error(str(error))
    if not played:
        asking.error("people: none of them has five clips in which hands move")
    result = _result(played, whole, chosen)
    result.write(chosen.out)
    print(json.dumps(asdict(result)) if chosen.json else result.to_markdown())


def _result(
    played: Sequence[Played], whole: Sequence[Played], chosen: argparse.Namespace
) -> Result:
    options: list[object] = ["--people", chosen.people]
    options += ["--seed", chosen.seed] if chosen.seed else []
    options += ["--chosen-on"] if chosen.chosen_on else []
    tuned = "the people that settings were chosen on"
    return Result(
        title="Where words begin and end, live",
        data="words (webcams), wlasl (dictionary), islr (phones)",
        split=tuned if chosen.chosen_on else "people on whom no setting was chosen",
        machine=machine(("numpy",)),
        command=command_line("boundaries", *options),
        rows=tuple(rows(played, whole)),
        note="Five clips of one person are joined, with a rest of 1 to 1.5 s before each: hands "
        "out of view, held where they are, or lowered and in view. Still hands tremble by three "
        "hundredths of a palm, one in 50 hands is lost for a frame and one in 200 misread. Of each "
        "clip the longest part between two pauses of half a second is played, since a pause ends "
        "a word by what a word is here; one row has clips as they were recorded. A word counts if "
        f"it is found once, begins within {_BEGINS} s, and its end is told within {_ENDS} s, not "
        f"more than {_EARLY} s too early. Frame rates of the sets are estimates.",
    )


if __name__ == "__main__":
    main()
