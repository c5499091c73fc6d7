"""The bundled models of the sources: made by the command that is documented, small, and honest."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from asl.bundle import BUNDLED_MODELS, DEFAULT_MODEL, FILES, LEXICON, ModelBundle, list_bundles
from asl.evaluation.comparison import common_labels, same_pictures
from asl.evaluation.recorded import for_candidates, network_outputs, read_evaluation, read_history
from asl.evaluation.results.result import HOME, Result
from asl.runs.examples import list_examples
from asl.runs.files import ADVICE
from asl.runs.run import history, status
from asl.training.config import TrainConfig
from asl.training.reproduce import CLAIMS, CONFIGS
from asl.ui.compare.models import first_choice

MAKEFILE = (HOME / "Makefile").read_text(encoding="utf-8")
#: Bundled model → configuration that `make source-models` trains it by.
MADE_BY = dict(
    pair.split("=")
    for pair in re.search(r"SOURCE_MODELS := ((?:.*\\\n)*.*)", MAKEFILE)[1]
    .replace("\\", "")
    .split()
)
MODELS = sorted(set(MADE_BY) & {folder.name for folder in BUNDLED_MODELS.iterdir()})
_MOST_BYTES = 25 << 20


def read(name: str) -> ModelBundle:
    return ModelBundle.read(BUNDLED_MODELS / name)


def agrees(stored: object, wanted: object) -> bool:
    """Tell whether settings are those wanted; of what came later, and of what is left to the
    training (None), they say nothing."""
    if isinstance(stored, dict) and isinstance(wanted, dict):
        return all(agrees(value, wanted.get(name)) for name, value in stored.items())
    return wanted is None or stored == wanted


def test_every_bundled_model_has_a_command():
    others = {bundle.folder.name for bundle in list_bundles() if bundle.is_bundled} - set(MADE_BY)
    assert others == {DEFAULT_MODEL, "asl-words"}
    assert MODELS == sorted(MADE_BY)


def test_together_they_are_small():
    files = [file for name in MODELS for file in (BUNDLED_MODELS / name).rglob("*")]
    assert sum(file.stat().st_size for file in files) < _MOST_BYTES


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_whole_and_made_by_its_configuration(name):
    bundle = read(name)
    assert {file.name for file in bundle.folder.iterdir()} == set(FILES) - {LEXICON}
    config = replace(TrainConfig.read(CONFIGS / f"{MADE_BY[name]}.toml"), name=name)
    wanted = asdict(config) | {"data": [entry.name for entry in config.data]}
    assert agrees(bundle.card.training["config"], json.loads(json.dumps(wanted)))
    assert bundle.card.description == config.description != ""
    assert all(entry["licence"] for entry in bundle.card.data)
    assert bundle.card.parity["largest_difference"] < 1e-4
    assert len(read_history(bundle.folder)) >= config.picture.epochs


@pytest.mark.parametrize("name", MODELS)
def test_its_scores_are_those_of_the_sources_table(name):
    """Seeds are fixed, processors are not: a few pictures of 503 may differ."""
    rows = Result.read(HOME / "docs" / "results" / "sources.json").rows
    number = next(
        number for number, one in enumerate(CLAIMS) if MADE_BY[name] in (one.alike, one.apart)
    )
    alike = CLAIMS[number].alike == MADE_BY[name]
    bundle = read(name)
    table = read_evaluation(bundle.folder, bundle.card.labels)
    recorded = for_candidates(table, bundle.card.labels, "all")
    right = recorded.rows.assign(right=recorded.answers == recorded.truth)
    mean = right.groupby("fold")["right"].mean().mean()
    row = next(row for row in rows if row["name"] == CLAIMS[number].name)
    assert mean == pytest.approx(row["accuracy" if alike else "mean_of_left_out"], abs=0.025)


def test_two_tests_of_one_network_are_compared_first_and_differ_a_lot():
    bundles = {name: read(name) for name in (DEFAULT_MODEL, *MODELS)}
    pair = first_choice(bundles)
    assert pair == ["channel-attention", "channel-attention-new-hand"]
    tables = [read_evaluation(BUNDLED_MODELS / name, read(name).card.labels) for name in pair]
    same = same_pictures(tables)
    assert len(same[0]) == 503
    labels = common_labels([read(name).card.labels for name in pair])
    one, other = (for_candidates(table, labels, "all").correct.mean() for table in same)
    assert one > other + 0.05


def test_the_colours_of_the_test_pictures_are_kept():
    bundle = read("channel-attention")
    recorded = for_candidates(
        read_evaluation(bundle.folder, bundle.card.labels), bundle.card.labels, "all"
    )
    weights = network_outputs(recorded.rows, "channel_attention")
    assert weights is not None and weights.shape == (503, 3)


def test_their_trainings_are_examples_on_the_runs_page():
    runs = {run.id: run for run in list_examples()}
    assert set(runs) == set(MODELS)
    for name, run in runs.items():
        assert status(run).state == "done" and history(run)
        assert run.bundle == read(name) and run.config["name"] == name
        text = "".join(file.read_text() for file in run.folder.iterdir())
        assert (run.folder / ADVICE).is_file() and len(text) < 60_000
        # Names of the data alone, and no place where they lay.
        assert not re.search(r'"/\w', text) and str(Path.home()) not in text
