"""The sources' networks trained again: their figures beside ours, and what new people cost.

Each claim of a source has two configurations: one that divides the examples as the source did, and
one that leaves people or places out. Those of pictures are in ``configs/sources``; those of words
differ in their network and division alone, and share a configuration. All of it can be stopped and
resumed; what is done is not done again.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd

from asl.bundle import CARD, EVALUATION, ModelBundle
from asl.evaluation.comparison import parameters
from asl.evaluation.intervals import accuracy_interval
from asl.evaluation.metrics import count_people
from asl.evaluation.recorded import for_candidates, read_evaluation
from asl.evaluation.results.result import Result, machine
from asl.training.config import TrainConfig
from asl.training.progress import Progress, Report
from asl.workspace import workspace

CONFIGS = Path(__file__).parent / "configs" / "sources"


@dataclass(frozen=True)
class Claim:
    """What a source says of a network.

    Attributes:
        name: of the network, as the table shows it.
        data: what it is tried on here.
        source: accuracy that the source states; None where it states none.
        alike: configuration that has the same people on both sides, as the source does.
        apart: configuration that leaves people or places out.
        left_out: what `apart` leaves out.
        note: how ours differs from the source's, in a sentence; "" if it does not.
        shared: file that both configurations are made of; "" where each has its own.
        changes: by which they differ from it, beside how they divide the examples.
    """

    name: str
    data: str
    source: float | None
    alike: str
    apart: str
    left_out: str
    note: str = ""
    shared: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    def configurations(self) -> tuple[TrainConfig, TrainConfig]:
        """Return how it is divided as in the source, and with people left out."""
        if not self.shared:
            files = [CONFIGS / f"{name}.toml" for name in (self.alike, self.apart)]
            return TrainConfig.read(files[0]), TrainConfig.read(files[1])
        own = replace(TrainConfig.read(CONFIGS.parent / self.shared), **self.changes)
        return (
            replace(own, name=self.alike, split="random"),
            replace(own, name=self.apart, split="group-k-fold", final=False),
        )


def _of_words(name: str, shared: str, note: str = "", **changes: Any) -> Claim:
    """Return the claim of a network of words, for which no source states a figure on this data."""
    start = f"words-{name.replace(', ', '-').replace(' ', '-')}"
    return Claim(
        name, "words, 7 words", None, f"{start}-random", f"{start}-new-people",
        "each fifth of 25 people", note, shared, changes,
    )  # fmt: skip


CLAIMS = (
    Claim(
        "sequential", "asl_dataset, 36 signs", 0.9324,
        "sequential-random", "sequential-new-hand", "each of 5 hands",
    ),
    Claim(
        "channel_attention", "asl_dataset, 36 signs", 0.9722,
        "channel-attention-random", "channel-attention-new-hand", "each of 5 hands",
    ),
    Claim(
        "channel_attention, each colour weighed", "asl_dataset, 36 signs", None,
        "channel-attention-by-channel-random", "channel-attention-by-channel-new-hand",
        "each of 5 hands",
    ),
    Claim(
        "sign_convnet", "Sign Language MNIST, 24 letters", 0.9419,
        "sign-convnet-random", "sign-convnet-files", "each of 2 files",
        "The source trains on the official training file, of which only the first 688 of 27,455 "
        "rows are here; ours draws a fifth of these and of the official test file at random.",
    ),
    Claim(
        "gesture_cnn", "asl_dataset, letters A–I", 0.814,
        "gesture-cnn-random", "gesture-cnn-new-hand", "each of 5 hands",
        "The source's own 2,219 pictures of A–I are not to be had.",
    ),
    Claim(
        "AlexNet's head on Lite0's trunk", "asl_dataset, letters A–I", 0.955,
        "trunk-features-random", "trunk-features-new-hand", "each of 5 hands",
        "The source's figure is for AlexNet's own features on pictures that are not to be had; "
        "AlexNet's ImageNet weights need a download, so its head stands on those of "
        "EfficientNet-Lite0 here.",
    ),
    Claim(
        "efficientnet_lite0", "ASL Alphabet, 29 signs", 0.96,
        "alphabet-random", "alphabet-others", "ASL Alphabet and ASLAlphabets in turn",
        "The source takes EfficientNet-B0 and tests on pictures that it trained on.",
    ),
    Claim(
        "efficientnet_b0, the hand cut out", "ASLAlphabets, 29 signs", 0.96,
        "efficientnet-b0", "efficientnet-b0-others", "ASL Alphabet and ASLAlphabets in turn",
        "The source learns from whole pictures of ASL Alphabet and tests on those that it trained "
        "on; ours is tested on the part that ASLAlphabets keeps for it. ImageNet's weights are "
        "those of EfficientNet-Lite0.",
    ),
    *(
        _of_words(name, "words-source.toml", network=name)
        for name in (
            "lstm", "transformer", "hybrid", "transformer_ensemble", "hybrid_ensemble",
            "attention_transformer", "attention_transformer_ensemble",
        )
    ),
    _of_words(
        "sequence_as_picture", "words-source.toml", "Its pictures have 96 pixels a side; the 32 "
        "frames of a sequence are stretched to them as it is.",
        network="sequence_as_picture", settings={"side": 96},
    ),
    _of_words(
        "conv_transformer", "words-alone.toml", "With our own settings; those above it have the "
        "source's.",
    ),
    _of_words("conv_transformer, from asl-words", "words-left-out.toml"),
)  # fmt: skip


def configurations(claims: Sequence[Claim] = CLAIMS) -> list[TrainConfig]:
    """Return all that is to be trained, in order."""
    return [config for claim in claims for config in claim.configurations()]


def reproduce(
    claims: Sequence[Claim],
    report: Report = lambda progress: None,
    say: Callable[[str], None] = lambda words: None,
) -> None:
    """Train what is not trained yet, into the workspace.

    Args:
        claims: of `CLAIMS`.
        report: is given what the current training does.
        say: is told what is trained.

    Raises:
        ValueError: a data set is missing.
    """
    from asl.training.cross_validation import train

    todo = configurations(claims)
    for number, config in enumerate(todo, 1):
        if _is_done(config):
            continue
        say(f"{number} of {len(todo)}: {config.name}")

        def watch(progress: Progress, name: str = config.name) -> None:
            report(replace(progress, of=" of ".join(filter(None, (progress.of, name)))))

        _forget_other_settings(config)
        train(config, _folder(config.name), resume=True, report=watch)


def results(claims: Sequence[Claim] = CLAIMS, before: Sequence[Mapping[str, Any]] = ()) -> Result:
    """Return the table of all claims whose trainings are done.

    Args:
        before: rows of an earlier table, kept of claims that are not trained in this workspace.

    Raises:
        ValueError: none is.
    """
    kept = {row["name"]: dict(row) for row in before}
    rows, notes = [], []
    for claim in claims:
        done = all((_folder(name) / CARD).is_file() for name in (claim.alike, claim.apart))
        if done or claim.name in kept:
            rows.append(_row(claim) if done else kept[claim.name])
            notes += [f"{claim.name}: {claim.note}"] if claim.note else []
    if not rows:
        raise ValueError("results: nothing is trained yet; `asl reproduce` does it")
    return Result(
        title="The sources' networks, and what new people cost them",
        data="see the table",
        split="a fifth drawn at random, and people, files or sets left out in turn",
        candidates="all",
        machine=machine(("torch",)),
        command="asl reproduce",
        rows=tuple(rows),
        note=" ".join(
            [
                "“Source” is the accuracy that the source states; “accuracy” is ours where a fifth "
                "of the pictures is drawn at random, or is the set's own test part, so that the "
                "same hands are on both sides, with its 95 % range. Then come mean and worst over "
                "people, files or sets that the network had not seen, and what of the accuracy is "
                "lost there. Look-alikes such as 0 and O count as mistakes. Seeds are fixed.",
                *notes,
            ]
        ),
    )


def _row(claim: Claim) -> dict[str, Any]:
    alike, apart = (ModelBundle.read(_folder(name)) for name in (claim.alike, claim.apart))
    drawn = _correct(alike)
    # The same people were learned from, so this is about more pictures of them.
    low, high = accuracy_interval(drawn["correct"].to_numpy())
    unseen = _correct(apart).groupby("fold", sort=False)["correct"].mean()
    return {
        "name": claim.name,
        "data": claim.data,
        "source": claim.source,
        "accuracy": float(drawn["correct"].mean()),
        "low": low,
        "high": high,
        "left_out": claim.left_out,
        "mean_of_left_out": fmean(unseen),
        "worst_of_left_out": float(unseen.min()),
        "lost": float(drawn["correct"].mean()) - fmean(unseen),
        "test_pictures": len(drawn),
        "people": count_people(drawn["person"]),
        "parameters": parameters(alike.folder),
    }


def _correct(bundle: ModelBundle) -> pd.DataFrame:
    """Return fold, person and whether the answer is right, look-alikes not forgiven."""
    table = read_evaluation(bundle.folder, bundle.card.labels)
    recorded = for_candidates(table, bundle.card.labels, "all", bundle.card.still)
    right = recorded.answers == recorded.truth
    return recorded.rows[["fold", "person"]].assign(correct=right)


def _folder(name: str) -> Path:
    return workspace() / "models" / name


def _is_done(config: TrainConfig) -> bool:
    folder = _folder(config.name)
    if not (folder / CARD).is_file() or not (folder / EVALUATION).is_file():
        return False
    trained = ModelBundle.read(folder).card.training["config"]
    wanted = asdict(config) | {"data": [entry.name for entry in config.data]}
    return trained == json.loads(json.dumps(wanted))


def _forget_other_settings(config: TrainConfig) -> None:
    """Delete a run of this name that was begun with other settings; it can be made again."""
    home = workspace() / "runs" / config.name
    try:
        begun = json.loads((home / "run.json").read_text())["config"]
    except (OSError, ValueError, KeyError):
        begun = None
    if begun is not None and begun != json.loads(json.dumps(asdict(config))):
        shutil.rmtree(home)
