"""Turn a run's jobs into a bundle: fuse the networks on unseen people, score, export."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file

from asl.bundle import (
    EVALUATION,
    HISTORY,
    ONNX,
    WEIGHTS,
    ModelBundle,
    ModelCard,
    PictureInput,
    find_bundle,
)
from asl.data.health import fingerprint, fingerprint_pixels, split_health
from asl.data.splits import Split
from asl.evaluation.calibration import abstain_threshold, expected_calibration_error
from asl.evaluation.metrics import Scores, measure
from asl.evaluation.report import SCORE
from asl.evaluation.untrained import LEFT_OUT, NEVER_TRAINED
from asl.hands.crop import CONTEXT
from asl.inference.decision import restrict, softmax
from asl.labels import CANDIDATE_SETS, candidates
from asl.nets.load import build_eyes
from asl.nets.two_eyes import TwoEyes
from asl.training.config import SPLITS, TrainConfig
from asl.training.export import compact, halve, largest_difference, to_onnx
from asl.training.features import middle
from asl.training.fusion import Answers, fit_fusion, kind_of
from asl.training.material import Material, only_new_people

#: Paths of the test pictures, row for row those of `EVALUATION`.
TESTED = "tested.parquet"
#: Start of the names under which jobs keep what the network shows of itself.
SHOWN = "shown_"
#: Fields of `Answers` that jobs keep, as far as there are such networks and readings.
EYES = ("picture", "landmarks", "anew")
#: Pictures on which network and exported file are compared.
_PARITY_PICTURES = 128
_LARGEST_DIFFERENCE = 1e-3
_PACKAGES = ("torch", "torchvision", "onnxruntime", "ai-edge-litert")


def assemble(
    config: TrainConfig,
    folder: Path,
    jobs: Path,
    material: Material,
    divisions: list[Split],
    names: list[str],
    history: pd.DataFrame,
) -> ModelBundle:
    """Write the bundle of a run whose jobs are done.

    Args:
        folder: becomes the bundle.
        jobs: holds a folder of each job.
        names: of the jobs: one a division, then perhaps the one on all data. The last one's
            weights go into the bundle.
        history: one row an epoch of every job.

    Raises:
        RuntimeError: the exported file does not answer like the network.
    """
    homes = [jobs / name for name in names]
    tests = [_read_answers(home, material, "test") for home in homes[: len(divisions)]]
    left_out = [{} for _ in tests]
    if config.split == "leave-one-set-out":  # sets need not have the same signs
        left_out = [_pictures_of(material, answers, ~answers.learnt) for answers in tests]
        tests = [answers.take(answers.learnt) for answers in tests]
    if len(divisions) > 1:
        # Each division's own scores use weights fitted on the other divisions.
        weights = [fit_fusion(tests[:i] + tests[i + 1 :]) for i in range(len(tests))]
        everyone = tests
        who = f"{len(tests)} divisions of the data, each answered by networks that never saw it"
    else:
        everyone = [_read_answers(homes[0], material, "validation")]
        weights = [fit_fusion(everyone)]
        who = "validation pictures, kept aside from training"
    fusion, unseen = fit_fusion(everyone), Answers.join(everyone)
    unseen = unseen.take(unseen.learnt)
    landmarks = config.eyes and material.shows_hands
    eyes = build_eyes(
        config.network, len(material.labels), landmarks=landmarks, settings=config.settings
    )
    eyes.load_state_dict(load_file(homes[-1] / WEIGHTS))
    eyes.fusion.copy_(torch.from_numpy(fusion))
    parity = export(halve(eyes), config.size, material, folder)
    fused = [answers.fused(own) for answers, own in zip(tests, weights, strict=True)]
    rows = _evaluation_rows(config, material, divisions, tests, fused)
    rows.to_parquet(folder / EVALUATION, index=False)
    # Where the tested pictures lie helps their owner, and is nobody else's business: not for the
    # bundle.
    tested = np.concatenate([answers.rows for answers in tests])
    pd.DataFrame({"path": material.examples.paths[tested]}).to_parquet(jobs / TESTED, index=False)
    history.to_parquet(folder / HISTORY, index=False)
    confidence, correct = _among_own_kind(unseen, unseen.fused(fusion))
    names = ("picture", "landmarks", "picture_alone")
    card = ModelCard(
        name=config.name,
        labels=material.labels,
        network=config.network,
        inputs=eyes.input_names,
        picture=_picture_input(eyes, config),
        settings=config.settings,
        readings=0 if eyes.landmark_net is None else config.readings,
        abstain_below=_thresholds(unseen, fusion, config.trust),
        description=config.description,
        training={
            "split": config.split,
            "split_means": SPLITS[config.split],
            "new_people": only_new_people(config, material, divisions),
            "seconds": round(float(history["seconds"].sum())),
            "near_copies": _near_copies(config, material, divisions),
            "start_saw": _start_saw(config, material),
            # Folders are left out: cards are handed on, and paths tell of their owners.
            "config": asdict(config) | {"data": [entry.name for entry in config.data]},
        },
        data=material.about,
        scores=tuple(_scores(config, material, divisions, tests, fused, left_out)),
        calibration={
            "weights": dict(zip(names, fusion.round(4).tolist(), strict=True)),
            "fitted_on": who,
            "pictures": len(unseen.truth),
            "expected_calibration_error": expected_calibration_error(confidence, correct),
        },
        parity=parity,
        versions={name: version(name) for name in _PACKAGES},
        handshapes=_handshapes(material),
    )
    return ModelBundle(folder, card).write_card(card)


def export(eyes: TwoEyes, size: int, material: Material, folder: Path) -> dict[str, Any]:
    """Write ONNX and weights; return how far their probabilities differ on real pictures.

    Raises:
        RuntimeError: they differ by more than `_LARGEST_DIFFERENCE`.
    """
    examples = material.examples
    rows = np.linspace(0, len(examples) - 1, min(_PARITY_PICTURES, len(examples))).astype(int)
    inputs = {
        "picture": middle(examples.crops[rows], size),
        "landmarks": examples.landmarks[rows],
        "found": examples.found[rows].astype(np.float32),
    }
    inputs = {name: inputs[name] for name in eyes.input_names}
    example = tuple(torch.from_numpy(value[:2]) for value in inputs.values())
    to_onnx(eyes, example, folder / ONNX, eyes.input_names, eyes.output_names)
    compact(folder / ONNX)
    narrow = {k: v.half() if v.is_floating_point() else v for k, v in eyes.state_dict().items()}
    save_file(narrow, folder / WEIGHTS)
    difference = largest_difference(eyes, folder / ONNX, inputs)
    if not difference <= _LARGEST_DIFFERENCE:  # nor is NaN
        raise RuntimeError(f"{ONNX}: probabilities differ from the network's by {difference:.2g}")
    return {"pictures": len(rows), "largest_difference": difference}


def _near_copies(config: TrainConfig, material: Material, divisions: list[Split]) -> float | None:
    """Return the share of test pictures with a near-copy in training, if drawn at random."""
    if config.split != "random":
        return None
    examples = material.examples
    if all(Path(path).is_file() for path in examples.paths):
        marks = fingerprint(examples.paths.tolist())
    else:  # rows of a table
        marks = fingerprint_pixels(examples.wholes)
    return split_health(marks, divisions[0]).near_share


def _start_saw(config: TrainConfig, material: Material) -> list[str]:
    """Return the data sets here that the start weights had learned from already."""
    if config.start != "bundled":
        return []
    learned = {entry["fingerprint"] for entry in find_bundle().card.data if entry["fingerprint"]}
    return [entry["name"] for entry in material.about if entry["fingerprint"] in learned]


def _read_answers(home: Path, material: Material, part: str) -> Answers:
    with np.load(home / "answers.npz") as stored:
        rows = stored[f"{part}_rows"]
        eyes = [stored.get(f"{part}_{eye}") for eye in EYES]
        start = f"{part}_{SHOWN}"
        shown = {name.removeprefix(start): stored[name] for name in stored if start in name}
        known = stored["known"]
    truth = material.classes(material.examples.labels[rows])
    truth[~np.isin(truth, known)] = -1
    return Answers(material.labels, rows, truth, material.examples.found[rows], *eyes, shown)


def _picture_input(eyes: TwoEyes, config: TrainConfig) -> PictureInput | None:
    if eyes.picture_net is None:
        return None
    mean, std = (
        tuple(round(value / 255, 4) for value in buffer.flatten().tolist())
        for buffer in (eyes.pixel_mean, eyes.pixel_std)
    )
    return PictureInput(config.size, mean, std, CONTEXT, config.look)


def _pictures_of(material: Material, answers: Answers, chosen: np.ndarray) -> dict[str, int]:
    """Return label → number of the pictures `chosen`, a mask."""
    labels, counts = np.unique(material.examples.labels[answers.rows[chosen]], return_counts=True)
    return dict(zip(labels.tolist(), counts.tolist(), strict=True))


def _by_kind(truth: Sequence[str]) -> dict[str, np.ndarray]:
    """Return candidate set → positions of the pictures whose sign belongs to it first."""
    kinds = np.array([kind_of(label) for label in truth])
    return {kind: np.flatnonzero(kinds == kind) for kind in sorted(set(kinds.tolist()))}


def _among_own_kind(answers: Answers, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (N,) confidence and correctness, each picture among the signs of its own kind."""
    confidence, correct = np.zeros(len(logits)), np.zeros(len(logits), bool)
    for kind, rows in _by_kind([answers.labels[i] for i in answers.truth]).items():
        chosen = candidates(answers.labels, kind)
        chances = restrict(logits[rows], answers.labels, chosen)
        best = np.array([answers.labels.index(label) for label in chosen])[chances.argmax(1)]
        confidence[rows], correct[rows] = chances.max(1), best == answers.truth[rows]
    return confidence, correct


