"""How many mistakes are gone once a model has been taught a signer's hand.

    python -m benchmarks.teach

Signers of ASL_DATA whom the model has not learned from show three samples of each letter, or of
the five letters that the model reads worst; their other recordings are read before and after. The
settings were chosen on ten of these signers, who stand apart. `benchmarks.shown_hands` says who
reads whom.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asl.bundle import DEFAULT_MODEL, ModelBundle, find_bundle
from asl.cli.console import progress
from asl.evaluation.results.result import Result, machine
from asl.inference.decision import restrict, softmax
from asl.inference.first_answer import require_answer
from asl.inference.pictures.taught import FEWEST, Sample, TaughtHand, TeachSettings
from asl.labels import MOTION_SIGNS, candidates
from benchmarks.command import command_line, parser, recordings
from benchmarks.shown_hands import (
    BUNDLED,
    LEFT_OUT,
    WHOLE,
    Signer,
    signers_in_pictures,
    signers_of_tables,
)

#: The signers whom settings were chosen on.
CHOSEN_ON = frozenset({"104", "106", "109", "111", "115", "117", "119", "130", "132", "133"})
#: Many people under one number; nobody's hand can be learned from them.
CROWD = frozenset({"131"})
#: How many letters are taught where not all are.
_FEW = 5
#: How the samples are taken: the first of each letter, or by lot.
_FIRST, _LOT = "the first three of each letter", "three of each letter by lot"


@dataclass(frozen=True)
class Way:
    """What is taught, and what is tested.

    Attributes:
        samples: `_FIRST` or `_LOT`.
        few: only the letters that are read worst, judged by their samples.
        still: letters that are movements are neither taught nor tested.
        other: another signer's hand was taught, and this one reads with it.
    """

    samples: str = _FIRST
    few: bool = False
    still: bool = False
    other: bool = False

    @property
    def name(self) -> str:
        """The way in words."""
        parts = [f"five letters, {self.samples}" if self.few else self.samples]
        parts += ["without J and Z"] if self.still else []
        parts += ["of another signer"] if self.other else []
        return ", ".join(parts)


WAYS = (
    Way(),
    Way(_LOT),
    Way(few=True),
    Way(_LOT, few=True),
    Way(still=True),
    Way(other=True),
)


@dataclass(frozen=True)
class Taught:
    """How one signer's other recordings are read.

    Attributes:
        signer: the number.
        tested: recordings.
        before: how many of them are read wrongly by the model itself.
        after: how many once it has been taught.
        letters: that were taught.
    """

    signer: str
    tested: int
    before: int
    after: int
    letters: str = field(default="")


def divide(signer: Signer, way: Way, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the recordings that are samples, and of those that are tested.

    Letters with too few recordings to test any are not taught. Samples of letters that are not
    taught, since others are read worse, are not tested either, so that all ways test the same.
    """
    random, taught = np.random.default_rng(seed), []
    wanted = ~np.isin(signer.truth, list(MOTION_SIGNS)) | (not way.still)
    for letter in np.unique(signer.truth[wanted]):
        rows = np.flatnonzero(signer.truth == letter)
        if len(rows) > FEWEST:
            chosen = rows[:FEWEST] if way.samples == _FIRST else random.choice(rows, FEWEST, False)
            taught.append(np.sort(chosen))
    samples = np.array(taught, int).reshape(-1, FEWEST)
    tested = np.setdiff1d(np.flatnonzero(wanted), samples)
    if way.few:
        samples = samples[np.argsort(_sureness(signer, samples), kind="stable")[:_FEW]]
    return samples.ravel(), tested


def _sureness(signer: Signer, samples: np.ndarray) -> np.ndarray:
    """Return how sure the model is of each letter's samples, a row each, in the mean."""
    likely = softmax(signer.logits[samples].astype(np.float64))
    columns = np.array([signer.labels.index(letter) for letter in signer.truth[samples[:, 0]]])
    return np.log(likely[np.arange(len(samples)), :, columns]).mean(1)


def teach(
    signer: Signer,
    way: Way,
    seed: int = 0,
    settings: TeachSettings | None = None,
    teacher: Signer | None = None,
) -> Taught:
    """Teach a signer's samples and read the other recordings.

    Args:
        teacher: shows the samples instead; read by the same model.
    """
    shown, (_, tested) = teacher or signer, divide(signer, way, seed)
    rows, _ = divide(shown, way, seed)
    samples = [Sample(shown.truth[row], shown.landmarks[row], shown.logits[row]) for row in rows]
    logits = signer.logits[tested]
    corrected = logits
    if samples:
        hand = TaughtHand(signer.labels, samples, settings)
        corrected = hand.corrected(logits, signer.landmarks[tested])
    before, after = (_wrong(signer, tested, one) for one in (logits, corrected))
    return Taught(signer.name, len(tested), before, after, "".join(np.unique(shown.truth[rows])))


