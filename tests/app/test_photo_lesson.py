"""Teach it your hand, on the Photo page as Streamlit runs it."""

import re

import numpy as np
import pytest

from asl.inference.pictures.taught import Sample
from asl.inference.pictures.taught_file import (
    Lessons,
    keep_lessons,
    lessons_file,
    read_lessons,
    to_bytes,
)

#: `tiny_bundle` sees the first three in red, green and blue.
LABELS = ("A", "O", "J", "B")


@pytest.fixture
def model(model_with_hands):
    return model_with_hands(LABELS)


def text(app) -> str:
    parts = [part.value for part in (*app.markdown, *app.caption, *app.warning, *app.error)]
    return re.sub(r"\\(.)", r"\1", "\n".join(parts)).replace("\u2060", "")


def button(app, label: str):
    return next(one for one in app.button if one.label == label)


def choose(app, label: str, value: str):
    next(one for one in app.selectbox if one.label == label).set_value(value)
    return run(app)


def run(app):
    """The page drawn again; the harness forgets which expanders are open."""
    app.session_state["lesson"] = True
    app.run()
    assert not app.exception
    return app


def test_a_wrong_answer_is_taught_and_right_at_once(open_app, upload, model, coloured_file):
    app = upload(open_app(), ("a.png", coloured_file("red")))
    assert app.header[0].value == "A"
    choose(app, "This picture shows", "B")
    assert "Nothing shown of **B** yet" in text(app)
    button(app, "Learn this picture").click()
    run(app)
    assert app.header[0].value != "A" and "**Read with your hand.**" in text(app)
    assert "Before you taught it: **A, 99%**" in text(app)
    assert read_lessons(model.card).count("B") == 1
    assert "**B**: 1 sample; 3 to 5 are best." in text(app)


def test_it_is_switched_off_and_on_and_deleted(open_app, upload, model, coloured_file):
    app = upload(open_app(), ("a.png", coloured_file("red")))
    choose(app, "This picture shows", "B")
    button(app, "Learn this picture").click()
    run(app)
    assert "Your hand so far: B (1)" in text(app)
    app.toggle(key="taught-on-True").set_value(False)
    run(app)
    assert app.header[0].value == "A" and not read_lessons(model.card).on
    app.toggle(key="taught-on-False").set_value(True)
    run(app)
    assert app.header[0].value != "A"
    button(app, "Delete my hand").click()
    run(app)
    assert app.header[0].value == "A" and not lessons_file(model.card).exists()
    assert "Your hand so far" not in text(app)


def test_a_letter_by_choice_is_shown_and_what_it_brings_is_said(open_app, model, coloured_file):
    app = run(open_app())
    choose(app, "Sign", "B")
    files = [(f"{name}.png", coloured_file("red"), "image/png") for name in "abc"]
    app.file_uploader[1].set_value([*files, ("no.png", coloured_file(hand=""), "image/png")])
    run(app)
    assert "One picture taught nothing: no hand found." in text(app)
    # All three show the very same hand.
    assert read_lessons(model.card).count("B") == 1
    assert not app.file_uploader[1].value


def test_before_and_after_are_told_on_samples_kept_aside(open_app, model):
    said = np.array([3, 0, 0, 0], np.float32)
    hand = np.random.default_rng(0).normal(size=(21, 3)).astype(np.float32)
    samples = [Sample("B", hand + shift, said) for shift in (0, 0.01, 0.02)]
    keep_lessons(model.card, Lessons(tuple(samples)))
    app = run(open_app())
    assert "**0 of 3** read rightly before, **3** after" in text(app)
    choose(app, "Forget one sign", "B")
    button(app, "Forget it").click()
    run(app)
    assert not read_lessons(model.card).samples


def test_a_copy_is_taken_back_and_another_file_refused(open_app, model):
    hand = np.random.default_rng(0).normal(size=(21, 3)).astype(np.float32)
    lessons = Lessons((Sample("B", hand, np.zeros(4, np.float32)),))
    copy = to_bytes(model.card, lessons)
    app = run(open_app())
    app.file_uploader[2].set_value(("my-hand.json", b"{}", "application/json"))
    run(app)
    assert "That file cannot be used: taught hand: no file of this app" in text(app)
    app.file_uploader[2].set_value(("my-hand.json", copy, "application/json"))
    run(app)
    assert not app.exception and read_lessons(model.card).count("B") == 1


def test_a_damaged_file_is_named_and_can_be_deleted(open_app, model):
    lessons_file(model.card).parent.mkdir(parents=True)
    lessons_file(model.card).write_text("{")
    app = run(open_app())
    assert "The taught hand cannot be used: taught hand: no JSON" in text(app)
    button(app, "Delete my hand").click()
    run(app)
    assert not lessons_file(model.card).exists()
