"""Figures of a training for TensorBoard, which is installed by those who want it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asl.training.progress import Progress, Report

_MISSING = (
    "tensorboard: the package is not installed; install it with `pip install tensorboard`, or "
    "leave --tensorboard out"
)


@contextmanager
def on_board(folder: Path, name: str, report: Report) -> Iterator[Report]:
    """Write the figures of every epoch to `folder`, beside reporting as before.

    Each fold and network is a run of TensorBoard of its own, so that their curves lie in one
    figure.

    Args:
        folder: where TensorBoard looks for runs.
        name: of the training.

    Yields:
        what is to be told of the training's progress.

    Raises:
        ValueError: TensorBoard is not installed, or `folder` is a file.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ValueError(_MISSING) from error
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"tensorboard: {str(folder)!r} is a file; name a folder")
    writers: dict[str, SummaryWriter] = {}

    def note(progress: Progress) -> None:
        report(progress)
        if not progress.ends_epoch:
            return
        place = "/".join(filter(None, (name, progress.fold, str(progress.task).replace(",", ""))))
        if place not in writers:
            writers[place] = SummaryWriter(str(folder / place))
        figures = dict(progress.figures)
        epoch = int(figures.pop("epoch"))
        for figure, value in figures.items():
            writers[place].add_scalar(figure, value, epoch)
        writers[place].flush()

    try:
        yield note
    finally:
        for writer in writers.values():
            writer.close()
