"""Words page: read signs that are movements, from films and the camera, and practise them."""

from functools import partial

import streamlit as st

from asl.ui.live.browser import ask_browser
from asl.ui.shared.model_choice import choose_model
from asl.ui.shared.text import escape_markdown
from asl.ui.shell.tour import show_tour
from asl.ui.words.answers import learned_from, learning_only
from asl.ui.words.examples import offer_examples
from asl.ui.words.film_view import show_film
from asl.ui.words.intake import forget_unread, take_film
from asl.ui.words.known import show_known
from asl.ui.words.live import show_live
from asl.ui.words.model import load_lexicon, load_words, words_of
from asl.ui.words.moving import show_example
from asl.ui.words.one_word import show_one_word
from asl.ui.words.practise import choose_word, show_practice

FILM, ONE_WORD, PRACTISE, KNOWN = "film", "one-word", "practise", "known"
MODES = {
    FILM: "A film",
    ONE_WORD: "Camera, one word at a time",
    PRACTISE: "Practise",
    KNOWN: "The words",
}

st.title("Which word is this?", anchor=False)
st.markdown(
    "Show one word of American Sign Language (ASL), in a short film or to the camera. The app "
    "reads single signs by their movement. It does not translate ASL, whose sentences are more "
    "than signs in a row."
)
mode = st.segmented_control(
    "What to do",
    list(MODES),
    format_func=MODES.__getitem__,
    default=FILM,
    required=True,
    key="words-mode",
    label_visibility="collapsed",
)
browser = ask_browser()
still = browser.stillness
# What is chosen below is needed above.
content, model = st.container(), st.container()
with model:
    chosen, about = st.columns([3, 5], gap="medium")
with chosen:
    # Without a model the page ends here, with what to do.
    bundle = choose_model("sequences")
    words = words_of(bundle)
with about:
    st.caption(learned_from(bundle.card))
    if names := learning_only(bundle.card):
        st.caption(
            f":material/school: It learned from {escape_markdown(', '.join(names))}, and may be "
            "used for learning and research only (C-UDA)."
        )
    st.page_link(
        "pages/about.py",
        label="Who it learned from, and how good it is",
        icon=":material/info:",
    )

if mode != FILM:
    forget_unread()
with content:
    if mode == FILM:
        looked = take_film()
        st.caption(
            "Of a film only the places of joints are kept, in the app's memory, for this visit. "
            "The film itself is let go of once it has been read, and nothing is sent elsewhere."
        )
        offer_examples(bundle, words)
        if looked is None:
            show_tour("words")
        else:
            show_film(looked, bundle, load_words(bundle), still)
    elif mode == ONE_WORD:
        show_live(bundle, browser, show_one_word)
    elif mode == PRACTISE:
        lexicon = load_lexicon(bundle)
        word = choose_word([word for word in words if word in lexicon])
        if word is not None:
            example = lexicon[word]
            show_live(
                bundle,
                browser,
                partial(show_practice, word=word, example=example, still=still),
                above=partial(show_example, example, word, still),
            )
    else:
        show_known(words, load_lexicon(bundle), still)
