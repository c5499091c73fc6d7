"""Figures of a search show what its table says."""

import pandas as pd
import pytest

from asl.figures.search import importance_bars, parallel_coordinates, search_course

TABLE = pd.DataFrame(
    {
        "trial": [0, 1, 2],
        "macro_f1": [0.5, 0.9, 0.3],
        "state": ["complete", "complete", "pruned"],
        "learning_rate": [0.001, 0.01, 0.1],
        "epochs": [5, 10, 7],
    }
)


def test_importance_is_ranked():
    [bars] = importance_bars({"epochs": 0.2, "learning_rate": 0.8}).data
    assert list(bars.y) == ["learning rate", "epochs"]
    assert list(bars.text) == ["80%", "20%"]


def test_the_course_tells_finished_trials_from_those_given_up():
    finished, given_up, best = search_course(TABLE).data
    assert list(finished.x) == [1, 2]
    assert list(given_up.y) == [0.3]
    assert list(best.y) == [0.5, 0.9]


def test_lines_run_through_the_settings_of_finished_trials():
    [lines] = parallel_coordinates(TABLE, ["learning_rate", "epochs"]).data
    rate, epochs, score = lines.dimensions
    assert list(rate["values"]) == pytest.approx([-3, -2])  # in powers of ten
    assert list(rate["ticktext"]) == ["0.001", "0.01"]
    assert list(epochs["values"]) == [5, 10]
    assert list(score["values"]) == [0.5, 0.9]
