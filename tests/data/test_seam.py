"""What a data set is, whatever its files hold, is decided without knowing pictures."""

import pytest

GENERIC = (
    "cache", "in_words", "layout", "levels", "names", "people", "problems", "scan", "splits",
    "table",
)  # fmt: skip


@pytest.mark.parametrize("module", GENERIC)
def test_generic_modules_do_not_know_pictures(module, modules_of):
    loaded = modules_of(f"import asl.data.{module}")
    of_pictures = ("asl.data.pictures", "asl.images", "asl.hands", "asl.nets")
    assert not [name for name in loaded if name.startswith(of_pictures)]
