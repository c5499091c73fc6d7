"""Draw answers: one picture as a card, many as a table, and the chart of handshapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from asl.hands.landmarks import normalise
from asl.labels import MOTION_SIGNS, display_name, look_alikes
from asl.ui import answers
from asl.ui.figures import hands_in_a_row
from asl.ui.readings import Reading, table
from asl.ui.skeleton import in_words
from asl.ui.text import escape_markdown, to_csv

Handshapes = Mapping[str, Sequence[Sequence[float]]]

_STATIC = {"staticPlot": True}
# Three hands fit beside each other on a phone, and one figure is drawn faster than three.
_HANDS_IN_A_ROW = 3
_ROW_WIDTH = 300


def show_card(
    reading: Reading, number: int, handshapes: Handshapes, hands_searched: bool, alone: bool
) -> None:
    """Draw the answer for one picture.

    Args:
        number: tells the cards of a page apart.
        handshapes: label → (21, 3) typical normalised landmarks.
        hands_searched: False where hand detection cannot run at all.
        alone: no other card is on the page, so that there is room for more.
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
                _show_answer(reading, number, hands_searched)
                _show_comparison(reading, number, handshapes, expanded=alone)


def _picture_in_words(reading: Reading) -> str:
    hand = reading.prediction.hand if reading.prediction else None
    found = f"a {hand.side} hand found, its joints and bones drawn" if hand else "no hand found"
    return f"{reading.name}: {found}"


def _show_reason(reading: Reading, number: int) -> None:
    with st.container(key=f"words-{number}"):
        st.header("No answer", anchor=False)
    reason = reading.reason[:1].upper() + reading.reason[1:]
    st.warning(f"{escape_markdown(reason)}.", icon=":material/broken_image:")


def _show_answer(reading: Reading, number: int, hands_searched: bool) -> None:
    prediction = reading.prediction
    words = answers.headline(prediction)
    with st.container(key=f"{'sign' if len(words) <= 6 else 'words'}-{number}"):
        st.header(escape_markdown(words), anchor=False)
    st.progress(prediction.confidence, text=escape_markdown(answers.sureness(prediction)))
    others = " ".join(
        f":gray-badge[{escape_markdown(answers.sign_name(other))} · "
        f"{answers.percent(other.confidence)}]"
        for other in prediction.top[1:]
    )
    if others:
        st.markdown(f"Next: {others}")
    for note in answers.notes(prediction, hands_searched):
        st.markdown(f":material/{note.icon}: **{note.title}.** {note.text}")


def _show_comparison(reading: Reading, number: int, handshapes: Handshapes, expanded: bool) -> None:
    hand, best = reading.prediction.hand, reading.prediction.top[0]
    if hand is None or best.label not in handshapes:
        return
    sign = display_name(best.label)
    comparison = st.expander(
        f"Compare with the typical {escape_markdown(sign)}",
        expanded=expanded,
        key=f"compare-{number}",
        on_change="rerun",
    )
    if not comparison.open:
        return
    own, typical = normalise(hand.landmarks, hand.side), np.array(handshapes[best.label])
    remark = {"Your hand": "mirrored"} if hand.side == "left" else {}
    with comparison:
        st.plotly_chart(
            hands_in_a_row(
                {"Your hand": own, f"Typical {sign}": typical},
                _text_colour(),
                remark,
                height=200,
                stroke=4,
                legend=True,
            ),
            config=_STATIC,
            key=f"comparison-{number}",
            alt=f"Your hand: {in_words(own)}. Typical {sign}: {in_words(typical)}.",
        )
        mirrored = " Yours was seen as a left hand, so it is mirrored to match." if remark else ""
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


def show_handshapes(labels: Sequence[str], handshapes: Handshapes) -> None:
    """Draw the chart of the typical handshape of each sign that has one."""
    shown = [label for label in labels if label in handshapes]
    with st.grid(min_column_width=_ROW_WIDTH, gap="xsmall"):
        for start in range(0, len(shown), _HANDS_IN_A_ROW):
            row = shown[start : start + _HANDS_IN_A_ROW]
            hands = {display_name(label): np.array(handshapes[label]) for label in row}
            remarks = {display_name(label): _remark(label) for label in row}
            words = [
                ", ".join(filter(None, (in_words(points), remarks[name])))
                for name, points in hands.items()
            ]
            st.plotly_chart(
                hands_in_a_row(hands, _text_colour(), remarks, columns=_HANDS_IN_A_ROW),
                config=_STATIC,
                key=f"handshapes-{start}",
                alt=" ".join(f"{name}: {said}." for name, said in zip(hands, words, strict=True)),
            )


def _text_colour() -> str:
    """Return the colour of text in the visitor's theme, light or dark."""
    return st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")


def _remark(label: str) -> str:
    if label in MOTION_SIGNS:
        return "needs motion"
    others = " and ".join(look_alikes(label))
    return f"same as {others}" if others else ""
