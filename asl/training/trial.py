"""Train on a few real batches and tell what all of it would take; see `asl.training.estimate`.

``python -m asl.training.trial`` reads from standard input, as JSON, the settings and how better
ones are searched for (see `asl.training.job.Job`), and prints a JSON object a line: what is being
tried, and at last the estimate or an error.
"""

import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import psutil
import torch

from asl.data.datasets import read_pictures
from asl.data.examples import Examples, ExampleSettings
from asl.data.splits import FOLDS
from asl.hands.crop import crop_hand
from asl.hands.detector import HandDetector
from asl.hands.landmarks import normalise
from asl.hands.networks import HandsUnavailable
from asl.images import PictureError, load_rgb
from asl.nets.load import build_eyes
from asl.training.config import TrainConfig
from asl.training.courses import FrozenPictures, Landmarks, LivePictures, Tail
from asl.training.engine import Course, Recipe, fit
from asl.training.estimate import Estimate
from asl.training.features import frozen_features
from asl.training.material import locate
from asl.training.run import FINAL
from asl.training.search import middling, recipe_of

#: Pictures that are tried.
_SAMPLE = 24
#: Batches of each network, and examples in one: more would take long to try.
_BATCHES = 3
_LARGEST_BATCH = 64
#: Memory of a process that looks for hands.
_WORKER = 300 << 20
#: Bytes of the figures that tracking keeps: three at most, each with what draws it.
_FIGURES = 15 << 20
#: Seconds that a trial of a search takes beside learning: for its network, and each epoch for the
#: checkpoint and the records.
_TRIAL, _EPOCH = 1.0, 0.1
#: Exporting the whole network, as a multiple of exporting the trunk.
_EXPORTS = 3

Say = Callable[[str, float], None]


