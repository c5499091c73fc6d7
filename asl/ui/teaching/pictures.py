"""Teach the model the visitor's hand: a picture that was read wrongly, or pictures made for it."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import streamlit as st

from asl.bundle import ModelBundle
from asl.inference.pictures.taught import FEWEST, MOST, Sample
from asl.labels import display_name
from asl.ui.photo.predictions import Picture, PictureMemory, Reading, sample_of
from asl.ui.photo.upload import ENDINGS
from asl.ui.shared.model_choice import load_predictor, model_key
from asl.ui.shell.fair_queue import READING
from asl.ui.teaching.kept import count_in_words, lessons_of, show_taught, teach

_TURN, _SAID = "lesson-turn", "lesson-said"


def offer_correction(
    reading: Reading, number: int, bundle: ModelBundle, signs: Sequence[str]
) -> None:
    """Let the visitor say what a picture shows, and teach it to the model.

    Args:
        number: tells the cards of a page apart.
        signs: those that are possible.
    """
    if reading.logits is None or reading.points is None:
        return
    with st.popover("Wrong? Teach it your hand", icon=":material/school:"):
        sign = st.selectbox(
            "This picture shows",
            list(signs),
            index=None,
            format_func=display_name,
            placeholder="Choose the sign",
            key=f"correct-{number}-{crc32(reading.points.tobytes())}",
        )
        if sign is None:
            st.caption(
                "The model then reads your hand better at once. Joints are kept, no picture."
            )
            return
        st.markdown(count_in_words(lessons_of(bundle), sign))
        sample = Sample(sign, reading.points, reading.logits)
        st.button(
            "Learn this picture",
            key=f"learn-{number}",
            type="primary",
            on_click=teach,
            args=(bundle, [sample]),
        )


def show_lesson(bundle: ModelBundle, signs: Sequence[str]) -> None:
    """Let the visitor show a sign several times, and draw what the model was taught."""
    lesson = st.expander(
        "Teach it your hand", icon=":material/school:", key="lesson", on_change="rerun"
    )
    if not lesson.open:
        return
    with lesson:
        st.markdown(
            f"Some hands are read worse than others. Show a letter that goes wrong {FEWEST} to "
            f"{MOST} times, each time a little differently: from then on the model reads **your** "
            "hand better, without a training."
        )
        sign = st.selectbox("Sign", list(signs), format_func=display_name, key="lesson-sign")
        st.markdown(count_in_words(lessons_of(bundle), sign))
        _learn_all(_take_samples(), bundle, sign)
        if said := st.session_state.pop(_SAID, ""):
            st.warning(said)
        show_taught(bundle)


def _take_samples() -> list[Picture]:
    """Let the visitor upload samples or take them one after the other."""
    turn = st.session_state.setdefault(_TURN, 0)
    files = st.file_uploader(
        "Pictures of your hand making it",
        type=ENDINGS,
        accept_multiple_files=True,
        max_upload_size=25,
        key=f"lesson-files-{turn}",
    )
    given = [Picture(file.name, file.getvalue()) for file in files[:MOST]]
    # The browser asks for the camera as soon as the widget is drawn: only when it is wanted.
    if st.toggle("Use the camera", key="lesson-camera"):
        photo = st.camera_input("Every picture you take is learned", key=f"lesson-photo-{turn}")
        given += [Picture("Photo", photo.getvalue())] if photo else []
    return given


def _learn_all(pictures: Sequence[Picture], bundle: ModelBundle, sign: str) -> None:
    """Teach pictures that have not been taught yet, and begin anew."""
    if not pictures:
        return
    memory, predictor, samples, refused = PictureMemory(), load_predictor(bundle), [], []
    for picture in pictures:
        with READING.arrive().turn():
            seen = memory.outputs_of(picture, model_key(bundle), predictor)
        sample = sample_of(seen, model_key(bundle), sign)
        if sample is None:
            refused.append(seen.reason or "no hand found")
        else:
            samples.append(sample)
    if samples:
        teach(bundle, samples)
    if refused:
        left_out = "One picture" if len(refused) == 1 else f"{len(refused)} pictures"
        st.session_state[_SAID] = f"{left_out} taught nothing: {refused[0]}."
    # The widgets begin anew, so that each picture is taught once.
    st.session_state[_TURN] += 1
    st.rerun()
