"""Run pictures through the frozen part of a trunk once, and keep what comes out.

The first stages of a trunk trained on ImageNet see edges and textures that hands have too. Left
as they are, they need no gradient, and their output can be computed beforehand, by ONNX Runtime,
which takes a fifth of the time that PyTorch takes. Every picture is kept as it is and in
several changed copies, so that the rest of the network still learns from augmented pictures.
"""

import hashlib
import json
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import nn

from asl.data.cache import content_of, new_array, note_contents
from asl.data.pictures.examples import Examples
from asl.inference.runner import open_session
from asl.nets.pictures.fused import FusedNetwork
from asl.nets.pictures.heads import LinearHead
from asl.training.export import halve, to_onnx
from asl.training.pictures.augment import augment_pictures
from asl.training.settings import AugmentSettings

#: Raise when features are made in another way, so that old caches are not read.
_VERSION = 2
#: Pictures that are changed at once, and that are run at once: so few that what the stages make
#: of them stays in a processor's cache, in two thirds of the time.
_BATCH, _RUN = 64, 8
_KINDS = ("plain", "changed")

#: Which copy it is, None for the pictures as they are; rows; and (n, size, size, 3) uint8.
_Block = tuple[int | None, np.ndarray, torch.Tensor]
#: The same with their features.
_Seen = tuple[int | None, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Features:
    """Output of a frozen trunk.

    Attributes:
        clean: (N, channels, height, width) float16 of the pictures as prediction sees them.
        augmented: (copies, N, channels, height, width) float16 of augmented pictures.
    """

    clean: np.ndarray
    augmented: np.ndarray


def center_crop(pictures: np.ndarray, size: int) -> np.ndarray:
    """Return the (N, size, size, 3) middle of kept squares: what prediction sees."""
    start = (pictures.shape[1] - size) // 2
    return np.ascontiguousarray(pictures[:, start : start + size, start : start + size])


def trunk_of(network: nn.Module | None) -> nn.Sequential:
    """Return the trunk of a picture network, a stage an entry.

    Raises:
        ValueError: it has none.
    """
    trunk = getattr(network, "trunk", None)
    if not isinstance(trunk, nn.Sequential):
        raise ValueError("frozen_stages: the network has no trunk that could stay as it is")
    return trunk


def frozen_part(network: nn.Module | None, stages: int) -> nn.Sequential:
    """Return what of a picture network is run over every picture once: its first `stages`.

    Where that is all of the trunk and a linear head stands on it, their mean over space belongs to
    it: all that such a head sees of them.

    Raises:
        ValueError: the network has no trunk.
    """
    trunk = trunk_of(network)
    if stages < len(trunk) or not isinstance(getattr(network, "classifier", None), LinearHead):
        return trunk[:stages]
    return nn.Sequential(*trunk, nn.AdaptiveAvgPool2d(1))


def augmented(
    examples: Examples,
    rows: np.ndarray,
    size: int,
    settings: AugmentSettings,
    random: torch.Generator,
    device: str = "cpu",
) -> torch.Tensor:
    """Return (len(rows), size, size, 3) uint8: changed crops, some of them whole pictures.

    Args:
        random: on the processor; it decides all else, too, that is drawn on the `device`.
    """
    pictures = examples.crops[rows]
    whole = torch.rand(len(rows), generator=random).numpy() < settings.whole
    pictures[whole] = examples.uncropped[rows[whole]]
    if device != "cpu":
        seed = int(torch.randint(2**62, (1,), generator=random))
        random = torch.Generator(device).manual_seed(seed)
    return augment_pictures(torch.from_numpy(pictures).to(device), size, settings, random)


def frozen_features(
    examples: Examples,
    networks: FusedNetwork,
    stages: int,
    size: int,
    copies: int,
    settings: AugmentSettings,
    seed: int,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Features:
    """Return what the first `stages` of the picture network say of all `examples`.

    It is read from `cache` where it is there, under a name made of the pictures, the weights of
    the stages and the settings. Where these change nothing, there are no copies: `augmented` is
    `clean`. The weights are rounded in place to those that a bundle stores, so that `clean` is
    what prediction will see.
    """
    if settings.changes_nothing:
        copies = 0
    trunk = frozen_part(networks.picture_net, stages).eval()
    halve(trunk)
    folder = cache / f"features-{_fingerprint(examples, trunk, size, copies, settings, seed)}"
    if not (folder / "done").is_file():
        # Those of a table are rows of a file, and never a data set of the app's.
        pictures = [path for path in examples.paths.tolist() if Path(path).is_file()]
        try:
            note_contents(folder, [content_of(path) for path in pictures])
            _fill(
                folder, examples, trunk, networks.normalise, size, copies, settings, seed, progress
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # large, and of no use half filled
            raise
        (folder / "done").touch()
    clean, augmented = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in _KINDS)
    return Features(clean, augmented if copies else clean[None])


def _fingerprint(
    examples: Examples,
    trunk: nn.Sequential,
    size: int,
    copies: int,
    settings: AugmentSettings,
    seed: int,
) -> str:
    made_with = [_VERSION, size, copies, asdict(settings), seed, [type(s).__name__ for s in trunk]]
    digest = hashlib.sha256(json.dumps(made_with).encode())
    for tensor in trunk.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    digest.update(examples.content)
    return digest.hexdigest()[:16]


def _fill(
    folder: Path,
    examples: Examples,
    trunk: nn.Sequential,
    normalise: Callable[[torch.Tensor], torch.Tensor],
    size: int,
    copies: int,
    settings: AugmentSettings,
    seed: int,
    progress: Callable[[int, int], None],
) -> None:
    run = _session(trunk, size)
    shape = run(normalise(torch.zeros(1, size, size, 3, dtype=torch.uint8))).shape[1:]
    total, done = len(examples) * (copies + 1), 0
    clean = new_array(folder / "plain.npy", np.float16, (len(examples), *shape))
    augmented = new_array(folder / "changed.npy", np.float16, (copies, len(examples), *shape))

    def see(block: _Block) -> tuple[int | None, np.ndarray, np.ndarray]:
        copy, rows, pictures = block
        return copy, rows, run(normalise(pictures))

    blocks = _pictures(examples, size, copies, settings, seed)
    for copy, rows, features in _side_by_side(see, blocks):
        target = clean if copy is None else augmented[copy]
        target[rows] = features
        done += len(rows)
        progress(done, total)
    clean.flush()
    augmented.flush()


def _pictures(
    examples: Examples, size: int, copies: int, settings: AugmentSettings, seed: int
) -> Iterator[_Block]:
    count = len(examples)
    blocks = [np.arange(start, min(start + _BATCH, count)) for start in range(0, count, _BATCH)]
    for rows in blocks:
        yield None, rows, torch.from_numpy(center_crop(examples.crops[rows], size))
    for copy in range(copies):
        random = torch.Generator().manual_seed(seed * 1000 + copy + 1)
        for rows in blocks:
            yield copy, rows, augmented(examples, rows, size, settings, random)


def _side_by_side(work: Callable[[_Block], _Seen], blocks: Iterator[_Block]) -> Iterator[_Seen]:
    """Yield what `work` makes of each block, in order, in threads of their own.

    There are as many as PyTorch may use, and one in place of this one, which makes the next blocks
    and often waits: one after the other, as their random numbers follow each other. None of them
    shares its work out any further.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    given: deque[Future[_Seen]] = deque()
    pool = ThreadPoolExecutor(threads + 1)
    try:
        for block in blocks:
            given.append(pool.submit(work, block))
            if len(given) > threads + 1:
                yield given.popleft().result()
        for one in given:
            yield one.result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


def _session(trunk: nn.Sequential, size: int) -> Callable[[torch.Tensor], np.ndarray]:
    """Return what gives the (n, …) features of (n, 3, size, size) pictures, from any thread."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "trunk.onnx"
        to_onnx(trunk, (torch.zeros(2, 3, size, size),), file, ("pictures",), ("features",))
        session = open_session(file, 1)

    def run(pictures: torch.Tensor) -> np.ndarray:
        parts = (part.contiguous().numpy() for part in pictures.split(_RUN))
        return np.concatenate([session.run(None, {"pictures": part})[0] for part in parts])

    return run
