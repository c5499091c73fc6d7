"""How well landmarks alone tell the letters of signers who were left out of the training.

    python -m benchmarks.new_signers

`benchmarks.shown_hands` says who reads whom.
"""

import argparse
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from asl.bundle import DEFAULT_MODEL, find_bundle
from asl.evaluation.results.result import Result, machine
from asl.inference.decision import restrict
from asl.labels import MOTION_SIGNS, candidates
from benchmarks.command import command_line, parser, recordings
from benchmarks.shown_hands import Signer, signers_of_tables

_STILL = "accuracy without J and Z"


def row(signer: Signer) -> dict[str, Any]:
    """Return how many of a signer's letters are read rightly."""
    letters = candidates(signer.labels, "letters")
    logits = restrict(signer.logits.astype(np.float64), signer.labels, letters)
    right = np.array(letters)[logits.argmax(-1)] == signer.truth
    still = ~np.isin(signer.truth, list(MOTION_SIGNS))
    return {
        "name": signer.name,
        "tested": len(right),
        "letters": len(np.unique(signer.truth)),
        "accuracy": float(right.mean()),
        _STILL: float(right[still].mean()),
    }


def rows(signers: Sequence[Signer]) -> Iterator[dict[str, Any]]:
    """Yield a row for each signer, then their mean, each counting alike, and the worst."""
    own = [row(signer) for signer in signers if len(signer.truth)]
    yield from own
    for name, of in (("mean", fmean), ("worst", min)):
        yield {"name": name} | {key: of(one[key] for one in own) for key in ("accuracy", _STILL)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train without a fifth of the signers at a time, read these, and write the results file."""
    asking = parser(__doc__, "new-signers.json")
    asking.add_argument("--seed", type=int, default=0, help="of the networks")
    chosen = asking.parse_args(arguments)
    data = recordings(asking)
    try:
        signers = list(signers_of_tables(data, find_bundle(DEFAULT_MODEL), chosen.seed))
    except ValueError as error:
        asking.error(str(error))
    result = _result(list(rows(signers)), chosen)
    result.write(chosen.out)
    print(result.to_markdown())


def _result(found: Sequence[dict[str, Any]], chosen: argparse.Namespace) -> Result:
    options: list[object] = ["--seed", chosen.seed] if chosen.seed else []
    return Result(
        title="Letters of new signers, from landmarks alone",
        data="people (landmarks of fingerspelling)",
        split="a fifth of the signers left out in turn",
        candidates="letters",
        machine=machine(("torch",)),
        command=command_line("new_signers", *options),
        rows=tuple(found),
        note="Landmark networks like the bundled model's, trained on these tables alone, without "
        "its pictures. Signers are numbered as in the tables; 131 is many people. J and Z are "
        "stills of a movement.",
    )


if __name__ == "__main__":
    main()
