"""Data sets that users made."""

import io

import pytest

from asl.data.library import intake
from asl.data.library.dataset import Dataset


@pytest.fixture
def take(intake_here):
    """``take(data)``: the data set that an upload becomes."""

    def make(data: bytes, name: str = "mine", kind: str = "zip") -> Dataset:
        dataset = intake.take_upload(io.BytesIO(data), name, kind)
        assert not intake.failure(dataset.folder), intake.failure(dataset.folder)
        return Dataset.open(dataset.folder)

    return make


@pytest.fixture
def signs(take, signs_zip) -> Dataset:
    """A and B, five pictures each of anna and ben."""
    return take(signs_zip())
