"""What each page is for, what to do first and how long it takes: four sentences each."""

from __future__ import annotations

import streamlit as st

#: Page → four sentences, Markdown.
TOURS = {
    "photo": "This page reads the sign that a hand makes in a picture. Drop a picture onto the "
    "field above, take one with the camera, or click an example. The answer says how sure it is "
    "and what else it could be. It takes about a second a picture.",
    "words": "This page reads single words of ASL, which are movements. Give it a short film of "
    "one word, sign before the camera, or click one of the drawn examples. It answers with the "
    "word, and with the moments that decided. A film takes about as long as it lasts, an example "
    "a second or two.",
    "train": "Here you make a model that reads your own signs, without writing code. Bring in a "
    "zip with one folder of pictures for each sign, or try the example data set. The page says "
    "what is wrong with the pictures, trains, and tests the model on people whom it has not seen. "
    "The example takes about a minute, your own pictures some minutes.",
    "runs": "Every training stands here, with its curves and its report. Start one on the Train "
    "page; it goes on while you look at other pages. Its report says how good the model is, what "
    "is weak, and what to collect next. A quick training takes minutes, a thorough one several "
    "times as long.",
    "scores": "This page says how good a model is on examples that it had not learned from. Choose "
    "a model, read the figure at the top, then look at the signs that it confuses. Further down "
    "you can test it on examples of your own, which tells most. What was tested is there at once; "
    "your own take about a second each.",
    "compare": "This page lays two to five models side by side. Choose them above; those of one "
    "network that were tested in two ways show what a test is worth. Where they were tested on the "
    "same examples, it says whether the difference is more than chance. It takes a few seconds.",
    "attention": "This page shows what an answer rests on: places of the picture, colours, joints "
    "and fingers. Click an example or give a picture of your own, then choose the sign that was "
    "meant. Choose the model channel-attention to see how much red, green and blue count for it. "
    "Each picture takes a few seconds.",
}


def show_tour(page: str) -> None:
    """Draw the four sentences of a page that has nothing to show yet.

    Args:
        page: a key of `TOURS`.
    """
    st.info(TOURS[page], icon=":material/tour:")


def offer_tour(page: str) -> None:
    """Draw the same, closed, on a page that has something to show from the first visit on.

    Args:
        page: a key of `TOURS`.
    """
    with st.expander("What this page is for", icon=":material/tour:"):
        st.markdown(TOURS[page])
