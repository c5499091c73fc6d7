"""Pictures as a kind of example; see `asl.training.kind`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asl.bundle import ONNX
from asl.card import Parity
from asl.card_inputs import LandmarksInput, ModelInput, PictureInput
from asl.data.pictures.duplicates import fingerprint, fingerprint_pixels, split_health
from asl.data.splits import Split
from asl.hands.crop import CONTEXT
from asl.nets.pictures.build import build_networks
from asl.nets.pictures.fused import FusedNetwork
from asl.nets.registry import network
from asl.nets.weights import read_tensors
from asl.training.config import TrainConfig
from asl.training.export import halve, store, to_onnx
from asl.training.pictures.arrays import PictureData, handshapes
from asl.training.pictures.features import center_crop
from asl.training.pictures.fusion import PictureAnswers, fit_fusion
from asl.training.pictures.load import load
from asl.training.pictures.networks import build, features_of, fit_networks
from asl.training.progress import Report, Task

#: Pictures on which network and exported file are compared.
_PARITY_PICTURES = 128


class Pictures:
    """Fulfils `asl.training.kind.Kind`; see there for arguments and errors."""

    name = "pictures"
    load = staticmethod(load)
    fit = staticmethod(fit_networks)
    fit_calibration = staticmethod(fit_fusion)
    join = staticmethod(PictureAnswers.join)

    def recipes(self, config: TrainConfig) -> dict[Task, str]:
        """Return the networks that `fit` trains, in order, and the settings of their recipes."""
        found = {}
        if network(config.network).picture_size is not None:
            found[Task.PICTURE_NETWORK if config.frozen_stages else Task.ALL_STAGES] = "picture"
            if config.frozen_stages and config.unfrozen:
                found[Task.ALL_STAGES] = "unfrozen"
        if config.landmark_network or not found:
            found[Task.LANDMARK_NETWORK] = "landmarks"
        return found

    def share(self, config: TrainConfig, data: PictureData, report: Report) -> None:
        """Run all pictures through the frozen stages of the picture network."""
        networks = build(config, data)
        if networks.picture_net is not None and config.frozen_stages:
            features_of(config, data, networks, report)

    def read_answers(
        self,
        data: PictureData,
        rows: np.ndarray,
        truth: np.ndarray,
        arrays: Mapping[str, np.ndarray],
    ) -> PictureAnswers:
        """Return stored answers."""
        searched = data.own.hands_searched
        return PictureAnswers.from_arrays(data.labels, rows, truth, arrays, searched)

    def near_share(self, data: PictureData, split: Split) -> float:
        """Return the share of test pictures with a near-copy in training, 0–1."""
        if all(Path(path).is_file() for path in data.paths):
            marks = fingerprint(data.paths.tolist())
        else:  # rows of a table
            pictures = data.own.examples.uncropped
            marks = fingerprint_pixels(pictures[row] for row in range(len(pictures)))
        return split_health(marks, split).near_share

    def export(
        self,
        config: TrainConfig,
        data: PictureData,
        weights: Path,
        calibration: np.ndarray,
        folder: Path,
        report: Report,
    ) -> dict[str, Any]:
        """Write ONNX and weights; return the card's fields that only pictures have"""
        networks = build_networks(
            config.network,
            len(data.labels),
            landmarks=config.landmark_network and data.own.shows_hands,
            settings=config.settings,
        )
        networks.load_state_dict(read_tensors(weights))
        networks.fusion.copy_(torch.from_numpy(calibration))
        halve(networks)
        names = ("picture", "landmarks", "picture_alone")
        return {
            "parity": _write(networks, config.size, data, folder),
            "inputs": _inputs(networks, config),
            "handshapes": handshapes(data),
            "calibration": {
                "weights": dict(zip(names, calibration.round(4).tolist(), strict=True))
            },
        }


PICTURES = Pictures()


def _write(networks: FusedNetwork, size: int, data: PictureData, folder: Path) -> Parity:
    """Write ONNX and weights; return how far their probabilities differ on real pictures."""
    examples = data.own.examples
    rows = np.linspace(0, len(examples) - 1, min(_PARITY_PICTURES, len(examples))).astype(int)
    possible = {
        "picture": center_crop(examples.crops[rows], size),
        "landmarks": examples.landmarks[rows],
        "found": examples.found[rows].astype(np.float32),
    }
    inputs = {name: possible[name] for name in networks.input_names}
    example = tuple(torch.from_numpy(value[:2]) for value in inputs.values())
    to_onnx(networks, example, folder / ONNX, networks.input_names, networks.output_names)
    return store(networks, folder, inputs)


def _inputs(networks: FusedNetwork, config: TrainConfig) -> tuple[ModelInput, ...]:
    """Return what the networks are shown, for the card."""
    inputs: list[ModelInput] = []
    if networks.picture_net is not None:
        mean, std = (
            tuple(round(value / 255, 4) for value in buffer.flatten().tolist())
            for buffer in (networks.pixel_mean, networks.pixel_std)
        )
        inputs.append(PictureInput(config.size, mean, std, CONTEXT, config.crop))
    if networks.landmark_net is not None:
        inputs.append(LandmarksInput(config.rereads))
    return tuple(inputs)