def try_out(
    config: TrainConfig, search: Mapping[str, Any], say: Say = lambda what, share: None
) -> Estimate:
    """Measure on a few pictures and batches what `config` takes on all of them.

    Args:
        search: how better settings are searched for, empty where none are; see
            `asl.training.job.Job`.

    Raises:
        ValueError: a folder is missing, or a setting that cannot be met.
        HandsUnavailable: hand detection cannot run here.
    """
    workers = search.get("workers", 1)
    if search:
        config = middling(config, search["vary"], search["most_epochs"])
        # One of several leaves the other processors to the others.
        torch.set_num_threads(max(1, torch.get_num_threads() // workers))
    started = time.time() - psutil.Process().create_time()
    table = pd.concat(
        [read_pictures(locate(entry), entry.people, entry.levels).table for entry in config.data
         if not entry.is_landmarks]
    )  # fmt: skip
    torch.manual_seed(config.seed)
    count, processors = len(table), os.cpu_count() or 1
    say("looking for hands" if config.searches_hands else "reading pictures", 0.2)
    examples, seconds = _sample(table, config)
    if config.searches_hands:
        once = [("", "finding hands", started + seconds * count / processors)]
    else:
        once = [("", "reading pictures", started + seconds * count)]
    classes = table["label"].nunique()
    if classes < 2:
        raise ValueError("data: only one sign found; a model needs at least two signs")
    finds_hands = float(examples.found.mean()) > 0.1
    eyes = build_eyes(
        config.network, classes, config.start_weights, config.eyes and finds_hands, config.settings
    )
    before = _memory()
    tries = _Tries(config, examples, classes)
    export = 5.0
    kept = ExampleSettings(size=config.size).kept
    arrays = disk = 2 * count * kept**2 * 3
    each: list[tuple[str, float]] = []
    share = _trained_on(config, table)
    if eyes.picture_net is not None:
        net, stages = eyes.picture_net, config.frozen_stages
        if stages:
            say("trying the picture network's frozen stages", 0.4)
            features, seconds, export = tries.frozen(eyes)
            once.append(("", "frozen stages", export + seconds * count * (config.copies + 1)))
            size = features.plain[0].nbytes * count * (config.copies + 1)
            arrays, disk = arrays + size, disk + size
            say("trying the picture network", 0.6)
            course = tries.course(FrozenPictures, features=features, rows=tries.rows)
            seconds = tries.steps(Tail(net, stages), course, config.picture, count * share)
            each.append(("picture network", seconds))
        live = config.unfrozen if stages else config.picture
        if live is not None:
            say("trying all stages of the picture network", 0.7)
            course = tries.course(
                LivePictures, examples=examples.rows(tries.rows), size=config.size,
                settings=config.augment, normalise=eyes.normalise,
            )  # fmt: skip
            seconds = tries.steps(net, course, live, count * share)
            each.append(("picture network, all stages", seconds))
    if eyes.landmark_net is not None:
        say("trying the landmark network", 0.9)
        joints = examples.landmarks[tries.rows]
        anew = np.repeat(joints[:, None], config.readings, axis=1)
        course = tries.course(Landmarks, landmarks=joints, readings=anew, settings=config.augment)
        seconds = tries.steps(eyes.landmark_net, course, config.landmarks, count * share)
        each.append(("landmark network", seconds))
    if search:  # each trial trains on the first part alone
        trainings = workers
        epochs = recipe_of(config)[1].epochs
        seconds = sum(seconds for _, seconds in each) + _TRIAL + _EPOCH * epochs
        plan = [*once, ("", "trials", search["trials"] * seconds / workers)]
    else:
        parts = _parts(config, table)
        trainings = len(parts)
        scale = {part: 1 / share if part == FINAL else 1.0 for part in parts}
        plan = [
            *once,
            *[(part, task, seconds * scale[part]) for part in parts for task, seconds in each],
            ("", "exporting", _EXPORTS * export),
        ]
    # What a larger batch takes beyond the one that was tried.
    largest = max(recipe.batch for recipe in (config.picture, config.unfrozen) if recipe)
    beyond = max(0, largest - tries.batch) * (_memory() - before) // tries.batch
    memory = max(workers * (_memory() + beyond) + arrays, before + processors * _WORKER)
    weights = sum(tensor.nbytes for tensor in eyes.state_dict().values())
    disk += trainings * 6 * weights + _FIGURES
    return Estimate(tuple(plan), int(memory), int(disk), count)


class _Tries:
    """Trains networks on examples drawn again and again from a few."""

    def __init__(self, config: TrainConfig, examples: Examples, classes: int):
        self._config, self._examples = config, examples
        recipes = (config.picture, config.landmarks, config.unfrozen)
        self.batch = min(_LARGEST_BATCH, max(recipe.batch for recipe in recipes if recipe))
        self.rows = np.resize(np.arange(len(examples)), _BATCHES * self.batch)
        self._common = {
            "classes": self.rows % classes,
            "sources": np.full(len(self.rows), ""),
            "weights": np.ones(len(self.rows)),
            "validation": self.rows[:0],
        }

    def course(self, kind: type, **own) -> Course:
        return kind(**own, **self._common)

    def frozen(self, eyes) -> tuple:
        """Return features, seconds a picture, and seconds for exporting the trunk."""
        marks = [time.perf_counter()]
        config = self._config
        with TemporaryDirectory() as cache:
            features = frozen_features(
                self._examples, eyes, config.frozen_stages, config.size, 2, config.augment,
                config.seed, Path(cache),
                lambda done, total: marks.append(time.perf_counter()),
            )  # fmt: skip
            features = replace(
                features, plain=np.array(features.plain), changed=np.array(features.changed)
            )
        first, *later = np.diff(marks)
        return features, median(later) / len(self._examples), first

    def steps(self, network, course: Course, recipe: Recipe, pictures: float) -> float:
        """Return the seconds that `recipe` takes on that many pictures."""
        batch = min(recipe.batch, self.batch)
        trial = replace(recipe, epochs=1, batch=batch, draws=_BATCHES * batch, patience=0)
        marks = []
        with TemporaryDirectory() as folder:
            fit(
                network, course, trial, self._config.seed, Path(folder), "trial",
                lambda progress: progress.ends_epoch or marks.append(time.perf_counter()),
            )  # fmt: skip
        seconds = median(np.diff(marks)) / batch
        # A tenth of the pictures is only looked at after each epoch, which is a third of the work.
        return seconds * recipe.epochs * ((recipe.draws or pictures) + 0.1 * pictures / 3)


def _sample(table: pd.DataFrame, config: TrainConfig) -> tuple[Examples, float]:
    """Return examples of a few pictures that can be read, and the seconds that one took.

    Raises:
        ValueError: none of those tried can be read.
    """
    settings = ExampleSettings(size=config.size)
    rows = np.linspace(0, len(table) - 1, min(_SAMPLE, len(table))).astype(int)
    kept, crops, wholes, points, found, seconds = [], [], [], [], [], []
    detector = HandDetector() if config.searches_hands else None
    for row in rows:
        start = time.perf_counter()
        try:
            rgb = load_rgb(table["path"].iloc[row])
        except PictureError:  # left out, as in training
            continue
        hand = detector and detector.detect(rgb)
        if hand and config.readings:
            detector.read_anew(rgb, hand, config.readings, np.random.default_rng(0))
        crops.append(crop_hand(rgb, hand, settings.kept, settings.zoom_out))
        wholes.append(crop_hand(rgb, None, settings.kept, settings.zoom_out))
        joints = None if hand is None else normalise(hand.landmarks, hand.side)
        points.append(np.zeros((21, 3), np.float32) if joints is None else joints)
        found.append(hand is not None)
        kept.append(row)
        seconds.append(time.perf_counter() - start)
    if not kept:
        raise ValueError(f"data: none of {len(rows)} pictures that were tried can be read")
    labels, paths = (table[name].iloc[kept].to_numpy(str) for name in ("label", "path"))
    nobody = np.full(len(kept), "")
    examples = Examples(
        np.stack(crops), np.stack(wholes), np.stack(points).astype(np.float32), np.array(found),
        labels, nobody, nobody, paths,
    )  # fmt: skip
    return examples, float(np.mean(seconds))


def _parts(config: TrainConfig, table: pd.DataFrame) -> list[str]:
    """Return the names of the divisions that are trained one after the other."""
    if config.split in ("leave-one-person-out", "group-k-fold"):
        people = table["person"].nunique()
        count = people if config.split == "leave-one-person-out" else min(FOLDS, people)
    elif config.split == "leave-one-set-out":
        count = len(config.data)
    else:
        return ["00"]
    return [f"{number:02d}" for number in range(count)] + [FINAL] * config.final


def _trained_on(config: TrainConfig, table: pd.DataFrame) -> float:
    """Return the share of the pictures that one division trains on."""
    divisions = [part for part in _parts(config, table) if part != FINAL]
    return 0.8 if len(divisions) < 2 else 1 - 1 / len(divisions)


def _memory() -> int:
    """Return the most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Read settings, try them out, and say what comes out."""
    out = sys.stdout

    def say(**said: object) -> None:
        print(json.dumps(said), file=out, flush=True)

    # Libraries that print on standard output must not spoil the JSON.
    with redirect_stdout(sys.stderr):
        try:
            asked = json.load(sys.stdin)
            config = TrainConfig.from_dict(asked["config"])
            found = try_out(
                config, asked["search"], lambda what, share: say(what=what, share=share)
            )
        except (ValueError, OSError, HandsUnavailable) as error:
            say(error=str(error))
        except Exception as error:
            traceback.print_exc()
            say(error=f"trying out a few batches failed: {type(error).__name__}: {error}")
        else:
            say(estimate=asdict(found))


if __name__ == "__main__":
    main()
