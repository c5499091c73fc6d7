"""Record pictures for a data set with the camera, sign by sign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from asl.data.library import intake
from asl.data.library.dataset import Dataset, find_dataset
from asl.images import PictureError
from asl.labels import CANDIDATE_SETS, display_name
from asl.ui.shared.disk_errors import worded
from asl.ui.shared.text import escape_markdown
from asl.ui.shared.uploads import forget_upload
from asl.ui.train.arrivals import take_in
from asl.ui.train.changes import reason_of, sentence


def record(name: str) -> None:
    """Take pictures of one sign after the other into the data set whose id is `name`."""
    dataset = find_dataset(name)
    table = dataset.pictures()
    choose_sign_and_person(name, table, CANDIDATE_SETS["all"])
    shot = st.session_state.setdefault(f"shot-{name}", 0)
    st.camera_input(
        "Show one hand and take a picture",
        key=f"camera-{name}-{shot}",
        on_change=_keep_photo,
        args=(name, shot),
    )
    if reason := st.session_state.pop(f"refused-{name}", ""):
        st.error(sentence(reason), icon=":material/error:")
    counts = Counter(table.loc[table["state"] == "used", "label"])
    if not counts:
        st.caption("No pictures yet. Take about 30 of each sign.")
        return
    st.caption(
        "Pictures so far: "
        + ", ".join(f"{escape_markdown(display_name(s))} {n}" for s, n in sorted(counts.items()))
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        _show_last(dataset, table.iloc[-1])
        if st.button("Check these pictures", type="primary", key=f"recorded-{name}"):
            take_in(lambda: _check(dataset))


def choose_sign_and_person(name: str, table: pd.DataFrame, offered: Sequence[str]) -> None:
    """Draw the fields for what comes next: "sign-NAME" and "who-NAME" in the session's state.

    Args:
        table: of the data set, whose signs and people can be chosen.
        offered: signs that can be chosen as well; others can be typed.
    """
    which, who = st.columns(2)
    which.selectbox(
        "Sign",
        list(dict.fromkeys([*table["label"].unique(), *offered])),
        placeholder="Type a word",
        format_func=display_name,
        accept_new_options=True,
        key=f"sign-{name}",
        help="Choose one, or type a sign of your own.",
    )
    who.selectbox(
        "Who signs",
        sorted(table["person"].dropna().unique()),
        index=None,
        accept_new_options=True,
        placeholder="Type a name or a number",
        key=f"who-{name}",
        help="Any word that tells people apart. It is needed to test the model on new people.",
    )


def _show_last(dataset: Dataset, last: pd.Series) -> None:
    if last["state"] != "used":
        return
    label = display_name(last["label"])
    st.image(dataset.thumbnail(last["path"]), width=80, alt=f"The last picture, {label}")
    offer_to_leave_out(dataset, last["path"])


def offer_to_leave_out(dataset: Dataset, path: str) -> None:
    """Draw a button that leaves out what was recorded last."""
    st.button(
        "Leave out the last one",
        icon=":material/undo:",
        key=f"undo-{dataset.id}",
        on_click=worded(dataset.leave_out),
        args=([path],),
    )


def _check(dataset: Dataset) -> Dataset:
    intake.check_again(dataset)
    return dataset


def _keep_photo(name: str, shot: int) -> None:
    """Put a picture that was just taken into the data set, and make the camera ready again."""
    photo = st.session_state.get(f"camera-{name}-{shot}")
    # As they are chosen now; the page may have been drawn before.
    sign, person = st.session_state[f"sign-{name}"], st.session_state[f"who-{name}"]
    if photo is None or not sign:
        return
    # Importing it at the start would load what compares pictures into every visit.
    from asl.data.library.picture import add_picture

    try:
        add_picture(find_dataset(name), photo.getvalue(), sign, person)
    except (PictureError, ValueError, OSError) as error:
        st.session_state[f"refused-{name}"] = reason_of(error)
    forget_upload(photo)
    # A widget forgets its picture only when it gets another key.
    st.session_state[f"shot-{name}"] = shot + 1
