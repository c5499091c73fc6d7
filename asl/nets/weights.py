"""Stored weights: read, and taken as far as they fit."""

from pathlib import Path

import torch
from torch import nn

from asl.nets.weights_file import read_weights


def take_weights(networks: nn.Module, file: Path) -> int:
    """Fill `networks` with the tensors of `file` that fit by name and shape; return how many do.

    Raises:
        ValueError: the file is missing or broken, or nothing in it fits.
    """
    if not file.is_file():
        raise ValueError(f"init: {file} is missing")
    own = networks.state_dict()
    fitting = {
        name: tensor
        for name, tensor in read_tensors(file).items()
        if name in own and own[name].shape == tensor.shape
    }
    if not any(tensor.ndim > 1 for tensor in fitting.values()):
        raise ValueError(f"init: nothing in {file} fits this network")
    networks.load_state_dict(fitting, strict=False)
    return len(fitting)


def read_tensors(file: Path) -> dict[str, torch.Tensor]:
    """Return tensors by name; see `asl.nets.weights_file.read_weights`.

    Raises:
        ValueError: naming the file and what is wrong with it.
    """
    try:
        return {name: torch.tensor(array) for name, array in read_weights(file).items()}
    except ValueError as error:
        raise ValueError(f"{file.parent}: {error}") from error
