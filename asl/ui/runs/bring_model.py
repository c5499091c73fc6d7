"""Bring in a model that was made elsewhere, and delete one that was brought in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from asl.bundle import ModelBundle, by_title, list_bundles
from asl.files import delete_folder
from asl.runs.run import Run
from asl.ui.shared.disk_errors import in_words, worded
from asl.ui.shared.text import escape_markdown
from asl.ui.shared.uploads import forget_upload
from asl.workspace import hosted

_MOST_MEGABYTES = 400
#: In the session's state: how many models were tried, and which was brought in last.
_TURN, _BROUGHT = "brought-turn", "brought"


def bring_model(runs: Sequence[Run]) -> None:
    """Let the visitor bring in the zip that *Take it away* makes, and delete such models.

    Not where strangers are served: networks run in the server's process, which all of them share.

    Args:
        runs: the user's own, whose models are not to be deleted here.
    """
    if hosted():
        return
    with st.expander("Bring a model", icon=":material/deployed_code:", key="bring-model"):
        st.markdown(
            "The zip that *Take it away* makes under a run's report, of this app or another copy "
            "of it. Its model is tried out, and then stands in the list of models on every page. "
            "Scripts in the zip are left aside."
        )
        turn = st.session_state.setdefault(_TURN, 0)
        file = st.file_uploader(
            "Zip with a model",
            type="zip",
            key=f"bring-upload-{turn}",
            max_upload_size=_MOST_MEGABYTES,
        )
        if file is not None:
            with in_words(), st.spinner("Reading the model and trying it out…"):
                _bring(file)
        if _BROUGHT in st.session_state:
            name = escape_markdown(st.session_state[_BROUGHT])
            st.success(f"**{name}** is in the list of models now.", icon=":material/check_circle:")
        _offer_deleting(runs)


def _bring(file) -> None:
    # Importing it at the start would load ONNX Runtime and pandas into every visit.
    from asl.bringing import bring

    try:
        bundle = bring(file)
    except ValueError as error:  # of the archive, the bundle or the room for it
        st.session_state.pop(_BROUGHT, None)
        st.error(f"The model was not taken. {escape_markdown(str(error))}.")
        return
    finally:
        forget_upload(file)
    st.session_state[_BROUGHT] = bundle.card.name
    st.session_state[_TURN] += 1
    st.rerun()


def _offer_deleting(runs: Sequence[Run]) -> None:
    """Let the visitor delete models of their own that came from no run that is here."""
    trained = {run.model for run in runs}
    own = {
        title: bundle
        for title, bundle in by_title(list_bundles()).items()
        if not bundle.is_bundled and bundle.folder.name not in trained
    }
    if not own:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.selectbox("Models of yours without a run here", list(own), key="brought-models")
        st.button(
            "Delete it",
            icon=":material/delete:",
            key="delete-model",
            on_click=worded(_delete),
            args=(own[title],),
        )


def _delete(bundle: ModelBundle) -> None:
    st.session_state.pop(_BROUGHT, None)
    delete_folder(bundle.folder)
