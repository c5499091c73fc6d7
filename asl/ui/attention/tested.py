"""The test clips of a model of words, as far as they are here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from asl.bundle import EVALUATION, BundleError, ModelBundle
from asl.evaluation.recorded import TestPredictions, for_candidates, read_evaluation
from asl.evaluation.sequences.clips import read_clips
from asl.evaluation.sources import find_examples
from asl.labels import display_name
from asl.ui.shared.model_choice import model_key
from asl.ui.words.model import load_words
from asl.workspace import workspace


@dataclass(frozen=True, eq=False)
class Tested:
    """Test clips that are here.

    Attributes:
        recorded: what the model answered to them.
        paths: (N,) where they lie.
    """

    recorded: TestPredictions
    paths: np.ndarray

    @property
    def words(self) -> list[str]:
        """The words that are shown, in alphabetical order."""
        return sorted(
            set(self.recorded.truth.tolist()), key=lambda label: display_name(label).casefold()
        )

    def of(self, word: str) -> list[int]:
        """Return the places of the clips of a word: the surest mistakes first, and last the
        surest of the right answers."""
        own = np.flatnonzero(self.recorded.truth == word)
        sure = self.recorded.confidence[own]
        order = np.argsort(np.where(self.recorded.correct[own], sure, -sure), kind="stable")
        found: list[int] = own[order].tolist()
        return found

    def read(self, bundle: ModelBundle, numbers: list[int]) -> list[np.ndarray]:
        """Return the landmarks of clips, (T, 543, 3) each, without those that cannot be read."""
        paths = self.paths[numbers].tolist()
        selection = load_words(bundle).preparation.selection
        found = read_clips(paths, workspace() / "cache", selection)
        return [found[path] for path in paths if path in found]


def tested_clips(bundle: ModelBundle) -> Tested | None:
    """Return the clips that a model was tested on, None if none of them is here."""
    file = bundle.folder / EVALUATION
    changed = file.stat().st_mtime_ns if file.is_file() else 0
    return _find(bundle, f"{model_key(bundle)} {changed}")


@st.cache_data(max_entries=4, show_spinner="Looking for the test clips…", scope="session")
def _find(_bundle: ModelBundle, key: str) -> Tested | None:
    try:
        table = read_evaluation(_bundle.folder, _bundle.card.labels)
    except BundleError:
        return None
    recorded = for_candidates(table, _bundle.card.labels, "all", still=False)
    paths = np.array([path or "" for path in find_examples(_bundle, recorded.rows)], str)
    here = paths != ""
    return Tested(recorded.take(here), paths[here]) if here.any() else None
