"""Draw answers: one picture as a card, many as a table, and the chart of handshapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from asl.hands.landmarks import normalise
from asl.labels import MOTION_SIGNS, display_name, look_alikes
from asl.ui import answers
from asl.ui.readings import Reading, table
from asl.ui.skeleton import in_words
from asl.ui.text import escape_markdown, to_csv

Handshapes = Mapping[str, Sequence[Sequence[float]]]

_STATIC = {"staticPlot": True}
#: Side in pixels of a handshape in the chart: three fit beside each other on a phone.
_CHART_SIDE = 96


def show_card(reading: Reading, number: int, handshapes: Handshapes, hands_searched: bool) -> None:
    """Draw the answer for one picture; `number` tells the cards of a page apart."""
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
                _show_comparison(reading, number, handshapes)


def _picture_in_words(reading: Reading) -> str:
    hand = reading.prediction.hand if reading.prediction else None
    found = f"a {hand.side} hand found, its joints and bones drawn" if hand else "no hand found"
    return f"{reading.name}: {found}"


def _show_reason(reading: Reading, number: int) -> None:
    with st.container(key=f"words-{number}"):
        st.header("No answer", anchor=False)
    st.warning(escape_markdown(reading.reason), icon=":material/broken_image:")


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


def _show_comparison(reading: Reading, number: int, handshapes: Handshapes) -> None:
    hand, best = reading.prediction.hand, reading.prediction.top[0]
    if hand is None or best.label not in handshapes:
        return
    opened = st.expander(
        f"Compare with the typical {escape_markdown(display_name(best.label))}",
        key=f"compare-{number}",
        on_change="rerun",
    )
    if not opened.open:
        return
    from asl.ui.figures import handshapes_side_by_side

    own = normalise(hand.landmarks, hand.side)
    typical = np.array(handshapes[best.label])
    with opened:
        st.plotly_chart(
            handshapes_side_by_side({"Your hand": own, "Typical": typical}),
            config=_STATIC,
            key=f"comparison-{number}",
            alt=f"Your hand: {in_words(own)}. Typical: {in_words(typical)}.",
        )
        mirrored = (
            "Yours is a left hand; it is drawn mirrored, since the typical one is a right hand."
            if hand.side == "left"
            else "Both are right hands."
        )
        st.caption(f"As seen by the person opposite, drawn to one size. {mirrored}")


def show_table(readings: Sequence[Reading], hands_searched: bool) -> None:
    """Draw the answers as a table."""
    st.dataframe(
        table(readings, hands_searched),
        hide_index=True,
        column_config={
            "confidence": st.column_config.ProgressColumn(
                "confidence", format="percent", min_value=0, max_value=1
            )
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
    from asl.ui.figures import handshape

    shown = [label for label in labels if label in handshapes]
    with st.grid(min_column_width=_CHART_SIDE, gap="xsmall"):
        for number, label in enumerate(shown):
            points = np.array(handshapes[label])
            with st.container(gap=None, horizontal_alignment="center"):
                st.markdown(f"**{escape_markdown(display_name(label))}**", width="content")
                st.plotly_chart(
                    handshape(points, _CHART_SIDE),
                    width="content",
                    config=_STATIC,
                    key=f"handshape-{number}",
                    alt=f"Typical handshape of {display_name(label)}: {in_words(points)}.",
                )
                if remark := _remark(label):
                    st.caption(remark, width="content")


def _remark(label: str) -> str:
    if label in MOTION_SIGNS:
        return "needs motion"
    others = " and ".join(map(escape_markdown, look_alikes(label)))
    return f"same as {others}" if others else ""
