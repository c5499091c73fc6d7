"""Change training examples so that new people, rooms and cameras are less of a surprise.

What each change stands for: other backgrounds, light and skin (colour), other cameras (blur,
noise, low resolution, JPEG), other ways to hold the hand (small rotation, perspective, scale,
shift) and things in the way (erasing). Whole batches at a time, on the device that the tensors and
the generator of random numbers are on.
"""

import torch
import torch.nn.functional as F
from torchvision.io import decode_jpeg, encode_jpeg

from asl.training.settings import AugmentSettings

#: Pictures whose scenes are made at once on a processor.
_AT_ONCE = 4
#: Cells a side of a scene's patches of colour; and of its textures, with how strong each may be.
_PATCHES, _TEXTURES = (2, 3, 5, 9), ((4, 0.15), (20, 0.08), (60, 0.05))


def augment_pictures(
    pictures: torch.Tensor,
    size: int,
    settings: AugmentSettings,
    random: torch.Generator,
) -> torch.Tensor:
    """Return changed pictures, cut to the size that prediction sees.

    Args:
        pictures: (N, K, K, 3) uint8, K ≥ size: the kept square with its room for shifts.
        size: side of the result.
        random: on the device of the pictures.

    Returns:
        (N, size, size, 3) uint8.
    """
    x = pictures.permute(0, 3, 1, 2).float() / 255
    x = _replace_background(x, settings.background, random)
    x = _move(x, size, settings, random)
    x = _recolour(x, settings, random)
    x = _blur(x, settings.blurred, random)
    x = _erase(x, settings.erased, random)
    x = x.clamp_(0, 1).mul_(255).round_().byte()
    return _compress(x, settings.jpeg, random).permute(0, 2, 3, 1).contiguous()


def augment_landmarks(
    landmarks: torch.Tensor, settings: AugmentSettings, random: torch.Generator
) -> torch.Tensor:
    """Return (N, 21, 3) normalised landmarks turned, stretched, shaken and some mirrored."""
    count = len(landmarks)
    spread = torch.tensor([settings.joint_tilt, settings.joint_tilt, 10.0]).deg2rad()
    angles = _normal((count, 3), random) * spread * settings.strength
    turned = landmarks @ _rotation(angles).transpose(1, 2)
    stretch = 1 + _normal((count, 1, 3), random) * torch.tensor([0.05, 0.05, 0.2])
    shaken = turned * stretch + _normal(landmarks.shape, random) * settings.joint_noise
    mirrored = _happens(count, settings.other_side, random)
    shaken[mirrored, :, 0] *= -1
    centred = shaken - shaken[:, [0, 5, 9, 13, 17]].mean(1, keepdim=True)
    size = centred[..., :2].square().sum(-1).mean(-1).sqrt()
    return centred / size.clamp(min=1e-6)[:, None, None]


def _uniform(shape: tuple[int, ...], low: float, high: float, random) -> torch.Tensor:
    return torch.rand(shape, generator=random, device=random.device) * (high - low) + low


def _normal(shape: tuple[int, ...], random: torch.Generator) -> torch.Tensor:
    return torch.randn(shape, generator=random, device=random.device)


def _happens(count: int, probability: float, random: torch.Generator) -> torch.Tensor:
    return torch.rand(count, generator=random, device=random.device) < probability


def _integers(low: int, high: int, count: int, random: torch.Generator) -> list[int]:
    drawn = torch.randint(low, high, (count,), generator=random, device=random.device)
    return drawn.tolist()


def _rotation(angles: torch.Tensor) -> torch.Tensor:
    """Return (N, 3, 3) rotations about x, then y, then z by (N, 3) radians."""
    (ca, cb, cc), (sa, sb, sc) = angles.cos().T, angles.sin().T
    zero, one = torch.zeros_like(ca), torch.ones_like(ca)
    about_x = torch.stack([one, zero, zero, zero, ca, -sa, zero, sa, ca], 1).view(-1, 3, 3)
    about_y = torch.stack([cb, zero, sb, zero, one, zero, -sb, zero, cb], 1).view(-1, 3, 3)
    about_z = torch.stack([cc, -sc, zero, sc, cc, zero, zero, zero, one], 1).view(-1, 3, 3)
    return about_z @ about_y @ about_x


