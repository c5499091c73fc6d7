"""Lists of names as sentences say them."""

from collections.abc import Sequence


def listed(
    names: Sequence[str], most: int = 8, kept: int | None = None, last: str = " and "
) -> str:
    """Return names in words, as in "A, B and C", or some of them, as in "A, B and 3 more".

    Args:
        names: any number of them.
        most: how many are listed in full.
        kept: how many of more names are listed, `most` if not given.
        last: what stands before the last name if all are listed.
    """
    if len(names) > most:
        kept = most if kept is None else kept
        return f"{', '.join(names[:kept])} and {len(names) - kept} more"
    return last.join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
