"""Packed sequences, and what their arrays may be."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from asl.data.sequences.arrays import read_npy, read_npz
from asl.data.sequences.layout import HANDS, HOLISTIC, SOURCE
from asl.data.sequences.limits import Limits, SequenceError
from asl.data.sequences.packed import read_index, read_packed, read_sequences
from asl.data.sequences.packed import write_packed as write_packed_file


def arrays(**changed):
    random = np.random.default_rng(0)
    return {
        "x": random.uniform(0, 1, (9, 42, 3)).astype(np.float16),
        "length": np.array([4, 5]),
        "participant_id": np.array([3, 8]),
        "sequence_id": np.array([0, 1]),
        "sign": np.array(["no", "yes"]),
        "landmark_idx": np.array(HANDS.rows),
    } | changed


def stored(tmp_path, **changed):
    kept = {name: value for name, value in arrays(**changed).items() if value is not None}
    np.savez_compressed(tmp_path / "s.npz", **kept)
    return tmp_path / "s.npz"


def test_each_sequence_is_its_own_part_of_the_whole(tmp_path):
    packed = read_packed(stored(tmp_path))
    assert len(packed) == 2
    assert (packed.signs, packed.people, packed.names) == (("no", "yes"), ("3", "8"), ("0", "1"))
    np.testing.assert_array_equal(packed.read(0, HANDS), arrays()["x"][:4])
    second = packed.read(1, SOURCE)
    assert second.shape == (5, 96, 3) and second.dtype == np.float32
    np.testing.assert_array_equal(second[:, SOURCE.part("left_hand")], arrays()["x"][4:, :21])
    assert np.isnan(second[:, SOURCE.part("face")]).all()
    for number in (-1, 2):
        with pytest.raises(IndexError):
            packed.read(number, HANDS)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sign": None}, "'sign' is missing"),
        ({"x": np.zeros((9, 42))}, r"not \(frames, n, 3\)"),
        ({"x": np.zeros((9, 42, 3), int)}, r"not \(frames, n, 3\)"),
        ({"landmark_idx": np.arange(41)}, "not one row for each"),
        ({"landmark_idx": np.zeros(42, int)}, "each once"),
        ({"landmark_idx": np.arange(42) + 510}, "0 to 542"),
        ({"length": np.array([4, 4])}, "adds up to 8"),
        ({"length": np.array([-1, 10])}, "no frames"),
        ({"length": np.array([0, 9])}, "no frames"),
        ({"length": np.array([], int)}, "no whole numbers"),
        ({"length": np.array([4.0, 5.0])}, "no whole numbers"),
        ({"sign": np.array(["no"])}, "sign has not one"),
        ({"sign": np.array(["no", None], object)}, "other things than numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, changed, reason):
    with pytest.raises(SequenceError, match=reason):
        read_packed(stored(tmp_path, **changed))


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(frames=4), "5 frames, at most 4"),
        (Limits(sequences=1), "more than 1"),
        (Limits(file_bytes=50), "at most 50"),
        (Limits(array_bytes=50), "at most 50"),
    ],
)
def test_what_is_too_large_is_refused(tmp_path, limits, reason):
    with pytest.raises(SequenceError, match=reason):
        read_packed(stored(tmp_path), limits)


def test_a_sequence_in_which_nothing_is_seen_is_refused_alone(tmp_path):
    x = arrays()["x"]
    x[:4] = np.nan
    packed = read_packed(stored(tmp_path, x=x))
    with pytest.raises(SequenceError, match="sequence 0 of 3: none of the wanted"):
        packed.read(0, HANDS)
    assert packed.read(1, HANDS).shape == (5, 42, 3)


@pytest.mark.parametrize("content", [b"", b"PK\3\4 but no zip", b"\x93NUMPY\1\0"])
def test_what_is_no_such_file_is_refused(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(SequenceError, match="damaged"):
        read_npz(tmp_path / "a", ("x",), Limits())
    with pytest.raises(SequenceError, match="damaged"):
        read_npy(tmp_path / "a", Limits())


def header(shape):
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text.encode()


def test_a_header_that_promises_too_much_costs_no_memory(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", header((10**15,)))
        archive.writestr("y.npy", header((1000,)) + b"\0" * 80)
    with pytest.raises(SequenceError, match="at most"):
        read_npz(tmp_path / "a.npz", ("x",), Limits())
    with pytest.raises(SequenceError, match="shorter than its header"):
        read_npz(tmp_path / "a.npz", ("y",), Limits())


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_come_back_as_they_were_stored(tmp_path, order):
    values = np.asarray(np.arange(24.0).reshape(2, 3, 4), order=order)
    np.save(tmp_path / "a.npy", values)
    np.testing.assert_array_equal(read_npy(tmp_path / "a.npy", Limits()), values)


def test_a_changed_member_is_noticed(tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, x=np.arange(1000.0))
    raw = bytearray(buffer.getvalue())
    raw[1000] ^= 255
    (tmp_path / "a.npz").write_bytes(raw)
    with pytest.raises(SequenceError, match="damaged"):
        read_npz(tmp_path / "a.npz", ("x",), Limits())


@pytest.mark.parametrize(
    ("name", "count"),
    [("wlasl/sequences", 3592), ("words/sequences", 1894), ("islr/all_sequences", 747)],
)
def test_real_sets_are_read(asl_data, name, count):
    packed = read_packed(asl_data / f"{name}.npz")
    assert len(packed) == count
    for number in range(0, count, count // 20):
        points = packed.read(number, SOURCE)
        assert points.shape == (packed.lengths[number], 96, 3)


def test_sequences_come_one_by_one_across_pieces(tmp_path, write_packed, monkeypatch):
    monkeypatch.setattr("asl.data.sequences.packed._FRAMES_AT_ONCE", 3)
    lengths = [1, 7, 2, 3, 4, 1]
    file = write_packed(tmp_path / "s.npz", list("abcdef"), lengths=lengths)
    found = list(read_sequences(read_index(file)))
    assert [len(one) for one in found] == lengths
    np.testing.assert_array_equal(np.concatenate(found), np.load(file)["x"])


def test_rows_that_lie_apart_are_read_as_well(tmp_path, write_packed):
    x = np.asfortranarray(np.random.default_rng(0).uniform(0, 1, (9, 42, 3)))
    file = write_packed(tmp_path / "s.npz", ["a", "b"], lengths=[4, 5], x=x)
    np.testing.assert_array_equal(np.concatenate(list(read_sequences(read_index(file)))), x)


def test_one_sequence_is_written_with_what_was_seen(tmp_path):
    points = np.full((3, 543, 3), np.nan, np.float32)
    points[1:, 468:489] = 0.25
    write_packed_file(tmp_path / "000007.npz", points, 0.04)
    again = read_packed(tmp_path / "000007.npz")
    assert again.points.shape == (3, 21, 3) and again.signs == ("",)
    np.testing.assert_array_equal(again.read(0, HOLISTIC), points)
    with pytest.raises(ValueError, match="points"):
        write_packed_file(tmp_path / "1.npz", points[:, :42], 0.04)


def test_names_that_would_fill_the_memory_are_refused(tmp_path, write_packed, monkeypatch):
    monkeypatch.setattr("asl.data.sequences.packed._LARGEST_INDEX", 1000)
    file = write_packed(tmp_path / "s.npz", ["a" * 300, "b"])
    with pytest.raises(SequenceError, match="at most 1,000 are read"):
        read_index(file)