def _thresholds(answers: Answers, fusion: np.ndarray, trust: float) -> dict[str, float]:
    """Return the confidence below which to say "can't tell", with a hand found and without.

    Few pictures lack a hand, so that threshold is fitted on what the picture network says by
    itself about all of them.
    """
    if answers.picture is None:
        looks = {"hand": answers.found}
    else:
        looks = {"hand": answers.found, "no_hand": np.zeros(len(answers.truth), bool)}
    thresholds = {} if answers.picture is not None else {"no_hand": 1.0}
    for name, found in looks.items():
        looked = replace(answers, found=found)
        confidence, correct = _among_own_kind(looked, looked.fused(fusion))
        rows = found if found.any() else ~found
        thresholds[name] = round(abstain_threshold(confidence[rows], correct[rows], trust), 4)
    return thresholds


def _scores(
    config: TrainConfig,
    material: Material,
    divisions: list[Split],
    tests: list[Answers],
    fused: list[np.ndarray],
    left_out: list[dict[str, int]],
) -> list[dict[str, Any]]:
    """Return one entry for each division and each candidate set that its pictures allow.

    Signs that were not trained count, and are named with the number of their pictures.

    Args:
        left_out: of each division, label → pictures that are not in its test.
    """
    scores = []
    for split, answers, logits, missing in zip(divisions, tests, fused, left_out, strict=True):
        kinds = _by_kind(material.examples.labels[answers.rows].tolist())
        kinds = {"all": np.arange(len(answers.truth)), **{k: kinds[k] for k in kinds if k != "all"}}
        for kind, rows in kinds.items():
            if not set(CANDIDATE_SETS[kind]) & set(material.labels) and kind != "all":
                continue  # the model knows nothing that it could answer
            part = answers.take(rows)
            whole = _measure(material, part, logits[rows], kind, config.split == "random")
            entry = {
                "data": split.name,
                "split": config.split,
                "candidates": kind,
                "pictures": whole.pictures,
                "people": whole.people,
                "accuracy": whole.accuracy,
                "low": whole.interval[0],
                "high": whole.interval[1],
                "accuracy_strict": whole.accuracy_strict,
                "macro_f1": whole.macro_f1,
            }
            # Landmarks without pictures may have taught what no picture did.
            untaught = ~part.learnt & ~np.isin(
                material.examples.labels[part.rows], material.joint_labels
            )
            if untaught.any():
                entry[NEVER_TRAINED] = _pictures_of(material, part, untaught)
            if kind == "all" and missing:
                entry[LEFT_OUT] = missing
            if config.searches_hands:
                entry["hand_found"] = float(part.found.mean())
            if part.picture is not None and part.landmarks is not None:
                entry["picture_network"] = _measure(material, part, part.picture, kind).accuracy
                seen = part.take(part.found)
                # Where no hand is found the landmark network is silent, which counts as wrong.
                entry["landmark_network"] = float(
                    _measure(material, seen, seen.landmarks, kind).accuracy * part.found.mean()
                    if len(seen.truth)
                    else 0.0
                )
            scores.append(entry)
    return scores


