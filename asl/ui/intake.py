"""Take in a visitor's pictures, from files or from the camera, and let go of them again."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from asl.images import SUFFIXES
from asl.ui.readings import Picture, PictureMemory

UPLOAD = ":material/upload: Upload pictures"
CAMERA = ":material/photo_camera: Take a picture"

#: Pictures read in one go: their files stay in the server's memory.
MOST_PICTURES = 200
_MOST_MEGABYTES = 25
#: Endings of files that the widgets for uploads take.
ENDINGS = sorted(SUFFIXES)

_MEMORY = "picture_memory"
# A widget forgets its pictures only when it gets another key.
_TURN = "picture_turn"


def memory() -> PictureMemory:
    """Return what is remembered of this visitor's pictures."""
    return st.session_state.setdefault(_MEMORY, PictureMemory())


def take_pictures() -> list[Picture]:
    """Let the visitor upload pictures or take one; returns those of the open tab."""
    turn = st.session_state.setdefault(_TURN, 0)
    upload, camera = st.tabs([UPLOAD, CAMERA], key="source", on_change="rerun")
    with upload:
        files = st.file_uploader(
            "Pictures of one hand each",
            type=ENDINGS,
            accept_multiple_files=True,
            max_upload_size=_MOST_MEGABYTES,
            key=f"uploads-{turn}",
        )
    if len(files) > MOST_PICTURES:
        st.warning(
            f"Only the first {MOST_PICTURES} pictures are read. For more, use `asl predict` "
            "on the command line."
        )
    pictures = [Picture(file.name, file.getvalue()) for file in files[:MOST_PICTURES]]
    photos = []
    # The browser asks for the camera as soon as the widget is drawn: only when it is wanted.
    if camera.open:
        with camera:
            photo = st.camera_input("Hold up one hand", key=f"camera-{turn}")
        photos = [Picture("Photo", photo.getvalue())] if photo else []
    memory().keep_only(pictures + photos)
    return photos if camera.open else pictures


def clear_pictures() -> None:
    """Forget this visitor's pictures: the widgets' files and what was read from them."""
    st.session_state.pop(_MEMORY, None)
    st.session_state[_TURN] += 1
    # Streamlit itself keeps the files of a widget that is gone until the visit ends.
    context = get_script_run_ctx()
    if context is not None:
        context.uploaded_file_mgr.remove_session_files(context.session_id)
