"""A sequence as a picture, through an image network that has learned from others before.

Source: "transfer learning" of the thesis project on asl-signs that this one carries on; the second
of asl-signs (ffs333, Apache-2.0) did the same with EfficientNet-B0. Coordinates are the channels,
joints run downwards and frames to the right, and all is resized to the square of the image network.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from asl.nets.registry import IMAGE_NETWORK, Network, networks
from asl.nets.sequences.frames import SequenceNetwork
from asl.nets.sequences.settings import check_probabilities

#: Of the pictures that image networks have learned from.
COLOURS = 3
_SMALLEST = 32


@dataclass(frozen=True)
class PictureSettings:
    """How frames become a picture, and what sees it.

    Attributes:
        coordinates: of a joint: 2 (x and y) or 3.
        image_network: name of a network in the registry that sees pictures in colour.
        start: its start weights, as the registry names them: "imagenet", "hands" or "none".
        frozen: stages of its trunk, from the first on, that stay as they start.
        side: of the square in pixels, at least 32; that of the registry if None.
        dropout: probability, before its last layer.

    Raises:
        ValueError: the coordinates or the dropout cannot be. Whether the others can is up to the
            image network: `SequenceAsPicture` refuses them, since settings load none.
    """

    coordinates: int = 2
    image_network: str = IMAGE_NETWORK
    start: str = "imagenet"
    frozen: int = 0
    side: int | None = None
    dropout: float = 0.2

    def __post_init__(self) -> None:
        check_probabilities(dropout=self.dropout)
        if type(self.coordinates) is not int or self.coordinates not in (2, 3):
            raise ValueError(f"coordinates: {self.coordinates!r} is not 2 or 3")


_SETTINGS = PictureSettings()


class SequenceAsPicture(SequenceNetwork):
    """Logits from sequences; see `SequenceNetwork` for their shapes.

    The coordinates should be normalised to a deviation of about 1, as the colours are that image
    networks have learned from.

    Args:
        classes: number of signs.
        features: numbers in a frame, joints times coordinates.
        settings: how frames become a picture, and what sees it.

    Raises:
        ValueError: the image network, or what is to be done with it, cannot be.
        OSError: start weights that must be fetched cannot be.
    """

    def __init__(self, classes: int, features: int, settings: PictureSettings = _SETTINGS):
        super().__init__(classes, features)
        self.coordinates, start, frozen = settings.coordinates, settings.start, settings.frozen
        if features % self.coordinates:
            raise ValueError(
                f"features: {features} is no multiple of {self.coordinates} coordinates"
            )
        spec = _image_network(settings.image_network)
        starts = [one for one in spec.starts if one != "bundled"]
        if start not in starts:
            raise ValueError(f"start: {start!r} is none of {', '.join(starts)}")
        self.side = _side(spec, settings.side)
        own = {"dropout": settings.dropout} if "dropout" in spec.own else {}
        self.network = spec.build(classes, start, **own)
        stages = list(getattr(self.network, "trunk", ()))
        if type(frozen) is not int or not 0 <= frozen <= len(stages):
            raise ValueError(f"frozen: {frozen!r} is not 0 to {len(stages)} stages of {spec.name}")
        self._frozen = stages[:frozen]
        for stage in self._frozen:
            stage.requires_grad_(False)

    def train(self, mode: bool = True) -> "SequenceAsPicture":
        """Frozen stages stay in evaluation mode, or their norms would go on learning."""
        super().train(mode)
        for stage in self._frozen:
            stage.eval()
        return self

    def logits(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        return self.network(self.picture(frames, there))

    def picture(self, frames: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return the (N, 3, side, side) pictures of what `present_first` returns.

        A third channel that there is no coordinate for is 0.
        """
        rows = stretch(frames, there, self.side)
        picture = rows.unflatten(2, (-1, self.coordinates)).permute(0, 3, 2, 1)
        square = F.interpolate(picture, (self.side, self.side), mode="bilinear")
        return F.pad(square, (0, 0, 0, 0, 0, COLOURS - self.coordinates))


def stretch(frames: torch.Tensor, there: torch.Tensor, count: int) -> torch.Tensor:
    """Return (N, count, features): the frames that are there, in front, stretched to `count`.

    Each sequence is stretched by itself. Between frames values are interpolated in a straight line,
    as `torch.nn.functional.interpolate` does it.
    """
    lengths = there.sum(1, keepdim=True)
    steps = torch.arange(count, device=frames.device, dtype=frames.dtype)
    places = ((steps + 0.5) * (lengths / count) - 0.5).clamp(min=0)
    before = torch.minimum(places.floor().long(), lengths - 1)
    after = torch.minimum(before + 1, lengths - 1)
    share = (places - before).clamp(max=1).unsqueeze(-1)
    low, high = (
        frames.gather(1, index.unsqueeze(-1).expand(-1, -1, frames.shape[2]))
        for index in (before, after)
    )
    return low + share * (high - low)


def _image_network(name: str) -> Network:
    fitting = {
        one.name: one
        for one in networks().values()
        if one.kind == "pictures" and one.picture_size and len(one.mean) == COLOURS
    }
    if name not in fitting:
        raise ValueError(f"image_network: {name!r} is none of {', '.join(sorted(fitting))}")
    return fitting[name]


def _side(spec: Network, side: int | None) -> int:
    own = spec.picture_size or 0
    if side is None:
        return own
    if type(side) is not int or side < _SMALLEST or (side != own and not spec.any_size):
        allowed = f"{_SMALLEST} pixels or more" if spec.any_size else f"{own} pixels"
        raise ValueError(f"side: {side!r} is not {allowed}, as {spec.name} needs them")
    return side
