"""Scores page: how well one model does, on its test pictures or on the visitor's own."""

import streamlit as st

from asl.ui.exhibits import choose_format
from asl.ui.models import choose_candidates, choose_model
from asl.ui.own_pictures import (
    forget_own_pictures,
    own_pictures,
    say_what_is_not_counted,
    take_own_pictures,
)
from asl.ui.score_tabs import (
    show_confidence,
    show_confusions,
    show_curves,
    show_mistakes,
    show_signs,
    show_training,
)
from asl.ui.tested import (
    choose_division,
    digest,
    drawn_at_random,
    read_tested,
    score,
    show_headline,
)
from asl.ui.text import escape_markdown

st.title("How good is it?", anchor=False)
st.markdown(
    "What the model answered to pictures that it had not learned from. The score to expect is the "
    "one on **people whose pictures it has never seen**."
)
chosen, asked = st.columns([3, 5], gap="medium")
with chosen:
    bundle = choose_model()
own = own_pictures(bundle)
with asked:
    wanted = choose_candidates(bundle.card.labels)

# Pictures of one's own are asked for first, since without test pictures the script ends early.
answers, mine = st.container(), st.container()
with mine:
    st.header("On pictures of your own", anchor=False)
    with st.expander("Evaluate this model on labelled pictures", icon=":material/upload:"):
        take_own_pictures(bundle)

with answers:
    if own is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                f"These are scores on your own pictures: **{escape_markdown(own.name)}**.",
                icon=":material/folder_open:",
            )
            st.button(
                "Back to the test pictures", on_click=forget_own_pictures, icon=":material/undo:"
            )
        say_what_is_not_counted(own)
    table = own.rows if own is not None else read_tested(bundle)
    table = choose_division(table)
    recorded, scores = score(
        table, bundle.card.labels, wanted, own is None and drawn_at_random(bundle)
    )
    show_headline(bundle, recorded, scores, own is not None)

    with st.container(horizontal=True, horizontal_alignment="right"):
        choose_format()
    titles = ("Confusions", "Signs", "Curves", "Confidence", "Mistakes", "Training")
    tabs = dict(zip(titles, st.tabs(titles, key="scores-tab", on_change="rerun"), strict=True))
    sections = {
        "Confusions": lambda: show_confusions(bundle, recorded, scores),
        "Signs": lambda: show_signs(recorded, scores),
        "Curves": lambda: show_curves(recorded, digest(table, wanted)),
        "Confidence": lambda: show_confidence(bundle, recorded),
        "Mistakes": lambda: show_mistakes(bundle, recorded),
        "Training": lambda: show_training(bundle),
    }
    for title, tab in tabs.items():
        if tab.open:  # the others are drawn when they are looked at
            with tab:
                sections[title]()
