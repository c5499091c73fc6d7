"""About page: what the app does and does not do, and what is known about a model."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from asl.figures.wording import wording_of
from asl.ui.shared.card_tables import as_list, as_table
from asl.ui.shared.model_choice import choose_model
from asl.ui.shared.text import escape_markdown
from asl.ui.words.answers import learning_only

LICENCE = Path(__file__).parents[1] / "LICENSE"

st.title("About", anchor=False)
does, does_not = st.columns(2, gap="large")
with does:
    st.subheader("What it does", anchor=False)
    st.markdown(
        "- It reads American Sign Language (ASL): single handshapes in pictures, and single words, "
        "which are movements, in short films and by camera.\n"
        "- Two networks look at each picture: the picture network at the hand's pixels, the "
        "landmark network at the places of its joints. The answer is made from both. Words are "
        "read from how the joints move.\n"
        '- It says how sure it is, what else it could be, and "can\'t tell" rather than guess.\n'
        "- Right and left hands are read alike.\n"
        "- Pictures, and the places of joints in films, stay in memory for the visit. Nothing is "
        "written to disk."
    )
    st.page_link("pages/photo.py", label="Read a picture", icon=":material/photo_camera:")
    st.page_link("pages/words.py", label="Read a word", icon=":material/gesture:")
with does_not:
    st.subheader("What it does not do", anchor=False)
    st.markdown(
        "- It does not translate. ASL is a language with a grammar of its own, made of movement, "
        "place, face and body; fingerspelling is a small part of it, and words in a row are no "
        "sentence.\n"
        "- It does not replace an interpreter, and it cannot judge how well somebody signs.\n"
        "- It does not see movement in pictures: of J and Z a still picture holds only a part.\n"
        "- It works less well on people who are unlike those it learned from.\n"
        "- It was not made to decide for Deaf people what helps them. Whoever builds on it for "
        "them should build it with them."
    )

# The licence is drawn first, since without a model the script ends where one is chosen.
model, licence = st.container(), st.container()
with licence:
    st.header("Licence", anchor=False)
    st.markdown(
        "The app and the bundled models are free to use and to change under the licence below. "
        "Hands are found by MediaPipe's networks, which have the same licence."
    )
    with st.expander("Licence text"):
        st.code(LICENCE.read_text(encoding="utf-8"), language=None, wrap_lines=True)

with model:
    st.header("The model", anchor=False)
    bundle = choose_model()
    card, words = bundle.card, wording_of(bundle)
    if card.description:
        st.markdown(escape_markdown(card.description))
    st.caption(f"Network: {escape_markdown(card.network)}. It knows {len(card.labels)} signs.")

    if names := learning_only(card):
        st.caption(
            f":material/school: It learned from {escape_markdown(', '.join(names))}, and may be "
            "used for learning and research only (C-UDA)."
        )

    st.subheader("How good it is", anchor=False)
    if card.scores:
        scores = [words.as_named(entry) for entry in card.scores]
        st.dataframe(as_table(scores, shares=True), hide_index=True, alt="Scores of the model")
        st.caption(
            f"Each row says how the tested {words.examples} were set aside (split). The score to "
            "expect is the one on people whom the model has not seen. A random split has the same "
            "people on both sides, and flatters."
        )
    else:
        st.markdown("The card states no scores.")

    st.subheader("Who and what it learned from", anchor=False)
    lines = []
    for number, entry in enumerate(card.data, start=1):
        facts = {fact["what"]: fact["value"] for fact in as_list(entry)}
        name = facts.pop("name", f"data set {number}")
        said = " · ".join(f"{what}: {value}" for what, value in facts.items() if value)
        lines.append(f"- **{escape_markdown(name)}** · {escape_markdown(said)}")
    st.markdown("\n".join(lines) or "The card names no data.")

    st.subheader("How it was made", anchor=False)
    sections: dict[str, Mapping[str, object]] = {
        "Training": card.training,
        "Network settings": card.settings,
        "Calibration": {**card.calibration, "can't tell below": card.abstain_below},
        "Exported model against trained network": words.as_named(card.parity),
        "Versions": card.versions,
    }
    for title, own in sections.items():
        if own:
            with st.expander(title):
                st.dataframe(as_list(own), hide_index=True, alt=title)
