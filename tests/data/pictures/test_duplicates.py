"""Copies and near-copies across a split are found, and nothing else."""

import time

import numpy as np
import pytest
from PIL import Image

from asl.data.folder import read_folder
from asl.data.pictures.duplicates import (
    MOST_PAIRS,
    NEAR_BITS,
    Fingerprints,
    fingerprint,
    near_pairs,
    nearest_hashes,
    split_health,
)
from asl.data.splits import Split, leave_one_person_out, random_split
from asl.images import PictureError


def scene(seed):
    """A picture with large and small shapes, like no other seed's."""
    coarse = np.random.default_rng(seed).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((120, 120), Image.Resampling.BICUBIC)


def side_by_side(train, test):
    return Split("mine", "random", np.array(train), np.array(test))


@pytest.fixture
def save(tmp_path):
    def save(name, picture, **options):
        picture.save(tmp_path / name, **options)
        return str(tmp_path / name)

    return save


def test_exact_and_near_copies_are_told_apart(save):
    paths = [
        save("train0.png", scene(0)),
        save("train1.png", scene(1)),
        save("copy.png", scene(1)),
        save("smaller.jpg", scene(0).resize((80, 80)), quality=60),
        save("other.png", scene(2)),
    ]
    health = split_health(fingerprint(paths), side_by_side([0, 1], [2, 3, 4]))
    assert health.test_rows == 3
    assert health.exact.tolist() == [[2, 1]]
    assert health.near[:, :2].tolist() == [[2, 1], [3, 0]]
    assert health.near[0, 2] == 0 < health.near[1, 2] <= NEAR_BITS
    assert health.near_share == pytest.approx(2 / 3)


def test_the_first_of_several_copies_is_named(save):
    paths = [save(f"{number}.png", scene(0)) for number in range(4)]
    health = split_health(fingerprint(paths), side_by_side([1, 2], [0, 3]))
    assert health.exact.tolist() == [[0, 1], [3, 1]]
    assert health.near.tolist() == [[0, 1, 0], [3, 1, 0]]


def test_copies_within_one_side_do_not_count(save):
    paths = [save(f"{number}.png", scene(number // 2)) for number in range(4)]
    health = split_health(fingerprint(paths), side_by_side([0, 1], [2, 3]))
    assert health.exact.shape == (0, 2) and health.near.shape == (0, 3)
    assert health.near_share == 0


def test_threshold_is_inclusive():
    perceptual = np.array([[0, 0, 0, 0], [7, 0, 0, 1 << 63]], dtype=np.uint64)
    prints = Fingerprints(("a", "b"), perceptual)
    split = side_by_side([0], [1])
    assert split_health(prints, split, near_bits=4).near.tolist() == [[1, 0, 4]]
    assert len(split_health(prints, split, near_bits=3).near) == 0


@pytest.mark.parametrize("near_bits", [-1, 257])
def test_threshold_out_of_range(near_bits):
    prints = Fingerprints(("a", "b"), np.zeros((2, 4), np.uint64))
    with pytest.raises(ValueError, match=f"near_bits: {near_bits} is not between 0 and 256"):
        split_health(prints, side_by_side([0], [1]), near_bits)


def test_split_of_another_table():
    prints = Fingerprints(("a", "b"), np.zeros((2, 4), np.uint64))
    with pytest.raises(ValueError, match="split: row 2 has no fingerprint; there are 2"):
        split_health(prints, side_by_side([0, 1], [2]))


def test_unreadable_picture_is_named(save, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"^broken\.png: "):
        fingerprint([save("0.png", scene(0)), tmp_path / "broken.png"])


def test_no_pictures():
    assert fingerprint([]).perceptual.shape == (0, 4)


def test_nearest_hash_is_that_of_counting_bit_by_bit():
    rng = np.random.default_rng(0)
    queries, pool = (rng.integers(0, 2**64, (rows, 4), dtype=np.uint64) for rows in (300, 70))
    bits = [np.unpackbits(side.view(np.uint8), axis=1) for side in (queries, pool)]
    distances = (bits[0][:, None] != bits[1][None]).sum(axis=-1)

    nearest, differing = nearest_hashes(queries, pool)

    np.testing.assert_array_equal(nearest, distances.argmin(axis=1))
    np.testing.assert_array_equal(differing, distances.min(axis=1))


def test_hashes_may_differ_in_every_bit():
    zeros = np.zeros((1, 4), np.uint64)
    assert nearest_hashes(zeros, ~zeros)[1].tolist() == [256]


def test_ten_thousand_against_two_and_a_half_thousand_takes_seconds():
    rng = np.random.default_rng(0)
    pool, queries = (rng.integers(0, 2**64, (rows, 4), dtype=np.uint64) for rows in (10_000, 2_500))
    # Of the processor, so that other work on the computer does not count.
    start = time.process_time()
    nearest_hashes(queries, pool)
    assert time.process_time() - start < 5


def test_threshold_on_asl_dataset(asl_data):
    table = read_folder(asl_data / "asl_dataset").table
    prints = fingerprint(table["path"])
    health = split_health(prints, random_split(table["label"]))
    assert len(health.exact) == 0
    assert health.near_share == pytest.approx(0.734, abs=0.001)
    for split in leave_one_person_out(table["person"]):
        assert len(split_health(prints, split).near) == 0


class TestNearPairs:
    def test_equal_to_comparing_each_with_each(self):
        rng = np.random.default_rng(0)
        hashes = rng.integers(0, 2**64, (40, 4), dtype=np.uint64)
        hashes[20:] = hashes[:20] ^ rng.integers(0, 2**5, (20, 4), dtype=np.uint64)
        bits = np.unpackbits(hashes.view(np.uint8), axis=1)
        apart = (bits[:, None] != bits[None]).sum(-1)
        expected = [
            [a, b, apart[a, b]]
            for a in range(40)
            for b in range(a + 1, 40)
            if apart[a, b] <= NEAR_BITS
        ]
        assert len(expected) == 20
        assert near_pairs(hashes, ["A"] * 40).tolist() == expected

    def test_of_many_alike_those_of_other_labels_are_found_all_the_same(self):
        hashes = np.zeros((300, 4), np.uint64)
        hashes[299] = 7
        pairs = near_pairs(hashes, ["A"] * 299 + ["B"])
        assert len(pairs) < 300 * 2 * MOST_PAIRS
        assert 299 in pairs[:, 1]

    @pytest.mark.parametrize("count", [0, 1])
    def test_nothing_to_compare(self, count):
        assert near_pairs(np.zeros((count, 4), np.uint64), ["A"] * count).shape == (0, 3)

    def test_progress_reaches_the_end(self):
        seen = []
        near_pairs(np.zeros((600, 4), np.uint64), ["A"] * 600, progress=lambda *d: seen.append(d))
        assert seen == [(256, 600), (512, 600), (600, 600)]
