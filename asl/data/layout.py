"""Which folder level of a data set holds the part, which the label and which the person."""

from collections.abc import Sequence
from dataclasses import dataclass

from asl.labels import CANDIDATE_SETS, canonical

#: Folder names of a ready-made split, and what column `part` says for them.
PARTS = {"train": "train", "valid": "valid", "val": "valid", "test": "test"}

_KNOWN_LABELS = frozenset(CANDIDATE_SETS["all"])


@dataclass(frozen=True)
class Layout:
    """Positions in the chain of folders from the root down to a picture; 0 is the outermost."""

    label: int
    part: int | None = None
    person: int | None = None


def find_layout(chains: Sequence[tuple[str, ...]], with_people: bool) -> Layout:
    """Find out what each folder level means.

    The label level is the one with the most names of known signs; where no level has any, the
    outermost one after a wrapping folder and a train/valid/val/test level.

    Args:
        chains: for every picture the names of the folders above it, outermost first, at least one.
        with_people: whether the level next to the labels names the person: the one above them
            (root/person/class/picture) or, where there is none, the one below.
    """
    start = _skip_wrapping(chains, levels_needed=2 if with_people else 1)
    part = None
    if all(chain[start].lower() in PARTS for chain in chains if len(chain) > start):
        part, start = start, start + 1
    label = _label_level(chains, start)
    person = None
    if with_people:
        person = label - 1 if label > start else label + 1
    return Layout(label, part, person)


def _skip_wrapping(chains: Sequence[tuple[str, ...]], levels_needed: int) -> int:
    """Number of outer folders that hold the whole data set and mean nothing."""
    level = 0
    while _mostly_reach(chains, level + levels_needed):
        names = {chain[level] for chain in chains if len(chain) > level}
        name = next(iter(names))
        if len(names) > 1 or name.lower() in PARTS or canonical(name) in _KNOWN_LABELS:
            break
        level += 1
    return level


def _label_level(chains: Sequence[tuple[str, ...]], start: int) -> int:
    best, best_score = start, (0, 0)
    level = start
    while _mostly_reach(chains, level):
        names = [canonical(chain[level]) for chain in chains if len(chain) > level]
        known = [name for name in names if name in _KNOWN_LABELS]
        # People may be called "1" or "A"; then the level with more different signs is the label.
        score = (len(known) / len(chains), len(set(known)))
        if score > best_score:
            best, best_score = level, score
        level += 1
    return best


def _mostly_reach(chains: Sequence[tuple[str, ...]], level: int) -> bool:
    """Whether most pictures have a folder at `level`; a few strays must not decide."""
    return 2 * sum(len(chain) > level for chain in chains) > len(chains)
