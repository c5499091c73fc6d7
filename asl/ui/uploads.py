"""Bring pictures in for training: upload them, name a folder, or record them with the camera."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from asl.data import intake
from asl.data.datasets import Dataset, find_dataset, list_datasets
from asl.images import FORMATS_IN_WORDS, PictureError
from asl.labels import CANDIDATE_SETS, display_name
from asl.ui.text import escape_markdown, shown_name
from asl.ui.trouble import worded
from asl.workspace import disk_trouble, hosted

#: The widget's key, and so the name in the page's address.
CHOSEN = "dataset"
CAMERA = ":material/photo_camera: Camera"

#: In the session's state: the data set to be chosen the next time that the page is drawn.
ARRIVED = "dataset-arrived"
# What this visitor brought in: the others' arrivals must not change what is on the page.
_MINE = "datasets-mine"
_TURN = "dataset-turn"

# Uploads pass through the server's memory, and strangers share it.
_MOST_MEGABYTES = 400
_MOST_MEGABYTES_HOSTED = 200

_STEPS = {
    "starting": "Getting ready",
    "waiting": "Waiting until other pictures have been looked at",
    "unpacking": "Unpacking",
    "reading": "Reading the pictures",
    "hands": "Looking for hands",
    "comparing": "Looking for copies",
}
_FOLDERS = """\
my-signs.zip
├── A
│   ├── anna_1.jpg
│   └── ben_1.jpg
└── B
    ├── anna_2.jpg
    └── …
