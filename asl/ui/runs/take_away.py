"""A run's model to be taken away: as a zip, on request with the network as TFLite in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from asl.bundle import BundleError, ModelBundle
from asl.downloads import ParityError, pack, pack_model
from asl.evaluation.advising.words import kind_of_card
from asl.files import open_file
from asl.runs.run import Run
from asl.tflite import missing
from asl.ui.shared.disk_errors import in_words
from asl.ui.shared.text import escape_markdown

if TYPE_CHECKING:
    from asl.tflite.parity import Checked

#: So many tested examples are read by the download and by the app, to compare their answers.
_COMPARED = 12
_ZIP = "download.zip"


def offer_to_take_away(run: Run, bundle: ModelBundle) -> None:
    """Offer the model of a run as a zip."""
    pictures = kind_of_card(bundle.card) == "pictures"
    if pictures:
        st.markdown(
            "**Take it away**: a zip with the model and a short script that predicts with ONNX "
            "Runtime alone, without this app."
        )
    else:
        st.markdown(
            "**Take it away**: a zip with the model's folder. Under `models` of another copy of "
            "this app it reads films on the Words page there."
        )
    reason = missing()
    tflite = st.checkbox(
        "Also as TFLite", key=f"tflite-{run.id}", disabled=bool(reason),
        help=reason or "The same network for LiteRT on phones and other small computers, with the "
        "names of the signs inside. Its answers are compared with those of ONNX first.",
    )  # fmt: skip
    if pictures or tflite:
        _offer_prepared(run, bundle, pictures, tflite)
    else:
        _offer_file(run, lambda: pack_model(bundle, run.folder / _ZIP).read_bytes())


def file_name(title: str) -> str:
    """Return what a model of a run of this title is called, without an ending."""
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:64] or "model"


def _offer_prepared(run: Run, bundle: ModelBundle, pictures: bool, tflite: bool) -> None:
    """Offer a zip once it has been made on request and tried out."""
    # Of each choice, what was found; there is one file, that of the last one.
    file, key = run.folder / _ZIP, f"packed-{run.id}"
    if st.button("Prepare the download", icon=":material/inventory_2:", key=f"pack-{run.id}"):
        st.session_state.pop(key, None)
        with in_words():
            try:
                checked = _as_tflite(run, bundle, pictures) if tflite else None
                said = [_pack(run, bundle, pictures, file, checked)]
                said += [] if checked is None else [checked.in_words]
                st.session_state[key] = (tflite, [one for one in said if one])
            except (ParityError, BundleError, ValueError) as error:
                st.error(f"The download is not fit to be used. {escape_markdown(str(error))}")
    packed, said = st.session_state.get(key, (None, []))
    if packed is tflite and file.is_file():
        for one in said:
            st.success(one, icon=":material/balance:")
        _offer_file(run, file.read_bytes)


def _as_tflite(run: Run, bundle: ModelBundle, pictures: bool) -> Checked:
    # Only those who ask for it wait until this is loaded.
    from asl.tflite.parity import EXAMPLES, checked_tflite

    with st.spinner("Translating to TFLite, and comparing its answers with ONNX's", show_time=True):
        return checked_tflite(bundle, _some_tested(run, EXAMPLES) if pictures else ())


def _pack(
    run: Run, bundle: ModelBundle, pictures: bool, file: Path, checked: Checked | None
) -> str:
    """Write the zip; return what was found about it, "" where nothing is tried."""
    if not pictures:
        pack_model(bundle, file, checked)
        return ""
    with st.spinner("Packing, and comparing its answers with the app's"):
        return pack(bundle, _some_tested(run, _COMPARED), file, checked).in_words


def _offer_file(run: Run, content: Callable[[], bytes]) -> None:
    st.download_button(
        "Download",
        content,
        file_name=f"{file_name(run.title)}.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        key=f"download-{run.id}",
    )


def _some_tested(run: Run, most: int) -> list[Path]:
    """Return the files of some examples that were tested, from all over the data set."""
    import pandas as pd

    with open_file(run.folder / "tested.parquet") as tested:
        paths = pd.read_parquet(tested)["path"]
    step = max(1, len(paths) // most)
    found = [Path(run.began_in, path) for path in paths[::step]]
    return [path for path in found if path.is_file()][:most]
