"""The list of networks, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

# Names can be listed without loading PyTorch.
if TYPE_CHECKING:
    from torch import nn

#: Module of this package → names of the networks in it.
_MODULES = {
    "efficientnet": ("efficientnet_b0", "efficientnet_lite0"),
    "hand_landmarks": ("hand_landmarks",),
}
_networks: dict[str, Network] = {}


@dataclass(frozen=True)
class Network:
    """An architecture that can be built by name.

    Attributes:
        name: as in configurations and cards.
        build: ``build(classes, start=…, **settings)`` → module giving (N, classes) logits.
        picture_size: side in pixels of its square input; None if it looks at landmarks.
        starts: start weights there may be: "bundled", "imagenet", "none".
    """

    name: str
    build: Callable[..., nn.Module]
    picture_size: int | None
    starts: tuple[str, ...]


def register(
    name: str, picture_size: int | None, starts: tuple[str, ...]
) -> Callable[[Callable[..., nn.Module]], Callable[..., nn.Module]]:
    """Enter the decorated function under `name`."""

    def enter(build: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
        if name not in _MODULES.get(build.__module__.rpartition(".")[2], ()):
            raise ValueError(f"{name}: is not listed for {build.__module__}")
        _networks[name] = Network(name, build, picture_size, starts)
        return build

    return enter


def names() -> list[str]:
    """Return the names of all networks, sorted."""
    return sorted(name for module in _MODULES.values() for name in module)


def networks() -> dict[str, Network]:
    """Return all networks by name."""
    for module in _MODULES:
        import_module(f"asl.nets.{module}")
    return dict(_networks)


def network(name: str) -> Network:
    """Return the network called `name`.

    Raises:
        ValueError: there is none; the message lists those that there are.
    """
    known = networks()
    if name not in known:
        raise ValueError(f"net: {name!r} is none of {', '.join(sorted(known))}")
    return known[name]
