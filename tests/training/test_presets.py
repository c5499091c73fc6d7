"""What is trained when nobody chooses anything, and what is refused before it starts."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from asl.runs.estimate import Estimate, TooLarge, check_memory, estimate, memory_free
from asl.training.config import SPLITS, WORD_NETWORK, DataSet, TrainConfig
from asl.training.presets import best_split, for_network, possible_splits, presets

SOURCE = DataSet("pictures", name="Mine")
KINDS = ("pictures", "sequences")
EVERY = [pytest.param(kind, name, id=f"{kind}, {name}") for kind in KINDS for name in presets(kind)]


@pytest.mark.parametrize(
    ("people", "split"),
    [
        (["a", "b", "a"], "leave-one-person-out"),
        (["a", "b", "c", "d", "e", "f"], "leave-one-person-out"),
        (list("abcdefg"), "group-k-fold"),
        (list("abcdefghijkl"), "group-k-fold"),
        (list("abcdefghijklm"), "new-person"),
        (["a", "a"], "random"),
        (["a", "b", None], "random"),
        (["a", "b", ""], "random"),
        ([None], "random"),
        ([], "random"),
    ],
)
def test_people_are_left_out_wherever_they_are_known(people, split):
    assert best_split(people) == split
    for kind in KINDS:
        for preset in presets(kind).values():
            assert preset(SOURCE, people).split == split


@pytest.mark.parametrize(
    ("people", "parts", "splits"),
    [
        pytest.param(
            [None] * 3, ["train", "valid", "test"], ("own", "random"), id="people unknown"
        ),
        pytest.param([None] * 2, [None, "test"], ("own", "random"), id="the rest without a name"),
        pytest.param([None] * 2, ["test", "test"], ("random",), id="nothing but a test part"),
        pytest.param([None] * 2, ["train", "valid"], ("random",), id="no test part"),
        pytest.param(
            ["a", "b"],
            ["train", "test"],
            ("own", "leave-one-person-out", "new-person", "random"),
            id="the test part's people are others",
        ),
        pytest.param(
            ["a", "b", "a"],
            ["train", "train", "test"],
            ("leave-one-person-out", "new-person", "own", "random"),
            id="somebody is on both sides",
        ),
        pytest.param(
            ["a", "b", "a", None],
            ["train", "train", "test", "test"],
            ("own", "random"),
            id="somebody is on both sides, one is unknown",
        ),
        pytest.param(["a", "a"], ["train", "test"], ("own", "random"), id="one person"),
        pytest.param(
            [*"abcdefgh", "a"],
            ["train"] * 8 + ["test"],
            ("group-k-fold", "leave-one-person-out", "new-person", "own", "random"),
            id="eight people, one on both sides",
        ),
    ],
)
def test_the_datas_own_test_part_comes_first_unless_it_tests_whom_it_taught(people, parts, splits):
    assert possible_splits(people, parts) == splits
    assert best_split(people, parts) == splits[0] and set(splits) <= set(SPLITS)
    for kind in KINDS:
        for preset in presets(kind).values():
            assert preset(SOURCE, people, parts=parts).split == splits[0]


@pytest.mark.parametrize(("kind", "preset"), EVERY)
def test_a_preset_is_what_a_file_of_settings_can_hold(kind, preset):
    config = presets(kind)[preset](SOURCE, ["a", "b"], "mine")
    assert TrainConfig.from_dict(asdict(config)) == config
    assert (config.name, config.data) == ("mine", (SOURCE,))
    assert config.of_sequences is (kind == "sequences")


@pytest.fixture
def as_bundled(asl_home, monkeypatch):
    """``as_bundled(made)``: a model comes with the app, as asl-words; none before."""

    def move(made):
        made.folder.rename(home / "asl-words")

    home = asl_home / "bundled"
    home.mkdir(parents=True)
    monkeypatch.setattr("asl.bundle.BUNDLED_MODELS", home)
    return move


def test_words_start_from_the_bundled_model_and_are_shown_what_that_was(as_bundled, words_bundle):
    own = presets("sequences")["Quick"](SOURCE, ["a", "b"])
    assert (own.network, own.start) == (WORD_NETWORK, "none")
    made = words_bundle("asl-words", network="lstm", settings={"width": 16})
    # The user's own model of that name is none that came with the app.
    assert presets("sequences")["Quick"](SOURCE, ["a", "b"]).start == "none"
    as_bundled(made)
    for preset in presets("sequences").values():
        config = preset(SOURCE, ["a", "b"])
        assert (config.network, config.start, config.settings) == ("lstm", "bundled", {"width": 16})
        assert config.preparation.to_input() == made.card.sequence


def test_a_bundled_model_of_pictures_is_no_start_for_words(as_bundled, tiny_bundle):
    as_bundled(tiny_bundle("asl-words"))
    assert presets("sequences")["Quick"](SOURCE, []).start == "none"


def test_choosing_settings_loads_no_heavy_package():
    script = (
        "import sys, asl.training.presets, asl.runs.estimate, asl.runs.control;"
        "from asl.training.config import TrainConfig;"
        "from asl.training.search.space import possible;"
        "settings = {'name': 'x', 'data': [{'folder': 'x'}], 'settings': {'dropout': 0.1}};"
        "possible(TrainConfig.from_dict(settings));"
        "print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"torch", "torchvision", "mlflow", "sklearn", "ai_edge_litert"} & set(loaded)


def test_what_does_not_fit_is_refused_with_the_reason():
    config = presets("pictures")["Quick"](SOURCE, [])
    check_memory(memory_free() // 2, config)
    for search, words in (({}, "a batch smaller than 64"), ({"trials": 2}, "fewer trials at a")):
        free = rf"needs about .* MB, and .* MB are free here; choose {words}"
        with pytest.raises(TooLarge, match=free):
            check_memory(10**15, config, search)


def test_an_estimate_survives_being_written():
    found = Estimate((("", "finding hands", 1.5), ("00", "picture network", 2.5)), 10, 20, 3)
    assert found.seconds == 4.0
    assert Estimate.from_dict(asdict(found)) == found


def test_a_few_real_batches_tell_what_all_takes(tmp_path, make_picture):
    for number in range(12):
        folder = tmp_path / "pictures" / "AB"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        make_picture(number).save(folder / f"p{number // 2}_{number}.png")
    source = DataSet(str(tmp_path / "pictures"), people=r"(?P<person>p\d)_")
    config = presets("pictures")["Quick"](source, list("abcdefg"))
    config = replace(config, size=64, frozen_stages=6, start="none")
    assert config.split == "group-k-fold"
    *steps, found = estimate(config)
    assert [share for _, share in steps] == sorted(share for _, share in steps)
    assert found.pictures == 12
    tasks = [(part, task) for part, task, seconds in found.plan if seconds > 0]
    assert tasks[:4] == [
        ("", "starting"),
        ("", "finding hands"),
        ("", "frozen stages"),
        ("00", "picture network"),
    ]
    assert tasks[-1] == ("", "exporting")
    # Six people in five groups, and then everybody.
    assert len({part for part, _ in tasks} - {""}) == 6
    assert 100 << 20 < found.memory < 20 << 30
    with pytest.raises(ValueError, match="nowhere"):
        list(estimate(replace(config, data=(DataSet("nowhere"),))))


def test_a_few_real_batches_of_clips_tell_what_all_takes(tmp_path, packed_words):
    people = ("ann", "ben", "cleo")
    (tmp_path / "words.npz").write_bytes(packed_words(people=people, each=3))
    config = presets("sequences")["Quick"](DataSet(str(tmp_path / "words.npz")), people)
    small = {"width": 16, "depth": 1, "heads": 2}
    *steps, found = estimate(replace(config, settings=small))
    assert [what for what, _ in steps] == ["reading landmarks", "trying the network of words"]
    assert found.pictures == 18
    tasks = [(part, task) for part, task, seconds in found.plan if seconds > 0]
    assert tasks == [
        ("", "starting"),
        ("", "reading sequences"),
        *((part, "sequence network") for part in ("00", "01", "02", "final")),
        ("", "exporting"),
    ]
    # What is kept of a packed file is kept once, however few of its sequences are tried.
    assert found.disk < 40 << 20


def test_words_are_fine_tuned_slowly_and_learned_from_nothing_fast():
    config = presets("sequences")["Quick"](SOURCE, ["a", "b"])
    assert (config.start, config.sequences.learning_rate) == ("bundled", 3e-4)
    other = for_network(config, "lstm")
    assert (other.network, other.start, other.sequences.learning_rate) == ("lstm", "none", 1e-3)
    pictures = presets("pictures")["Quick"](SOURCE, ["a", "b"])
    assert for_network(pictures, "hand_landmarks").landmarks == pictures.landmarks
