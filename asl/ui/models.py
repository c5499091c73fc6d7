"""Choose a model and the possible signs, and keep loaded models for all visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from asl.bundle import CARD, ONNX, BundleError, ModelBundle, list_bundles
from asl.labels import CANDIDATE_SETS, candidates
from asl.ui.text import escape_markdown

# Importing it at run time would load ONNX Runtime before the first page is drawn.
if TYPE_CHECKING:
    from asl.inference.predictor import Predictor

_MOST_LOADED = 4
_CANDIDATE_NAMES = {"letters": "Letters", "digits": "Digits", "all": "All"}


def choose_model() -> ModelBundle:
    """Let the visitor choose a model; ends the page with advice where there is none."""
    bundles = {str(bundle.folder): bundle for bundle in list_bundles()}
    if not bundles:
        st.warning(
            "There is no model yet, so no sign can be read. Train one on the Train page, or "
            "put a model folder under `models`.",
            icon=":material/deployed_code_alert:",
        )
        st.stop()
    folder = st.selectbox(
        "Model",
        list(bundles),
        format_func=lambda folder: bundles[folder].card.name,
        key="model",
        persist_state="session",
    )
    return bundles[folder]


def choose_candidates(labels: tuple[str, ...]) -> str:
    """Let the visitor say which signs are possible; returns the candidate set's name."""
    possible = [name for name in CANDIDATE_SETS if _knows(labels, name)]
    return st.segmented_control(
        "Possible signs",
        possible,
        default="all",
        required=True,
        format_func=_CANDIDATE_NAMES.get,
        key="candidates",
        persist_state="session",
        help="The fewer signs are possible, the surer the answer. Some letters and digits share "
        "a handshape, such as O and 0: this choice alone tells them apart.",
    )


def _knows(labels: tuple[str, ...], name: str) -> bool:
    try:
        return bool(candidates(labels, name))
    except ValueError:
        return False


def model_key(bundle: ModelBundle) -> str:
    """Return a name for the model as it is on disk now; training it again changes the name."""
    changed = [(bundle.folder / file).stat().st_mtime_ns for file in (CARD, ONNX)]
    return f"{bundle.folder}@{changed}"


def load_predictor(bundle: ModelBundle) -> Predictor:
    """Return the loaded model; ends the page with the reason where it cannot be loaded."""
    try:
        return _load(str(bundle.folder), model_key(bundle))
    except BundleError as error:
        st.error(f"This model cannot be used. {escape_markdown(str(error))}")
        st.stop()


@st.cache_resource(max_entries=_MOST_LOADED, show_spinner="Loading the model…")
def _load(folder: str, key: str) -> Predictor:
    """Load the model in `folder`; another `key` is another model to the cache."""
    from asl.inference.predictor import Predictor

    return Predictor(ModelBundle.read(folder))
