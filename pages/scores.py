"""Scores page: how well one model does, on its test examples or on the visitor's own."""

import streamlit as st

from asl.figures.wording import wording_of
from asl.ui.scores.own_examples import (
    forget_own_examples,
    own_examples,
    say_what_is_not_counted,
    take_own_examples,
)
from asl.ui.scores.sections import (
    show_confidence,
    show_confusions,
    show_curves,
    show_mistakes,
    show_signs,
    show_training,
)
from asl.ui.shared.figure_view import choose_format
from asl.ui.shared.model_choice import choose_model_and_signs
from asl.ui.shared.test_set import (
    choose_fold,
    digest,
    drawn_at_random,
    read_tested,
    score,
    show_headline,
)
from asl.ui.shared.text import escape_markdown
from asl.ui.shell.tour import offer_tour

st.title("How good is it?", anchor=False)
st.markdown(
    "What the model answered to examples that it had not learned from. The score to expect is the "
    "one on **people whom it has never seen**."
)
offer_tour("scores")
bundle, wanted = choose_model_and_signs()
own, words = own_examples(bundle), wording_of(bundle)

# Examples of one's own are asked for first, since without a test the script ends early.
answers, mine = st.container(), st.container()
with mine:
    st.header(f"On {words.examples} of your own", anchor=False)
    with st.expander(f"Evaluate this model on labelled {words.examples}", icon=":material/upload:"):
        take_own_examples(bundle)

with answers:
    if own is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                f"These are scores on your own {words.examples}: **{escape_markdown(own.name)}**.",
                icon=":material/folder_open:",
            )
            st.button(
                f"Back to the test {words.examples}",
                on_click=forget_own_examples,
                icon=":material/undo:",
            )
        say_what_is_not_counted(own, words)
    table = own.rows if own is not None else read_tested(bundle)
    table = choose_fold(table)
    recorded, scores = score(bundle, table, wanted, own is None and drawn_at_random(bundle))
    show_headline(bundle, recorded, scores, own is not None)

    with st.container(horizontal=True, horizontal_alignment="right"):
        choose_format()
    titles = ("Confusions", "Signs", "Curves", "Confidence", "Mistakes", "Training")
    tabs = dict(zip(titles, st.tabs(titles, key="scores-tab", on_change="rerun"), strict=True))
    sections = {
        "Confusions": lambda: show_confusions(bundle, recorded, scores),
        "Signs": lambda: show_signs(bundle, recorded, scores),
        "Curves": lambda: show_curves(bundle, recorded, digest(table, wanted)),
        "Confidence": lambda: show_confidence(bundle, recorded),
        "Mistakes": lambda: show_mistakes(bundle, recorded),
        "Training": lambda: show_training(bundle),
    }
    for title, tab in tabs.items():
        if tab.open:  # the others are drawn when they are looked at
            with tab:
                sections[title]()