"""


def choose_dataset() -> Dataset | None:
    """Let the visitor bring in pictures or choose a data set; None while there is none."""
    for folder in intake.intakes():
        _watch(folder.name)
    datasets = {dataset.id: dataset for dataset in list_datasets()}
    arrived = st.session_state.pop(ARRIVED, None)
    if arrived in datasets:
        st.session_state[CHOSEN] = arrived
    elif st.session_state.get(CHOSEN) not in datasets:
        st.session_state.pop(CHOSEN, None)
    with st.expander("New data set", icon=":material/add:", expanded=not datasets):
        _bring_in()
    if not datasets:
        return None
    names = _told_apart(list(datasets.values()))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Data set",
            list(datasets),
            format_func=lambda id: names.get(id, id),
            key=CHOSEN,
            bind="query-params",
        )
        dataset = datasets[chosen]
        with st.popover("Rename or delete", icon=":material/edit:"):
            _manage(dataset)
    with st.expander(
        "Add pictures with the camera",
        icon=":material/photo_camera:",
        expanded=dataset.source == "camera" and dataset.id in st.session_state.get(_MINE, ()),
        key=f"record-{dataset.id}",
        on_change="rerun",
    ) as recorder:
        # The browser asks for the camera as soon as it is drawn: only when it is wanted.
        if recorder.open:
            _record(dataset.id)
    return dataset


@st.fragment(run_every=1.0)
@worded
def _watch(name: str) -> None:
    """Show how far the pictures of a data set have been taken in, and let it be cancelled."""
    folder = next((place for place in intake.intakes() if place.name == name), None)
    if folder is None:
        if name in st.session_state.get(_MINE, ()):
            st.session_state[ARRIVED] = name
        st.rerun()
    title = escape_markdown(shown_name(intake.intended_name(folder)))
    now = intake.step(folder)
    with st.container(border=True):
        if now is None:
            st.error(
                f"**{title} was not taken.** {_sentence(intake.failure(folder))}",
                icon=":material/error:",
            )
            st.button("Close", key=f"close-{name}", on_click=worded(intake.cancel), args=(folder,))
            return
        words = f"**{title}** · {_STEPS[now.name]}"
        if now.total and now.name != "unpacking":
            words += f", {now.done:,} of {now.total:,}"
        left = now.seconds_left
        if now.paused and now.name != "waiting":
            words += " · other pictures have their turn, then it goes on"
        elif left is not None:
            number = intake.STEPS.index(now.name) - 1
            words += f", about {max(1, round(left)):,} s left in step {number} of 4"
        st.progress(min(1.0, now.done / now.total) if now.total else 0.0, words)
        st.button(
            "Cancel",
            icon=":material/close:",
            key=f"cancel-{name}",
            on_click=worded(intake.cancel),
            args=(folder,),
        )


def _bring_in() -> None:
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
        st.markdown(
            "Record pictures sign by sign. Start with an empty data set; let several people sign "
            "if you can, and change the light and the background."
        )
        name = st.text_input("Name of the data set", "My signs", key="camera-name")
        if st.button("Start", key="camera-start", icon=":material/photo_camera:"):
            _try_to(lambda: intake.begin_recording(name), arrives=True)


def _upload() -> None:
    turn = st.session_state.setdefault(_TURN, 0)
    file = st.file_uploader(
        "A zip with one folder of pictures for each sign",
        type=["zip", "csv", "tsv", "gz"],
        key=f"dataset-upload-{turn}",
        max_upload_size=_MOST_MEGABYTES_HOSTED if hosted() else _MOST_MEGABYTES,
    )
    if file is not None:
        name = shown_name(file.name.removesuffix(".gz").rsplit(".", 1)[0]) or "My signs"
        kind = "zip" if file.name.lower().endswith(".zip") else "table"
        with st.spinner("Writing the upload to disk…"):
            _try_to(lambda: _take(file, name, kind))
    words, example = st.columns([3, 2], gap="medium")
    with words:
        st.markdown(
            f"- Each folder has the name of its sign and holds {FORMATS_IN_WORDS} pictures.\n"
            "- A folder around all of them is fine. So are `train`, `valid` and `test` folders, "
            "and a folder for each person. Where it is not clear which is which, you are asked.\n"
            "- A model is only as good as the people it has seen. Put their names or numbers "
            "first in the file names, as in `anna_1.jpg`, or give each a folder, and the model "
            "can be tested honestly.\n"
            "- Exports of Edge Impulse, Roboflow and other tools that say what each picture shows "
            "are read too, and so is the table of Sign Language MNIST (`.csv`, or `.csv.gz`)."
        )
    example.code(_FOLDERS, language=None)
    if hosted():
        st.caption(
            "Only you see your pictures. Within a minute after you close the page, they are "
            "deleted, and trainings on them end. A lost connection counts as closed, and a "
            "telephone that sleeps loses it: keep the screen on."
        )
    else:
        st.caption(
            "The pictures are kept on the computer that runs the app until you delete the data "
            "set. Place, time and device are removed from them."
        )


def _name_folder() -> None:
    folder = st.text_input(
        "Folder on the computer that runs the app",
        placeholder="/path/to/pictures",
        key="dataset-folder",
    ).strip()
    st.caption("Its pictures are copied; the folder stays as it is.")
    if st.button("Read this folder", disabled=not folder, key="dataset-folder-go"):
        place = Path(folder).expanduser()
        name = shown_name(place.name) or "My signs"
        _try_to(lambda: intake.take_folder(place, name))


def _try_to(make, arrives: bool = False) -> None:
    """Do what makes a data set, and draw the page anew; or say why it could not be made."""
    try:
        dataset = make()
    except (ValueError, OSError) as error:
        st.error(_sentence(_reason(error)), icon=":material/error:")
        return
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    st.session_state.setdefault(_MINE, set()).add(dataset.id)
    if arrives:
        st.session_state[ARRIVED] = dataset.id
    st.rerun()


def _take(file: UploadedFile, name: str, kind: str) -> Dataset:
    dataset = intake.take_upload(file, name, kind)
    _forget(file)
    return dataset


def _forget(file: UploadedFile) -> None:
    """Let the server's memory go of an upload that has been written to disk."""
    context = get_script_run_ctx()
    if context is not None:
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def _manage(dataset: Dataset) -> None:
    name = st.text_input("Name", dataset.name, key=f"name-{dataset.id}")
    if st.button("Rename", disabled=name == dataset.name, key=f"rename-{dataset.id}"):
        _try_to(lambda: dataset.rename(name), arrives=True)
    st.caption(
        "What was cut out of these pictures is deleted with them. Trainings on them that run or "
        "wait are stopped, and cannot go on. Finished runs and models that came from them stay."
    )
    count = len(dataset.pictures())
    st.button(
        f"Delete all {count:,} pictures",
        icon=":material/delete:",
        key=f"delete-{dataset.id}",
        on_click=worded(_delete),
        args=(dataset,),
    )


