"""What a bundle keeps: read, checked, and cut to a question."""

import json

import numpy as np
import pandas as pd
import pytest

from asl.bundle import EVALUATION, HISTORY, BundleError, ModelBundle
from asl.evaluation.metrics import measure, precision_recall, roc_curves
from asl.evaluation.recorded import (
    for_candidates,
    network_outputs,
    possible_sets,
    read_evaluation,
    read_history,
    restricted,
)
from asl.evaluation.sources import find_examples

LABELS = ("A", "O", "0", "1")


@pytest.fixture
def table(make_evaluation) -> pd.DataFrame:
    return make_evaluation(LABELS, 80)


def stored(table: pd.DataFrame, folder, name: str = EVALUATION):
    table.to_parquet(folder / name)
    return folder


def test_what_is_stored_is_read(table, tmp_path):
    read = read_evaluation(stored(table, tmp_path), LABELS)
    recorded = for_candidates(read, LABELS, "all")
    assert recorded.truth.tolist() == table["label"].tolist()
    expected = table[[f"score_{label}" for label in LABELS]]
    np.testing.assert_allclose(recorded.scores, expected, atol=1e-6)
    assert set(recorded.rows) == {"picture", "label", "person", "source", "fold", "found"}


def test_columns_that_older_bundles_lack_are_filled(table, tmp_path):
    few = table.drop(columns=["person", "source", "fold", "found"])
    read = read_evaluation(stored(few, tmp_path), LABELS)
    assert read["person"].eq("").all() and read["found"].all()


def test_only_the_candidates_are_possible(table):
    letters = for_candidates(table, LABELS, "letters")
    assert letters.labels == ("A", "O")
    assert set(letters.truth) == {"A", "O"}
    np.testing.assert_allclose(letters.scores.sum(1), 1)


def test_look_alikes_are_forgiven_and_their_confidence_is_added(table):
    scores = np.array([[0.1, 0.3, 0.4, 0.2]])
    columns = [f"score_{label}" for label in LABELS]
    row = table.head(1).assign(label="O", **dict(zip(columns, scores.T, strict=True)))
    one = for_candidates(row, LABELS, "all")
    assert (one.answers[0], one.forgiven[0], one.correct[0]) == ("0", "O", True)
    assert one.confidence[0] == pytest.approx(0.7)


def test_a_model_that_holds_nothing_possible_has_no_opinion(table):
    row = table.head(1).assign(label="A", score_A=0.0, score_O=0.0, score_0=1.0, score_1=0.0)
    np.testing.assert_allclose(restricted(row, ("A", "O")).scores, 0.5)


class TestNeverLearnt:
    """The data's test part has D and the digit 7, of which the model never learnt anything."""

    @pytest.fixture
    def tested(self, table) -> pd.DataFrame:
        labels = [("D", "7")[n % 2] if n < 6 else one for n, one in enumerate(table["label"])]
        return table.assign(label=labels)

    def test_they_count_and_are_never_recognised(self, tested, tmp_path):
        # Somebody else's column of scores gives it no chance.
        stored(tested.assign(score_D=0.9), tmp_path)
        read = read_evaluation(tmp_path, LABELS)
        recorded = for_candidates(read, LABELS, "all")
        assert recorded.labels == (*LABELS, "7", "D")
        assert len(recorded.truth) == 80
        assert (recorded.scores[:, -2:] == 0).all() and not recorded.correct[:6].any()
        np.testing.assert_allclose(recorded.scores.sum(1), 1, atol=1e-6)
        scores = measure(recorded.truth, recorded.scores, recorded.labels)
        assert (scores.per_class["D"].recall, scores.per_class["D"].support) == (0, 3)
        for curves in (precision_recall, roc_curves):
            own = curves(recorded.truth, recorded.scores, recorded.labels)
            assert np.isfinite(own["D"].area) and own["D"].area <= 0.5

    @pytest.mark.parametrize(
        ("wanted", "there", "missing"), [("letters", "D", "7"), ("digits", "7", "D")]
    )
    def test_they_belong_to_their_candidate_set(self, tested, wanted, there, missing):
        recorded = for_candidates(tested, LABELS, wanted)
        assert there in recorded.labels and missing not in recorded.labels
        assert (recorded.truth == there).sum() == 3

    def test_a_model_without_an_opinion_gives_them_no_chance(self, tested):
        row = tested.head(1).assign(label="D", score_A=0.0, score_O=0.0)
        np.testing.assert_allclose(restricted(row, ("A", "O", "D")).scores, [[0.5, 0.5, 0]])
        with pytest.raises(ValueError, match="never learnt any of D"):
            restricted(row, ("D",))


def test_taking_some_pictures(table):
    recorded = for_candidates(table, LABELS, "all")
    wrong = recorded.take(~recorded.correct)
    assert not wrong.correct.any() and len(wrong.rows) == (~recorded.correct).sum()
    assert recorded.take(np.array([3, 1])).truth.tolist() == recorded.truth[[3, 1]].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda t: t.drop(columns="score_A"), "'score_A' is missing", id="no score"),
        pytest.param(lambda t: t.drop(columns="label"), "'label' is missing", id="no label"),
        pytest.param(lambda t: t.assign(label="x" * 65), "not 1 to 64", id="too long"),
        pytest.param(lambda t: t.assign(label=""), "not 1 to 64", id="no name"),
        pytest.param(lambda t: t.assign(label="a\u202eb"), "cannot be shown", id="unseen"),
        pytest.param(lambda t: t.assign(label="q"), "not in its plain form", id="another form"),
        pytest.param(
            lambda t: pd.concat([t] * 30).assign(label=[f"sign {n}" for n in range(30 * len(t))]),
            "2 to 2000 can be used",
            id="too many signs",
        ),
        pytest.param(lambda t: t.assign(score_A=np.nan), "not between 0 and 1", id="NaN"),
        pytest.param(lambda t: t.assign(score_A=2.0), "not between 0 and 1", id="above 1"),
        pytest.param(lambda t: t.assign(score_A="x"), "not hold numbers", id="text"),
        pytest.param(lambda t: t.head(0), "no test picture", id="empty"),
    ],
)
def test_unusable_answers_are_named(table, tmp_path, change, message):
    with pytest.raises(BundleError, match=message):
        read_evaluation(stored(change(table), tmp_path), LABELS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda t: t.drop(columns="seconds"), "'seconds' is missing", id="a column"),
        pytest.param(lambda t: t.assign(epoch="one"), "not hold numbers", id="text"),
        pytest.param(lambda t: t.assign(macro_f1=np.nan), "'macro_f1' is no number", id="NaN"),
    ],
)
def test_an_unusable_history_is_named(make_history, tmp_path, change, message):
    with pytest.raises(BundleError, match=message):
        read_history(stored(change(make_history()), tmp_path, HISTORY))


