"""Train the networks of a picture model, and ask them about pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asl.nets.pictures.build import build_networks
from asl.nets.pictures.fused import FusedNetwork
from asl.training.config import TrainConfig
from asl.training.fitting.distributed import first_here
from asl.training.fitting.loop import fit
from asl.training.pictures.arrays import PictureData
from asl.training.pictures.datasets import FrozenPictures, Landmarks, LivePictures, Tail
from asl.training.pictures.features import Features, center_crop, frozen_features
from asl.training.pictures.fusion import PictureAnswers
from asl.training.progress import Progress, Report, Task

#: Pictures that a network is asked about at a time.
_BATCH = 64


@dataclass
class FittedPictures:
    """A picture model that was trained on some rows; see `asl.training.kind.Fitted`.

    Attributes:
        features: what the frozen stages say of all pictures, where they stayed as they were.
    """

    config: TrainConfig
    data: PictureData
    network: FusedNetwork
    history: list[dict[str, Any]]
    features: Features | None

    @torch.no_grad()
    def predict(self, rows: np.ndarray) -> PictureAnswers:
        """Return what each network says about the pictures `rows`, as prediction would see them."""
        self.network.eval()
        own, data = self.data.own, self.data
        picture, shown = self._pictures(rows)
        landmarks, rereads = self._landmarks(rows)
        return PictureAnswers(
            labels=data.labels,
            rows=rows,
            truth=data.classes(data.rows.labels[rows]),
            found=own.examples.found[rows],
            picture=picture,
            landmarks=landmarks,
            rereads=rereads,
            shown=shown,
            hands_searched=own.hands_searched,
        )

    def _pictures(self, rows: np.ndarray) -> tuple[np.ndarray | None, dict[str, np.ndarray]]:
        """Return the picture network's log-probabilities, and what it shows of itself."""
        network = self.network.picture_net
        if network is None:
            return None, {}
        blocks = np.array_split(rows, -(-len(rows) // _BATCH) or 1)
        parts: Iterable[tuple[torch.Tensor, ...]]
        if self.features is None:
            crops, size = self.data.own.examples.crops, self.config.size
            inputs = (torch.from_numpy(center_crop(crops[block], size)) for block in blocks)
            parts = [self.network.picture_log_probs(pictures) for pictures in inputs]
        else:
            tail, clean = Tail(network, self.config.frozen_stages), self.features.clean
            features = (torch.from_numpy(clean[block]).float() for block in blocks)
            parts = [(tail(block).log_softmax(-1),) for block in features]
        logits, *values = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
        return logits, dict(zip(self.network.explains, values, strict=True))

    def _landmarks(self, rows: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Return the landmark network's log-probabilities, and their mean over all rereads."""
        network, own = self.network.landmark_net, self.data.own
        if network is None:
            return None, None
        joints = [own.examples.landmarks[rows], *own.rereads[rows].swapaxes(0, 1)]
        said = [network(torch.from_numpy(one)).log_softmax(-1) for one in joints]
        mean = torch.stack(said).mean(0).numpy() if len(said) > 1 else None
        return said[0].numpy(), mean


def fit_networks(
    config: TrainConfig,
    data: PictureData,
    rows: np.ndarray,
    validation: np.ndarray,
    home: Path,
    report: Report,
) -> FittedPictures:
    """Train the networks of `config` on the pictures `rows`; see `asl.training.kind.Kind.fit`.

    The picture network first: what lies above its frozen stages, then perhaps all of it. Then the
    landmark network.
    """
    networks = build(config, data)
    history, features = [], None
    aside = np.flatnonzero(np.isin(rows, validation))
    if networks.picture_net is not None:
        common = {
            "classes": data.classes(data.rows.labels[rows]),
            "sources": data.rows.sources[rows],
            "weights": data.rows.weights[rows],
            "validation": aside,
        }
        stages = config.frozen_stages
        if stages:
            features = features_of(config, data, networks, report)
            history += fit(
                Tail(networks.picture_net, stages), FrozenPictures(features, rows, **common),
                config.picture, config.seed, home / "picture", Task.PICTURE_NETWORK, report,
            )  # fmt: skip
        recipe = config.unfrozen if stages else config.picture
        if recipe is not None:
            examples = data.own.examples.rows(rows)
            live = LivePictures(examples, config.size, config.augment, networks.normalise, **common)
            history += fit(
                networks.picture_net, live, recipe, config.seed + 1, home / "unfrozen",
                Task.ALL_STAGES, report,
            )  # fmt: skip
    if networks.landmark_net is not None:
        history += fit(
            networks.landmark_net, _landmark_set(config, data, rows, aside), config.landmarks,
            config.seed, home / "landmarks", Task.LANDMARK_NETWORK, report,
        )  # fmt: skip
    kept = None if config.unfrozen else features
    return FittedPictures(config, data, networks, history, kept)


def build(config: TrainConfig, data: PictureData) -> FusedNetwork:
    """Return the networks of `config` with their start weights."""
    torch.manual_seed(config.seed)
    return build_networks(
        config.network,
        len(data.labels),
        config.start_weights,
        landmarks=config.landmark_network and data.own.shows_hands,
        settings=config.settings,
    )


def features_of(
    config: TrainConfig, data: PictureData, networks: FusedNetwork, report: Report
) -> Features:
    """Return what the frozen stages say of all pictures, from the cache where it is there."""

    def step(done: int, total: int) -> None:
        report(Progress(Task.FROZEN_STAGES, done, total, None, {}))

    with first_here():
        found = [
            frozen_features(
                part, networks, config.frozen_stages, config.size, config.copies, config.augment,
                config.seed, data.own.cache, step,
            )
            for part in data.own.parts
        ]  # fmt: skip
    return Features(
        np.concatenate([features.clean for features in found]),
        np.concatenate([features.augmented for features in found], axis=1),
    )


def _landmark_set(
    config: TrainConfig, data: PictureData, rows: np.ndarray, aside: np.ndarray
) -> Landmarks:
    """Return the hands found in the pictures `rows`, those without pictures, and moved ones.

    Who is left out of the pictures is left out of the tables, too, by the same name.
    """
    own, examples = data.own, data.own.examples
    found = examples.found[rows]
    with_hand = rows[found]
    # Validation positions move when rows without a hand drop out.
    position = np.cumsum(found) - 1
    left_out = np.setdiff1d(data.rows.people, np.append(data.rows.people[rows], ""))
    joint = ~np.isin(own.joint_people, left_out)
    joints, rereads = own.joints[joint], np.concatenate([own.rereads, own.small_rereads], axis=1)
    training_set = Landmarks(
        landmarks=np.concatenate([examples.landmarks[with_hand], joints]),
        rereads=np.concatenate(
            [rereads[with_hand], np.repeat(joints[:, None], rereads.shape[1], axis=1)]
        ),
        settings=config.augment,
        classes=np.concatenate(
            [data.classes(data.rows.labels[with_hand]), data.classes(own.joint_labels[joint])]
        ),
        sources=np.concatenate([data.rows.sources[with_hand], own.joint_sources[joint]]),
        weights=np.concatenate([data.rows.weights[with_hand], own.joint_weights[joint]]),
        validation=position[aside[found[aside]]],
    )
    random = np.random.default_rng(config.seed)
    return training_set.with_movements(config.movements, data.labels, random)
