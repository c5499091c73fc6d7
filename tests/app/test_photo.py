"""The photo page as Streamlit runs it."""

import csv
import io
import re
import shutil
from unittest.mock import create_autospec

import numpy as np
import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from asl.hands.networks import HandsUnavailable
from asl.images import SUFFIXES
from asl.inference.pictures.predictor import Predictor
from asl.ui.photo.upload import CAMERA

#: `tiny_bundle` sees the first three in red, green and blue.
LABELS = ("A", "O", "J", "0", "B")
MALICIOUS = '<img src=x onerror="alert(1)">**x**:red[x]:material/home:$x$.png'


@pytest.fixture
def model(model_with_hands):
    """A model that knows handshapes, and needs a clear colour or a landmark's word to answer."""
    return model_with_hands(LABELS)


@pytest.fixture
def sheets(monkeypatch) -> list[bytes]:
    """The CSV files that the page offers, in the order of its runs."""
    from asl.ui.photo import cards

    made, to_csv = [], cards.to_csv

    def keep(rows):
        made.append(to_csv(rows))
        return made[-1]

    monkeypatch.setattr(cards, "to_csv", keep)
    return made


def answers(app) -> list[str]:
    """The answer of each card, as it reads."""
    return [unescaped(header.value) for header in app.header]


def text(app) -> str:
    """Everything else that is written on the page, as it reads."""
    parts = [part.value for part in (*app.markdown, *app.caption, *app.warning, *app.error)]
    return unescaped("\n".join([*parts, *(bar.text for bar in app.get("progress"))]))


def of_visitors(app) -> list[str]:
    """What the pictures on the page show, those to click aside."""
    alts = [image.proto.imgs[0].alt for image in app.image]
    return [alt for alt in alts if "'s hand shows" not in alt]


def unescaped(markdown: str) -> str:
    return re.sub(r"\\(.)", r"\1", markdown).replace("\u2060", "")


def test_the_empty_page_says_what_it_does_and_what_happens_to_pictures(open_app, model):
    app = open_app()
    assert "does not translate ASL" in text(app)
    assert "Nothing is written to disk" in text(app)
    assert not app.header and not app.camera_input


def test_without_a_model_the_page_says_what_to_do(open_app):
    assert "There is no model yet" in text(open_app())


def test_pictures_as_phones_and_browsers_name_them_are_taken(
    open_app, upload, model, coloured_file, heic
):
    app = open_app()
    assert set(app.file_uploader[0].allowed_type) >= SUFFIXES
    app = upload(app, ("IMG_0001.HEIC", heic["plain"]), ("image.jfif", coloured_file("red")))
    assert not app.error and not app.warning and "IMG_0001.HEIC" in text(app)
    assert "A" in answers(app)


def test_one_picture_gets_one_card(open_app, upload, model, coloured_file):
    app = upload(open_app(), ("a.png", coloured_file("red")))
    assert answers(app) == ["A"]
    assert "Very sure, 99%" in text(app)
    assert "Next: :gray-badge[O or 0 · <1%]" in text(app)
    assert "a.png" in text(app)
    (image,) = app.image
    assert image.proto.imgs[0].alt == "a.png: a right hand found, its joints and bones drawn"


def test_the_hand_is_compared_with_the_typical_one(open_app, upload, model, coloured_file):
    app = upload(open_app(), ("a.png", coloured_file(hand="left")))
    (chart,) = app.get("plotly_chart")
    assert chart.proto.alt.startswith("Your hand: all four fingers straight. Typical A: ")
    assert "seen as a left hand, so it is mirrored" in text(app)


def test_a_camera_picture_is_read(open_app, model, coloured_file):
    app = open_app()
    app.session_state["source"] = CAMERA
    app.run()
    app.camera_input[0].set_value(("photo.jpg", coloured_file("red"), "image/jpeg")).run()
    assert answers(app) == ["A"]


def test_a_bad_file_says_why_and_the_others_go_on(open_app, upload, model, coloured_file):
    app = upload(
        open_app(),
        ("a.png", coloured_file("red")),
        ("broken.png", coloured_file()[:99]),
        ("o.png", coloured_file("lime")),
    )
    assert answers(app) == ["A", "No answer", "O or 0"]
    assert "The picture is damaged or incomplete; save or upload it again." in text(app)


def test_no_hand_found_says_so_and_what_to_do(open_app, upload, model, coloured_file):
    app = upload(open_app(), ("a.png", coloured_file(hand="")))
    assert "**No hand found.** The picture network answered alone" in text(app)
    assert "show the whole hand" in text(app)
    assert not app.get("plotly_chart")


def test_can_t_tell_names_the_closest(open_app, upload, model, coloured_file):
    app = upload(open_app(), ("grey.png", coloured_file("white")))
    assert answers(app) == ["Can't tell"]
    assert "closest is O or 0" in text(app)
    assert "Below this confidence the model is wrong too often" in text(app)


