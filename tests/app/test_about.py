"""The About page as Streamlit runs it."""

import pytest


@pytest.fixture
def open_about(open_app):
    def start():
        app = open_app()
        app.switch_page("pages/about.py").run()
        assert not app.exception
        return app

    return start


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


def test_the_photo_page_is_one_click_away(open_about, tiny_bundle):
    tiny_bundle()
    (link,) = open_about().get("page_link")
    assert link.proto.label == "Read a picture"


def test_without_a_model_the_rest_is_still_told(open_about):
    app = open_about()
    assert "There is no model yet" in app.warning[0].value
    assert any("It does not translate" in part.value for part in app.markdown)
    assert "Apache License" in app.code[0].value
