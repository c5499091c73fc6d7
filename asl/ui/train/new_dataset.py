"""Bring in pictures or clips for a new data set: an upload, a folder, or the camera."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from asl.data.library import intake
from asl.data.library.dataset import Dataset
from asl.examples import DATASET
from asl.images import FORMATS_IN_WORDS
from asl.ui.shared.text import shown_name
from asl.ui.shared.uploads import forget_upload
from asl.ui.train.arrivals import TAKEN, take_in
from asl.videos import FORMATS_IN_WORDS as FILMS_IN_WORDS
from asl.workspace import hosted

CAMERA = ":material/photo_camera: Camera"

_DEFAULT_NAME = "My signs"
_LANDMARKS_ALONE = "Of films, only landmarks are kept, unless you ask to keep the films."
# Uploads pass through the server's memory, and strangers share it.
_MOST_MEGABYTES = 400
_MOST_MEGABYTES_HOSTED = 200
_FOLDERS = """\
my-signs.zip          my-words.zip
├── A                 ├── hello
│   ├── anna_1.jpg    │   ├── anna_1.mp4
│   └── ben_1.jpg     │   └── ben_1.mp4
└── B                 └── thank you
    ├── anna_2.jpg        ├── anna_2.mp4
    └── …                 └── …
"""
_KINDS: dict[Literal["pictures", "sequences"], str] = {
    "pictures": "Pictures of handshapes",
    "sequences": "Clips of words, which are movements",
}


def bring_in() -> None:
    """Let the visitor upload examples, name a folder, record with the camera, or try an example."""
    _offer_example()
    tabs = [":material/upload: Upload", CAMERA]
    if not hosted():
        tabs.insert(1, ":material/folder: Folder")
    upload, *folder, camera = st.tabs(tabs, key="dataset-source")
    with upload:
        _upload()
    for tab in folder:
        with tab:
            _name_folder()
    with camera:
        _start_recording()


def _offer_example() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Nothing at hand? Three letters by five hands come along.")
        if st.button(
            "Try it with an example data set", icon=":material/school:", key="dataset-example"
        ):
            take_in(_take_example)


def _take_example() -> Dataset:
    with DATASET.open("rb") as file:
        return intake.take_upload(file, "Example: K, U and V", "zip")


def _upload() -> None:
    taken = st.session_state.setdefault(TAKEN, 0)
    file = st.file_uploader(
        "A zip with one folder of pictures, or of short films, for each sign",
        type=["zip", "csv", "tsv", "gz", "npz"],
        key=f"dataset-upload-{taken}",
        max_upload_size=_MOST_MEGABYTES_HOSTED if hosted() else _MOST_MEGABYTES,
    )
    keep = st.toggle(
        "Keep films as well",
        key="dataset-keep-films",
        help="Of films, only landmarks are kept: where hands, face and body are in each frame. "
        "The films themselves are deleted as soon as they have been read, unless you ask to keep "
        "them.",
    )
    if file is not None:
        with st.spinner("Writing the upload to disk…"):
            take_in(lambda: _take(file, keep))
    words, example = st.columns([3, 2], gap="medium")
    with words:
        st.markdown(
            f"- Each folder has the name of its sign and holds {FORMATS_IN_WORDS} pictures; or, "
            f"for words, which are movements, short {FILMS_IN_WORDS} films of one sign each.\n"
            "- A folder around all of them is fine. So are `train`, `valid` and `test` folders, "
            "and a folder for each person. Where it is not clear which is which, you are asked.\n"
            "- A model is only as good as the people it has seen. Put their names or numbers "
            "first in the file names, as in `anna_1.jpg`, or give each a folder, and the model "
            "can be tested honestly.\n"
            "- Exports of Edge Impulse, Roboflow and other tools that say what each picture shows "
            "are read too, and so is the table of Sign Language MNIST (`.csv`, or `.csv.gz`).\n"
            "- Landmarks that others have found in films are read as `.pose` files, as "
            "`MP_Data` folders of a file a frame, as asl-signs has them, or packed (`.npz`)."
        )
    example.code(_FOLDERS, language=None)
    _say_who_keeps_them()


def _say_who_keeps_them() -> None:
    if hosted():
        st.caption(
            "Only you see your pictures and films. Within a minute after you close the page, "
            "they are deleted, and trainings on them end. A lost connection counts as closed, and "
            f"a telephone that sleeps loses it: keep the screen on. {_LANDMARKS_ALONE}"
        )
    else:
        st.caption(
            "The pictures are kept on the computer that runs the app until you delete the data "
            f"set. Place, time and device are removed from them. {_LANDMARKS_ALONE}"
        )


def _take(file: UploadedFile, keep_films: bool) -> Dataset:
    name = shown_name(file.name.removesuffix(".gz").rsplit(".", 1)[0]) or _DEFAULT_NAME
    kind = "zip" if file.name.lower().endswith((".zip", ".npz")) else "table"
    dataset = intake.take_upload(file, name, kind, keep_films)
    forget_upload(file)
    return dataset


def _name_folder() -> None:
    folder = st.text_input(
        "Folder on the computer that runs the app",
        placeholder="/path/to/pictures or films",
        key="dataset-folder",
    ).strip()
    st.caption(f"Its pictures are copied; the folder stays as it is. {_LANDMARKS_ALONE}")
    if st.button("Read this folder", disabled=not folder, key="dataset-folder-go"):
        place = Path(folder).expanduser()
        name = shown_name(place.name) or _DEFAULT_NAME
        take_in(lambda: intake.take_folder(place, name))


def _start_recording() -> None:
    st.markdown(
        "Record sign by sign. Start with an empty data set; let several people sign if you can, "
        "and change the light and the background."
    )
    kind = st.radio(
        "What", list(_KINDS), format_func=_KINDS.__getitem__, key="camera-kind",
        label_visibility="collapsed",
    )  # fmt: skip
    name = st.text_input("Name of the data set", _DEFAULT_NAME, key="camera-name")
    if st.button("Start", key="camera-start", icon=":material/photo_camera:"):
        take_in(lambda: intake.begin_recording(name, kind), arrives=True)
