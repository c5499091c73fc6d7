"""Two models side by side: which one is better, and on which pictures."""

import pandas as pd

from asl.evaluation.recorded import TestPredictions as Predictions
from asl.evaluation.recorded import for_candidates
from asl.figures import comparison

LABELS = ("A", "B", "C")


def test_disagreements_name_the_better_one(make_evaluation):
    recorded = for_candidates(make_evaluation(LABELS, 90), LABELS, "all")
    right = for_candidates(pd.concat([recorded.rows, _perfect(recorded)], axis=1), LABELS, "all")
    (row,) = comparison.disagreements({("ours", "perfect"): (recorded, right)})
    assert row["verdict"].startswith("perfect is better") == (row["p"] < 0.05)
    listed = comparison.differing({"ours": recorded, "perfect": right})
    assert len(listed) == row["only second"] == (~recorded.correct).sum()


def _perfect(recorded: Predictions) -> pd.DataFrame:
    """The scores of a model that is always right and sure."""
    hot = recorded.truth[:, None] == list(LABELS)
    return pd.DataFrame(hot.astype(float), columns=[f"score_{label}" for label in LABELS])
