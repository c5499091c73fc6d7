"""The Words page as Streamlit runs it: films, with hands where it is light."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import asl.body
from asl.bundle import LEXICON, ONNX
from asl.data.sequences.layout import HANDS, HOLISTIC
from asl.inference.sequences.lexicon import write_lexicon
from asl.ui.words.film import Film
from asl.ui.words.known import matching
from tests.app.visiting import rerun

WORDS = "pages/words.py"


@pytest.fixture
def words(open_page, words_bundle, hand_at_light):
    """``words("film")``: the Words page with a model of four movements, in one of its modes."""

    def start(mode: str = "film", **model):
        words_bundle(**model)
        return open_page("words", {"words-mode": mode})

    return start


def text(app) -> str:
    parts = (
        *app.title, *app.header, *app.subheader, *app.markdown, *app.caption,
        *app.info, *app.warning, *app.error, *app.success,
    )  # fmt: skip
    return "\n".join(part.value for part in parts)


def give(app, content: bytes, name: str = "film.mp4"):
    """The page after a film was uploaded, as the visitor sees it at last."""
    app.file_uploader[0].set_value([(name, content, "video/mp4")])
    return rerun(app)


def drawn(app) -> list[str]:
    """What the films on the page are said to show."""
    return [film.proto.alt for film in app.get("video")]


def test_without_a_model_of_words_the_page_says_what_to_do(open_page, tiny_bundle):
    tiny_bundle()
    app = open_page("words")
    assert "There is no model of words yet" in text(app)
    assert "Train one on the Train page" in text(app)
    assert not app.file_uploader


def test_pages_of_pictures_offer_no_models_of_words(open_page, webrtc, tiny_bundle, words_bundle):
    pictures, of_words = tiny_bundle(), words_bundle()
    for page, key, offered in (
        ("photo", "model", pictures),
        ("live", "model", pictures),
        ("words", "words-model", of_words),
    ):
        box = open_page(page).selectbox(key=key)
        assert box.options == [offered.card.name], page


def test_the_empty_page_says_what_it_does_and_what_becomes_of_films(words):
    said = text(words())
    assert "It does not translate ASL" in said
    assert "only the places of joints are kept" in said
    assert "The model knows 4 words" in said


def test_a_film_of_one_word_is_read(words, film_of_light):
    app = give(words(), film_of_light("right"), "mine.mp4")
    assert [header.value for header in app.header] == ["right"]
    said = text(app)
    assert "mine\\.mp4" in said and "The sign: 0." in said
    assert "Next:" in said and "none of these" not in said
    [alt] = drawn(app)
    assert alt.startswith("A drawn person signs for 0.") and "the right hand moves" in alt


def test_a_left_hand_is_read_as_well(words, film_of_light, hand_at_light):
    hand_at_light.side = "left"
    assert give(words(), film_of_light("up")).header[0].value == "up"


def test_what_decided_is_marked(words, film_of_light):
    app = give(words(), film_of_light("right"))
    assert "Found by hiding moments and joints in turn" in text(app)
    assert "It rests most on right hand" in text(app)


def test_several_words_with_rests_between_are_told_one_by_one(words, film_of_light):
    app = give(words(), film_of_light("right", "up", "left"))
    app.session_state["words-several"] = "Several, with rests between"
    rerun(app)
    options = app.selectbox(key="words-number").options
    assert [option.split(" (")[0] for option in options] == ["1. right", "2. up", "3. left"]
    assert "no translation" in text(app)
    app.selectbox(key="words-number").select(2)
    assert rerun(app).header[0].value == "left"


def test_an_unsure_answer_is_can_t_tell(words, film_of_light):
    app = give(words(abstain_below={"sequence": 0.9999}, gain=4.0), film_of_light("right"))
    assert app.header[0].value.replace("\\", "") == "Can't tell"
    assert "closest is right" in app.get("progress")[0].proto.text
    assert "Below this confidence" in text(app)


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "empty.mp4", "empty"),
        (b"not a film at all", "notes.mp4", "not a MP4, MOV, WebM or AVI film"),
    ],
)
def test_a_bad_film_is_named_with_its_reason(words, content, name, reason):
    said = text(give(words(), content, name)).replace("\\", "")
    assert "No answer" in said and name in said and reason in said


def test_a_damaged_film_is_named_with_its_reason(words, film_of_light):
    said = text(give(words(), film_of_light("right")[:300], "cut.mp4"))
    assert "cut\\.mp4" in said and "damaged or incomplete" in said


def test_a_film_that_is_too_long_is_refused(words, film_of_light, monkeypatch):
    monkeypatch.setattr("asl.codecs.film.MAX_SECONDS", 1)
    # Decoded here, where the limit is another one.
    monkeypatch.setattr("asl.ui.words.film.open_film", __import__("asl.videos").videos.open_video)
    said = text(give(words(), film_of_light("right", "up"), "long.mp4"))
    assert "long\\.mp4" in said and "cut" in said


def test_a_film_without_a_hand_says_so(words, film_of_light, hand_at_light):
    hand_at_light.side = ""
    said = text(give(words(), film_of_light("right"), "wall.mp4"))
    assert "wall\\.mp4" in said and "no hand was seen" in said


def test_a_film_of_hands_alone_is_searched_for_palms(words, film_of_light, hand_at_light):
    hand_at_light.needs_palms = True
    assert give(words(), film_of_light("right")).header[0].value == "right"


def test_only_landmarks_are_kept_of_a_film(words, film_of_light):
    app = give(words(), film_of_light("right"))
    looked = app.session_state["words-looked"]
    assert looked.points.shape[1:] == (543, 3)
    assert not [value for value in vars(looked).values() if isinstance(value, bytes)]
    assert "words-given" not in app.session_state
    # Neither does the widget hold it any more.
    assert app.file_uploader[0].value in (None, [])


def test_a_film_whose_reading_was_left_is_forgotten(words, film_of_light):
    app = words()
    app.session_state["words-given"] = Film("left.mp4", film_of_light("up"))
    app.session_state["words-mode"] = "known"
    assert "words-given" not in rerun(app).session_state


def test_clear_forgets_the_film(words, film_of_light):
    app = give(words(), film_of_light("right"))
    app.button(key="words-clear").click()
    rerun(app)
    assert not app.header and "words-looked" not in app.session_state


def test_no_visitor_sees_another_ones_film(words, open_page, film_of_light):
    give(words(), film_of_light("right"))
    assert not open_page("words").header


def test_a_recording_is_read_like_a_film(words, film_of_light, monkeypatch):
    sent = [film_of_light("up")]
    monkeypatch.setattr("asl.ui.words.intake.record_film", lambda key: sent.pop() if sent else None)
    app = words()
    app.session_state["words-source"] = ":material/videocam: Record one"
    assert rerun(app).header[0].value == "up"


def test_a_recording_that_did_not_arrive_says_so(words, monkeypatch):
    def broken(key: str) -> bytes:
        raise ValueError("recording: it did not arrive whole; record it again")

    monkeypatch.setattr("asl.ui.words.intake.record_film", broken)
    app = words()
    app.session_state["words-source"] = ":material/videocam: Record one"
    assert "did not arrive whole" in text(rerun(app))


def test_where_nothing_can_be_searched_for_the_page_says_so(words, film_of_light, monkeypatch):
    from asl.hands.networks import HandsUnavailable

    def missing(*args, **options):
        raise HandsUnavailable("LiteRT is not installed")

    monkeypatch.setattr("asl.ui.words.film.BodyTracker", missing)
    app = give(words(), film_of_light("right"))
    assert "Films cannot be read here" in text(app) and "LiteRT is not installed" in text(app)


def test_a_model_that_gives_no_answer_is_left_for_the_next(words, open_page, words_bundle):
    bad = words_bundle("a-bad").folder
    model = onnx.load(bad / ONNX)
    model.graph.initializer[1].CopyFrom(
        numpy_helper.from_array(np.full(5, np.nan, np.float32), "bias")
    )
    onnx.save(model, bad / ONNX)
    app = words()
    assert app.selectbox(key="words-model").options == ["words"]
    assert "**a\\-bad**: model\\.onnx its output" in text(app)


def test_learning_only_is_said_where_the_card_says_so(words):
    data = ({"name": "WLASL", "licence": "C-UDA 1.0", "people": 68},)
    said = text(words(data=data))
    assert "learning and research only (C-UDA)" in said
    assert "knows 4 words, and learned them from 68 people" in said


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", ["again", "Mother", "other"]),
        ("OTHER", ["other", "Mother"]),
        (" a", ["again"]),
        ("x", []),
    ],
)
def test_words_are_found_by_any_part(wanted, found):
    assert matching(["again", "Mother", "other"], wanted) == found


@pytest.fixture
def known(words_bundle, open_page, hand_at_light, light_frames):
    """``known(write)``: the words of a model, whose folder is given to `write` before."""

    def start(write=lambda folder, examples: write_lexicon(folder, examples, people={"up": 4})):
        tracker = asl.body.BodyTracker()
        examples = {"up": np.array([tracker.track(one) for one in light_frames("up")[15:45]])}
        write(words_bundle().folder, examples)
        return open_page("words", {"words-mode": "known"})

    return start


def test_the_words_are_listed_and_those_with_an_example_move(known):
    app = known()
    assert "4 of 4 words" in text(app)
    app.session_state["words-known"] = "up"
    rerun(app)
    [alt] = drawn(app)
    assert alt.startswith("A drawn person signs “up” for 1.2 seconds: the right hand moves up")
    assert "Mean movement of 4 people" in text(app)
    app.session_state["words-known"] = "down"
    assert "brings no example of down" in text(rerun(app))
    app.text_input(key="words-search").set_value("zzz")
    assert "No word that the model knows" in text(rerun(app))


def test_hands_alone_are_drawn_with_a_head_that_the_page_tells_of(known):
    def alone(folder, examples):
        hands = HANDS.take(examples["up"], HOLISTIC.rows)
        write_lexicon(folder, {"up": HOLISTIC.take(hands, HANDS.rows)})

    app = known(alone)
    app.session_state["words-known"] = "up"
    assert "Head and shoulders are drawn where" in text(rerun(app))
    assert "Mean movement" not in text(app)


def test_examples_that_are_damaged_are_named_and_the_words_still_listed(known):
    app = known(lambda folder, examples: (folder / LEXICON).write_bytes(b"PK and no more"))
    assert "The examples of words cannot be shown" in text(app) and "4 of 4 words" in text(app)