def _delete(dataset: Dataset) -> None:
    # Importing it at the start would load what trains into every visit.
    from asl.training.jobs import delete_dataset

    delete_dataset(dataset)


def _record(name: str) -> None:
    """Take pictures of one sign after the other into a data set."""
    dataset = find_dataset(name)
    table = dataset.pictures()
    signs = list(dict.fromkeys([*table["label"].unique(), *CANDIDATE_SETS["all"]]))
    people = sorted(table["person"].dropna().unique())
    which, who = st.columns(2)
    which.selectbox(
        "Sign",
        signs,
        format_func=display_name,
        accept_new_options=True,
        key=f"sign-{name}",
        help="Choose one, or type a sign of your own.",
    )
    who.selectbox(
        "Who signs",
        people,
        index=None,
        accept_new_options=True,
        placeholder="Type a name or a number",
        key=f"who-{name}",
        help="Any word that tells people apart. It is needed to test the model on new people.",
    )
    turn = st.session_state.setdefault(f"shot-{name}", 0)
    st.camera_input(
        "Show one hand and take a picture",
        key=f"camera-{name}-{turn}",
        on_change=_keep_photo,
        args=(name, turn),
    )
    if reason := st.session_state.pop(f"refused-{name}", ""):
        st.error(_sentence(reason), icon=":material/error:")
    counts = Counter(table.loc[table["state"] == "used", "label"])
    if not counts:
        st.caption("No pictures yet. Take about 30 of each sign.")
        return
    st.caption(
        "Pictures so far: "
        + ", ".join(f"{escape_markdown(display_name(s))} {n}" for s, n in sorted(counts.items()))
    )
    last = table.iloc[-1]
    with st.container(horizontal=True, vertical_alignment="center"):
        if last["state"] == "used":
            label = display_name(last["label"])
            st.image(dataset.thumbnail(last["path"]), width=80, alt=f"The last picture, {label}")
            st.button(
                "Leave out the last one",
                icon=":material/undo:",
                key=f"undo-{name}",
                on_click=worded(dataset.leave_out),
                args=([last["path"]],),
            )
        if st.button("Check these pictures", type="primary", key=f"recorded-{name}"):
            _try_to(lambda: intake.check_again(dataset) or dataset)


def _keep_photo(name: str, turn: int) -> None:
    """Put a picture that was just taken into the data set, and make the camera ready again."""
    photo = st.session_state.get(f"camera-{name}-{turn}")
    # As they are chosen now; the page may have been drawn before.
    sign, person = st.session_state[f"sign-{name}"], st.session_state[f"who-{name}"]
    if photo is None or not sign:
        return
    # Importing it at the start would load what compares pictures into every visit.
    from asl.data.look import add_picture

    try:
        add_picture(find_dataset(name), photo.getvalue(), sign, person)
    except (PictureError, ValueError, OSError) as error:
        st.session_state[f"refused-{name}"] = _reason(error)
    _forget(photo)
    # A widget forgets its picture only when it gets another key.
    st.session_state[f"shot-{name}"] = turn + 1


def _told_apart(datasets: list[Dataset]) -> dict[str, str]:
    """Names for the list, numbered where several are called the same."""
    same = Counter(dataset.name for dataset in datasets)
    seen: Counter[str] = Counter()
    names = {}
    for dataset in sorted(datasets, key=lambda dataset: dataset.created):
        seen[dataset.name] += 1
        number = f" ({seen[dataset.name]})" if same[dataset.name] > 1 else ""
        names[dataset.id] = f"{dataset.name}{number}"
    return names


def _reason(error: Exception) -> str:
    return disk_trouble(error) if isinstance(error, OSError) else str(error)


def _sentence(reason: str) -> str:
    reason = reason.strip().rstrip(".")
    return escape_markdown(f"{reason[:1].upper()}{reason[1:]}.")
