"""What was made of files is kept by their content, and found again."""

from pathlib import Path

import numpy as np
import pytest

from asl.data.cache import filling, forget, is_filled, known_rows, lend, without_unreadable

FILES = ("a" * 64, "b" * 64, "c" * 64)


class Numbers:
    """Examples that are just their paths."""

    def __init__(self, paths: np.ndarray):
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def rows(self, index: np.ndarray) -> "Numbers":
        return Numbers(self.paths[index])


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A folder in whose second row a file could not be read."""
    folder = tmp_path / "examples-1"
    with filling(folder, FILES, {"made_with": "these"}) as unreadable:
        unreadable[1] = "it is broken"
    return folder


def test_known_rows_are_found_by_content_and_by_what_made_them(filled: Path) -> None:
    assert is_filled(filled)
    known = known_rows(filled.parent, FILES[::-1], "these")
    assert known == {FILES[0]: (filled, 0), FILES[2]: (filled, 2)}
    assert known_rows(filled.parent, FILES[2:], "these") == {FILES[2]: (filled, 2)}
    assert not known_rows(filled.parent, FILES, "others")


def test_another_cache_has_what_is_complete(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "examples-2").mkdir()
    (tmp_path / "examples-2" / "contents.txt").write_text("d" * 64)
    lend(tmp_path, tmp_path / "other")
    assert set(known_rows(tmp_path / "other", FILES, "these")) == {FILES[0], FILES[2]}
    assert [folder.name for folder in (tmp_path / "other").iterdir()] == [filled.name]


def test_what_cannot_be_read_is_said_and_has_no_row(filled: Path) -> None:
    said: list[tuple[str, str]] = []
    numbers = Numbers(np.array(["0", "1", "2"]))
    left = without_unreadable(numbers, filled, lambda *problem: said.append(problem))
    assert left.paths.tolist() == ["0", "2"] and said == [("1", "it is broken")]


def test_nothing_is_left_of_work_that_broke_off(tmp_path: Path) -> None:
    folder = tmp_path / "examples-1"
    with pytest.raises(KeyboardInterrupt), filling(folder, FILES, {"made_with": "these"}):
        (folder / "large.npy").touch()
        assert not is_filled(folder) and not known_rows(tmp_path, FILES, "these")
        raise KeyboardInterrupt
    assert not folder.exists()


def test_all_that_was_made_of_a_file_is_forgotten_with_it(filled: Path) -> None:
    other = filled.parent / "examples-2"
    with filling(other, FILES[:1], {"made_with": "these"}):
        pass
    forget(filled.parent, FILES[2:])
    assert not filled.exists() and other.exists()
