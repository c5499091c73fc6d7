"""Stored weights: read, and taken as far as they fit."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn


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
        for name, tensor in read_weights(file).items()
        if name in own and own[name].shape == tensor.shape
    }
    if not any(tensor.ndim > 1 for tensor in fitting.values()):
        raise ValueError(f"init: nothing in {file} fits this network")
    networks.load_state_dict(fitting, strict=False)
    return len(fitting)


def read_weights(file: Path) -> dict[str, Tensor]:
    """Return tensors by name, their values all numbers.

    Raises:
        ValueError: the file cannot be read, or holds other values.
    """
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{file}: the weights cannot be read ({error})") from error
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ValueError(f"{file}: the weights {name!r} hold values that are no numbers")
    return tensors
