"""Practice: letters and words are asked for, and what was missed comes back."""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

#: How many other tasks come before a missed one is asked again.
_REST = 3


@dataclass(frozen=True)
class Score:
    """How a practice has gone so far.

    Attributes:
        hits: tasks done.
        misses: tasks in which a wrong sign was held, or that were skipped.
        seconds: taken by the tasks that were done, all together.
        weak: signs that were missed, the most often missed first.
    """

    hits: int
    misses: int
    seconds: float
    weak: tuple[str, ...]


class Practice:
    """One learner's practice.

    A task is a letter or a word of letters that are signed one after the other. A wrong sign does
    not end it, so that it can be put right at once, but the task comes back after a few others.
    `task` is the task, and `done` how many of its signs have been made.

    Args:
        tasks: to choose from, each of signs of one character.
        now: seconds on a clock that does not go back.
        seed: of the order.

    Raises:
        ValueError: there is no task, or one is empty.
    """

    def __init__(self, tasks: Sequence[str], now: float, seed: int | None = None) -> None:
        if not tasks or not all(tasks):
            raise ValueError("tasks: name at least one letter or word to practise")
        self._tasks = tuple(dict.fromkeys(tasks))
        self._random = random.Random(seed)
        self._waiting: deque[str] = deque()
        self._again: list[tuple[int, str]] = []
        self._asked = 0
        self._misses: dict[str, int] = {}
        self._hits = self._missed = 0
        self._seconds = 0.0
        self.task = ""
        self.done, self._started, self._is_missed = 0, now, False
        self._next(now)

    @property
    def wanted(self) -> str:
        """The sign to make now."""
        return self.task[self.done]

    @property
    def score(self) -> Score:
        """How it has gone so far."""
        weak = sorted(self._misses, key=lambda sign: (-self._misses[sign], sign))
        return Score(self._hits, self._missed, self._seconds, tuple(weak))

    def take(self, labels: Sequence[str], now: float) -> bool:
        """Take a sign that was held; returns whether it was the right one.

        Args:
            labels: the sign, with those that share its handshape.
        """
        if self.wanted not in labels:
            self._miss()
            return False
        self.done += 1
        if self.done == len(self.task):
            self._hits += 1
            self._seconds += now - self._started
            self._next(now)
        return True

    def skip(self, now: float) -> None:
        """Leave a task; it comes back."""
        self._miss()
        self._next(now)

    def seconds(self, now: float) -> float:
        """Return for how long the task has been asked."""
        return now - self._started

    def _miss(self) -> None:
        self._misses[self.wanted] = self._misses.get(self.wanted, 0) + 1
        if not self._is_missed:
            self._missed += 1
            self._is_missed = True
        if all(task != self.task for _, task in self._again):
            self._again.append((self._asked + _REST, self.task))

    def _next(self, now: float) -> None:
        before, self._asked = self.task, self._asked + 1
        due = [entry for entry in self._again if entry[0] <= self._asked]
        if due and due[0][1] != before:
            self._again.remove(due[0])
            self.task = due[0][1]
        else:
            self.task = self._draw(before)
        self.done, self._started, self._is_missed = 0, now, False

    def _draw(self, before: str) -> str:
        """Return the next task in shuffled order, never the same twice in a row if avoidable."""
        others = len(self._tasks) > 1
        while not self._waiting or (others and set(self._waiting) == {before}):
            self._waiting.extend(self._random.sample(self._tasks, len(self._tasks)))
        while others and self._waiting[0] == before:
            self._waiting.rotate(-1)
        return self._waiting.popleft()
