"""Which variable of a twin is which tensor of the PyTorch network, by name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from asl.nets.keras.layers import Activation, Chain, Dropout, LayerNorm, Linear
from asl.nets.keras.library import keras

#: What Keras calls what in its own layers, and whether its axes have to be swapped.
_OWN = (
    (Linear, (("kernel", "weight", True), ("bias", "bias", False))),
    (LayerNorm, (("gamma", "weight", False), ("beta", "bias", False))),
    (Dropout, ()),
    (Activation, ()),
)


@dataclass(frozen=True)
class Weight:
    """One variable.

    Attributes:
        name: of the tensor in PyTorch's state.
        variable: that holds it.
        swapped: its two axes stand the other way round.
        learns: whether gradients change it.
    """

    name: str
    variable: Any
    swapped: bool
    learns: bool


def weights_of(layer: Any, path: str = "", learns: bool = True) -> Iterator[Weight]:
    """Yield all variables of a layer that has been asked once, and of those in it.

    Attributes of the twins' layers are called as in PyTorch; those with a leading underscore are
    their own business.

    Args:
        path: the layer's name in PyTorch, with a dot behind it.
        learns: whether the layers above it learn.
    """
    learns = learns and layer.trainable
    for kind, own in _OWN:
        if isinstance(layer, kind):
            for keras_name, name, swapped in own:
                yield Weight(path + name, getattr(layer, keras_name), swapped, learns)
            return
    parts = enumerate(layer.layers) if isinstance(layer, Chain) else _parts(layer)
    for place, part in parts:
        if isinstance(part, keras.Variable):
            yield Weight(f"{path}{place}", part, False, learns and part.trainable)
        else:
            yield from weights_of(part, f"{path}{place}.", learns)


def _parts(layer: Any) -> Iterable[tuple[str, Any]]:
    """Return the layers and variables that are attributes of a layer, or in lists that are."""
    for name, value in list(vars(layer).items()):
        if name.startswith("_"):
            continue
        if isinstance(value, keras.Variable | keras.layers.Layer):
            yield name, value
        elif isinstance(value, list):
            yield from (
                (f"{name}.{place}", one)
                for place, one in enumerate(value)
                if isinstance(one, keras.layers.Layer)
            )
