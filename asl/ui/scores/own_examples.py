"""Try a model on a visitor's own labelled examples, from a file or from a folder."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from asl.bundle import ModelBundle
from asl.data.archives.limits import Limits
from asl.data.problems import WHICH_SIGNS, Unclear
from asl.data.source import open_source
from asl.evaluation.report import Evaluation, evaluate_folder
from asl.evaluation.sequences.report import WordsEvaluation, evaluate_sequences
from asl.figures.wording import Wording, wording_of
from asl.hands.networks import HandsUnavailable
from asl.labels import display_name
from asl.ui.scores import drawn_clips, drawn_pictures
from asl.ui.shared.kinds import kind_of_model
from asl.ui.shared.model_choice import (
    Reads,
    load_predictor,
    model_key,
    say_hands_missing,
    what_it_reads,
)
from asl.ui.shared.questions import choose_reading
from asl.ui.shared.text import escape_markdown, safe_cell, shown_name
from asl.ui.words.model import load_words
from asl.workspace import hosted

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_STATE = "own-evaluation"
# What the folders of the last upload may mean, if the visitor has to say.
_ASKED = "own-levels-asked"
_MOST_PREVIEWS, _MOST_CLIPS = 150, 60
_MOST_MEGABYTES = 200
_LIMITS = Limits(members=20_000, pictures=10_000, total=2 << 30)


@dataclass(frozen=True, eq=False)
class OwnExamples:
    """What a model made of a visitor's examples, kept for the visit.

    Attributes:
        model: key of the model.
        name: of the folder or file.
        rows: one row an example, with the columns of
            `asl.evaluation.recorded.TestPredictions.rows`, and the score of every sign.
        problems: what was left out, and why.
        unknown: label → examples of signs that the model does not know; they are not counted.
        rejected: share of these of which a model of words says that it can't tell, None where
            that was not asked.
        previews: path → what is drawn of examples whose files are gone: a small JPEG, or (T, 543,
            3) landmarks.
    """

    model: str
    name: str
    rows: pd.DataFrame
    problems: tuple[tuple[str, str], ...]
    unknown: dict[str, int]
    rejected: float | None = None
    previews: dict[str, Any] = field(default_factory=dict)


def own_examples(bundle: ModelBundle) -> OwnExamples | None:
    """Return what this visitor has tried this model on, None for nothing."""
    known = st.session_state.get(_STATE)
    return known if known is not None and known.model == model_key(bundle) else None


def previews() -> dict[str, Any]:
    """Return what is drawn of examples by the path that their files had."""
    known = st.session_state.get(_STATE)
    return known.previews if known is not None else {}


def say_what_is_not_counted(own: OwnExamples, words: Wording) -> None:
    """Name the signs that the model does not know, and everything else that was left out."""
    if own.unknown:
        signs = ", ".join(
            f"{escape_markdown(shown_name(display_name(label)))} ({count:,})"
            for label, count in own.unknown.items()
        )
        rejected = ""
        if own.rejected is not None:
            rejected = (
                f" Of {own.rejected:.0%} of them it says that it can't tell, as it should; the "
                "others it takes for words that it knows."
            )
        st.warning(
            f"{sum(own.unknown.values()):,} {words.examples} are not counted, since they show "
            f"signs that this model does not know: {signs}.{rejected}",
            icon=":material/help:",
        )
    if own.problems:
        with st.expander(f"{len(own.problems)} files or folders were left out"):
            st.dataframe(
                [{"what": safe_cell(what), "why": safe_cell(why)} for what, why in own.problems]
            )


def forget_own_examples() -> None:
    """Forget the visitor's examples, and what the model made of them."""
    st.session_state.pop(_STATE, None)


def take_own_examples(bundle: ModelBundle) -> None:
    """Let the visitor name labelled examples, and evaluate the model on them."""
    kind = kind_of_model(bundle)
    st.markdown(kind.folders)
    file = st.file_uploader(
        "Zip of such folders",
        type=list(kind.endings),
        key="own-zip",
        max_upload_size=_MOST_MEGABYTES,
    )
    folder = ""
    if not hosted():
        folder = st.text_input(
            "Or a folder on this computer",
            key="own-folder",
            placeholder=f"/path/to/{kind.examples}",
        ).strip()
    by_person = bool(kind.person_folders) and st.toggle(kind.person_folders, key="own-people")
    levels = ""
    if asked := st.session_state.get(_ASKED, ()):
        levels = choose_reading(WHICH_SIGNS, asked, "own-levels")
    start = st.button(
        "Evaluate", type="primary", key="own-start", disabled=not (file or folder),
        icon=":material/play_arrow:",
    )  # fmt: skip
    if start:
        st.session_state.pop(_ASKED, None)
        _evaluate(bundle, file, folder, levels, "folders" if by_person else "auto")


