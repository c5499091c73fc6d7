"""Build a model's networks with their start weights, and rebuild them from stored ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from asl.nets.registry import network
from asl.nets.two_eyes import TwoEyes

LANDMARKS = "hand_landmarks"


def build_eyes(
    name: str,
    classes: int,
    start: str | Path = "none",
    landmarks: bool = True,
    settings: Mapping[str, Any] | None = None,
) -> TwoEyes:
    """Return the networks of a model, ready to be trained.

    Args:
        name: picture network, or "hand_landmarks" for landmarks alone.
        classes: number of signs.
        start: "imagenet", "none", or a safetensors file. Of stored weights, all that fit by name
            and shape are taken; EfficientNet-B0 and Lite0 share their convolutions.
        landmarks: whether a landmark network answers as well.
        settings: of the picture network, or of the landmark network where there is no other.

    Raises:
        ValueError: an unknown network, start weights it cannot have, or weights that do not fit.
        OSError: ImageNet weights that must be fetched cannot be.
    """
    spec, settings = network(name), dict(settings or {})
    if name == LANDMARKS:
        eyes = TwoEyes(None, spec.build(classes, **settings))
    else:
        own = "none" if isinstance(start, Path) else start
        if own not in spec.starts:
            raise ValueError(f"init: {name} can start from {', '.join(spec.starts)}, not {own!r}")
        second = network(LANDMARKS).build(classes) if landmarks else None
        eyes = TwoEyes(spec.build(classes, own, **settings), second, spec.mean, spec.std)
    if isinstance(start, Path):
        take_weights(eyes, start)
    return eyes


def take_weights(eyes: nn.Module, file: Path) -> int:
    """Fill `eyes` with the tensors of `file` that fit by name and shape; return how many do.

    Raises:
        ValueError: the file is missing or broken, or nothing in it fits.
    """
    if not file.is_file():
        raise ValueError(f"init: {file} is missing")
    own = eyes.state_dict()
    fitting = {
        name: tensor
        for name, tensor in _read(file).items()
        if name in own and own[name].shape == tensor.shape
    }
    if not any(tensor.ndim > 1 for tensor in fitting.values()):
        raise ValueError(f"init: nothing in {file} fits this network")
    eyes.load_state_dict(fitting, strict=False)
    return len(fitting)


def rebuild(
    weights: Path, name: str, classes: int, inputs: Sequence[str], settings: Mapping[str, Any]
) -> TwoEyes:
    """Return the network of a bundle in evaluation mode; the arguments are its card's fields.

    Raises:
        ValueError: the weights are missing or are not those of such a network.
    """
    eyes = build_eyes(name, classes, landmarks="landmarks" in inputs, settings=settings)
    if not weights.is_file():
        raise ValueError(f"{weights}: missing")
    tensors = _read(weights)
    try:
        eyes.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(f"{weights}: not the weights of {name} ({error})") from error
    return eyes.eval()


def _read(file: Path) -> dict[str, Tensor]:
    """Return tensors by name, their values all numbers."""
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{file}: the weights cannot be read ({error})") from error
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ValueError(f"{file}: the weights {name!r} hold values that are no numbers")
    return tensors
