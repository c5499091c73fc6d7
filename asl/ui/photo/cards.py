"""Draw answers: one picture as a card, many as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from asl.hands.landmarks import normalise
from asl.labels import display_name
from asl.ui.photo.handshapes import Handshapes, show_beside_typical
from asl.ui.photo.predictions import Reading, table
from asl.ui.shared import answer_text as answers
from asl.ui.shared.answer_view import show_answer
from asl.ui.shared.text import escape_markdown, to_csv

# Importing it at run time would load ONNX Runtime before the first page is drawn.
if TYPE_CHECKING:
    from asl.inference.pictures.predictor import Prediction


def show_card(
    reading: Reading,
    number: int,
    handshapes: Handshapes,
    hands_searched: bool,
    alone: bool,
    below: Callable[[Reading, int], None] = lambda reading, number: None,
) -> None:
    """Draw the answer for one picture.

    Args:
        number: tells the cards of a page apart.
        handshapes: of the model's card.
        hands_searched: False if hand detection cannot run at all.
        alone: no other card is on the page, so that there is room for more.
        below: draws what can be done about the answer.
    """
    with st.container(border=True):
        picture, answer = st.columns([2, 3], gap="medium")
        with picture:
            if reading.preview:
                st.image(reading.preview, width="stretch", alt=_picture_in_words(reading))
            st.caption(escape_markdown(reading.name))
        with answer:
            if reading.prediction is None:
                _show_reason(reading, number)
            else:
                notes = answers.notes(reading.prediction, hands_searched)
                if reading.two_hands:
                    notes.insert(0, answers.TWO_HANDS)
                if reading.untaught:
                    notes.insert(0, answers.read_with_own_hand(reading.untaught))
                show_answer(reading.prediction, notes, str(number))
                below(reading, number)
                _show_comparison(reading.prediction, number, handshapes, expanded=alone)


def _picture_in_words(reading: Reading) -> str:
    hand = reading.prediction.hand if reading.prediction else None
    found = f"a {hand.side} hand found, its joints and bones drawn" if hand else "no hand found"
    return f"{reading.name}: {found}"


def _show_reason(reading: Reading, number: int) -> None:
    with st.container(key=f"words-{number}"):
        st.header("No answer", anchor=False)
    reason = reading.reason[:1].upper() + reading.reason[1:]
    st.warning(f"{escape_markdown(reason)}.", icon=":material/broken_image:")


def _show_comparison(
    prediction: Prediction, number: int, handshapes: Handshapes, expanded: bool
) -> None:
    """Draw the hand beside the typical one of the answer, if both are known."""
    hand, label = prediction.hand, prediction.top[0].label
    if hand is None or label not in handshapes:
        return
    sign = display_name(label)
    comparison = st.expander(
        f"Compare with the typical {escape_markdown(sign)}",
        expanded=expanded,
        key=f"compare-{number}",
        on_change="rerun",
    )
    if not comparison.open:
        return
    own, typical = normalise(hand.landmarks, hand.side), np.array(handshapes[label])
    left = hand.side == "left"
    mirrored = " Yours was seen as a left hand, so it is mirrored to match." if left else ""
    with comparison:
        show_beside_typical(own, hand.side, typical, sign, 200, f"comparison-{number}")
        st.caption(f"A right hand as the person opposite sees it, drawn to one size.{mirrored}")


def show_table(readings: Sequence[Reading], hands_searched: bool) -> None:
    """Draw the answers as a table."""
    narrow = st.column_config.Column(width="small")
    st.dataframe(
        table(readings, hands_searched),
        hide_index=True,
        column_config={
            **dict.fromkeys(("sign", "hand", "networks agree"), narrow),
            "note": st.column_config.Column(width="large"),
            "confidence": st.column_config.ProgressColumn(
                width="small", format="percent", min_value=0, max_value=1
            ),
        },
        alt="The answer for each picture",
    )


def offer_csv(readings: Sequence[Reading], hands_searched: bool) -> None:
    """Offer the table as a file for a spreadsheet."""
    st.download_button(
        "Download as CSV",
        to_csv(table(readings, hands_searched)),
        file_name="signs.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
