"""AlexNet's convolutions, left as they start, and a small head on what they see.

Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", 2012; the
network is torchvision's. Source of the head: the lab report on letters A–I that this project
starts from, where it reaches 95.5 % on a random split with 607,113 trained parameters.
"""

import torch
from torch import nn
from torchvision.models import AlexNet_Weights, alexnet

from asl.nets.heads import Head, build_head

CHANNELS = 256


class AlexNetFeatures(nn.Module):
    """Logits from pictures, (N, 3, 224, 224) float → features (N, 256, 6, 6) → (N, classes).

    `trunk` has one stage: all of AlexNet's convolutions.
    """

    def __init__(self, trunk: nn.Sequential, classes: int, head: Head, dropout: float):
        super().__init__()
        self.trunk = trunk
        self.classifier = build_head(head, CHANNELS, classes, dropout)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.trunk(pictures))


def build_alexnet_features(
    classes: int, start: str = "none", head: Head = "conv", dropout: float = 0.0
) -> AlexNetFeatures:
    """AlexNet's convolutions under a head; `start="imagenet"` fetches torchvision's weights.

    Raises:
        OSError: the weights cannot be fetched.
    """
    # Only the convolutions are needed; the layers above them are fifteen times as large.
    with torch.device("meta"):
        features = alexnet().features
    features.to_empty(device="cpu")
    if start == "imagenet":
        features.load_state_dict(_published())
    else:
        for convolution in features.modules():
            if isinstance(convolution, nn.Conv2d):
                convolution.reset_parameters()
    return AlexNetFeatures(nn.Sequential(features), classes, head, dropout)


def _published() -> dict[str, torch.Tensor]:
    try:
        weights = AlexNet_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    except OSError as error:
        raise OSError(
            f"init: the ImageNet weights of alexnet_features cannot be fetched here ({error}); "
            "take efficientnet_lite0, which needs no download"
        ) from error
    start = "features."
    return {k.removeprefix(start): v for k, v in weights.items() if k.startswith(start)}