def _replace_background(x, probability, random):
    """Put cut-out hands, known by their black surroundings, in front of made-up scenes.

    Scenes are made up rather than taken from other pictures, so that a data set held back for
    testing cannot reach the training through its rooms.
    """
    dark = x.amax(1, keepdim=True) < 0.07
    rim = torch.cat([dark[..., 0, :], dark[..., -1, :]], -1).float().mean((1, 2))
    cut_out = (rim > 0.6) & (dark.float().mean((1, 2, 3)) > 0.2)
    chosen = cut_out & _happens(len(x), probability, random)
    if not chosen.any():
        return x
    x = x.clone()
    rows = torch.nonzero(chosen).flatten()
    # Few at a time, whose numbers fit into a processor's cache; a GPU is faster with all at once.
    group = _AT_ONCE if x.device.type == "cpu" else len(rows)
    drawn = (part.split(group) for part in _draw_scenes(len(rows), random))
    for some, *scene in zip(rows.split(group), *drawn, strict=True):
        hand = 1 - F.avg_pool2d(dark[some].float(), 3, 1, 1)
        hand = ((hand - 0.4) / 0.6).clamp(0, 1)
        x[some] = torch.lerp(_paint(scene, x.shape[-1]), x[some], hand)
    return x


def _draw_scenes(count, random):
    """Return the random numbers of scenes, (count, …) each, in the order that `_paint` wants."""
    drawn = [_uniform((count, 3, 1, 1), 0, 1, random)]
    for cells in _PATCHES:
        drawn.append(_uniform((count, 3, 1, 1), 0, 1, random))
        drawn.append(_uniform((count, 1, 1, 1), 0, 4, random))
        drawn.append(_normal((count, 1, cells, cells), random))
    drawn.append(_uniform((count, 1, 1, 1), 0, 0.5, random))
    for cells, amount in _TEXTURES:
        drawn.append(_uniform((count, 1, 1, 1), 0, amount, random))
        drawn.append(_normal((count, 1, cells, cells), random))
    return drawn


def _paint(drawn, side):
    """Return (N, 3, side, side) patches of colour with soft and hard edges, light and texture."""
    numbers = iter(drawn)
    scene = next(numbers).expand(-1, 3, side, side)
    for _ in _PATCHES:
        colour, sharp, coarse = (next(numbers) for _ in range(3))
        cover = torch.sigmoid((_enlarged(coarse, side) - 0.5) * sharp.exp())
        scene = torch.lerp(scene, colour, cover)
    # Rooms are greyer than random colours.
    grey = scene.mean(1, keepdim=True)
    scene = torch.lerp(grey, scene, next(numbers))
    for _ in _TEXTURES:
        strength, coarse = next(numbers), next(numbers)
        scene += _enlarged(coarse, side) * strength
    return scene.clamp_(0, 1)


def _enlarged(coarse, side):
    """Return (N, 1, side, side) of (N, 1, cells, cells), bicubic.

    Along each axis that is one product of matrices, several times as fast on a processor as to
    interpolate each pixel.
    """
    cells = coarse.shape[-1]
    each = torch.eye(cells, device=coarse.device).view(1, cells, cells, 1)
    spread = F.interpolate(each, size=(side, 1), mode="bicubic", align_corners=False)[0, :, :, 0]
    return spread.T @ coarse @ spread


