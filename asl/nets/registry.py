"""The list of networks, by name; each is in a file of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

# Networks can be listed, and settings checked, without loading PyTorch.
if TYPE_CHECKING:
    from torch import nn

#: What a picture network is shown: the square around the hand, or the whole picture.
Crop = Literal["hand", "whole"]

#: Side in pixels of the square that most networks take, so that the hand crops of a data check
#: serve training as well.
PICTURE_SIZE = 160
#: What sees sequences as pictures if nothing else is asked for.
IMAGE_NETWORK = "efficientnet_lite0"


@dataclass(frozen=True)
class Network:
    """An architecture that can be built by name.

    Attributes:
        name: as in configurations and cards.
        made_by: module of its kind's room in this package, and what in it builds the network: a
            class or a function of the number of classes and the network's settings, of `start`
            where it can start from weights trained for something else, and of `features`, the
            numbers in a frame, where it reads sequences.
        picture_size: side in pixels of its square input; None if its input are landmarks.
        any_size: whether its input may have other sizes.
        starts: start weights there may be: "bundled", "lite0", "imagenet", "hands", "none".
        crop: what it is shown if nothing else is asked for: the hand's crop or the whole picture.
        mean, std: of R, G, B on the scale 0–1, by which its input is normalised; of the luminance
            alone if it takes grey pictures.
        frozen_stages: how many stages of its trunk stay as they start if nothing else is asked
            for; 0 also for networks that have no trunk.
        widths: its setting that says how wide its layers are, a list or one number for all of
            them; "" if it has none, or none that a search should vary.
        own: names of its settings.
        kind: of the examples that it learns from; see `asl.training.kind`.
        frameworks: in which it can be trained, keys of `asl.nets.frameworks.FRAMEWORKS`; those of
            a network of pictures are in which it can see sequences as pictures.
    """

    name: str
    made_by: str
    picture_size: int | None
    starts: tuple[str, ...] = ("none",)
    any_size: bool = False
    crop: Crop = "hand"
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    frozen_stages: int = 0
    widths: str = ""
    own: tuple[str, ...] = ("head", "dropout")
    kind: str = "pictures"
    frameworks: tuple[str, ...] = ("pytorch",)

    def build(self, classes: int, start: str = "none", **settings: Any) -> nn.Module:
        """Return a module that gives (N, classes) logits.

        Args:
            classes: number of signs.
            start: start weights, one of `starts`.
            settings: the network's own, instead of the usual ones; and `features`, the numbers in
                a frame, where it reads sequences.

        Raises:
            OSError: start weights that must be fetched cannot be.
            ValueError: a setting has a value that it cannot have.
        """
        if "start" in inspect.signature(self._maker()).parameters:
            settings["start"] = start
        return self._maker()(classes, **settings)

    def settings(self) -> dict[str, Any]:
        """Return the network's own settings and what they are if nothing else is asked for."""
        parameters = list(inspect.signature(self._maker()).parameters.values())[1:]
        others = ("start", "features")
        return {one.name: one.default for one in parameters if one.name not in others}

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
        return getattr(import_module(f"asl.nets.{self.kind}.{module}"), maker)


_STARTS = ("imagenet", "none")
_STACK = ("width", "depth", "dropout")
_ENCODER = (*_STACK, "heads", "expansion")
_ATTENTION = (*_ENCODER, "attention_dropout", "causal")
_PYTORCH: tuple[str, ...] = ("pytorch",)
_BOTH = (*_PYTORCH, "tensorflow")


def _of_words(
    name: str,
    own: tuple[str, ...],
    starts: tuple[str, ...] = ("none", "bundled"),
    frameworks: tuple[str, ...] = _PYTORCH,
) -> Network:
    """Return a network that reads sequences."""
    widths = "width" if "width" in own else ""
    return Network(
        name, f"build:{name}", None, starts, widths=widths, own=own, kind="sequences",
        frameworks=frameworks,
    )  # fmt: skip


_NETWORKS = {
    network.name: network
    for network in (
        Network(
            "efficientnet_b0", "efficientnet:build_b0", PICTURE_SIZE, ("lite0", *_STARTS),
            any_size=True, frozen_stages=4, frameworks=_BOTH,
        ),
        Network(
            "efficientnet_lite0", "efficientnet:build_lite0", 128, _STARTS,
            any_size=True, frozen_stages=4, frameworks=_BOTH,
        ),
        Network(
            "efficientnet_hands", "efficientnet_hands:build_efficientnet_hands", PICTURE_SIZE,
            ("bundled", "hands", "none"), any_size=True, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0),
            frozen_stages=12, frameworks=_BOTH,
        ),
        Network(
            "hand_landmarks", "hand_landmarks:HandLandmarks", None, ("bundled", "none"),
            own=("width", "depth", "dropout", "members"),
        ),
        Network(
            "sequential", "sequential:Sequential", 28,
            crop="whole", widths="widths", own=("widths", "dropout"),
        ),
        Network(
            "channel_attention", "channel_attention:ChannelAttention", 28,
            crop="whole", widths="channels", own=("attend", "channels", "hidden", "dropout"),
        ),
        Network(
            "sign_convnet", "sign_convnet:SignConvNet", 28,
            crop="whole", mean=(0.5,), std=(0.25,), widths="channels", own=("channels", "dropout"),
        ),
        Network(
            "gesture_cnn", "gesture_cnn:GestureCNN", 224,
            crop="whole", widths="channels", own=("channels", "hidden"),
        ),
        Network(
            "alexnet_features", "alexnet_features:build_alexnet_features", 224,
            ("imagenet", "none"), any_size=True, crop="whole", frozen_stages=1,
        ),
        _of_words("lstm", _STACK, frameworks=_BOTH),
        _of_words("transformer", _ENCODER, frameworks=_BOTH),
        _of_words("hybrid", _ENCODER, frameworks=_BOTH),
        _of_words("transformer_ensemble", (*_ENCODER, "members")),
        _of_words("hybrid_ensemble", (*_ENCODER, "members")),
        _of_words("attention_transformer", _ATTENTION),
        _of_words("attention_transformer_ensemble", (*_ATTENTION, "members")),
        _of_words(
            "sequence_as_picture", ("coordinates", "image_network", "frozen", "side", "dropout"),
            ("imagenet", "hands", "none"), _BOTH,
        ),
        _of_words(
            "conv_transformer",
            (
                *_STACK, "convolutions", "kernel", "heads", "expansion", "attention_dropout",
                "drop_path", "dropout_begin", "shape_width", "own_boxes_at", "coordinates",
            ),
        ),
    )
}  # fmt: skip


def names(kind: str = "") -> list[str]:
    """Return the names of the networks that learn from a kind of example, or of all, sorted."""
    return sorted(networks(kind))


def networks(kind: str = "") -> dict[str, Network]:
    """Return the networks that learn from a kind of example, or all, by name."""
    return {name: one for name, one in _NETWORKS.items() if kind in ("", one.kind)}


def network(name: str) -> Network:
    """Return the network called `name`.

    Raises:
        ValueError: there is none; the message lists those that there are.
    """
    if name not in _NETWORKS:
        raise ValueError(f"net: {name!r} is none of {', '.join(names())}")
    return _NETWORKS[name]
