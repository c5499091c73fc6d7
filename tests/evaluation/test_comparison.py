"""Models side by side."""

from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from asl.bundle import WEIGHTS, BundleError
from asl.evaluation.comparison import (
    common_labels,
    costs,
    disagreement,
    final_figures,
    milliseconds,
    parameters,
    same_pictures,
)


def exact(first: int, second: int) -> float:
    """McNemar's exact p-value, summed up by hand."""
    count, least = first + second, min(first, second)
    return min(1.0, 2 * sum(comb(count, k) for k in range(least + 1)) / 2**count)


@given(*[st.integers(0, 30)] * 4)
def test_disagreement_is_mcnemars_exact_test(both, first, second, neither):
    if not both + first + second + neither:
        return
    one = np.repeat([True, True, False, False], [both, first, second, neither])
    other = np.repeat([True, False, True, False], [both, first, second, neither])
    found = disagreement(one, other)
    counts = (found.both_right, found.first_only, found.second_only, found.both_wrong)
    assert counts == (both, first, second, neither)
    assert found.p == pytest.approx(exact(first, second), abs=1e-9)
    assert disagreement(other, one).p == pytest.approx(found.p)


@pytest.mark.parametrize(
    ("first", "second"),
    [pytest.param([], [], id="none"), pytest.param([True], [True, False], id="lengths")],
)
def test_unequal_or_no_pictures_are_refused(first, second):
    with pytest.raises(ValueError, match="pictures: "):
        disagreement(np.array(first), np.array(second))


def test_same_pictures_are_lined_up():
    def table(*rows, **columns):
        names = ["source", "picture", "label", "score"]
        return pd.DataFrame(rows, columns=names).assign(**columns)

    one = table(
        ("s", "1", "A", 0.1), ("s", "2", "A", 0.2), ("s", "3", "B", 0.3), ("t", "1", "A", 0.4)
    )
    other = table(("s", "3", "B", 3), ("s", "1", "A", 1), ("s", "2", "B", 2), ("t", "1", "A", 4),
                  ("t", "1", "A", 5))  # fmt: skip
    ours, theirs = same_pictures([one, other])
    assert ours["score"].tolist() == [0.1, 0.3]
    assert theirs["score"].tolist() == [1, 3]
    keys = ["source", "picture", "label"]
    pd.testing.assert_frame_equal(ours[keys], theirs[keys])


def test_common_labels():
    assert common_labels([("A", "B", "C"), ("C", "A")]) == ("A", "C")


def test_final_figures(make_history):
    history = make_history(epochs=4)
    assert final_figures(history) == {
        "best_accuracy": pytest.approx(0.875),
        "train_loss": pytest.approx(0.5),
        "valid_loss": pytest.approx(0.55),
        "seconds_an_epoch": pytest.approx(2.5),
        "epochs": 4,
    }


def test_only_what_is_trained_is_counted(tmp_path):
    tensors = {
        "net.weight": np.zeros((5, 3), np.float16),
        "net.bias": np.zeros(5, np.float16),
        "norm.running_mean": np.zeros(5),
        "norm.num_batches_tracked": np.zeros((), np.int64),
        "pixel_mean": np.zeros((1, 3, 1, 1)),
        "fusion": np.zeros(3),
    }
    save_file(tensors, tmp_path / WEIGHTS)
    assert parameters(tmp_path) == 20


def test_weights_that_are_missing_or_broken(tmp_path):
    assert parameters(tmp_path) is None
    (tmp_path / WEIGHTS).write_bytes(b"broken")
    with pytest.raises(BundleError, match=r"weights\.safetensors cannot be read"):
        parameters(tmp_path)


def test_costs_are_measured(tiny_bundle):
    bundle = tiny_bundle()
    found = costs(bundle)
    assert found["parameters"] is None
    assert found["megabytes"] == pytest.approx((bundle.folder / "model.onnx").stat().st_size / 1e6)
    assert 0 < found["milliseconds"] < 1000


def test_a_broken_network_cannot_be_measured(tiny_bundle):
    bundle = tiny_bundle()
    (bundle.folder / "model.onnx").write_bytes(b"broken")
    with pytest.raises(BundleError, match="cannot be loaded"):
        milliseconds(bundle)
