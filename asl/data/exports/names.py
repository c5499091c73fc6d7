"""Names of pictures: which one an annotation means, its part, and whether folders are classes."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from asl.data.scan import Parts

_PART = re.compile(
    r"(?:obj_)?(train|training|val|valid|validation|test|testing)"
    r"(?:[_-]?(?:data|set|images|imgs|\d{4}))?",
    re.IGNORECASE,
)
_PARTS = {"train": "train", "training": "train", "test": "test", "testing": "test"}

# Folders that exports have whatever the pictures show.
_NEUTRAL = frozenset(
    "annotations data image images img imgs jpegimages labels photos pictures samples".split()
)
_LONGEST_PATH = 1024
_DEEPEST = 16
# More pictures than these of one name are not told apart one by one.
_MOST_NAMESAKES = 50


class Pictures:
    """The pictures of an export, found by what annotations call them."""

    def __init__(self, names: Sequence[Parts]):
        self.names = tuple(dict.fromkeys(names))
        self._known = frozenset(self.names)
        self._folders = frozenset(parts[:-1] for parts in self.names)

    def find(self, path: object, file: Parts) -> Parts | None:
        """Return the picture that an annotation file calls `path`, None if that is not clear.

        That is the one at this path, seen from the file's folder or one above; else the one whose
        path ends like this, if there is just one, or one nearest to the file, or of its part. A
        file that lies among pictures is about none that lie elsewhere. Case counts if it has to.
        An ending may be missing.
        """
        if not isinstance(path, str) or len(path) > _LONGEST_PATH:
            return None
        path = path.strip().replace("\\", "/")
        if path.rpartition("/")[2].casefold() not in self._own_names:
            return None
        parts = tuple(part for part in path.split("/") if part not in ("", ".", ".."))
        parts = parts[-_DEEPEST:]
        for depth in range(len(file) - 1, -1, -1):
            if (*file[:depth], *parts) in self._known:
                return (*file[:depth], *parts)
        return self._like(parts, file, self._index) or self._like(parts, file, self._stem_index)

    def belonging(self, file: Parts) -> Parts | None:
        """Return the picture that a file is about, by a path like its own but for the ending."""
        return self._like((*file[:-1], stem(file)), file, self._stem_index)

    def _like(self, parts: Parts, file: Parts, index: "_Index") -> Parts | None:
        folder, folded = file[:-1], _folded(parts)
        if found := _only(index.whole.get((*_folded(folder), *folded), ()), parts):
            return found
        for start in range(len(folded)):
            alike = index.ends.get(folded[start:], ())
            if 0 < len(alike) <= _MOST_NAMESAKES:
                near = max(_shared(name, folder) for name in alike)
                if near < len(folder) and folder in self._folders:
                    return None
                alike = [name for name in alike if _shared(name, folder) == near]
                part = part_of_file(file)
                same = [name for name in alike if part and part == part_of(name[:-1])]
                return _only(same or alike, parts)
        return None

    @cached_property
    def _own_names(self) -> frozenset[str]:
        return frozenset(own.casefold() for name in self.names for own in (name[-1], stem(name)))

    @cached_property
    def _index(self) -> "_Index":
        return _Index.of(self.names, self.names)

    @cached_property
    def _stem_index(self) -> "_Index":
        return _Index.of([(*name[:-1], stem(name)) for name in self.names], self.names)


@dataclass(frozen=True)
class _Index:
    """Pictures by their keys, and by every end of their keys, whatever the case."""

    whole: dict[Parts, list[Parts]]
    ends: dict[Parts, list[Parts]]

    @classmethod
    def of(cls, keys: Sequence[Parts], names: Sequence[Parts]) -> "_Index":
        whole, ends = defaultdict(list), defaultdict(list)
        for key, name in zip(keys, names, strict=True):
            folded = _folded(key)
            whole[folded].append(name)
            for start in range(max(0, len(folded) - _DEEPEST), len(folded)):
                ends[folded[start:]].append(name)
        return cls(dict(whole), dict(ends))


def _folded(parts: Parts) -> Parts:
    return tuple(part.casefold() for part in parts)


def _shared(name: Parts, folder: Parts) -> int:
    """How many folders from the root down are the same."""
    alike = zip(name[:-1], folder, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], alike))


def _only(alike: Sequence[Parts], parts: Parts) -> Parts | None:
    """The only one of pictures whose names differ in case, or the only one in the case asked."""
    if len(alike) > 1:
        alike = [name for name in alike if parts[-1] in (name[-1], stem(name))]
    return alike[0] if len(alike) == 1 else None


def stem(parts: Parts) -> str:
    """Return a file's own name without its ending."""
    return parts[-1].rpartition(".")[0] or parts[-1]


def part_of(folders: Parts) -> str | None:
    """Return the part that one of some folders is, None if none is."""
    for name in folders:
        if match := _PART.fullmatch(name):
            return _PARTS.get(match[1].lower(), "valid")
    return None


def part_of_file(file: Parts) -> str | None:
    """Return the part that an annotation file is of, by its folders or a word of its own name."""
    return part_of(file[:-1]) or part_of(tuple(re.split(r"[\W_]+", stem(file))))


def class_folders(pictures: Sequence[Parts]) -> frozenset[str]:
    """Return the folders that may be classes, none if most pictures lie in no such folder.

    Folders that hold everything, are a part, or are called "images" and the like, do not count,
    unless nothing else is left.
    """
    chains = [
        tuple(name for name in parts[:-1] if not _is_neutral(name.lower())) for parts in pictures
    ]
    chains = [chain for chain in chains if chain]
    if 2 * len(chains) <= len(pictures):
        return frozenset()
    level = 0
    while len({chain[: level + 1] for chain in chains}) == 1 and all(
        len(chain) > level + 1 for chain in chains
    ):
        level += 1
    return frozenset(chain[level] for chain in chains if len(chain) > level)


def _is_neutral(name: str) -> bool:
    return name in _NEUTRAL or _PART.fullmatch(name) is not None
