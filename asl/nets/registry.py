"""The list of networks, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

# Networks can be listed, and settings checked, without loading PyTorch.
if TYPE_CHECKING:
    from torch import nn

Look = Literal["hand", "whole"]

#: Side in pixels of the square that most networks see, so that hands searched for in a data check
#: serve training as well.
PICTURE_SIZE = 160


@dataclass(frozen=True)
class Network:
    """An architecture that can be built by name.

    Attributes:
        name: as in configurations and cards.
        made_by: module of this package and what in it builds the network: a class or a function
            of the number of classes and the network's settings, and of `start` where it can start
            from weights trained for something else.
        picture_size: side in pixels of its square input; None if it looks at landmarks.
        any_size: whether pictures of other sizes will do as well.
        starts: start weights there may be: "bundled", "imagenet", "hands", "none".
        look: what it is shown if nothing else is asked for: the hand's crop or the whole picture.
        mean, std: of R, G, B on the scale 0–1, by which its input is normalised; of the luminance
            alone where it sees grey.
        frozen_stages: how many stages of its trunk stay as they start if nothing else is asked
            for; 0 also for networks that have no trunk.
        widths: its setting that says how wide its layers are, "" if it has none.
        own: names of its settings.
    """

    name: str
    made_by: str
    picture_size: int | None
    starts: tuple[str, ...] = ("none",)
    any_size: bool = False
    look: Look = "hand"
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    frozen_stages: int = 0
    widths: str = ""
    own: tuple[str, ...] = ("head", "dropout")

    def build(self, classes: int, start: str = "none", **settings: Any) -> nn.Module:
        """Return a module that gives (N, classes) logits."""
        if "start" in inspect.signature(self._maker()).parameters:
            settings["start"] = start
        return self._maker()(classes, **settings)

    def settings(self) -> dict[str, Any]:
        """Return the network's own settings and what they are if nothing else is asked for."""
        parameters = list(inspect.signature(self._maker()).parameters.values())[1:]
        return {one.name: one.default for one in parameters if one.name != "start"}

    def check(self, settings: dict[str, Any]) -> None:
        """Refuse settings that the network does not have, without loading PyTorch.

        Raises:
            ValueError: naming the setting and those that there are.
        """
        for name in settings:
            if name not in self.own:
                known = ", ".join(self.own)
                raise ValueError(f"settings: {self.name} has no {name!r}; it has: {known}")

    def _maker(self) -> Callable[..., nn.Module]:
        module, _, maker = self.made_by.partition(":")
        return getattr(import_module(f"asl.nets.{module}"), maker)


_STARTS = ("bundled", "imagenet", "none")
_NETWORKS = {
    network.name: network
    for network in (
        Network(
            "efficientnet_b0", "efficientnet:build_b0", PICTURE_SIZE, _STARTS,
            any_size=True, frozen_stages=4,
        ),
        Network(
            "efficientnet_lite0", "efficientnet:build_lite0", 128, _STARTS,
            any_size=True, frozen_stages=4,
        ),
        Network(
            "efficientnet_hands", "efficientnet_hands:EfficientNetHands", PICTURE_SIZE,
            ("hands", "none"), any_size=True, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0),
            frozen_stages=12,
        ),
        Network(
            "hand_landmarks", "hand_landmarks:HandLandmarks", None, ("bundled", "none"),
            own=("width", "depth", "dropout", "members"),
        ),
        Network(
            "sequential", "sequential:Sequential", 28,
            look="whole", widths="widths", own=("widths", "dropout"),
        ),
        Network(
            "channel_attention", "channel_attention:ChannelAttention", 28,
            look="whole", widths="channels", own=("attend", "channels", "hidden", "dropout"),
        ),
        Network(
            "sign_convnet", "sign_convnet:SignConvNet", 28,
            look="whole", mean=(0.5,), std=(0.25,), widths="channels", own=("channels", "dropout"),
        ),
        Network(
            "gesture_cnn", "gesture_cnn:GestureCNN", 224,
            look="whole", widths="channels", own=("channels", "hidden"),
        ),
        Network(
            "alexnet_features", "alexnet_features:build_alexnet_features", 224,
            ("imagenet", "none"), any_size=True, look="whole", frozen_stages=1,
        ),
    )
}  # fmt: skip


def names() -> list[str]:
    """Return the names of all networks, sorted."""
    return sorted(_NETWORKS)


def networks() -> dict[str, Network]:
    """Return all networks by name."""
    return dict(_NETWORKS)


def network(name: str) -> Network:
    """Return the network called `name`.

    Raises:
        ValueError: there is none; the message lists those that there are.
    """
    if name not in _NETWORKS:
        raise ValueError(f"net: {name!r} is none of {', '.join(names())}")
    return _NETWORKS[name]