def _measure(
    material: Material,
    part: Answers,
    logits: np.ndarray,
    kind: str,
    learned_from: bool = False,
) -> Scores:
    chosen = candidates(material.labels, kind)
    truth = material.examples.labels[part.rows]
    chances = restrict(logits, material.labels, chosen)
    people = material.examples.people[part.rows]
    return measure(truth, chances, chosen, people, learned_from)


def _evaluation_rows(
    config: TrainConfig,
    material: Material,
    divisions: list[Split],
    tests: list[Answers],
    fused: list[np.ndarray],
) -> pd.DataFrame:
    """Return one row a test picture: file name, truth, person, division, score of every sign.

    What the network shows of itself in a few numbers a picture stands in columns
    ``<output>:<index>``.
    """
    examples, parts = material.examples, []
    for split, answers, logits in zip(divisions, tests, fused, strict=True):
        chances = pd.DataFrame(softmax(logits).astype(np.float32)).set_axis(
            [SCORE + label for label in material.labels], axis=1
        )
        about = pd.DataFrame(
            {
                "picture": [Path(path).name for path in examples.paths[answers.rows]],
                "label": examples.labels[answers.rows],
                "person": examples.people[answers.rows],
                "source": examples.sources[answers.rows],
                "division": split.name,
            }
        )
        if config.searches_hands:
            about["found"] = answers.found
        shown = {
            f"{name}:{index}": values[:, index]
            for name, values in answers.shown.items()
            if values.ndim == 2
            for index in range(values.shape[1])
        }
        parts.append(pd.concat([about, chances, pd.DataFrame(shown)], axis=1))
    return pd.concat(parts, ignore_index=True)


def _handshapes(material: Material) -> dict[str, list[list[float]]]:
    """Return for each sign the recorded hand that is nearest to the median of all of them."""
    examples = material.examples
    joints = np.concatenate([examples.landmarks[examples.found], material.joints])
    labels = np.concatenate([examples.labels[examples.found], material.joint_labels])
    shapes = {}
    for label in material.labels:
        hands = joints[labels == label]
        if label != "nothing" and len(hands):
            distance = np.abs(hands - np.median(hands, axis=0)).sum((1, 2))
            shapes[label] = hands[distance.argmin()].round(3).tolist()
    return shapes