def test_disagreeing_networks_are_both_quoted(open_app, upload, tiny_bundle, coloured_file):
    tiny_bundle(labels=LABELS, landmark_bias=np.array([0, 0, 0, 0, 20.0]))
    app = upload(open_app(), ("a.png", coloured_file("red")))
    assert answers(app) == ["B"]
    assert "The picture network sees **A** (99%), the landmark network sees **B**" in text(app)


def test_signs_of_motion_and_look_alikes_are_explained(open_app, upload, model, coloured_file):
    app = upload(open_app(), ("j.png", coloured_file("blue")), ("o.png", coloured_file("lime")))
    assert answers(app) == ["J", "O or 0"]
    assert "**Needs motion.** J is signed with a movement" in text(app)
    assert "**Same handshape.** O and 0 look alike" in text(app)


def test_letters_are_meant_at_first_and_what_was_chosen_last_later(open_app, model, asl_home):
    (asl_home / "choices.json").unlink()
    app = open_app()
    assert app.button_group(key="candidates").value == "letters"
    app.button_group(key="candidates").set_value("digits").run()
    assert open_app().button_group(key="candidates").value == "digits"
    (asl_home / "choices.json").write_text('{"candidates": ["x"]}')
    assert open_app().button_group(key="candidates").value == "letters"


def test_signs_of_the_users_own_making_are_meant_at_first(open_app, tiny_bundle, asl_home):
    (asl_home / "choices.json").write_text('{"candidates": "letters"}')
    tiny_bundle(labels=("A", "hello", "B"))
    assert open_app().button_group(key="candidates-own").value == "all"


def test_other_candidates_are_answered_without_another_search(
    open_app, upload, model, coloured_file, hands_by_colour
):
    app = upload(open_app(), ("o.png", coloured_file("lime")))
    assert answers(app) == ["O or 0"]
    app.button_group(key="candidates").set_value("letters").run()
    assert answers(app) == ["O"]
    app.button_group(key="candidates").set_value("digits").run()
    assert answers(app) == ["0"]
    assert hands_by_colour == ["right"]


def test_another_model_is_asked_without_another_search(
    open_app, upload, model, tiny_bundle, coloured_file, hands_by_colour
):
    other = tiny_bundle("other", labels=LABELS, bias=np.array([0, 0, 0, 0, 50.0]))
    app = upload(open_app(), ("a.png", coloured_file("red")))
    app.selectbox(key="model").select(str(other.folder)).run()
    assert answers(app) == ["B"]
    assert hands_by_colour == ["right"]


def test_a_model_trained_again_is_loaded_again(open_app, upload, model, tiny_bundle, coloured_file):
    app = upload(open_app(), ("a.png", coloured_file("red")))
    other = tiny_bundle("other", labels=LABELS, bias=np.array([0, 0, 0, 0, 50.0]))
    (other.folder / "model.onnx").replace(model.folder / "model.onnx")
    assert answers(app.run()) == ["B"]


def test_a_choice_that_the_next_model_lacks_falls_back(
    open_app, upload, model, tiny_bundle, coloured_file
):
    letters = tiny_bundle("letters-only", labels=("A", "B", "C"))
    app = upload(open_app(), ("a.png", coloured_file("red")))
    app.button_group(key="candidates").set_value("digits").run()
    app.selectbox(key="model").select(str(letters.folder)).run()
    assert not app.exception
    assert app.button_group(key="candidates").options == ["Letters", "All"]
    assert answers(app) == ["A"]
    shutil.rmtree(letters.folder)
    assert not app.run().exception
    assert app.selectbox(key="model").value == str(model.folder)


def test_reading_many_pictures_says_how_far_it_is(
    open_app, upload, model, coloured_file, monkeypatch
):
    said = []
    monkeypatch.setattr(DeltaGenerator, "progress", lambda self, value, text: said.append(text))
    files = [(f"{colour}.png", coloured_file(colour)) for colour in ("red", "lime", "blue")]
    upload(open_app(), *files)
    assert said[:2] == ["1 of 3 read, about 0 s left", "2 of 3 read, about 0 s left"]


def test_where_hands_cannot_be_searched_it_is_said_once(
    open_app, upload, model, coloured_file, monkeypatch
):
    def missing():
        raise HandsUnavailable("hand detection is off: no LiteRT")

    monkeypatch.setattr("asl.inference.pictures.predictor.HandDetector", missing)
    app = upload(open_app(), ("a.png", coloured_file("red")), ("o.png", coloured_file("lime")))
    (warning,) = app.warning
    assert "only the picture network can answer" in warning.value
    assert answers(app) == ["A", "O or 0"]
    assert "No hand found" not in text(app)