def _wrong(signer: Signer, rows: np.ndarray, logits: np.ndarray) -> int:
    letters = candidates(signer.labels, "letters")
    likely = restrict(logits.astype(np.float64), signer.labels, letters)
    return int((np.array(letters)[likely.argmax(-1)] != signer.truth[rows]).sum())


def row(name: str, taught: Sequence[Taught]) -> dict[str, Any]:
    """Return a row of the results: accuracy as the mean of the signers, each counting alike."""
    before = np.array([one.before / one.tested for one in taught])
    after = np.array([one.after / one.tested for one in taught])
    return {
        "name": name,
        "signers": len(taught),
        "tested": sum(one.tested for one in taught),
        "before": 1 - float(before.mean()),
        "after": 1 - float(after.mean()),
        "mistakes gone": float(1 - after.mean() / before.mean()) if before.any() else None,
        "signers read worse": int((after > before).sum()),
        "most that a signer lost": max(0.0, float((after - before).max())),
        "curve": [asdict(one) for one in taught],
    }


def groups_of(signers: Sequence[Signer]) -> dict[str, list[Signer]]:
    """Return the signers by who read them and whether settings were chosen on them."""
    groups: dict[str, list[Signer]] = {}
    for signer in signers:
        if not len(signer.truth):
            continue
        if signer.name in CROWD:
            name = "a crowd, which has no hand of its own"
        elif signer.source != WHOLE and signer.name in CHOSEN_ON:
            name = "signers whom settings were chosen on"
        else:
            name = _GROUPS[signer.source]
        groups.setdefault(name, []).append(signer)
    return groups


_GROUPS = {
    BUNDLED: "other signers, landmarks",
    LEFT_OUT: "signers, landmarks",
    WHOLE: "signers in pictures",
}


def rows(signers: Sequence[Signer], seed: int) -> list[dict[str, Any]]:
    """Return the rows of the results: each group of signers, taught in each way."""
    found = []
    for name, group in groups_of(signers).items():
        for way in WAYS:
            teachers = [*group[-1:], *group[:-1]] if way.other else group
            if way.other and (len(group) < 2 or group[0].source == LEFT_OUT):
                continue  # no other signer is read by the same network
            taught = [
                teach(signer, way, seed, teacher=teacher)
                for signer, teacher in zip(group, teachers, strict=True)
            ]
            found.append(row(f"{name}: {way.name}", [one for one in taught if one.tested]))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Teach all signers' hands, count the mistakes, and write the results file."""
    asking = parser(__doc__, "teach.json")
    asking.add_argument("--model", default=DEFAULT_MODEL, help="name of a model, or its folder")
    asking.add_argument("--seed", type=int, default=0, help="of networks, and of what is drawn")
    asking.add_argument("--json", action="store_true", help="print JSON and nothing else")
    chosen = asking.parse_args(arguments)
    data = recordings(asking)
    try:
        bundle = find_bundle(chosen.model)
        require_answer(bundle)
        signers = _gather(data, bundle, chosen.seed)
    except ValueError as error:
        asking.error(str(error))
    result = _result(rows(signers, chosen.seed), chosen)
    result.write(chosen.out)
    print(json.dumps(asdict(result)) if chosen.json else result.to_markdown())


def _gather(data: Path, bundle: ModelBundle, seed: int) -> list[Signer]:
    with progress("Reading pictures") as step:
        pictures = list(signers_in_pictures(data, bundle, step))
    return [*pictures, *signers_of_tables(data, bundle, seed)]


def _result(found: Sequence[dict[str, Any]], chosen: argparse.Namespace) -> Result:
    options: list[object] = ["--model", chosen.model] if chosen.model != DEFAULT_MODEL else []
    options += ["--seed", chosen.seed] if chosen.seed else []
    return Result(
        title="Teach it your hand: letters before and after three samples",
        data="people (landmarks of fingerspelling)",
        split="signers whom the network has not learned from; settings chosen on ten of them",
        candidates="letters",
        machine=machine(("numpy",)),
        command=command_line("teach", *options),
        rows=tuple(found),
        note="Who shows the samples is tested on the rest of the same recordings; nobody here came "
        "back on another day. The bundled model has learned from all of them, so that landmark "
        "networks trained on the landmark tables without a fifth of them read their hands. "
        "Accuracy is the mean "
        "of the signers. J and Z are stills of a movement, at which many recordings differ from "
        "those learned. With samples of five letters, those that the model is least sure of in the "
        "signer's samples are taught, and all letters tested. Where samples are of another "
        "signer, somebody reads with a hand that is not theirs.",
    )


if __name__ == "__main__":
    main()
