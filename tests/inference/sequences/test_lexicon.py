"""Examples of words in a model's folder."""

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.bundle import LEXICON, BundleError, ModelBundle
from asl.data.sequences.layout import LEFT_HAND, LIPS, RIGHT_HAND, ROWS
from asl.inference.sequences.lexicon import KEPT, RATE, read_lexicon, write_lexicon

WORDS = ("hello", "no", "yes")


@pytest.fixture
def model(tiny_bundle) -> ModelBundle:
    return tiny_bundle(labels=WORDS)


def test_without_a_file_there_are_no_examples(model):
    assert read_lexicon(model) == {}


def test_what_was_written_is_read_in_the_order_of_the_labels(model, recording):
    words = {"yes": recording(1), "hello": recording(2, both=True), "other": recording(3)}
    assert write_lexicon(model.folder, words) == model.folder / LEXICON
    found = read_lexicon(ModelBundle.read(model.folder))
    assert list(found) == ["hello", "yes"], "and none that the model does not know"
    for word, example in found.items():
        assert example.points.shape == (40, ROWS, 3) and example.points.dtype == np.float32
        assert example.seconds == pytest.approx(40 / RATE) and example.rate == pytest.approx(RATE)
        assert example.times[1] == pytest.approx(1 / RATE) and len(example.times) == 40
        there = np.isfinite(words[word][..., 0])
        np.testing.assert_array_equal(np.isfinite(example.points[..., 0]), there)
        size = np.ptp(words[word][there][:, :2])
        np.testing.assert_allclose(
            example.points[there][:, :2], words[word][there][:, :2], atol=size / 1000
        )
        assert np.isnan(example.points[..., 2]).all()


@settings(max_examples=15)
@given(st.integers(0, 100), st.floats(0.01, 30), st.floats(-20, 20), st.integers(1, 48))
def test_places_are_kept_to_a_thousandth_of_their_box(
    tmp_path_factory, recording, seed, size, x, frames
):
    points = recording(seed, frames=frames) * np.float32(size) + np.float32([x, 0, 0])
    points[frames // 2 :, RIGHT_HAND[0]] = np.nan
    points[-1, RIGHT_HAND[0]] = points[-1, RIGHT_HAND[1]]
    from_file = _read(tmp_path_factory.mktemp("model"), {"hello": points})["hello"].points
    known = np.isfinite(points[..., 0]) & np.isfinite(from_file[..., 0])
    whole = np.nanmax(points, (0, 1))[:2] - np.nanmin(points, (0, 1))[:2]
    assert (np.abs(from_file - points)[known][:, :2] <= whole / 1000 + 1e-5).all()


def _read(folder, words):
    """What a model in the folder would show of these words."""
    write_lexicon(folder, words)

    class Card:
        labels = tuple(words)

    class Bundle:
        card = Card

    Bundle.folder = folder
    return read_lexicon(Bundle)


def test_edges_without_hands_are_cut_and_short_gaps_filled(model, recording):
    points = recording()
    points[:5, list(RIGHT_HAND)] = points[-7:, list(RIGHT_HAND)] = np.nan
    points[15:18, list(RIGHT_HAND)] = np.nan
    write_lexicon(model.folder, {"no": points})
    example = read_lexicon(model)["no"]
    assert len(example.points) == 28 and example.seconds == pytest.approx(28 / RATE)
    assert np.isfinite(example.points[:, list(RIGHT_HAND), :2]).all()
    assert np.isnan(example.points[:, list(LEFT_HAND)]).all()


def test_long_examples_are_shortened_and_keep_their_time(model, recording):
    write_lexicon(model.folder, {"no": recording(frames=120)}, rate=30)
    example = read_lexicon(model)["no"]
    assert len(example.points) == 48 and example.seconds == pytest.approx(4)


def test_of_how_many_people_a_movement_is_the_mean_is_kept(model, recording):
    words = {"no": recording(), "yes": recording()}
    write_lexicon(model.folder, words, people={"yes": 5})
    found = read_lexicon(model)
    assert (found["no"].people, found["yes"].people) == (1, 5)
    with pytest.raises(ValueError, match="people: 'yes': 0 is not 1"):
        write_lexicon(model.folder, words, people={"yes": 0})


def test_many_restless_words_fit_into_their_room(tmp_path):
    random = np.random.default_rng(0)
    words = {}
    for number in range(40):
        points = np.full((60, ROWS, 3), np.nan, np.float32)
        points[:, list(KEPT.rows)] = random.random((60, len(KEPT), 3))
        words[f"word {number}"] = points
    assert write_lexicon(tmp_path, words).stat().st_size <= 40 * 5_600
    calm = {word: np.repeat(points[:1], 60, 0) for word, points in words.items()}
    assert write_lexicon(tmp_path, calm).stat().st_size <= 40 * 4_000


def test_a_model_taken_away_has_its_examples(model, recording, tmp_path):
    write_lexicon(model.folder, {"no": recording()})
    with zipfile.ZipFile(model.export(tmp_path / "model.zip")) as archive:
        assert f"tiny/{LEXICON}" in archive.namelist()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({}, "words: there are none"),
        ({"no": np.zeros((3, 42, 3))}, "words: 'no': points: shape"),
        ({"no": np.full((3, ROWS, 3), np.nan)}, "words: 'no': points: no hand"),
    ],
)
def test_words_that_cannot_be_written(tmp_path, words, message):
    with pytest.raises(ValueError, match=message):
        write_lexicon(tmp_path, words)
    assert not list(tmp_path.glob("*.npz")), "nothing is left behind"


