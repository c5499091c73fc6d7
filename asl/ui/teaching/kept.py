"""The visitor's taught hand: what the pages read with; it is switched, handed over and deleted.

It lies in the workspace (`asl.inference.pictures.taught_file`); a visit remembers what was learned
from it for as long as the file stays the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from asl.bundle import ModelBundle
from asl.inference.pictures.taught import FEWEST, MOST, KeptAside, Sample, TaughtHand, keep_aside
from asl.inference.pictures.taught_file import (
    Lessons,
    forget_lessons,
    keep_lessons,
    lessons_file,
    parse,
    read_lessons,
    to_bytes,
)
from asl.labels import display_name
from asl.ui.shared.disk_errors import in_words, worded
from asl.ui.shared.text import escape_markdown

# Importing it at run time would load ONNX Runtime before the first page is drawn.
if TYPE_CHECKING:
    from asl.inference.pictures.predictor import NetworkOutputs

_KEPT, _SAID, _TURN = "taught-kept", "taught-said", "taught-turn"
_MOST_MEGABYTES = 16


@dataclass(frozen=True)
class _Learned:
    """What was learned from a file as it was at one time."""

    file: tuple[object, ...]
    lessons: Lessons
    hand: TaughtHand | None
    aside: KeptAside
    trouble: str = ""


def taught_hand(bundle: ModelBundle) -> TaughtHand | None:
    """Return the hand that the visitor has taught the model; None if there is none or it is off."""
    learned = _learned(bundle)
    return learned.hand if learned.lessons.on else None


def lessons_of(bundle: ModelBundle) -> Lessons:
    """Return what the visitor has taught the model."""
    return _learned(bundle).lessons


def corrected(
    outputs: NetworkOutputs, points: np.ndarray | None, hand: TaughtHand | None
) -> NetworkOutputs:
    """Return what networks made of a picture, as the taught model says it.

    Args:
        points: (21, 3) normalised landmarks of the hand in the picture, or None.
        hand: as `taught_hand` returns it.
    """
    if hand is None or points is None:
        return outputs
    return replace(outputs, logits=hand.corrected(outputs.logits, points))


def teach(bundle: ModelBundle, samples: Sequence[Sample]) -> None:
    """Add samples to what the model was taught, and switch it on."""
    with in_words():
        keep_lessons(bundle.card, lessons_of(bundle).with_samples(samples))


def count_in_words(lessons: Lessons, label: str) -> str:
    """Return how many samples of a sign there are, and how many more are wanted, Markdown."""
    count, sign = lessons.count(label), escape_markdown(display_name(label))
    if not count:
        return f"Nothing shown of **{sign}** yet; {FEWEST} to {MOST} samples are best."
    samples = "1 sample" if count == 1 else f"{count} samples"
    more = f"; {FEWEST} to {MOST} are best" if count < FEWEST else ""
    return f"**{sign}**: {samples}{more}."


def show_taught(bundle: ModelBundle) -> None:
    """Say what the model was taught and what it brings; switch it, hand it over, delete it."""
    learned, card = _learned(bundle), bundle.card
    if learned.trouble:
        st.warning(f"The taught hand cannot be used: {escape_markdown(learned.trouble)}.")
    lessons = learned.lessons
    if lessons.samples:
        signs = dict.fromkeys(one.label for one in lessons.samples)
        named = ", ".join(
            f"{escape_markdown(display_name(sign))} ({lessons.count(sign)})" for sign in signs
        )
        st.markdown(f"Your hand so far: {named}")
        st.markdown(_aside_in_words(learned.aside))
        st.toggle(
            "Read with my hand",
            value=lessons.on,
            key=f"taught-on-{lessons.on}",
            on_change=_switch,
            args=(bundle, not lessons.on),
            help="Off, everybody is read alike. Others than you are read better without it.",
        )
        forgotten = st.selectbox(
            "Forget one sign", list(signs), index=None, format_func=display_name, key="taught-sign"
        )
        if forgotten is not None:
            st.button("Forget it", key="taught-forget", on_click=_forget, args=(bundle, forgotten))
    with st.container(horizontal=True):
        if lessons.samples:
            st.download_button(
                "Keep a copy",
                to_bytes(card, lessons),
                file_name="my-hand.json",
                mime="application/json",
                icon=":material/download:",
                on_click="ignore",
                help="Joints of your hand, and no pictures.",
            )
        if lessons.samples or learned.trouble:
            st.button(
                "Delete my hand", icon=":material/delete:", on_click=_delete, args=(bundle,),
                key="taught-delete",
            )  # fmt: skip
    _take_copy(bundle)


def _aside_in_words(aside: KeptAside) -> str:
    if not aside.samples:
        return "With two samples of a sign, this line says what your lessons bring."
    return (
        f"Samples kept aside while the others were learned: **{aside.before} of {aside.samples}** "
        f"read rightly before, **{aside.after}** after."
    )


def _take_copy(bundle: ModelBundle) -> None:
    """Take a copy that was kept before in place of what is there."""
    turn = st.session_state.setdefault(_TURN, 0)
    copy = st.file_uploader(
        "Take back a copy of your hand",
        type=["json"],
        max_upload_size=_MOST_MEGABYTES,
        key=f"taught-copy-{turn}",
    )
    if said := st.session_state.pop(_SAID, ""):
        st.warning(said)
    if copy is None:
        return
    st.session_state[_TURN] = turn + 1
    try:
        with in_words():
            keep_lessons(bundle.card, parse(copy.getvalue(), bundle.card))
    except ValueError as error:
        st.session_state[_SAID] = f"That file cannot be used: {escape_markdown(str(error))}."
    st.rerun()


@worded
def _switch(bundle: ModelBundle, on: bool) -> None:
    keep_lessons(bundle.card, replace(lessons_of(bundle), on=on))


@worded
def _forget(bundle: ModelBundle, label: str) -> None:
    lessons = lessons_of(bundle).without(label)
    if lessons.samples:
        keep_lessons(bundle.card, lessons)
    else:
        forget_lessons(bundle.card)


@worded
def _delete(bundle: ModelBundle) -> None:
    forget_lessons(bundle.card)
    st.session_state.pop(_KEPT, None)


def _learned(bundle: ModelBundle) -> _Learned:
    """Return what the model was taught, learned again only where the file has changed."""
    file = lessons_file(bundle.card)
    try:
        state = file.stat()
        now: tuple[object, ...] = (str(file), state.st_mtime_ns, state.st_ino, state.st_size)
    except OSError:
        return _Learned((), Lessons(), None, KeptAside(0, 0, 0))
    kept = st.session_state.get(_KEPT)
    if isinstance(kept, _Learned) and kept.file == now:
        return kept
    st.session_state[_KEPT] = learned = _learn(bundle, now)
    return learned


def _learn(bundle: ModelBundle, file: tuple[object, ...]) -> _Learned:
    nothing = Lessons(), None, KeptAside(0, 0, 0)
    try:
        lessons = read_lessons(bundle.card)
    except (ValueError, OSError) as error:
        return _Learned(file, *nothing, trouble=str(error))
    if not lessons.samples:
        return _Learned(file, *nothing)
    labels = bundle.card.labels
    hand = TaughtHand(labels, lessons.samples)
    return _Learned(file, lessons, hand, keep_aside(labels, lessons.samples))
