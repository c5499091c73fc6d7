"""Build a model's networks with start weights, and rebuild them from stored ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asl.nets.pictures.fused import FusedNetwork
from asl.nets.registry import network
from asl.nets.weights import read_tensors, take_weights

LANDMARKS = "hand_landmarks"


def build_networks(
    name: str,
    classes: int,
    start: str | Path = "none",
    landmarks: bool = True,
    settings: Mapping[str, Any] | None = None,
) -> FusedNetwork:
    """Return the networks of a model, ready to be trained.

    Args:
        name: picture network, or "hand_landmarks" for landmarks alone.
        classes: number of signs.
        start: one of the network's `starts`, or a safetensors file. Of stored weights, all that
            fit by name and shape are taken; EfficientNet-B0 and Lite0 share their convolutions.
        landmarks: whether there is a landmark network as well.
        settings: of the picture network, or of the landmark network if it is the only one.

    Raises:
        ValueError: an unknown network, start weights it cannot have, or weights that do not fit.
        OSError: ImageNet weights that must be fetched cannot be.
    """
    spec, settings = network(name), dict(settings or {})
    if name == LANDMARKS:
        networks = FusedNetwork(None, spec.build(classes, **settings))
    else:
        own = "none" if isinstance(start, Path) else start
        if own not in spec.starts:
            raise ValueError(f"init: {name} can start from {', '.join(spec.starts)}, not {own!r}")
        second = network(LANDMARKS).build(classes) if landmarks else None
        networks = FusedNetwork(spec.build(classes, own, **settings), second, spec.mean, spec.std)
    if isinstance(start, Path):
        take_weights(networks, start)
    return networks


def rebuild(
    weights: Path, name: str, classes: int, inputs: Sequence[str], settings: Mapping[str, Any]
) -> FusedNetwork:
    """Return the network of a bundle in evaluation mode; the arguments are its card's fields.

    Raises:
        ValueError: the weights are missing or are not those of such a network.
    """
    networks = build_networks(name, classes, landmarks="landmarks" in inputs, settings=settings)
    if not weights.is_file():
        raise ValueError(f"{weights}: missing")
    tensors = read_tensors(weights)
    try:
        networks.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(f"{weights}: not the weights of {name} ({error})") from error
    return networks.eval()
