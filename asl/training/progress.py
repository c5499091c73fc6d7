"""Where a training stands: its tasks, and the reports that it sends while it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    """What a training can be doing; the values are stored and shown in logs."""

    #: A process that starts, and what is read that has been worked out before; in plans alone.
    STARTING = "starting"
    FINDING_HANDS = "finding hands"
    READING_PICTURES = "reading pictures"
    REREADING_HANDS = "reading hands again"
    FROZEN_STAGES = "frozen stages"
    PICTURE_NETWORK = "picture network"
    ALL_STAGES = "picture network, all stages"
    LANDMARK_NETWORK = "landmark network"
    READING_SEQUENCES = "reading sequences"
    SEQUENCE_NETWORK = "sequence network"
    EXPORTING = "exporting"
    #: All trials of a search, and one of them.
    TRIALS = "trials"
    TRIAL = "trial"


@dataclass(frozen=True)
class Progress:
    """Where a training stands.

    Attributes:
        task: what is being done.
        done: steps finished.
        total: steps in all.
        seconds_left: of this task, estimated; None while unknown.
        figures: losses and scores known so far. At the end of an epoch, and only there, they hold
            its whole row: epoch, train_loss, valid_loss, accuracy, macro_f1, learning_rate and
            seconds, as far as they are finite.
        fold: which fold this is about, "" where it is about all of the training.
        of: what is being done it to, where there are several: a data set's name, a trial's number.
    """

    task: Task
    done: int
    total: int
    seconds_left: float | None
    figures: dict[str, float]
    fold: str = ""
    of: str = ""

    @property
    def ends_epoch(self) -> bool:
        """Whether `figures` are those of a whole epoch."""
        return "epoch" in self.figures

    @property
    def title(self) -> str:
        """The task in words, as in "finding hands in letters" or "trial 3"."""
        between = " " if self.task is Task.TRIAL else " in "
        return f"{self.task}{between}{self.of}" if self.of else str(self.task)


Report = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Report to nobody."""