def test_a_rate_that_is_none(tmp_path, recording):
    with pytest.raises(ValueError, match="rate: 0"):
        write_lexicon(tmp_path, {"no": recording()}, rate=0)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("word", np.array([1.0]), "word is float64"),
        ("word", np.array(["no", "yes"]), "length is not 1 to"),
        ("word", np.array([], "U3"), "it has"),
        ("length", np.array([0]), "length is not 1 to"),
        ("length", np.array([1001]), "length is not 1 to"),
        ("length", np.array([5]), "steps .* is not"),
        ("seconds", np.array([np.nan]), "seconds is not"),
        ("seconds", np.array([0.0]), "seconds is not"),
        ("people", np.array([0]), "people is not 1 to"),
        ("people", np.array([1 << 30]), "people is not 1 to"),
        ("people", np.array([2.0]), "people is float64"),
        ("people", np.array([2, 2]), "people .* is not"),
        ("people", None, "the array 'people' is missing"),
        ("rows", np.array([0, 0]), "rows is not"),
        ("rows", np.array([543]), "rows is not"),
        ("rows", np.arange(3), "steps .* is not"),
        ("box", np.full((1, 2, 2), np.inf), "box is no part"),
        ("box", np.full((1, 2, 2), 1e9), "box is no part"),
        ("steps", np.zeros((40, 2, 2)), "steps is float64"),
        ("seen", np.zeros((40, 1), np.uint8), "seen .* is not"),
        ("seen", None, "the array 'seen' is missing"),
    ],
)
def test_files_of_strangers_that_say_what_cannot_be(model, recording, name, value, message):
    file = write_lexicon(model.folder, {"no": recording()})
    with np.load(file) as stored:
        arrays = dict(stored)
    arrays[name] = value
    np.savez(file, **{key: array for key, array in arrays.items() if array is not None})
    with pytest.raises(BundleError, match=f"{LEXICON}: {message}"):
        read_lexicon(model)


def test_steps_that_lead_out_of_the_box_stay_in_it(model, recording):
    file = write_lexicon(model.folder, {"no": recording()})
    with np.load(file) as stored:
        arrays = dict(stored)
    arrays["steps"] = np.full_like(arrays["steps"], 32767)
    np.savez(file, **arrays)
    points = read_lexicon(model)["no"].points
    assert np.nanmax(np.abs(points)) <= np.abs(arrays["box"]).max() + 1e-6


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + bytes(50)])
def test_damaged_files(model, content):
    (model.folder / LEXICON).write_bytes(content)
    with pytest.raises(BundleError, match=LEXICON):
        read_lexicon(model)


def test_a_file_with_objects_is_not_read(model):
    arrays = {name: np.array([{}], object) for name in ("word", "length", "seconds")}
    arrays |= {name: np.array([{}], object) for name in ("people", "rows")}
    arrays |= {name: np.array([{}], object) for name in ("box", "steps", "seen")}
    np.savez(model.folder / LEXICON, allow_pickle=True, **arrays)
    with pytest.raises(BundleError, match="other things than numbers and words"):
        read_lexicon(model)


def test_a_file_that_is_too_large_is_refused_with_the_model(model):
    with (model.folder / LEXICON).open("wb") as file:
        file.truncate((16 << 20) + 1)
    with pytest.raises(BundleError, match=f"{LEXICON} is larger than 16 MB"):
        ModelBundle.read(model.folder)


def test_lips_and_hands_are_kept():
    assert {*LIPS, *LEFT_HAND, *RIGHT_HAND} <= set(KEPT.rows)
