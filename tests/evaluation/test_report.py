"""A folder of pictures of known colours, tried with a model that knows colours."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from asl.evaluation import report
from asl.evaluation.report import SCORE, Evaluation, UnreadableExample, evaluate_folder
from asl.inference.pictures.predictor import Predictor

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
PALE_RED = (90, 60, 60)


@pytest.fixture
def table_of(tmp_path):
    """``table_of(("A", RED), …)``: pictures of these labels and colours; None is unreadable."""

    def make(*pictures: tuple[str, tuple[int, int, int] | None], people: str = "") -> pd.DataFrame:
        rows = []
        for number, (label, colour) in enumerate(pictures):
            path = tmp_path / f"{number}.png"
            if colour is None:
                path.write_bytes(b"no picture")
            else:
                Image.new("RGB", (40, 30), colour).save(path)
            rows.append({"path": str(path), "label": label, "person": None})
        return pd.DataFrame(rows).assign(person=list(people) or None)

    return make


def evaluate(bundle, table: pd.DataFrame, wanted: str = "all") -> Evaluation:
    return evaluate_folder(Predictor(bundle), table, wanted)


def test_figures(tiny_bundle, table_of):
    table = table_of(("A", RED), ("A", GREEN), ("B", GREEN), ("C", BLUE))
    figures = evaluate(tiny_bundle(), table).to_json()

    assert figures["images"] == 4
    assert figures["accuracy"] == figures["accuracy_strict"] == 0.75
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert figures["hand_found"] == 0
    assert figures["answered"] == 1
    assert figures["accuracy_when_answered"] == 0.75
    low, high = figures["interval"]
    assert 0 <= low <= 0.75 <= high <= 1
    assert figures["per_class"]["A"] == {
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "support": 2,
    }
    assert figures["errors"] == []
    assert json.loads(json.dumps(figures)) == figures


def test_rows(tiny_bundle, table_of):
    table = table_of(("A", RED), ("B", BLUE), people="xy")
    evaluation = evaluate(tiny_bundle(), table)
    rows = evaluation.rows

    assert rows["path"].tolist() == table["path"].tolist()
    assert rows["label"].tolist() == ["A", "B"]
    assert rows["person"].tolist() == ["x", "y"]
    assert rows["predicted"].tolist() == ["A", "C"]
    assert rows["correct"].tolist() == [True, False]
    assert rows["found"].tolist() == [False, False]
    scores = rows[[f"{SCORE}{label}" for label in "ABC"]].to_numpy()
    np.testing.assert_allclose(scores.sum(1), 1)
    np.testing.assert_allclose(scores.max(1), rows["confidence"])


def test_abstained_pictures_count_with_their_top_label(tiny_bundle, table_of):
    table = table_of(("A", RED), ("A", PALE_RED), ("B", PALE_RED))
    bundle = tiny_bundle(gain=5.0, abstain_below={"hand": 0.9, "no_hand": 0.9})
    figures = evaluate(bundle, table).to_json()

    assert figures["accuracy"] == pytest.approx(2 / 3)
    assert figures["answered"] == pytest.approx(1 / 3)
    assert figures["accuracy_when_answered"] == 1


def test_a_model_that_never_answers(tiny_bundle, table_of):
    bundle = tiny_bundle(gain=0.1, abstain_below={"hand": 0.9, "no_hand": 0.9})
    figures = evaluate(bundle, table_of(("A", RED))).to_json()
    assert (figures["answered"], figures["accuracy_when_answered"]) == (0, None)


def test_unreadable_pictures_are_listed_and_not_counted(tiny_bundle, table_of):
    table = table_of(("A", RED), ("A", None))
    figures = evaluate(tiny_bundle(), table).to_json()

    assert (figures["images"], figures["accuracy"]) == (1, 1)
    [error] = figures["errors"]
    assert error["path"] == table["path"][1]
    assert "not a JPEG" in error["error"]


def test_look_alikes_count_as_one_sign(tiny_bundle, table_of):
    bundle = tiny_bundle(labels=("O", "0", "A"))
    figures = evaluate(bundle, table_of(("0", RED), ("O", GREEN), ("A", BLUE))).to_json()
    assert (figures["accuracy"], figures["accuracy_strict"]) == (1, pytest.approx(1 / 3))


def test_progress_reaches_the_end(tiny_bundle, table_of):
    seen = []
    predictor = Predictor(tiny_bundle())
    table = table_of(("A", RED), ("B", None))
    evaluate_folder(predictor, table, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("label", "wanted", "message"),
    [
        pytest.param("Q", "all", "does not know 'Q'; it knows A, B, 1", id="unknown sign"),
        pytest.param("1", "letters", "'1' is none of the letters; choose", id="not a candidate"),
        pytest.param("A", "words", "'words' is none of", id="unknown set"),
    ],
)
def test_labels_that_do_not_fit_are_named(tiny_bundle, table_of, label, wanted, message):
    with pytest.raises(ValueError, match=message):
        evaluate(tiny_bundle(labels=("A", "B", "1")), table_of((label, RED)), wanted)


def test_signs_that_are_not_asked_about_are_left_out_and_counted(tiny_bundle, table_of):
    bundle = tiny_bundle(labels=("A", "1", "Hello"))
    pictures = [("A", RED), ("1", GREEN), ("hELLO", BLUE), ("Q", RED), ("Q", None), ("bye", RED)]
    everything = evaluate(bundle, table_of(*pictures))
    assert everything.rows["label"].tolist() == ["A", "1", "Hello"]  # whatever their case
    figures = everything.to_json()
    assert (figures["images"], figures["accuracy"]) == (3, 1)
    assert figures["unknown"] == {"Q": 2, "bye": 1} and figures["not_among_candidates"] == {}
    assert figures["errors"] == []
    letters = evaluate(bundle, table_of(*pictures), "letters").to_json()
    assert letters["images"] == 1
    assert letters["unknown"] == figures["unknown"]
    assert letters["not_among_candidates"] == {"1": 1, "Hello": 1}
    assert everything.to_row()["left_out"] == 3


def test_a_table_without_a_readable_picture_is_refused(tiny_bundle, table_of):
    with pytest.raises(ValueError, match="no picture that can be read"):
        evaluate(tiny_bundle(), table_of(("A", None)))


def test_a_picture_without_an_answer_is_named_and_not_counted(blind_bundle, table_of):
    found = evaluate(blind_bundle, table_of(("A", RED), ("B", GREEN)))
    assert (found.scores.pictures, found.scores.accuracy) == (1, 1)
    assert "the model gave no answer" in found.errors[0][1]


def test_examples_of_any_kind_are_evaluated(tiny_bundle, table_of):
    class Loud:
        """Answers with the example, which is a number."""

        card = tiny_bundle(labels=("A", "B", "C")).card

        def outputs_of(self, example):
            return SimpleNamespace(logits=np.eye(3)[example] * 9)

        def answer(self, outputs, wanted, start, controls):
            label = self.card.labels[outputs.logits.argmax()]
            return SimpleNamespace(
                label=label, confidence=0.9, abstained=False, found=True, agreement=None
            )

    def load(path, name):
        if name == "broken":
            raise UnreadableExample(name, "it is broken")
        return int(name)

    table = table_of(("A", RED), ("B", RED), ("C", RED)).assign(name=["0", "2", "broken"])
    found = report.evaluate(Loud(), load, table)
    assert found.rows["predicted"].tolist() == ["A", "C"]
    assert found.scores.accuracy == 0.5 and found.to_json()["hand_found"] == 1
    assert found.errors == (("broken", "it is broken"),)


def test_row_of_a_results_file(tiny_bundle, table_of):
    row = evaluate(tiny_bundle(), table_of(("A", RED))).to_row()
    # One picture, right: Wilson's range of 1 of 1.
    assert (row["pictures"], row["accuracy"], row["high"]) == (1, 1, 1)
    assert row["low"] == pytest.approx(0.025) and row["people"] is None
