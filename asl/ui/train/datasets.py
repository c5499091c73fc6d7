"""Choose the data set to train on, or bring in a new one; rename, delete and add to it."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from asl.data.library import intake
from asl.data.library.dataset import Dataset, list_datasets
from asl.ui.shared.disk_errors import worded
from asl.ui.shared.kinds import kind_called
from asl.ui.shell.tour import show_tour
from asl.ui.train.arrivals import ARRIVED, is_mine, show_arrivals, take_in
from asl.ui.train.clips.adding import add_clips
from asl.ui.train.new_dataset import bring_in
from asl.ui.train.recorder import record

# The widget's key, and so the name in the page's address.
_CHOSEN = "dataset"
#: What adds to a data set, by the kind of its examples.
_RECORDERS = {"pictures": record, "sequences": add_clips}


def choose_dataset() -> Dataset | None:
    """Let the visitor bring in examples or choose a data set; None while there is none."""
    show_arrivals()
    datasets = {dataset.id: dataset for dataset in list_datasets()}
    arrived = st.session_state.pop(ARRIVED, None)
    if arrived in datasets:
        st.session_state[_CHOSEN] = arrived
    elif st.session_state.get(_CHOSEN) not in datasets:
        st.session_state.pop(_CHOSEN, None)
    if not datasets and not intake.intakes():
        show_tour("train")
    with st.expander("New data set", icon=":material/add:", expanded=not datasets):
        bring_in()
    if not datasets:
        return None
    names = _told_apart(list(datasets.values()))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Data set",
            list(datasets),
            format_func=lambda id: names.get(id, id),
            key=_CHOSEN,
            bind="query-params",
        )
        dataset = datasets[chosen]
        with st.popover("Rename or delete", icon=":material/edit:"):
            _manage(dataset)
    kind = kind_called(dataset.kind)
    with st.expander(
        kind.add_more,
        icon=kind.camera,
        expanded=dataset.source == "camera" and is_mine(dataset.id),
        key=f"record-{dataset.id}",
        on_change="rerun",
    ) as recorder:
        # The browser asks for the camera as soon as it is drawn: only when it is wanted.
        if recorder.open:
            _RECORDERS[dataset.kind](dataset.id)
    return dataset


def _manage(dataset: Dataset) -> None:
    name = st.text_input("Name", dataset.name, key=f"name-{dataset.id}")
    if st.button("Rename", disabled=name == dataset.name, key=f"rename-{dataset.id}"):
        take_in(lambda: dataset.rename(name), arrives=True)
    kind = kind_called(dataset.kind)
    st.caption(
        f"What was made of these {kind.examples} is deleted with them. Trainings on them that run "
        "or wait are stopped, and cannot go on. Finished runs and models that came from them stay."
    )
    count = len(dataset.pictures())
    st.button(
        f"Delete all {count:,} {kind.examples}",
        icon=":material/delete:",
        key=f"delete-{dataset.id}",
        on_click=worded(_delete),
        args=(dataset,),
    )


def _delete(dataset: Dataset) -> None:
    # Importing it at the start would load what trains into every visit.
    from asl.runs.control import delete_dataset

    delete_dataset(dataset)


def _told_apart(datasets: list[Dataset]) -> dict[str, str]:
    """Return names for the list by id, numbered where several are called the same."""
    same = Counter(dataset.name for dataset in datasets)
    seen: Counter[str] = Counter()
    names = {}
    for dataset in sorted(datasets, key=lambda dataset: dataset.created):
        seen[dataset.name] += 1
        number = f" ({seen[dataset.name]})" if same[dataset.name] > 1 else ""
        names[dataset.id] = f"{dataset.name}{number}"
    return names