def test_missing_and_broken_files_are_named(tmp_path):
    with pytest.raises(BundleError, match=r"history\.parquet is missing"):
        read_history(tmp_path)
    (tmp_path / HISTORY).write_bytes(b"PAR1")
    with pytest.raises(BundleError, match="no readable Parquet file"):
        read_history(tmp_path)


def test_questions_that_make_sense():
    assert possible_sets(["A", "O"], LABELS) == ["letters", "all"]
    assert possible_sets(["1"], ("1", "A", "B")) == ["all"]


def test_network_outputs(table):
    assert network_outputs(table, "weights") is None
    wide = table.assign(**{f"weights:{i}": float(i) for i in range(3)})
    np.testing.assert_array_equal(network_outputs(wide, "weights")[0], [0, 1, 2])


class TestFindPictures:
    @pytest.fixture
    def trained(self, tiny_bundle, asl_home, tmp_path, coloured_file):
        """A model whose run remembers a folder with A/a.png, B/twice.png and b/twice.png."""
        bundle = tiny_bundle()
        data = tmp_path / "drawn"
        for name in ("A/a.png", "B/twice.png", "b/twice.png"):
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            (data / name).write_bytes(coloured_file())
        run = asl_home / "runs" / bundle.card.name
        run.mkdir(parents=True)
        config = {"data": [{"name": "drawn", "folder": str(data)}]}
        (run / "run.json").write_text(json.dumps({"config": config}))
        return bundle

    @pytest.fixture
    def rows(self):
        entries = [("A", "a.png"), ("B", "twice.png"), ("C", "a.png"), ("A", "../../etc/passwd")]
        return pd.DataFrame(entries, columns=["label", "picture"]).assign(source="drawn")

    def test_pictures_are_found_unless_two_have_one_name(self, trained, rows, tmp_path):
        expected = [str(tmp_path / "drawn" / "A" / "a.png"), None, None, None]
        assert find_examples(trained, rows) == expected

    def test_strangers_see_only_their_own_workspace(self, trained, rows, monkeypatch, tmp_path):
        monkeypatch.setenv("ASL_HOSTED", "1")
        monkeypatch.setenv("ASL_SERVER_HOME", str(tmp_path))
        assert find_examples(trained, rows) == [None] * 4

    def test_bundled_models_have_no_pictures(self, trained, rows, tmp_path):
        elsewhere = ModelBundle(tmp_path / "elsewhere" / "tiny", trained.card)
        assert find_examples(elsewhere, rows) == [None] * 4

    @pytest.mark.parametrize("content", ["", "[]", '{"config": {"data": [1]}}'])
    def test_a_broken_run_leads_nowhere(self, trained, rows, asl_home, content):
        (asl_home / "runs" / "tiny" / "run.json").write_text(content)
        assert find_examples(trained, rows) == [None] * 4


def test_none_of_these_is_no_answer_and_makes_the_others_less_sure():
    scores = {"score_again": [0.3, 0.1], "score_bye": [0.1, 0.6], "score_none": [0.6, 0.3]}
    table = pd.DataFrame({"label": ["again", "again"], **scores})
    recorded = for_candidates(table, ("again", "bye", "none"), "all", still=False)
    assert recorded.answers.tolist() == ["again", "bye"]
    assert recorded.confidence.tolist() == [0.3, 0.6]
    assert recorded.likelier_none.tolist() == [True, False]
    assert [recorded.within(best) for best in (1, 2)] == [0.5, 1.0]


def test_the_share_within_the_best_few():
    table = pd.DataFrame(
        [[0.5, 0.3, 0.1, 0.1], [0.5, 0.3, 0.15, 0.05], [0.1, 0.2, 0.3, 0.4]],
        columns=[f"score_{label}" for label in "ABCD"],
    ).assign(label=["A", "C", "A"])
    recorded = restricted(table, tuple("ABCD"), still=False)
    shares = [recorded.within(best) for best in (1, 2, 3, 4)]
    np.testing.assert_allclose(shares, [1 / 3, 1 / 3, 2 / 3, 1])


def test_a_sign_that_was_never_learnt_is_among_no_best_few():
    table = pd.DataFrame({"score_A": [0.6], "score_B": [0.4], "label": ["D"]})
    assert restricted(table, ("A", "B", "D"), still=False).within(2) == 0.0


def test_movements_keep_their_own_confidence():
    table = pd.DataFrame({"score_O": [0.5], "score_0": [0.5], "label": ["O"]})
    assert restricted(table, ("O", "0")).confidence[0] == 1.0
    moving = restricted(table, ("O", "0"), still=False)
    assert moving.confidence[0] == 0.5 and not moving.take(np.array([0])).still
