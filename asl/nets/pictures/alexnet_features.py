"""AlexNet's convolutions, left as they start, and a small head on their features.

Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", 2012; the
network is torchvision's. Source of the head: the lab report on letters A–I that this project
starts from, where it reaches 95.5 % on a random split with 607,113 trained parameters.
"""

import torch
from torch import nn
from torchvision.models import AlexNet_Weights, alexnet

from asl.nets.pictures.heads import Head
from asl.nets.pictures.trunk import TrunkNetwork

_CHANNELS = 256


def build_alexnet_features(
    classes: int, start: str = "none", head: Head = "conv", dropout: float = 0.0
) -> TrunkNetwork:
    """Return AlexNet's convolutions, a trunk of one stage, under a head.

    With (N, 3, 224, 224) pictures the features are (N, 256, 6, 6).

    Args:
        classes: number of signs.
        start: "imagenet" fetches torchvision's weights (233 MB), "none" draws them by lot.
        head: see `asl.nets.pictures.heads`.
        dropout: probability, before the last layer.

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
    return TrunkNetwork(nn.Sequential(features), _CHANNELS, classes, head, dropout)


def _published() -> dict[str, torch.Tensor]:
    """Return the convolutions' weights from ImageNet, by their names within `features`."""
    try:
        weights = AlexNet_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    except OSError as error:
        raise OSError(
            f"init: the ImageNet weights of alexnet_features cannot be fetched here ({error}); "
            "take efficientnet_lite0, which needs no download"
        ) from error
    start = "features."
    return {k.removeprefix(start): v for k, v in weights.items() if k.startswith(start)}
