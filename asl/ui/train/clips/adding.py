"""Add clips to a data set: sign by sign and person by person, with the camera or from films."""

from __future__ import annotations

import json
from collections import Counter

import pandas as pd
import streamlit as st

from asl.codecs.film import MAX_BYTES, MAX_SECONDS
from asl.data.library.dataset import Dataset, find_dataset
from asl.labels import display_name
from asl.ui.components.film_recorder import record_series
from asl.ui.shared.text import escape_markdown
from asl.ui.shared.uploads import forget_upload
from asl.ui.train.changes import sentence
from asl.ui.train.clips.moving import show_clip
from asl.ui.train.clips.pending import Given, refusals, take_given, taken_of, wait_for
from asl.ui.train.recorder import choose_sign_and_person, offer_to_leave_out
from asl.videos import SUFFIXES

_SECONDS = (2.0, 2.5, 3.0, 4.0)
_SERIES = (1, 3, 5, 10)
#: Seconds between two clips of a series, for the hands to rest.
_PAUSE = 2
_ENOUGH = 12


def add_clips(name: str) -> None:
    """Add clips to the data set whose id is `name`, and show the last one as it was read."""
    dataset = find_dataset(name)
    table = dataset.pictures()
    choose_sign_and_person(name, table, ())
    keep = st.toggle(
        "Keep the films as well",
        key=f"keep-{name}",
        help="They are not needed for training. With them, landmarks can be found again later, "
        "with better networks.",
    )
    st.caption(
        "Of each film only landmarks are kept: where hands, face and body are in each frame. The "
        "film itself is deleted as soon as it has been read"
        + (", unless you ask to keep it." if not keep else "; you have asked to keep it.")
    )
    # As they are chosen now.
    sign, person = st.session_state.get(f"sign-{name}"), st.session_state.get(f"who-{name}")
    given, found = st.columns([3, 2], gap="medium")
    with given:
        if sign:
            camera, films = st.tabs([":material/videocam: Camera", ":material/upload: Films"])
            with camera:
                _record(name, sign, person, keep)
            with films:
                _upload(name, sign, person, keep)
        else:
            st.info("Choose or type a sign first.", icon=":material/touch_app:")
    with found:
        take_given(name)
        for reason in refusals(name):
            st.error(sentence(reason), icon=":material/error:")
        _show_counts(table, sign, person)
        if len(table):
            _show_last(dataset, table.iloc[-1])


def _record(name: str, sign: str, person: str | None, keep: bool) -> None:
    many, long = st.columns(2, gap="medium")
    series = many.segmented_control(
        "In a row", _SERIES, default=_SERIES[2], required=True, key=f"series-{name}"
    )
    seconds = long.segmented_control(
        "Seconds each", _SECONDS, default=_SECONDS[1], required=True, key=f"seconds-{name}",
        format_func=lambda length: f"{length:g}",
    )  # fmt: skip
    st.markdown(
        "Sit so that head, shoulders and both hands are in the picture, well lit. After the "
        "count-down, sign once, from a rest to a rest."
    )
    about = json.dumps([sign, person])
    try:
        film = record_series(f"clips-{name}", about, seconds, series, _PAUSE, taken_of(name))
        if film is not None:
            wait_for(name, [Given("the film", film.content, *meant(film.about), keep, counts=True)])
    except ValueError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")


def meant(about: str) -> tuple[str, str | None]:
    """Return the sign and the person that a film of the camera was said to show.

    Raises:
        ValueError: it says something else.
    """
    try:
        sign, person = json.loads(about)
    except (ValueError, TypeError):
        sign, person = None, None
    if not isinstance(sign, str) or not (person is None or isinstance(person, str)):
        raise ValueError("recording: it does not say which sign it shows; record it again")
    return sign, person


def _upload(name: str, sign: str, person: str | None, keep: bool) -> None:
    who = f" by {person}" if person else ""
    turn = st.session_state.setdefault(f"films-turn-{name}", 0)
    files = st.file_uploader(
        f"Films of {display_name(sign)}{who}, one sign each, up to {MAX_SECONDS} seconds",
        type=sorted(SUFFIXES),
        accept_multiple_files=True,
        max_upload_size=MAX_BYTES >> 20,
        key=f"films-{name}-{turn}",
    )
    if not files:
        return
    given = [Given(file.name, file.getvalue(), sign, person, keep) for file in files]
    for file in files:
        forget_upload(file)
    # A widget forgets its files only when it gets another key.
    st.session_state[f"films-turn-{name}"] = turn + 1
    wait_for(name, given)


def _show_counts(table: pd.DataFrame, sign: str | None, person: str | None) -> None:
    used = table[table["state"] == "used"]
    counts = Counter(used["label"])
    if not counts:
        st.caption(f"No clips yet. Record about {_ENOUGH} of each sign, by several people.")
        return
    st.caption(
        "Clips so far: "
        + ", ".join(f"{escape_markdown(display_name(s))} {n}" for s, n in sorted(counts.items()))
    )
    if sign and person:
        own = int(((used["label"] == sign) & (used["person"] == person)).sum())
        st.caption(f"Of {escape_markdown(display_name(sign))} by {escape_markdown(person)}: {own}")


def _show_last(dataset: Dataset, last: pd.Series) -> None:
    """Draw the last clip as it was read, so that one sees whether the hands were followed."""
    label = display_name(last["label"])
    with st.container(border=True):
        st.markdown(f"**The last clip: {escape_markdown(label)}**")
        seen = show_clip(dataset, last["path"], f"The last clip, {label}", "last")
        st.caption(f"Seen: {seen}.")
        if last["state"] == "used":
            offer_to_leave_out(dataset, last["path"])
        else:
            st.warning(f"It is not used: {sentence(str(last['reason']))}")
