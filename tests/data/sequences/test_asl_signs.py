"""Kaggle's asl-signs: its table, its map and its Parquet files."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from asl.data.sequences.asl_signs import (
    SIGN_MAP,
    TABLE,
    read_parquet,
    read_sign_map,
    read_table,
)
from asl.data.sequences.layout import HOLISTIC, PARTS, SOURCE, Selection
from asl.data.sequences.limits import Limits, SequenceError


def frames_table(frames=3, first=15, seed=0):
    """A table as the published files have it, and its points (T, 543, 3)."""
    points = np.random.default_rng(seed).uniform(0, 1, (frames, 543, 3))
    points[1, 468:489] = np.nan
    kinds = [(part, index) for part, (_, count) in PARTS.items() for index in range(count)]
    table = pd.DataFrame(
        {
            "frame": np.repeat(np.arange(first, first + frames), 543).astype(np.int16),
            "row_id": "unused",
            "type": [kind for kind, _ in kinds] * frames,
            "landmark_index": np.array([i for _, i in kinds] * frames, np.int16),
            **{axis: points[..., n].reshape(-1) for n, axis in enumerate("xyz")},
        }
    )
    return table, points


def stored(tmp_path, table):
    table.to_parquet(tmp_path / "1.parquet")
    return tmp_path / "1.parquet"


@pytest.mark.parametrize("shuffled", [False, True], ids=["as published", "in any order"])
def test_a_file_gives_the_chosen_rows(tmp_path, shuffled):
    table, points = frames_table()
    if shuffled:
        table = table.sample(frac=1, random_state=1)
    path = stored(tmp_path, table)
    np.testing.assert_allclose(read_parquet(path, HOLISTIC), points, rtol=1e-6)
    chosen = read_parquet(path, SOURCE)
    assert chosen.dtype == np.float32
    np.testing.assert_allclose(chosen, points[:, list(SOURCE.rows)], rtol=1e-6)


def test_without_depth_z_is_zero_where_a_point_was_seen(tmp_path):
    table, points = frames_table()
    flat = read_parquet(stored(tmp_path, table.drop(columns="z")), SOURCE, depth=False)
    np.testing.assert_allclose(flat[..., :2], points[:, list(SOURCE.rows), :2], rtol=1e-6)
    np.testing.assert_array_equal(np.isnan(flat[..., 2]), np.isnan(flat[..., 0]))
    assert not np.nansum(flat[..., 2])


def test_landmarks_that_a_frame_lacks_are_unseen(tmp_path):
    table, _ = frames_table()
    path = stored(tmp_path, table[(table.type != "pose") | (table.frame != 15)])
    read = read_parquet(path, SOURCE)
    assert np.isnan(read[0, SOURCE.part("pose")]).all()
    assert np.isfinite(read[1, SOURCE.part("pose")]).all()


def change(column, value, rows=slice(0, 1)):
    def changed(table):
        table = table.astype({column: object}) if isinstance(value, str | None) else table
        table.loc[table.index[rows], column] = value
        return table

    return changed


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (lambda t: t.drop(columns="y"), "column 'y' is missing"),
        (lambda t: t.drop(columns="type"), "column 'type' is missing"),
        (lambda t: t.assign(frame=t.frame.astype(float)), "'frame' has other things"),
        (lambda t: t.assign(x="far"), "'x' has no numbers"),
        (lambda t: t.assign(type=7), "7 is no part"),
        (change("type", "foot"), "'foot' is no part"),
        (change("landmark_index", 468), "too large for its type"),
        (change("landmark_index", -1), "too large for its type"),
        (lambda t: pd.concat([t, t[t.type == "pose"]]), "a landmark twice"),
        (lambda t: t.assign(x=np.nan), "none of the wanted landmarks"),
        (lambda t: t.assign(x=t.x * 1920, y=t.y * 1080), "too large for shares"),
        (lambda t: t[:0], "no frames"),
    ],
)
def test_a_spoilt_file_is_refused_in_plain_words(tmp_path, spoilt, reason):
    path = stored(tmp_path, spoilt(frames_table()[0]))
    with pytest.raises(SequenceError, match=reason) as refused:
        read_parquet(path, SOURCE)
    assert str(path) in str(refused.value)
    assert refused.value.advice in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"PAR1 but no more", b"\0" * 1000])
def test_what_is_no_parquet_is_refused(tmp_path, content):
    path = tmp_path / "1.parquet"
    path.write_bytes(content)
    with pytest.raises(SequenceError, match="no Parquet"):
        read_parquet(path, SOURCE)


def test_a_cut_file_is_refused(tmp_path):
    path = stored(tmp_path, frames_table()[0])
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(SequenceError, match="no Parquet"):
        read_parquet(path, SOURCE)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(frames=2), "3 frames, at most 2"),
        (Limits(file_bytes=100), "at most 100"),
        (Limits(array_bytes=100), "unpacks to"),
    ],
)
def test_what_is_too_large_is_refused(tmp_path, limits, reason):
    with pytest.raises(SequenceError, match=reason):
        read_parquet(stored(tmp_path, frames_table()[0]), SOURCE, limits)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(SequenceError, match="cannot be read"):
        read_parquet(tmp_path / "none.parquet", SOURCE)
    with pytest.raises(SequenceError, match="no file"):
        read_parquet(tmp_path, SOURCE)


def test_the_table_names_sequences_that_need_not_be_there(tmp_path):
    (tmp_path / TABLE).write_text(
        "sign,path,participant_id,sequence_id,more\nhello,files/2/7.parquet,2,7,x\n"
    )
    [entry] = read_table(tmp_path)
    assert entry.path == tmp_path / "files/2/7.parquet"
    assert (entry.sign, entry.person, entry.name) == ("hello", "2", "7")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'path' is missing"),
        ("path,participant_id,sign\na,1,hello\n", "'sequence_id' is missing"),
        ("path,participant_id,sequence_id,sign\n", "names no sequences"),
        ("path,participant_id,sequence_id,sign\na,1,2\n", "line 2 has no sign"),
        ("path,participant_id,sequence_id,sign\n../a,1,2,hi\n", "outside"),
        ("path,participant_id,sequence_id,sign\n/etc/a,1,2,hi\n", "outside"),
        ("path,participant_id,sequence_id,sign\na,1,2,hi\nb,1,3,hi\n", "more than 1"),
    ],
)
def test_a_spoilt_table_is_refused(tmp_path, text, reason):
    (tmp_path / TABLE).write_text(text)
    with pytest.raises(SequenceError, match=reason):
        read_table(tmp_path, Limits(sequences=1))


def test_a_table_that_is_no_text_is_refused(tmp_path):
    (tmp_path / TABLE).write_bytes(b"\xff\xfe\x00path")
    with pytest.raises(SequenceError, match="no table"):
        read_table(tmp_path)


def test_the_map_gives_each_sign_its_number(tmp_path):
    (tmp_path / SIGN_MAP).write_text(json.dumps({"TV": 0, "after": 1}))
    assert read_sign_map(tmp_path / SIGN_MAP) == {"TV": 0, "after": 1}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"a": "0"}', '{"a": 0, "b": 0}', '{"a": 1}', '{"a": true}', "[" * 100_000],
)
def test_a_spoilt_map_is_refused(tmp_path, text):
    (tmp_path / SIGN_MAP).write_text(text)
    with pytest.raises(SequenceError):
        read_sign_map(tmp_path / SIGN_MAP)


def test_the_published_files_agree_with_their_packed_form(asl_data):
    from asl.data.sequences.packed import read_packed

    packed = read_packed(asl_data / "islr/all_sequences.npz")
    entries = read_table(asl_data / "islr")
    assert len(entries) == 84
    for entry in entries[:10]:
        number = packed.names.index(entry.name)
        assert (packed.signs[number], packed.people[number]) == (entry.sign, entry.person)
        own, other = read_parquet(entry.path, SOURCE), packed.read(number, SOURCE)
        np.testing.assert_allclose(own, other, atol=2e-3)


def test_one_landmark_alone_may_be_read(tmp_path):
    table, points = frames_table()
    one = read_parquet(stored(tmp_path, table), Selection((500,)))
    np.testing.assert_allclose(one[:, 0], points[:, 500], rtol=1e-6)
