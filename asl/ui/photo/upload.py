"""Take in a visitor's pictures, from files or from the camera, and forget them again."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from asl.images import SUFFIXES
from asl.ui.photo.examples import choose_example, forget_example
from asl.ui.photo.predictions import Picture, PictureMemory, Reading

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
# File → quarters to the left by which the visitor has turned it.
_TURNED = "pictures_turned"
#: How a picture may be turned: the button's name, quarters to the left, its icon.
_TURNS = (
    ("Turn left", 1, "rotate_left"),
    ("Upside down", 2, "sync"),
    ("Turn right", 3, "rotate_right"),
)


def memory() -> PictureMemory:
    """Return what is remembered of this visitor's pictures."""
    return st.session_state.setdefault(_MEMORY, PictureMemory())


def take_pictures() -> list[Picture]:
    """Let the visitor upload pictures, take one, or click an example; returns those to be read.

    These are those of the open tab; the example is shown where there are none.
    """
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
    pictures = [_turned(Picture(file.name, file.getvalue())) for file in files[:MOST_PICTURES]]
    photos = []
    # The browser asks for the camera as soon as the widget is drawn: only when it is wanted.
    if camera.open:
        with camera:
            photo = st.camera_input("Hold up one hand", key=f"camera-{turn}")
        photos = [_turned(Picture("Photo", photo.getvalue()))] if photo else []
    given = photos if camera.open else pictures
    if given:
        forget_example()
        example = []
    else:
        example = [_turned(one) for one in choose_example()]
    memory().keep_only(pictures + photos + example)
    return given or example


def offer_to_turn(reading: Reading, number: int) -> None:
    """Let the visitor turn a picture that may lie on a side: some programs forget how it was held.

    Args:
        number: tells the cards of a page apart.
    """
    if not reading.may_be_turned:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Not upright?")
        for name, quarters, icon in _TURNS:
            st.button(
                name,
                key=f"turn-{number}-{quarters}",
                icon=f":material/{icon}:",
                on_click=_turn,
                args=(*reading.picture, quarters),
            )


def _turn(file: str, turned: int, quarters: int) -> None:
    st.session_state.setdefault(_TURNED, {})[file] = (turned + quarters) % 4


def _turned(picture: Picture) -> Picture:
    """Return a picture as the visitor has turned it."""
    turned = st.session_state.get(_TURNED, {}).get(picture.file_key, 0)
    return replace(picture, turned=turned) if turned else picture


def clear_pictures() -> None:
    """Forget this visitor's pictures: the widgets' files and what was read from them."""
    st.session_state.pop(_MEMORY, None)
    st.session_state.pop(_TURNED, None)
    forget_example()
    st.session_state[_TURN] += 1
    # Streamlit itself keeps the files of a widget that is gone until the visit ends.
    context = get_script_run_ctx()
    if context is not None:
        context.uploaded_file_mgr.remove_session_files(context.session_id)
