"""The model of words that a visitor chose: loaded once for all, with its examples to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from asl.bundle import BundleError, ModelBundle
from asl.labels import NONE, display_name
from asl.ui.shared.model_choice import loaded, model_key
from asl.ui.shared.text import escape_markdown

# Importing it at run time would load ONNX Runtime before the page is drawn.
if TYPE_CHECKING:
    from asl.inference.sequences.lexicon import Example
    from asl.inference.sequences.predictor import WordPredictor

_MOST_LOADED = 4


def load_words(bundle: ModelBundle) -> WordPredictor:
    """Return the loaded model; ends the page with the reason if it cannot be loaded."""
    return loaded(_load, bundle)


@st.cache_resource(max_entries=_MOST_LOADED, show_spinner="Loading the model…")
def _load(folder: str, key: str) -> WordPredictor:
    """Load the model in `folder`; another `key` is another model to the cache."""
    from asl.inference.first_answer import require_answer
    from asl.inference.sequences.predictor import WordPredictor

    bundle = ModelBundle.read(Path(folder))
    require_answer(bundle)
    return WordPredictor(bundle)


def load_lexicon(bundle: ModelBundle) -> Mapping[str, Example]:
    """Return an example of each word, as far as the model brings any.

    A lexicon that cannot be read is said to be so, and the page goes on without it.
    """
    try:
        return _lexicon(str(bundle.folder), model_key(bundle))
    except BundleError as error:
        st.warning(f"The examples of words cannot be shown. {escape_markdown(str(error))}")
        return {}


@st.cache_resource(max_entries=_MOST_LOADED, show_spinner=False)
def _lexicon(folder: str, key: str) -> Mapping[str, Example]:
    from asl.inference.sequences.lexicon import read_lexicon

    return read_lexicon(ModelBundle.read(Path(folder)))


def words_of(bundle: ModelBundle) -> list[str]:
    """Return the words that a model knows, in alphabetical order; "none of these" is no word."""
    known = (label for label in bundle.card.labels if label != NONE)
    return sorted(known, key=lambda label: display_name(label).casefold())
