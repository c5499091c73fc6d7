"""Choose a model and the possible signs, and keep loaded models for all visitors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from asl.bundle import (
    CARD,
    ONNX,
    BundleError,
    ModelBundle,
    UnusableBundle,
    by_title,
    scan_bundles,
)
from asl.labels import CANDIDATE_SETS, candidates
from asl.ui.text import escape_markdown, printable, shorten, shown_name

# Importing it at run time would load ONNX Runtime before the first page is drawn.
if TYPE_CHECKING:
    from asl.inference.predictor import Predictor

_MOST_LOADED = 4
_MOST_UNUSABLE, _MOST_REASON = 10, 400
#: Where a visit remembers the models that gave no first answer: `model_key` → why.
_FAULTS = "model-faults"
_CANDIDATE_NAMES = {"letters": "Letters", "digits": "Digits", "all": "All"}


def choose_model() -> ModelBundle:
    """Let the visitor choose a model; ends the page with advice where there is none.

    One that gives no first answer is left for the next, and named with its reason.
    """
    usable, unusable = usable_models()
    if not usable:
        st.warning(
            "There is no model yet, so no sign can be read. Train one on the Train page, or "
            "put a model folder under `models`.",
            icon=":material/deployed_code_alert:",
        )
        say_unusable(unusable)
        st.stop()
    titles = {str(bundle.folder): title for title, bundle in by_title(usable).items()}
    folder = st.selectbox(
        "Model",
        list(titles),
        format_func=titles.get,
        key="model",
        persist_state="session",
    )
    say_unusable(unusable)
    bundle = next(bundle for bundle in usable if str(bundle.folder) == folder)
    if bundle.is_bundled:  # it is known to answer
        return bundle
    with st.spinner("Trying the model…"):
        reason = _fault(bundle)
    if reason:
        st.session_state.setdefault(_FAULTS, {})[model_key(bundle)] = reason
        st.rerun()  # it now stands among those that cannot be used
    return bundle


def usable_models() -> tuple[list[ModelBundle], list[UnusableBundle]]:
    """Return the models that can be used, as far as is known, and the others."""
    usable, unusable = scan_bundles()
    faults = st.session_state.get(_FAULTS, {})
    reasons = {bundle.folder: faults.get(model_key(bundle)) for bundle in usable}
    unusable += [UnusableBundle(folder, reason) for folder, reason in reasons.items() if reason]
    return [bundle for bundle in usable if not reasons[bundle.folder]], unusable


def say_unusable(unusable: Sequence[UnusableBundle]) -> None:
    """Name the model folders that cannot be used, and say why."""
    if not unusable:
        return
    lines = [
        f"- **{escape_markdown(shown_name(one.folder.name))}**: "
        f"{escape_markdown(shorten(printable(one.reason), _MOST_REASON))}"
        for one in unusable[:_MOST_UNUSABLE]
    ]
    if len(unusable) > _MOST_UNUSABLE:
        lines.append(f"- and {len(unusable) - _MOST_UNUSABLE} more")
    st.caption("These models cannot be used:\n\n" + "\n".join(lines))


def _fault(bundle: ModelBundle) -> str:
    """Return why a model gives no answer, "" where it does."""
    from asl.inference.first_answer import require_answer

    try:
        require_answer(bundle)
    except BundleError as error:
        return str(error).removeprefix(f"{bundle.folder}: ")
    return ""


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
    from asl.inference.first_answer import require_answer
    from asl.inference.predictor import Predictor

    bundle = ModelBundle.read(folder)
    require_answer(bundle)
    return Predictor(bundle)