def test_many_pictures_are_a_table_with_one_card(open_app, upload, model, coloured_file, sheets):
    files = [(f"{number}.png", coloured_file("red")) for number in range(7)]
    app = upload(open_app(), *files, (MALICIOUS, coloured_file("lime")), ("=1+1.png", b"broken"))
    table = app.dataframe[0].value
    assert list(table["file"]) == [
        *(f"{n}.png" for n in range(7)),
        MALICIOUS[:30] + "…" + MALICIOUS[-29:],
        "'=1+1.png",
    ]
    assert list(table["sign"])[5:] == ["A", "A", "O or 0", ""]
    assert answers(app) == ["A"]
    app.selectbox(key="picture").select_index(7).run()
    assert answers(app) == ["O or 0"]
    rows = list(csv.DictReader(io.StringIO(sheets[-1].decode("utf-8-sig"), newline="")))
    assert len(rows) == 9
    assert rows[0]["file"] == "0.png" and rows[0]["sign"] == "A" and rows[0]["hand"] == "right"
    assert rows[8]["file"] == "'=1+1.png" and "not a JPEG" in rows[8]["note"]


def test_a_few_pictures_can_be_downloaded_too(open_app, upload, model, coloured_file, sheets):
    app = upload(open_app(), ("a.png", coloured_file("red")))
    assert not sheets
    upload(app, ("a.png", coloured_file("red")), ("o.png", coloured_file("lime")))
    assert len(sheets) == 1


def test_no_more_pictures_are_read_than_fit(open_app, upload, model, coloured_file, monkeypatch):
    monkeypatch.setattr("asl.ui.photo.upload.MOST_PICTURES", 2)
    files = [(f"{number}.png", coloured_file("red")) for number in range(3)]
    app = upload(open_app(), *files)
    assert len(answers(app)) == 2
    assert "Only the first 2 pictures are read" in text(app)


def test_no_text_of_users_is_taken_for_markup(open_app, upload, tiny_bundle, coloured_file):
    labels = ("<b>x</b>", ":red[x]", "**x**")
    tiny_bundle(labels=labels, handshapes={labels[0]: np.eye(21, 3).tolist()})
    app = upload(open_app(), (MALICIOUS, coloured_file("red")))
    assert answers(app) == ["<b>x</b>"]
    written = [part.value for part in (*app.header, *app.markdown, *app.caption)]
    written += [expander.label for expander in app.expander]
    live = "\n".join(re.sub(r"\\.", "", part) for part in written)
    assert not re.search(r"<[a-z]|:red|\*\*x|:material/home|\$", live)
    assert all(markup in text(app) for markup in (":red[x]", "**x**", "<img src=x onerror="))


def test_clear_forgets_everything(open_app, upload, model, coloured_file, monkeypatch):
    removed = []
    monkeypatch.setattr(
        MemoryUploadedFileManager, "remove_session_files", lambda _, visit: removed.append(visit)
    )
    app = upload(open_app(), ("a.png", coloured_file("red")))
    assert not removed
    assert len(app.session_state["picture_memory"]) == 1
    app.button(key="clear").click().run()
    assert not app.header and not of_visitors(app)
    assert len(app.session_state["picture_memory"]) == 0
    assert not app.file_uploader[0].value
    assert len(removed) == 1


def test_a_picture_that_is_removed_is_forgotten(open_app, upload, model, coloured_file):
    app = upload(open_app(), ("a.png", coloured_file("red")), ("o.png", coloured_file("lime")))
    app = upload(app, ("o.png", coloured_file("lime")))
    assert len(app.session_state["picture_memory"]) == 1


def test_no_visitor_sees_another_ones_pictures(open_app, upload, model, coloured_file):
    mine = upload(open_app(), ("a.png", coloured_file("red")))
    theirs = open_app()
    assert answers(mine) == ["A"]
    assert not theirs.header and not of_visitors(theirs)
    assert len(theirs.session_state["picture_memory"]) == 0


def test_the_chart_shows_the_signs_that_are_possible(open_app, model):
    app = open_app()
    assert not app.get("plotly_chart")
    app.session_state["chart"] = True
    app.run()
    words = " ".join(chart.proto.alt for chart in app.get("plotly_chart"))
    assert "J: all four fingers straight, needs motion." in words
    assert "O: all four fingers straight, same as 0." in words
    app.button_group(key="candidates").set_value("digits").run()
    (chart,) = app.get("plotly_chart")
    assert chart.proto.alt == "0: all four fingers straight, same as O."


def test_an_unclear_picture_is_turned_and_read_again(open_app, upload, model, coloured_file):
    app = upload(open_app(), ("a.png", coloured_file("white")))
    assert answers(app) == ["Can't tell"]
    app.button(key="turn-0-1").click().run()
    assert not app.exception and app.session_state["pictures_turned"]
    app.button(key="turn-0-3").click().run()
    assert list(app.session_state["pictures_turned"].values()) == [0]
    app = upload(app, ("b.png", coloured_file("red")))
    assert not [one for one in app.button if (one.key or "").startswith("turn-")]


def test_a_second_hand_in_the_picture_is_said(open_app, upload, model, coloured_file, monkeypatch):
    app = upload(open_app(), ("a.png", coloured_file("red")))
    assert "Two hands" not in text(app)
    found = create_autospec(Predictor.shows_another_hand, return_value=True)
    monkeypatch.setattr(Predictor, "shows_another_hand", found)
    app = upload(app, ("b.png", coloured_file("lime")))
    assert "**Two hands.** Only the one whose joints are drawn was read" in text(app)