def _evaluate(
    bundle: ModelBundle, file: UploadedFile | None, folder: str, levels: str, people: str
) -> None:
    kind = what_it_reads(bundle)
    bar = st.empty()
    # Any click ends the script's run, and with it the work; nothing has been kept until its end.
    st.button("Cancel", key="own-cancel", icon=":material/close:")
    unpacked = _progress(bar, "unpacked")
    try:
        with (
            _on_disk(file, folder) as place,
            open_source(place, people, levels, "", _LIMITS, unpacked, kind) as found,
        ):
            evaluate = _EVALUATE[kind]
            evaluation, kept = evaluate(bundle, found.table, bar, file is not None)
    except Unclear as error:
        st.session_state[_ASKED] = error.question.options
        st.rerun()
    except (ValueError, OSError, HandsUnavailable) as error:
        bar.empty()
        st.error(f"{escape_markdown(str(error))}.", icon=":material/error:")
        return
    source = shown_name(file.name if file is not None else Path(folder).name)
    rows = _named(evaluation.rows, found.table, source)
    problems = [(problem.path, problem.message) for problem in found.problems]
    problems += evaluation.errors
    st.session_state[_STATE] = OwnExamples(
        model_key(bundle),
        source,
        rows,
        tuple(problems),
        evaluation.unknown,
        _rejected(evaluation),
        kept,
    )
    st.rerun()


def _rejected(evaluation: Evaluation) -> float | None:
    """Return the share of clips of other words that a model of words rejects."""
    strangers = evaluation.strangers if isinstance(evaluation, WordsEvaluation) else None
    if strangers is None or strangers.words.empty:
        return None
    return float(strangers.words["abstained"].mean())


def _evaluate_pictures(
    bundle: ModelBundle, table: pd.DataFrame, bar: DeltaGenerator, passing: bool
) -> tuple[Evaluation, dict[str, Any]]:
    """Try a model on pictures; of mistakes small ones are kept where the files will be gone."""
    predictor = load_predictor(bundle)
    say_hands_missing(predictor.hands_missing)
    words = wording_of(bundle)
    found = evaluate_folder(predictor, table, "all", _progress(bar, "tried", words.examples))
    mistakes = _mistakes(found.rows) if passing else []
    return found, drawn_pictures.keep(mistakes)


def _evaluate_clips(
    bundle: ModelBundle, table: pd.DataFrame, bar: DeltaGenerator, passing: bool
) -> tuple[Evaluation, dict[str, Any]]:
    """Try a model on clips; landmarks of mistakes are kept for the visit, and no film is."""
    predictor, words = load_words(bundle), wording_of(bundle)
    read, tried = (_progress(bar, verb, words.examples) for verb in ("read", "tried"))
    with tempfile.TemporaryDirectory(prefix="asl-") as place:
        cache = Path(place)
        found = evaluate_sequences(predictor, table, cache, tried, read, workers=1)
        return found, drawn_clips.keep(bundle, _mistakes(found.rows)[:_MOST_CLIPS], cache)


_EVALUATE: Mapping[Reads, Callable[..., tuple[Evaluation, dict[str, Any]]]] = {
    "pictures": _evaluate_pictures,
    "sequences": _evaluate_clips,
}


def _named(rows: pd.DataFrame, table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the rows with the names by which the examples are shown, by their paths in `table`."""
    names = dict(zip(table["path"], table["name"], strict=True))
    shown = [shown_name(names[path]) for path in rows["path"]]
    return rows.assign(picture=shown, source=source, fold=source)


@contextmanager
def _on_disk(file: UploadedFile | None, folder: str) -> Iterator[Path]:
    """Give an upload as a file for a while, or the folder that was named."""
    if file is None:
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory(prefix="asl-") as place:
        # What it is is told by its content, and by this ending of packed sequences.
        packed = Path(place) / f"upload{'.npz' if file.name.lower().endswith('.npz') else '.zip'}"
        packed.write_bytes(file.getbuffer())
        yield packed


def _mistakes(rows: pd.DataFrame) -> list[str]:
    """Return the paths of the surest mistakes."""
    wrong = rows[~rows["correct"]].sort_values("confidence", ascending=False)
    return wrong["path"].head(_MOST_PREVIEWS).tolist()


def _progress(bar: DeltaGenerator, verb: str, what: str = "") -> Callable[[int, int], None]:
    """Return what shows how far the work is and how long it will take.

    Args:
        what: is counted, if it is counted rather than told as a share.
    """
    begun = time.monotonic()

    def show(done: int, total: int) -> None:
        left = (time.monotonic() - begun) / max(done, 1) * (total - done)
        words = f"{done:,} of {total:,} {what}" if what else f"{done / max(total, 1):.0%}"
        bar.progress(done / max(total, 1), f"{words} {verb}, about {left:.0f} s left")

    return show
