"""Try a model on a visitor's own labelled pictures, from a zip or from a folder."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from asl.bundle import ModelBundle
from asl.data.archive import Limits
from asl.data.folder import WHICH_SIGNS, Unclear
from asl.data.source import open_source
from asl.decoding import decode
from asl.evaluation.report import evaluate_folder
from asl.images import PictureError
from asl.labels import display_name
from asl.ui.models import load_predictor, model_key
from asl.ui.pictures import picture_with_hand
from asl.ui.questions import choose_reading
from asl.ui.text import escape_markdown, safe_cell, shown_name
from asl.workspace import hosted

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_STATE = "own-evaluation"
# What the folders of the last upload may mean, where that has to be asked.
_ASKED = "own-levels-asked"
_MOST_PREVIEWS = 150
_MOST_MEGABYTES = 200
_LIMITS = Limits(members=20_000, pictures=10_000, total=2 << 30)


@dataclass(frozen=True, eq=False)
class OwnPictures:
    """What a model made of a visitor's pictures, kept for the visit.

    Attributes:
        model: key of the model.
        name: of the folder or file.
        rows: one row a picture, with the columns of `asl.evaluation.recorded.Recorded.rows`, and
            the score of every sign.
        problems: what was left out, and why.
        unknown: label → pictures of signs that the model does not know; they are not counted.
        previews: path → a small JPEG, of pictures whose files are gone.
    """

    model: str
    name: str
    rows: pd.DataFrame
    problems: tuple[tuple[str, str], ...]
    unknown: dict[str, int]
    previews: dict[str, bytes] = field(default_factory=dict)


def own_pictures(bundle: ModelBundle) -> OwnPictures | None:
    """Return what this visitor has tried this model on, if anything."""
    known = st.session_state.get(_STATE)
    return known if known is not None and known.model == model_key(bundle) else None


def previews() -> dict[str, bytes]:
    """Return small pictures by the path that their files had."""
    known = st.session_state.get(_STATE)
    return known.previews if known is not None else {}


def say_what_is_not_counted(own: OwnPictures) -> None:
    """Name the signs that the model does not know, and everything else that was left out."""
    if own.unknown:
        signs = ", ".join(
            f"{escape_markdown(shown_name(display_name(label)))} ({count:,})"
            for label, count in own.unknown.items()
        )
        st.warning(
            f"{sum(own.unknown.values()):,} pictures are not counted, since they show signs that "
            f"this model does not know: {signs}.",
            icon=":material/help:",
        )
    if own.problems:
        with st.expander(f"{len(own.problems)} files or folders were left out"):
            st.dataframe(
                [{"what": safe_cell(what), "why": safe_cell(why)} for what, why in own.problems]
            )


def forget_own_pictures() -> None:
    """Let go of the visitor's pictures."""
    st.session_state.pop(_STATE, None)


def take_own_pictures(bundle: ModelBundle) -> None:
    """Let the visitor name labelled pictures, and evaluate the model on them."""
    st.markdown(
        "Pictures lie in one folder for each sign, named after it (`A`, `B`, …). Files whose "
        "names start with `hand1_`, `hand2_` … count as that person's. A zip is unpacked into a "
        "temporary folder, which is deleted as soon as the evaluation ends."
    )
    file = st.file_uploader(
        "Zip of such folders", type=["zip"], key="own-zip", max_upload_size=_MOST_MEGABYTES
    )
    folder = ""
    if not hosted():
        folder = st.text_input(
            "Or a folder on this computer", key="own-folder", placeholder="/path/to/pictures"
        ).strip()
    levels = ""
    if asked := st.session_state.get(_ASKED, ()):
        levels = choose_reading(WHICH_SIGNS, asked, "own-levels")
    start = st.button(
        "Evaluate", type="primary", key="own-start", disabled=not (file or folder),
        icon=":material/play_arrow:",
    )  # fmt: skip
    if start:
        st.session_state.pop(_ASKED, None)
        _evaluate(bundle, file, folder, levels)


def _evaluate(bundle: ModelBundle, file: UploadedFile | None, folder: str, levels: str) -> None:
    predictor = load_predictor(bundle)
    if predictor.hands_missing:
        st.warning(
            "Hands cannot be searched for here, so only the picture network can answer. "
            + escape_markdown(predictor.hands_missing)
        )
    bar = st.empty()
    # Any click ends the script's run, and with it the work; nothing has been kept until its end.
    st.button("Cancel", key="own-cancel", icon=":material/close:")
    unpacked = _progress(bar, "unpacked", share=True)
    try:
        with (
            _on_disk(file, folder) as place,
            open_source(place, "auto", levels, "", _LIMITS, unpacked) as found,
        ):
            evaluation = evaluate_folder(predictor, found.table, "all", _progress(bar, "tried"))
            kept = _keep_previews(evaluation.rows) if file is not None else {}
    except Unclear as error:
        st.session_state[_ASKED] = error.question.options
        st.rerun()
    except (ValueError, OSError) as error:
        bar.empty()
        st.error(f"{escape_markdown(str(error))}.", icon=":material/error:")
        return
    source = shown_name(file.name if file is not None else Path(folder).name)
    names = dict(zip(found.table["path"], found.table["name"], strict=True))
    shown = [shown_name(names[path]) for path in evaluation.rows["path"]]
    rows = evaluation.rows.assign(picture=shown, source=source, division=source)
    problems = [(problem.path, problem.message) for problem in found.problems]
    problems += evaluation.errors
    st.session_state[_STATE] = OwnPictures(
        model_key(bundle), source, rows, tuple(problems), evaluation.unknown, kept
    )
    st.rerun()


@contextmanager
def _on_disk(file: UploadedFile | None, folder: str) -> Iterator[Path]:
    """Give an upload as a file for a while, or the folder that was named."""
    if file is None:
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory(prefix="asl-") as place:
        packed = Path(place) / "upload.zip"
        packed.write_bytes(file.getbuffer())
        yield packed


def _keep_previews(rows: pd.DataFrame) -> dict[str, bytes]:
    """Return small pictures of the surest mistakes, since the files will be gone."""
    wrong = rows[~rows["correct"]].sort_values("confidence", ascending=False)
    kept = {}
    for path in wrong["path"].head(_MOST_PREVIEWS):
        try:
            kept[path] = picture_with_hand(decode(path), None)
        except PictureError:
            continue
    return kept


def _progress(bar: DeltaGenerator, verb: str, share: bool = False) -> Callable[[int, int], None]:
    """Return what shows how far the work is and how long it will take."""
    begun = time.monotonic()

    def show(done: int, total: int) -> None:
        left = (time.monotonic() - begun) / max(done, 1) * (total - done)
        words = f"{done / max(total, 1):.0%}" if share else f"{done:,} of {total:,} pictures"
        bar.progress(done / max(total, 1), f"{words} {verb}, about {left:.0f} s left")

    return show
