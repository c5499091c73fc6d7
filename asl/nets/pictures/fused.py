"""A picture and a landmark network, their answers fused: what a bundle holds, and what is run."""

from collections.abc import Sequence

import torch
from torch import nn

from asl.nets.pictures.explained import ExplainedNetwork


class FusedNetwork(nn.Module):
    """A picture network, a landmark network, or both with their calibrated scores fused.

    The fused logits are a weighted sum of both networks' log-probabilities, that is, a product
    of experts (Hinton, "Training Products of Experts by Minimizing Contrastive Divergence",
    2002). The weights are fitted on validation people and act as temperatures as well.

    Args:
        picture_net: (N, 3, S, S) normalised → (N, C) logits, or None.
        landmark_net: (N, 21, 3) → (N, C) logits, or None.
        mean: of R, G, B on the scale 0–1, or of the luminance alone: then `picture_net` takes grey
            pictures, (N, 1, S, S).
        std: the same.

    Raises:
        ValueError: both networks are None.
    """

    pixel_mean: torch.Tensor
    pixel_std: torch.Tensor
    #: (3,) weights: of picture and landmarks if a hand is found, and of the picture alone.
    fusion: torch.Tensor

    def __init__(
        self,
        picture_net: nn.Module | None,
        landmark_net: nn.Module | None,
        mean: Sequence[float] = (0.485, 0.456, 0.406),
        std: Sequence[float] = (0.229, 0.224, 0.225),
    ):
        super().__init__()
        if picture_net is None and landmark_net is None:
            raise ValueError("network: neither a picture network nor a landmark network is given")
        self.picture_net = picture_net
        self.landmark_net = landmark_net
        self.register_buffer("pixel_mean", torch.tensor(mean).view(1, -1, 1, 1) * 255)
        self.register_buffer("pixel_std", torch.tensor(std).view(1, -1, 1, 1) * 255)
        self.register_buffer("fusion", torch.tensor([0.5, 0.5, 1.0]))

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs of `forward`, in order."""
        if self.landmark_net is None:
            return ("picture",)
        if self.picture_net is None:
            return ("landmarks",)
        return ("picture", "landmarks", "found")

    @property
    def explains(self) -> tuple[str, ...]:
        """Names of what the picture network shows of itself."""
        network = self.picture_net
        return network.explains if isinstance(network, ExplainedNetwork) else ()

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs of `forward`, in order."""
        own = () if len(self.input_names) == 1 else ("picture_logits", "landmark_logits")
        return ("logits", *own, *self.explains)

    def normalise(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return (N, 3 or 1, S, S) network input from (N, S, S, 3) uint8 pictures.

        This is all the preprocessing of pixels there is: it is part of the exported file.
        """
        pixels = pictures.permute(0, 3, 1, 2).float()
        if self.pixel_mean.shape[1] == 1:
            red, green, blue = pixels.split(1, 1)
            pixels = 0.299 * red + 0.587 * green + 0.114 * blue
        # While a network is trained on a GPU alone, these numbers stay where they are.
        mean, std = self.pixel_mean.to(pixels.device), self.pixel_std.to(pixels.device)
        return (pixels - mean) / std

    def picture_log_probs(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the picture network's (N, C) log-probabilities, and what `explains` names.

        Args:
            pictures: (N, S, S, 3) uint8.

        Raises:
            ValueError: there is no picture network.
        """
        if self.picture_net is None:
            raise ValueError("network: there is no picture network")
        pixels = self.normalise(pictures)
        if isinstance(self.picture_net, ExplainedNetwork):
            logits, *shown = self.picture_net.explain(pixels)
            return logits.log_softmax(-1), *shown
        return (self.picture_net(pixels).log_softmax(-1),)

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return logits; with both networks also each one's own calibrated log-probabilities.

        Inputs are those of `input_names`: picture (N, S, S, 3) uint8, landmarks (N, 21, 3),
        found (N,) float, 1 if a hand was found. Outputs are those of `output_names`: (N, C), and
        what the picture network shows of itself.
        """
        both, only = self.fusion[:2].sum(), self.fusion[2]
        if self.landmark_net is None:
            picture_log_probs, *shown = self.picture_log_probs(inputs[0])
            return only * picture_log_probs, *shown
        if self.picture_net is None:
            return (both * self.landmark_net(inputs[0]).log_softmax(-1),)
        picture_log_probs, *shown = self.picture_log_probs(inputs[0])
        _, landmarks, found = inputs
        landmark_log_probs = self.landmark_net(landmarks).log_softmax(-1)
        fused = self.fusion[0] * picture_log_probs + self.fusion[1] * landmark_log_probs
        logits = torch.where(found.unsqueeze(-1) > 0.5, fused, only * picture_log_probs)
        return logits, only * picture_log_probs, both * landmark_log_probs, *shown
