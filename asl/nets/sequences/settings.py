"""Settings that several networks share, and the checks by which all refuse what cannot be."""

from dataclasses import dataclass


def check_counts(**counts: object) -> None:
    """Refuse what is no whole number from 1 on; True and False are none.

    Raises:
        ValueError: naming the setting and its value.
    """
    for name, value in counts.items():
        if type(value) is not int or value < 1:
            raise ValueError(f"{name}: {value!r} is no whole number from 1 on")


def check_probabilities(**probabilities: object) -> None:
    """Refuse what is no number from 0 to below 1.

    Raises:
        ValueError: naming the setting and its value.
    """
    for name, value in probabilities.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
            raise ValueError(f"{name}: {value!r} is no probability from 0 to below 1")


def check_heads(heads: int, width: int) -> None:
    """Refuse heads of attention that cannot share the width among them.

    Raises:
        ValueError: naming both.
    """
    check_counts(heads=heads, width=width)
    if width % heads:
        raise ValueError(f"heads: {heads} do not divide a width of {width}")


@dataclass(frozen=True)
class StackSettings:
    """How large a stack of layers is, and how much of it is dropped in training.

    Attributes:
        width: of a frame inside of the stack.
        depth: layers, one behind the other.
        dropout: probability, between or in the layers and before the last.

    Raises:
        ValueError: a setting cannot be; it is named with its value. So in all that inherit.
    """

    width: int = 128
    depth: int = 2
    dropout: float = 0.2

    def __post_init__(self) -> None:
        check_counts(width=self.width, depth=self.depth)
        check_probabilities(dropout=self.dropout)


@dataclass(frozen=True)
class EncoderSettings(StackSettings):
    """A stack of Transformer layers; its width is even, as sines and cosines come in pairs.

    Attributes:
        heads: of attention; they divide the width.
        expansion: width of a layer's perceptron over `width`.
    """

    dropout: float = 0.1
    heads: int = 8
    expansion: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(expansion=self.expansion)
        check_heads(self.heads, self.width)
        if self.width % 2:
            raise ValueError(f"width: {self.width} is odd, and sines and cosines come in pairs")
