"""Every network answers as TFLite as it does as ONNX."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from asl.card_inputs import LandmarksInput, PictureInput
from asl.data.sequences.lengths import Length
from asl.data.sequences.normalise import Normalisation
from asl.data.sequences.preparation import Preparation
from asl.nets.pictures.fused import FusedNetwork
from asl.nets.registry import names, network
from asl.nets.sequences.masked import NaNPadded
from asl.tflite.convert import to_tflite
from asl.tflite.parity import largest_difference

FRAMES = 12
PREPARATION = Preparation("hands", Length(FRAMES, "mask"), Normalisation(differences=0))
OWN = {
    "sequence_as_picture": {"image_network": "sequential", "start": "none"},
    "conv_transformer": {
        "width": 16, "convolutions": 1, "shape_width": 4,
        "own_boxes_at": PREPARATION.own_boxes_at,
    },
}  # fmt: skip


def norms_that_have_learned(module: torch.nn.Module) -> torch.nn.Module:
    """Give norms a mean and a variance, as they have after a training."""
    torch.manual_seed(1)
    for name, numbers in module.named_buffers():
        if name.endswith("running_mean"):
            numbers.normal_(0, 0.1)
        elif name.endswith("running_var"):
            numbers.uniform_(0.5, 2)
    return module.eval()


WORDS = {name: OWN.get(name, {"width": 16}) for name in names("sequences")} | {
    "attention_transformer that sees the past alone": {"width": 16, "causal": True},
}


@pytest.mark.parametrize(("case", "settings"), WORDS.items(), ids=WORDS)
def test_words(case, settings, bundle_of):
    torch.manual_seed(0)
    spec = network(case.split()[0])
    built = NaNPadded(spec.build(5, features=PREPARATION.size, **settings))
    example = torch.randn(3, 11, PREPARATION.size)
    example[0, 7:] = torch.nan
    bundle = bundle_of(norms_that_have_learned(built), (example,), (PREPARATION.to_input(),))
    shown = np.random.default_rng(0).normal(size=(5, FRAMES, PREPARATION.size)).astype(np.float32)
    shown[1, 5:] = np.nan  # a shorter one
    shown[2, 3:6] = np.nan  # frames that are not there, wherever they stand
    shown[3, :, 4] = np.nan  # numbers that are not known
    shown[4, 1:] = np.nan
    difference = largest_difference(bundle, to_tflite(bundle), {"sequence": shown})
    assert difference < 1e-5


PICTURES = {name: {} for name in names("pictures")} | {
    "channel_attention by channel": {"attend": "channel"},
    "alexnet_features with AlexNet's head": {"head": "conv"},
}


@pytest.mark.parametrize(("case", "settings"), PICTURES.items(), ids=PICTURES)
def test_pictures(case, settings, bundle_of):
    torch.manual_seed(0)
    spec, random = network(case.split()[0]), np.random.default_rng(0)
    side = 64 if spec.any_size else spec.picture_size
    feed = {"landmarks": random.normal(size=(3, 21, 3)).astype(np.float32)}
    inputs = (LandmarksInput(),)
    built = FusedNetwork(None, spec.build(5, **settings))
    if side is not None:
        feed = {"picture": random.integers(0, 256, (3, side, side, 3), np.uint8)}
        inputs = (PictureInput(side, spec.mean, spec.std, 1.6),)
        built = FusedNetwork(spec.build(5, **settings), None, spec.mean, spec.std)
    norms_that_have_learned(built)
    example = tuple(torch.from_numpy(rows) for rows in feed.values())
    bundle = bundle_of(built, example, inputs, built.output_names)
    assert largest_difference(bundle, to_tflite(bundle), feed) < 1e-5
