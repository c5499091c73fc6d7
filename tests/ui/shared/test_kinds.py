"""Words for what models learn from."""

from dataclasses import asdict

import pytest

from asl.nets.registry import networks
from asl.training.config import WORD_NETWORK, DataSet, TrainConfig
from asl.training.kind import kind_of as trained_kind
from asl.training.presets import presets
from asl.training.progress import Task
from asl.ui.shared.kinds import PICTURES, SEQUENCES, kind_called, kind_of

CONFIGS = {
    "pictures": TrainConfig("name", (DataSet("pictures"),)),
    "sequences": TrainConfig("name", (DataSet("films"),), network=WORD_NETWORK),
}
KINDS = {"pictures": PICTURES, "sequences": SEQUENCES}


@pytest.mark.parametrize("name", KINDS)
def test_a_run_is_spoken_of_by_what_it_learns_from(name):
    assert kind_of(asdict(CONFIGS[name])) is KINDS[name] is kind_called(name)


def test_a_run_of_an_unknown_network_learned_from_pictures():
    assert kind_of({"network": "no longer there"}) is PICTURES


@pytest.mark.parametrize("name", KINDS)
def test_every_stage_with_a_recipe_has_words_and_finds_it(name):
    kind, config = KINDS[name], asdict(CONFIGS[name])
    trained = trained_kind(CONFIGS[name]).recipes(CONFIGS[name])
    assert trained.items() <= {Task(k): v for k, v in kind.recipes.items()}.items()
    for stage, setting in kind.recipes.items():
        assert stage in kind.stages and setting in config
    assert kind.main_recipe in config and Task.EXPORTING in kind.stages


@pytest.mark.parametrize("name", KINDS)
def test_presets_and_start_weights_have_words(name):
    kind = KINDS[name]
    assert list(kind.presets) == list(presets(name))
    assert {start for one in networks(name).values() for start in one.starts} <= set(kind.starts)
