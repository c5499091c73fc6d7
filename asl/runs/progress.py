"""How far a training is and how long the rest takes, from the steps that were planned for it."""

from collections.abc import Mapping, Sequence
from typing import Any

#: (fold, task, seconds) in the order in which they are done.
Plan = Sequence[tuple[str, str, float]]


def seconds_left(plan: Plan, now: Mapping[str, Any], seconds: float) -> float | None:
    """Return how long all that is still to be done takes; None if nothing tells.

    What has been done tells how far this computer is from the estimate.

    Args:
        now: the step that is being done: task, fold, done, total, seconds_left.
        seconds: since the training began.
    """
    here = step_number(plan, now)
    if here is None:
        return None
    planned = [step[2] for step in plan]
    share = now["done"] / max(now["total"], 1)
    done = sum(planned[:here]) + share * planned[here]
    # The estimate keeps a say, so that the first second does not decide.
    trust = 0.1 * sum(planned) + 1e-9
    pace = (seconds + trust) / (done + trust)
    own = now["seconds_left"]
    if own is None:
        own = pace * (1 - share) * planned[here]
    return own + pace * sum(planned[here + 1 :])


def share_done(plan: Plan, now: Mapping[str, Any]) -> float | None:
    """Return how much of the planned work is done, 0 to 1; None if nothing tells."""
    here = step_number(plan, now)
    whole = sum(step[2] for step in plan)
    if here is None or not whole:
        return None
    done = sum(step[2] for step in plan[:here])
    return min(1.0, (done + now["done"] / max(now["total"], 1) * plan[here][2]) / whole)


def step_number(plan: Plan, now: Mapping[str, Any]) -> int | None:
    """Return the position in `plan` of the step that is being done; None if it is none of them."""
    for number, (fold, planned, _) in enumerate(plan):
        if planned == now.get("task") and fold in ("", now["fold"]):
            return number
    return None
