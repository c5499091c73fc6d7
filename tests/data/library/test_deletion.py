"""What a data set leaves when it is deleted: nothing, and others keep what they need."""

import pytest

from asl.data.library import intake
from asl.data.library.dataset import ABOUT, find_dataset, list_datasets
from asl.data.library.table import TABLE
from asl.data.pictures.cropped import prepare
from asl.data.pictures.uncropped import prepare_uncropped
from asl.workspace import workspace


def test_deleting_leaves_nothing_of_the_pictures(signs, take, signs_zip):
    other = take(signs_zip("CD"))
    cache = workspace() / "cache"
    prepare_uncropped(signs.read().table, cache, "x", 32)
    assert len(list(cache.iterdir())) == 3
    signs.delete()
    assert not signs.folder.exists() and [d.id for d in list_datasets()] == [other.id]
    assert len(list(cache.iterdir())) == 1
    with pytest.raises(ValueError, match="data set: there is none"):
        find_dataset(signs.id)


def test_what_another_data_set_needs_stays(signs, take, signs_zip):
    twin, cache = take(signs_zip()), workspace() / "cache"
    one_more = take(signs_zip(each=6))
    assert len(list(cache.iterdir())) == 2, "the twins share what was cut out"
    one_more.delete()
    assert len(list(cache.iterdir())) == 1
    signs.delete()
    assert prepare(twin.read().table, cache).found.all()
    assert len(list(cache.iterdir())) == 1
    twin.delete()
    assert not list(cache.iterdir())


def test_a_data_set_whose_table_is_damaged_can_be_deleted(signs):
    (signs.folder / TABLE).write_bytes(b"PAR1")
    signs.delete()
    assert not signs.folder.exists() and not list((workspace() / "cache").iterdir())


def test_an_intake_that_is_cancelled_leaves_nothing_of_the_pictures(signs):
    (signs.folder / ABOUT).unlink()  # as before its last step
    intake.cancel(signs.folder)
    assert not signs.folder.exists() and not list((workspace() / "cache").iterdir())
