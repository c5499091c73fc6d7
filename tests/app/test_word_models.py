"""Scores, Compare and Attention as Streamlit runs them, with models that read words."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asl.bundle import EVALUATION, HISTORY, ModelBundle
from asl.data.sequences.layout import HANDS, HOLISTIC
from asl.evaluation.report import SCORE
from asl.inference.decision import softmax
from asl.inference.sequences.lexicon import write_lexicon
from asl.inference.sequences.predictor import WordPredictor
from tests.app.visiting import charts, metrics, seconds_to_draw, text
from tests.packed import pack

TABS = ("Confusions", "Signs", "Curves", "Confidence", "Mistakes", "Training")
WAYS = {"right": (0.4, 0), "left": (-0.4, 0), "up": (0, -0.4), "down": (0, 0.4)}


def clip(way: str, seed: int, frames: int = 20) -> np.ndarray:
    """A right hand that moves a way, (T, 42, 3)."""
    random = np.random.default_rng(seed)
    made = np.full((frames, 42, 3), np.nan, np.float32)
    made[:, 21:] = 0.5 + random.normal(0, 0.03, (1, 21, 3))
    made[:, 21:, :2] += np.linspace(-0.5, 0.5, frames)[:, None, None] * np.array(WAYS[way])
    return made


#: Of each way three clips by two people; the last two are said to be what they are not.
SHOWN = [(way, way, who) for way in WAYS for who in ("ann", "ben") for _ in range(3)]
SHOWN += [("left", "up", "ann"), ("left", "up", "ben")]


def pack_shown(file: Path | io.BytesIO, shown=tuple(SHOWN)) -> None:
    clips = [clip(way, seed) for seed, (way, _, _) in enumerate(shown)]
    pack(file, clips, [label for _, label, _ in shown], [who for *_, who in shown])


@pytest.fixture
def make_model(words_bundle, make_history, asl_home, tmp_path):
    """``make_model("words")``: a model of four movements that was tested on the clips `SHOWN`,
    which lie where its run says; it is right about all but the last two."""

    def make(name: str = "words", **fields) -> ModelBundle:
        training = {"split": "new-person", "split_means": "people held out"}
        calibration = {"weights": {"sequence": 2.0}}
        bundle = words_bundle(
            name, **{"training": training, "calibration": calibration, "gain": 15.0, **fields}
        )
        data = tmp_path / "clips.npz"
        pack_shown(data)
        asked = WordPredictor(bundle)
        points = [HOLISTIC.take(clip(way, seed), HANDS.rows)
                  for seed, (way, _, _) in enumerate(SHOWN)]  # fmt: skip
        scores = softmax(asked.logits_of(points))
        table = pd.DataFrame(
            {
                "picture": [f"clips.npz#{number}" for number in range(len(SHOWN))],
                "label": [label for _, label, _ in SHOWN],
                "person": [who for *_, who in SHOWN],
                "source": "mine",
                "fold": "00",
            }
        )
        columns = pd.DataFrame(scores, columns=[SCORE + label for label in bundle.card.labels])
        pd.concat([table, columns], axis=1).to_parquet(bundle.folder / EVALUATION)
        make_history().to_parquet(bundle.folder / HISTORY)
        run = asl_home / "runs" / name
        run.mkdir(parents=True, exist_ok=True)
        config = {"config": {"data": [{"name": "mine", "folder": str(data)}]}}
        (run / "run.json").write_text(json.dumps(config))
        return bundle

    return make


class TestScores:
    def test_the_headline_speaks_of_clips(self, open_page, make_model):
        make_model()
        app = open_page("scores")
        assert metrics(app)["Accuracy"] == "92.3%"
        assert "Hand found" not in metrics(app)
        assert "Within 5" not in metrics(app), "with five candidates it says nothing"
        assert "26 clips, 2 people, 4 signs" in text(app)
        assert "picture" not in text(app)
        assert not [one for one in app.segmented_control if one.key == "candidates"]

    def test_the_sign_is_looked_for_among_the_five_likeliest(self, open_page, make_model):
        labels = ("right", "left", "up", "down", "none", "six", "seven")
        make_model(labels=labels)
        assert metrics(open_page("scores"))["Within 5"] == "100%"

    @pytest.mark.parametrize("tab", TABS)
    def test_every_tab_speaks_of_clips(self, open_page, make_model, tab):
        make_model()
        app = open_page("scores", {"scores-tab": tab})
        drawn = {"Signs": 1, "Curves": 2, "Confidence": 3, "Mistakes": 0, "Training": 2}
        assert len(charts(app)) == drawn.get(tab, 1)
        assert "picture" not in re.sub("picture network", "", text(app))

    def test_clips_are_drawn_and_one_of_them_moves(self, open_page, make_model):
        make_model()
        app = open_page("scores", {"scores-tab": "Mistakes"})
        alts = [image.proto.imgs[0].alt for image in app.image]
        assert sorted(alt[:13] for alt in alts) == ["clips.npz#24:", "clips.npz#25:"]
        assert all("up, answered left" in alt for alt in alts)
        app.selectbox(key="moving-clip").select_index(0).run()
        assert not app.exception
        (film,) = app.get("video")
        assert "moves" in film.proto.alt

    def test_without_the_clips_their_scores_are_enough(self, open_page, make_model, tmp_path):
        make_model()
        (tmp_path / "clips.npz").unlink()
        app = open_page("scores", {"scores-tab": "Mistakes"})
        assert len(app.dataframe[-1].value) == 2
        assert "The clips themselves are not shown" in text(app)

    @pytest.mark.parametrize("kind", ["npz", "zip", "folder"])
    def test_clips_of_ones_own(self, open_page, make_model, asl_home, tmp_path, zip_of, kind):
        make_model()
        packed = io.BytesIO()
        pack_shown(packed, [("up", "up", "cy"), ("down", "down", "cy"), ("left", "Up", "cy"),
                      ("left", "wave", "cy")])  # fmt: skip
        app = open_page("scores")
        if kind == "folder":
            (tmp_path / "own").mkdir()
            (tmp_path / "own" / "clips.npz").write_bytes(packed.getvalue())
            app.text_input(key="own-folder").set_value(str(tmp_path / "own")).run()
        else:
            data = packed.getvalue() if kind == "npz" else zip_of({"c.npz": packed.getvalue()})
            own = (f"mine.{kind}", data, "application/octet-stream")
            app.file_uploader(key="own-zip").set_value(own).run()
        app.button(key="own-start").click().run()
        assert not app.exception and not app.error
        assert metrics(app)["Accuracy"] == "66.7%"
        assert "1 clips are not counted" in text(app) and "wave (1)" in text(app)
        (image,) = app.image
        assert "up, answered left" in image.proto.imgs[0].alt
        if kind != "folder":
            kept = list((asl_home / "cache").iterdir())
            assert len(kept) == 1, "of what is uploaded nothing is kept beside the test clips"

    def test_pictures_for_a_model_of_words_are_refused(self, open_page, make_model, signs_zip):
        make_model()
        app = open_page("scores")
        own = ("mine.zip", signs_zip(), "application/zip")
        app.file_uploader(key="own-zip").set_value(own).run()
        app.button(key="own-start").click().run()
        assert "holds pictures" in app.error[0].value.replace("\\", "")

    def test_letters_among_words_are_no_look_alikes(self, open_page, words_bundle):
        labels = ("O", "0", "V", "2")
        bundle = words_bundle(labels=labels)
        # Of eight clips of O, six are taken for 0, which is another movement.
        scores = np.eye(4)[[0, 0, 1, 1, 1, 1, 1, 1]] * 0.96 + 0.01
        table = pd.DataFrame(scores, columns=[SCORE + label for label in labels])
        table.assign(label="O", picture="p", person="ann").to_parquet(bundle.folder / EVALUATION)
        app = open_page("scores")
        assert metrics(app)["Accuracy"] == "25.0%"
        assert not [one for one in app.segmented_control if one.key == "candidates"]
        assert "Look-alikes" not in text(app)


@pytest.mark.parametrize("tab", TABS[:5])
def test_hundreds_of_words_are_drawn_in_time(open_app, words_bundle, make_evaluation, tab):
    labels = tuple(f"word {number:03d}" for number in range(468))
    bundle = words_bundle(labels=labels)
    table = make_evaluation(labels, 2000, sharpness=6.0).drop(columns="found")
    table.to_parquet(bundle.folder / EVALUATION)
    app = open_app()
    app.session_state["scores-tab"] = tab
    # What a server loads once, before its first visitor, is not a page's own time.
    import asl.ui.scores.sections  # noqa: F401

    spent = seconds_to_draw(app, "scores")
    assert spent < 12, f"{spent:.1f} s"
    if tab == "Signs":
        assert "468 of 468 signs" in text(app)
        app.text_input(key="signs-search").set_value("WORD 46").run()
        assert "8 of 468 signs" in text(app)
        app.text_input(key="signs-search").set_value("nothing like it").run()
        assert "No tested sign holds this" in text(app)


class TestCompare:
    def test_two_models_of_words(self, open_page, make_model):
        make_model("first")
        make_model("second", gain=-15.0, labels=("right", "left", "up", "down", "six", "seven"))
        app = open_page("compare", {"compare-tab": "Where they disagree"})
        first, second = app.dataframe[0].value.to_dict("records")
        assert first["clips"] == second["clips"] == 26 and first["accuracy"] > second["accuracy"]
        assert first["within 5"] is None or np.isnan(first["within 5"]), "they share four words"
        assert "the same clips, tested by all of them" in text(app)
        assert "picture" not in text(app)
        (row,) = app.dataframe[1].value.to_dict("records")
        assert row["clips"] == 26 and 0 <= row["p"] <= 1

    def test_of_words_and_pictures_only_what_is_comparable_is(
        self, open_page, make_model, tiny_bundle, make_evaluation
    ):
        make_model("words")
        pictures = tiny_bundle("pictures")
        make_evaluation(("A", "B", "C"), 90).to_parquet(pictures.folder / EVALUATION)
        app = open_page("compare")
        assert "their accuracies do not tell which is better" in text(app)
        shown: Mapping[str, Mapping] = {
            row["model"]: row for row in app.dataframe[0].value.to_dict("records")
        }
        assert shown["words"]["examples"] == 26 and shown["pictures"]["examples"] == 90
        assert charts(app), "what they cost is drawn"
        assert not [one for one in app.segmented_control if one.key == "compare-candidates"]
        app = open_page("compare", {"compare-tab": "Signs"})
        assert not charts(app) and "not the same to recognise" in text(app)
        app = open_page("compare", {"compare-tab": "Where they disagree"})
        assert "cannot disagree" in text(app)


class TestAttention:
    def test_a_test_clip_is_explained(self, open_page, make_model):
        make_model()
        app = open_page("attention")
        app.selectbox(key="attention-word").set_value("up").run()
        assert not app.exception
        (box,) = [one for one in app.selectbox if one.label == "Clip"]
        # The surest mistake stands first.
        assert box.options[0].startswith(("ann", "ben")) and "answered left" in box.options[0]
        assert "Shown is up" in text(app) and "the model holds left likelier" in text(app)
        assert [one.value for one in app.subheader] == [
            "Moments", "Joints", "Joints at their moments",
        ]  # fmt: skip
        assert len(charts(app)) == 3 and all("left rests most on" in alt for alt in charts(app))
        assert "right hand" in charts(app)[1], "there is no other"
        (film,) = app.get("video")
        assert "the right hand moves" in film.proto.alt

    def test_another_word_can_be_explained(self, open_page, make_model):
        make_model()
        app = open_page("attention")
        (box,) = [one for one in app.selectbox if one.label == "Word that is explained"]
        assert "none of these" not in box.options
        box.set_value("right").run()
        assert not app.exception
        assert all(alt.startswith("right rests most on") for alt in charts(app))

    def test_the_mean_over_the_clips_of_a_word(self, open_page, make_model):
        make_model()
        app = open_page("attention", {"attention-over-clips": True})
        assert "Over 6 clips" in charts(app)[-2]
        assert "The mean over 6 clips." in text(app)

    def test_without_the_clips_a_film_is_asked_for(
        self, open_page, make_model, tmp_path, hand_at_light, film_of_light
    ):
        make_model()
        (tmp_path / "clips.npz").unlink()
        app = open_page("attention")
        assert "Take another clip instead" in text(app) and not charts(app)
        app.segmented_control(key="attention-source").set_value("A film of yours").run()
        film = ("film.mp4", film_of_light("right"), "video/mp4")
        app.file_uploader[0].set_value([film]).run()
        app.run()
        assert not app.exception
        assert len(charts(app)) == 3 and charts(app)[0].startswith("right rests most on")
        assert "only the places of joints are kept" in text(app)

    def test_where_no_test_clip_is_here_a_model_explains_its_own_examples(
        self, open_page, words_bundle
    ):
        example = HOLISTIC.take(clip("up", 0), HANDS.rows)
        write_lexicon(words_bundle().folder, {"up": example})
        app = open_page("attention")
        assert "The model may have learned from it" in text(app)
        assert len(charts(app)) == 3 and charts(app)[0].startswith("up rests most on")

    def test_a_model_without_a_test_explains_films(self, open_page, words_bundle):
        words_bundle()
        app = open_page("attention")
        assert "Take another clip instead" in text(app)
