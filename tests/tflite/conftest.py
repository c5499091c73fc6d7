"""Bundles of networks as training exports them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from asl.bundle import ONNX, ModelBundle
from asl.card import ModelCard
from asl.card_inputs import ModelInput, SequenceInput
from asl.training.export import EXAMPLES, FRAMES, compact, halve, to_onnx

LABELS = ("A", "B", "C", "D", "E")


@pytest.fixture
def bundle_of(tmp_path: Path) -> Callable[..., ModelBundle]:
    """``bundle_of(network, example, inputs, outputs)``: a model that training would write.

    Args:
        network: gives logits of five signs.
        example: what it is exported with.
        inputs: of the card.
        outputs: names.
    """

    def make(
        network: nn.Module,
        example: tuple[torch.Tensor, ...],
        inputs: tuple[ModelInput, ...],
        outputs: tuple[str, ...] = ("logits",),
    ) -> ModelBundle:
        card = ModelCard("exported", LABELS, "tiny", inputs, {})
        words = isinstance(inputs[0], SequenceInput)
        sizes = {0: EXAMPLES, 1: FRAMES} if words else {0: EXAMPLES}
        to_onnx(halve(network), example, tmp_path / ONNX, card.input_names, outputs, sizes)
        compact(tmp_path / ONNX)
        return ModelBundle(tmp_path, card)

    return make
