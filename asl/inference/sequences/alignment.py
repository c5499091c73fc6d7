"""Two recordings of a movement laid over each other in time."""

import numpy as np

#: Of a table of costs; two films of a minute each have fewer.
_MOST_CELLS = 4_000_000


def align(cost: np.ndarray) -> np.ndarray:
    """Return which frames of two sequences belong together, by dynamic time warping.

    After Sakoe and Chiba, "Dynamic programming algorithm optimization for spoken word
    recognition" (1978), symmetric form without a window: a step goes on in one sequence or in
    both, and one in both counts twice, so that no way is cheaper for being shorter.

    Args:
        cost: (T, U) ≥ 0, what it costs to lay a frame of one sequence on one of the other.

    Returns:
        (n, 2) int, pairs of frames from (0, 0) to (T - 1, U - 1), each grown by 0 or 1.

    Raises:
        ValueError: no frames, too many, or a cost that is no number.
    """
    if cost.ndim != 2 or not cost.size:
        raise ValueError(f"cost: shape {cost.shape} is not (T, U) with frames in both")
    if cost.size > _MOST_CELLS:
        raise ValueError(f"cost: {cost.size:,} pairs of frames are more than {_MOST_CELLS:,}")
    if not (np.isfinite(cost).all() and (cost >= 0).all()):
        raise ValueError("cost: some are no numbers from 0")
    step = _steps(cost)
    i, j = cost.shape[0] - 1, cost.shape[1] - 1
    path = [(i, j)]
    while i or j:
        way = step[i, j]
        i, j = i - (way != 2), j - (way != 1)
        path.append((i, j))
    return np.array(path[::-1], np.int64)


def distances(costs: np.ndarray) -> np.ndarray:
    """Return how unlike pairs of sequences are that are laid over each other as `align` does it.

    Args:
        costs: (T, U, …) ≥ 0, of all pairs at once.

    Returns:
        (…): what the cheapest way costs, over T + U: the mean cost of a frame.
    """
    before: list[np.ndarray] = []
    for i, row in enumerate(costs):
        total: list[np.ndarray] = []
        for j, own in enumerate(row):
            ways = []
            if i and j:
                ways.append(before[j - 1] + 2 * own)
            if i:
                ways.append(before[j] + own)
            if j:
                ways.append(total[j - 1] + own)
            total.append(np.minimum.reduce(ways) if ways else 2 * own)
        before = total
    mean: np.ndarray = before[-1] / sum(costs.shape[:2])
    return mean


def _steps(cost: np.ndarray) -> np.ndarray:
    """(T, U) by which step the cheapest way comes to a pair: 0 in both, 1 down, 2 across."""
    step = np.zeros(cost.shape, np.int8)
    before: list[float] = []
    for i, row in enumerate(cost.tolist()):
        total: list[float] = []
        for j, own in enumerate(row):
            if i and j:
                ways = (before[j - 1] + 2 * own, before[j] + own, total[j - 1] + own)
                # Where they cost the same, the first: both sequences go on.
                cheapest = min(ways)
                step[i, j] = ways.index(cheapest)
            elif i:
                cheapest, step[i, j] = before[j] + own, 1
            elif j:
                cheapest, step[i, j] = total[j - 1] + own, 2
            else:
                cheapest = 2 * own
            total.append(cheapest)
        before = total
    return step
