"""Choose a model and the possible signs, and keep loaded models for all visitors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import streamlit as st

from asl.bundle import CARD, ONNX, BundleError, ModelBundle, UnusableBundle, by_title, scan_bundles
from asl.figures.text import shorten
from asl.labels import CANDIDATE_SETS, candidates
from asl.ui.shared.remembered import remember, remembered
from asl.ui.shared.text import escape_markdown, printable, shown_name

# Importing it at run time would load ONNX Runtime before the first page is drawn.
if TYPE_CHECKING:
    from asl.inference.pictures.predictor import Predictor

T = TypeVar("T")

#: What a model reads: single pictures, or the movements of words.
Reads = Literal["pictures", "sequences"]

_MOST_LOADED = 4
_MOST_UNUSABLE, _MOST_REASON = 10, 400
#: Where a visit remembers the models that gave no first answer: `model_key` → why.
_FAULTS = "model-faults"
_NO_MODEL = {
    None: "There is no model yet, so no sign can be read.",
    "pictures": "There is no model yet, so no sign can be read.",
    "sequences": "There is no model of words yet, so no word can be read.",
}
_CANDIDATES = "candidates"
_CANDIDATE_NAMES = {"letters": "Letters", "digits": "Digits", "all": "All"}


def choose_model(reads: Reads | None = None) -> ModelBundle:
    """Let the visitor choose a model; ends the page with advice if there is none.

    A model that gives no first answer is named with its reason, and the next one is chosen.

    Args:
        reads: only models that read this are offered; all if None.
    """
    usable, unusable = usable_models()
    usable = [bundle for bundle in usable if reads in (None, what_it_reads(bundle))]
    if not usable:
        st.warning(
            f"{_NO_MODEL[reads]} Train one on the Train page, or put a model folder under "
            "`models`.",
            icon=":material/deployed_code_alert:",
        )
        st.page_link("pages/train.py", label="Train a model", icon=":material/model_training:")
        say_unusable(unusable)
        st.stop()
    titles = {str(bundle.folder): title for title, bundle in by_title(usable).items()}
    folder = st.selectbox(
        "Model",
        list(titles),
        format_func=lambda folder: titles.get(folder, folder),
        # Of its own, so that a model of words is no reason to forget which pictures' was chosen.
        key="words-model" if reads == "sequences" else "model",
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


def what_it_reads(bundle: ModelBundle) -> Reads:
    """Return what a model reads."""
    return "pictures" if bundle.card.sequence is None else "sequences"


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
    """Return why a model gives no answer, "" if it does."""
    from asl.inference.first_answer import require_answer

    try:
        require_answer(bundle)
    except BundleError as error:
        return str(error).removeprefix(f"{bundle.folder}: ")
    return ""


def choose_candidates(labels: tuple[str, ...]) -> str:
    """Let the visitor say which signs are possible; returns the candidate set's name.

    At first it is what was chosen last, or letters, which visitors mean most often. Of models that
    know signs of the user's own making these are meant, so that the choice for them is another.
    """
    possible = [name for name in CANDIDATE_SETS if _knows(labels, name)]
    has_own = not set(labels) <= set(CANDIDATE_SETS["all"])
    key, usual = (f"{_CANDIDATES}-own", "all") if has_own else (_CANDIDATES, "letters")
    first = next(name for name in (remembered(key), usual, "all") if name in possible)
    return st.segmented_control(
        "Possible signs",
        possible,
        default=first,
        required=True,
        format_func=_CANDIDATE_NAMES.__getitem__,
        key=key,
        persist_state="session",
        on_change=lambda: remember(key, st.session_state[key]),
        help="The fewer signs are possible, the surer the answer. Some letters and digits share "
        "a handshape, such as O and 0: this choice alone tells them apart.",
    )


def _knows(labels: tuple[str, ...], name: str) -> bool:
    try:
        return bool(candidates(labels, name))
    except ValueError:
        return False


def choose_model_and_signs() -> tuple[ModelBundle, str]:
    """Let the visitor choose a model and, beside it, which signs are possible.

    Returns:
        The model and the candidate set's name: "all" for a model of words, which no alphabet
        divides. The page ends with advice where there is no model.
    """
    chosen, asked = st.columns([3, 5], gap="medium")
    with chosen:
        bundle = choose_model()
    if not bundle.card.still:
        return bundle, "all"
    with asked:
        return bundle, choose_candidates(bundle.card.labels)


def say_hands_missing(reason: str) -> None:
    """Say that hands cannot be searched for, and why; nothing if `reason` is ""."""
    if reason:
        st.warning(
            "Hands cannot be searched for here, so only the picture network can answer. "
            + escape_markdown(reason)
        )


def model_key(bundle: ModelBundle) -> str:
    """Return a name for the model as it is on disk now; training it again changes the name."""
    changed = [(bundle.folder / file).stat().st_mtime_ns for file in (CARD, ONNX)]
    return f"{bundle.folder}@{changed}"


def load_predictor(bundle: ModelBundle) -> Predictor:
    """Return the loaded model; ends the page with the reason if it cannot be loaded."""
    return loaded(_load, bundle)


def loaded(load: Callable[[str, str], T], bundle: ModelBundle) -> T:
    """Return what `load` returns; ends the page with the reason if the model cannot be loaded.

    Args:
        load: takes the model's folder and its `model_key`, and remembers what it loaded.
    """
    try:
        return load(str(bundle.folder), model_key(bundle))
    except BundleError as error:
        st.error(f"This model cannot be used. {escape_markdown(str(error))}")
        st.stop()


@st.cache_resource(max_entries=_MOST_LOADED, show_spinner="Loading the model…")
def _load(folder: str, key: str) -> Predictor:
    """Load the model in `folder`; another `key` is another model to the cache."""
    from asl.inference.first_answer import require_answer
    from asl.inference.pictures.predictor import Predictor

    bundle = ModelBundle.read(Path(folder))
    require_answer(bundle)
    return Predictor(bundle)
