"""Two networks on one hand, their answers fused: what a bundle holds and prediction runs."""

from collections.abc import Sequence

import torch
from torch import nn


class TwoEyes(nn.Module):
    """A picture network, a landmark network, or both with their calibrated scores fused.

    The fused logits are a weighted sum of both networks' log-probabilities, that is, a product
    of experts (Hinton, "Training Products of Experts by Minimizing Contrastive Divergence",
    2002). The weights are fitted on validation people and act as temperatures as well.

    Args:
        picture_net: (N, 3, S, S) normalised → (N, C) logits, or None. What it shows of itself
            beside the logits are the names in its `explains`, if it has any, and its method
            `explain` returns logits and these.
        landmark_net: (N, 21, 3) → (N, C) logits, or None.
        mean: of R, G, B on the scale 0–1, or of the luminance alone: then `picture_net` sees grey
            pictures, (N, 1, S, S).
        std: the same.
    """

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
        #: Weights of picture and landmarks where a hand is found, and of the picture alone.
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
        return getattr(self.picture_net, "explains", ())

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

    def see(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the picture network's log-probabilities, and what `explains` names.

        Args:
            pictures: (N, S, S, 3) uint8.
        """
        pixels = self.normalise(pictures)
        if not self.explains:
            return (self.picture_net(pixels).log_softmax(-1),)
        logits, *shown = self.picture_net.explain(pixels)
        return logits.log_softmax(-1), *shown

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return logits; with both networks also each one's own calibrated log-probabilities.

        Inputs are those of `input_names`: picture (N, S, S, 3) uint8, landmarks (N, 21, 3),
        found (N,) float, 1 where a hand was found. Outputs are those of `output_names`.
        """
        both, only = self.fusion[:2].sum(), self.fusion[2]
        if self.picture_net is None:
            return (both * self.landmark_net(inputs[0]).log_softmax(-1),)
        seen, *shown = self.see(inputs[0])
        if self.landmark_net is None:
            return only * seen, *shown
        _, landmarks, found = inputs
        felt = self.landmark_net(landmarks).log_softmax(-1)
        fused = self.fusion[0] * seen + self.fusion[1] * felt
        logits = torch.where(found.unsqueeze(-1) > 0.5, fused, only * seen)
        return logits, only * seen, both * felt, *shown
