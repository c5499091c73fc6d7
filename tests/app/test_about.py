"""The About page as Streamlit runs it."""

from functools import partial

import pytest


@pytest.fixture
def open_about(open_page):
    return partial(open_page, "about")


def tables(app) -> list[list[dict[str, str]]]:
    return [frame.value.to_dict("records") for frame in app.dataframe]


def test_every_figure_comes_from_the_card(open_about, tiny_bundle):
    tiny_bundle(
        description="A model **for tests**.",
        data=({"name": "drawn", "licence": "CC0", "pictures": 1234, "people": None},),
        scores=({"data": "drawn", "split": "new person", "accuracy": 0.967},),
        training={"seed": 7},
        versions={"onnx": "1.2.3"},
    )
    app = open_about()
    shown = tables(app)
    assert [{"data": "drawn", "split": "new person", "accuracy": "96.7%"}] in shown
    assert [{"what": "seed", "value": "7"}] in shown
    assert [{"what": "onnx", "value": "1.2.3"}] in shown
    words = [part.value.replace("\\", "").replace("\u2060", "") for part in app.markdown]
    assert "A model **for tests**." in words
    assert "- **drawn** · licence: CC0 · pictures: 1,234 · people: unknown" in words


def test_a_card_without_scores_or_data_says_so(open_about, tiny_bundle):
    tiny_bundle()
    words = [part.value for part in open_about().markdown]
    assert "The card states no scores." in words
    assert "The card names no data." in words


def test_it_says_what_the_app_is_not_and_under_which_licence_it_stands(open_about, tiny_bundle):
    tiny_bundle()
    app = open_about()
    words = "\n".join(part.value for part in app.markdown)
    assert "It does not translate" in words and "Deaf people" in words
    assert "Apache License" in app.code[0].value


def test_what_reads_pictures_and_words_is_one_click_away(open_about, tiny_bundle):
    tiny_bundle()
    links = [link.proto.label for link in open_about().get("page_link")]
    assert links == ["Read a picture", "Read a word"]


def test_a_model_of_words_speaks_of_clips(open_about, words_bundle):
    words_bundle(
        data=({"name": "clips", "licence": "C-UDA"},),
        scores=({"data": "clips", "split": "new-person", "pictures": 40, "accuracy": 0.9},),
        parity={"pictures": 64, "largest_difference": 0.0},
    )
    app = open_about()
    assert [{"data": "clips", "split": "new-person", "clips": "40", "accuracy": "90.0%"}] in tables(
        app
    )
    captions = "\n".join(one.value for one in app.caption)
    assert "how the tested clips were set aside" in captions
    assert "learning and research only" in captions


def test_without_a_model_the_rest_is_still_told(open_about):
    app = open_about()
    assert "There is no model yet" in app.warning[0].value
    assert any("It does not translate" in part.value for part in app.markdown)
    assert "Apache License" in app.code[0].value