def _move(x, size, settings, random):
    """Rotate, scale, shift, shear, tilt and mirror around the middle; cut to `size`."""
    count, kept, s = len(x), x.shape[-1], settings.strength
    angle = (_normal((count,), random) * 8 * s).clamp(-24, 24).deg2rad()
    zoom = torch.exp(_normal((count,), random).clamp(-2, 2) * 0.1 * s) * (size / kept)
    aspect = torch.exp(_normal((count,), random) * 0.05 * s)
    side = 1 - 2 * _happens(count, settings.other_side, random).float()
    matrix = torch.zeros(count, 3, 3, device=x.device)
    matrix[:, 0, 0], matrix[:, 0, 1] = angle.cos() * zoom * aspect * side, -angle.sin() * zoom
    matrix[:, 1, 0], matrix[:, 1, 1] = angle.sin() * zoom * side, angle.cos() * zoom / aspect
    matrix[:, :2, 2] = _normal((count, 2), random).clamp(-2, 2) * 0.06 * s
    matrix[:, 2, :2] = _normal((count, 2), random).clamp(-2, 2) * 0.06 * s
    matrix[:, 2, 2] = 1
    line = (torch.arange(size, device=x.device) + 0.5) / size * 2 - 1
    y, x_ = torch.meshgrid(line, line, indexing="ij")
    points = torch.stack([x_, y, torch.ones_like(y)], -1).view(1, -1, 3) @ matrix.transpose(1, 2)
    grid = (points[..., :2] / points[..., 2:]).view(count, size, size, 2)
    return F.grid_sample(x, grid, align_corners=False)


def _recolour(x, settings, random):
    """Change light, contrast, white balance, saturation and noise; some lose all colour."""
    count, s = len(x), settings.strength
    mix = torch.eye(3, device=x.device) + _normal((count, 3, 3), random) * 0.04 * s
    gain = torch.exp(_normal((count, 3, 1), random) * 0.06 * s)
    saturation = torch.exp(_normal((count, 1, 1), random) * 0.35 * s)
    saturation[_happens(count, settings.grey, random)] = 0
    grey = torch.full((3, 3), 1 / 3, device=x.device)
    matrix = mix * gain * saturation + grey * (1 - saturation)
    # In place from here on: a batch is larger than a processor's cache.
    x = torch.einsum("nij,njhw->nihw", matrix, x).clamp_(1e-4, 1)
    center_crop = x.mean((1, 2, 3), keepdim=True)
    contrast = torch.exp(_normal((count, 1, 1, 1), random) * 0.25 * s)
    light = _normal((count, 1, 1, 1), random) * 0.1 * s
    x.mul_(contrast).add_(center_crop * (1 - contrast) + light).clamp_(1e-4, 1)
    x.pow_(torch.exp(_normal((count, 1, 1, 1), random) * 0.3 * s))
    noise = _uniform((count, 1, 1, 1), 0, 0.04 * s, random)
    return x.addcmul_(_normal(x.shape, random), noise)


def _blur(x, probability, random):
    """Lower the resolution of some pictures, as a small or distant hand has it."""
    side = x.shape[-1]
    chosen = _happens(len(x), probability, random)
    for share in (0.3, 0.45, 0.7):
        part = chosen & _happens(len(x), 0.5, random)
        chosen = chosen & ~part
        if part.any():
            small = F.interpolate(x[part], size=round(side * share), mode="area")
            x[part] = F.interpolate(small, size=side, mode="bilinear", align_corners=False)
    return x


def _erase(x, probability, random):
    """Cover a rectangle of up to a third of the side with one colour."""
    side = x.shape[-1]
    for row in torch.nonzero(_happens(len(x), probability, random)).flatten():
        width, height = _integers(side // 10, side // 3, 2, random)
        [left], [top] = (_integers(0, side - n, 1, random) for n in (width, height))
        x[row, :, top : top + height, left : left + width] = _uniform((3, 1, 1), 0, 1, random)
    return x


def _compress(x, probability, random):
    """Give some (N, 3, S, S) uint8 pictures the artefacts of JPEG at quality 20 to 80."""
    for row in torch.nonzero(_happens(len(x), probability, random)).flatten():
        [quality] = _integers(20, 80, 1, random)
        x[row] = decode_jpeg(encode_jpeg(x[row].cpu(), quality)).to(x.device)
    return x
