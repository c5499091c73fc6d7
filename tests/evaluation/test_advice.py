"""What a test means, and what to do next, from answers made for it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from asl.bundle import EVALUATION
from asl.card_fields import CardError
from asl.data.sequences.preparation import Preparation
from asl.evaluation.advice import Advice, advise
from asl.evaluation.report import SCORE


@pytest.fixture
def tested(tiny_bundle):
    """``tested(rows, split, …)``: a bundle with these (label, person, answer) in its test."""

    def make(rows, split="leave-one-person-out", labels=("A", "B", "C"), found=True, **training):
        bundle = tiny_bundle("tested", labels, training={"split": split, **training})
        frame = pd.DataFrame(rows, columns=["label", "person", "answer"])
        for label in labels:
            frame[SCORE + label] = np.where(frame["answer"] == label, 0.96, 0.04 / len(labels))
        frame = frame.drop(columns="answer").assign(
            picture=[f"{number}.png" for number in range(len(frame))],
            source="mine", fold=frame["person"], found=found,
        )  # fmt: skip
        frame.to_parquet(bundle.folder / EVALUATION, index=False)
        return bundle

    return make


def answers(wrong=()):
    """Ten pictures of each sign by each of three people; (label, person, index) → answer."""
    return [
        (label, person, dict(wrong).get((label, person, index), label))
        for label in "ABC"
        for person in ("ann", "ben", "cleo")
        for index in range(10)
    ]


def test_people_count_alike_and_the_worst_comes_first(tested):
    wrong = {("A", "ben", index): "B" for index in range(6)}
    advice = advise(tested(answers(wrong)))
    assert advice.new_person and advice.pictures == 90
    assert advice.people == (("ben", 0.8), ("ann", 1.0), ("cleo", 1.0))
    assert advice.accuracy == pytest.approx(2.8 / 3)
    assert 0.3 < advice.low < 0.8 and advice.accuracy < advice.high <= 1
    assert (advice.tested, advice.split) == (3, "leave-one-person-out")
    assert "Only 3 people were tested" in advice.warnings[0]
    [weak] = advice.weak
    assert (weak.label, weak.recognised, weak.taken_for) == ("A", 0.8, (("B", 6),))
    assert any("Photograph A and B" in said for said in advice.next_pictures)


def test_no_mistakes_of_few_people_still_leave_a_range(tested):
    rows = [row for row in answers() if row[1] != "cleo"]
    advice = advise(tested(rows))
    assert (advice.accuracy, advice.high, advice.tested) == (1, 1, 2)
    assert advice.low < 0.8


@pytest.mark.parametrize(
    ("split", "training", "new_person"),
    [
        pytest.param("group-k-fold", {}, True, id="groups of people"),
        pytest.param("own", {"new_people": True}, True, id="own part, of others"),
        pytest.param("own", {"new_people": False}, False, id="own part, perhaps of the same"),
        pytest.param("own", {}, False, id="own part, of an older card"),
        pytest.param("random", {"new_people": False}, False, id="at random"),
        pytest.param("leave-one-set-out", {}, False, id="sets"),
    ],
)
def test_a_score_is_one_on_new_people_where_these_are_known_to_be_new(
    tested, split, training, new_person
):
    advice = advise(tested(answers(), split, **training))
    assert (advice.new_person, advice.split, advice.tested) == (new_person, split, 3)
    assert bool(advice.people) == new_person
    flatters = [said for said in advice.warnings if "flatters" in said or "at random" in said]
    assert bool(flatters) == (split in ("own", "random") and not new_person)


def test_reports_from_before_people_were_counted_are_read(tested):
    advice = advise(tested(answers()))
    older = json.loads(advice.to_json())
    del older["split"], older["tested"]
    assert Advice.from_json(json.dumps(older)).people == advice.people
    assert Advice.from_json(advice.to_json()) == advice


def test_of_people_drawn_at_random_the_range_is_over_pictures(tested):
    wrong = {("A", "ben", index): "B" for index in range(6)}
    advice = advise(tested(answers(wrong), "random"))
    assert advice.accuracy == pytest.approx(84 / 90)
    assert advice.low == pytest.approx(0.8605, abs=1e-4)  # Clopper and Pearson's
    assert "The same people are among" in advice.warnings[0]
    assert "tested on people it has not seen" in advice.next_pictures[0]


def test_a_random_split_is_said_to_flatter(tested):
    rows = [(label, "", answer) for label, _, answer in answers()]
    advice = advise(tested(rows, "random", near_copies=0.4, start_saw=["asl_dataset"]))
    assert not advice.new_person and advice.people == ()
    assert "drawn at random" in advice.warnings[0]
    assert "40% of the tested pictures have a near-copy" in advice.warnings[1]
    assert "asl_dataset already" in advice.warnings[2]
    assert "who is in them" in advice.next_pictures[0]


def test_mislabelled_pictures_are_found(tested):
    wrong = {("A", "ann", 3): "C", ("B", "cleo", 7): "A"}
    bundle = tested(answers(wrong))
    paths = [f"there/{number}.png" for number in range(90)]
    suspects = {one.path: one for one in advise(bundle, paths).suspects}
    assert set(suspects) == {"there/3.png", "there/57.png"}
    one = suspects["there/3.png"]
    assert (one.picture, one.label, one.looks_like) == ("3.png", "A", "C")
    assert one.confidence > 0.9


def test_look_alikes_are_no_mistakes(tested):
    rows = [("O", "ann", "0"), ("0", "ben", "O"), ("A", "ann", "A"), ("A", "ben", "A")] * 10
    advice = advise(tested(rows, labels=("A", "O", "0")))
    assert advice.accuracy == 1.0
    assert advice.weak == () and advice.suspects == ()


def note(bundle, field: str, fold: str, pictures: dict[str, int], **card):
    """Return the bundle whose card says this of a fold's test."""
    entry = {"data": fold, "candidates": "all", field: pictures}
    return bundle.write_card(replace(bundle.card, scores=(entry,), **card))


def test_signs_that_were_never_trained_are_named_and_no_suspects(tested):
    rows = [(label, "", answer) for label, _, answer in answers()]
    rows += [("D", "", "A")] * 4 + [("hello", "", "B")]
    advice = advise(tested(rows, "own"))
    assert (advice.pictures, advice.accuracy) == (95, pytest.approx(90 / 95))
    [said] = [one for one in advice.warnings if "never trained" in one]
    assert said.startswith("D and hello were never trained")
    assert "Their 5 pictures are counted" in said
    assert {sign.label for sign in advice.weak} == {"D", "hello"}
    assert advice.suspects == ()
    following = " ".join(advice.next_pictures)
    assert "Add pictures of D, hello to learn from" in following
    assert "Photograph D" not in following


@pytest.mark.parametrize(("final", "knows"), [(True, True), (False, False)])
def test_a_sign_that_one_person_alone_made_is_named(tested, final, knows):
    rows = [row for row in answers() if row[0] != "C" or row[1] == "ann"]
    rows = [(label, who, "A" if label == "C" else answer) for label, who, answer in rows]
    training = {"split": "leave-one-person-out", "config": {"final": final}}
    bundle = note(tested(rows), "never_trained", "ann", {"C": 10}, training=training)
    advice = advise(bundle)
    [said] = [one for one in advice.warnings if "made the sign" in one]
    assert said.startswith("Only ann made the sign C, so it could not be learnt")
    assert "Its 10 pictures are counted" in said
    assert ("The model itself" in said) == knows
    assert advice.suspects == () and dict(advice.people)["ann"] == pytest.approx(2 / 3)


def test_what_was_not_counted_or_not_read_is_named(tested):
    bundle = note(tested(answers()), "left_out", "set", {"del": 250, "space": 2},
                  data=({"name": "set", "left_out": 3}, {"name": "old"}))  # fmt: skip
    warnings = " ".join(advise(bundle).warnings)
    assert "252 pictures of delete and space, which no other data set has" in warnings
    assert "3 files of the data were left out" in warnings


@pytest.mark.parametrize("damaged", [[1], [{"candidates": "all", "never_trained": 3}],
                                     [{"candidates": "all", "left_out": {"A": "x"}}]])  # fmt: skip
def test_a_card_that_says_it_in_another_way_is_refused(tested, damaged):
    with pytest.raises(CardError, match="scores: 1"):
        replace(tested(answers()).card, scores=tuple(damaged))


def test_few_pictures_and_unseen_hands_are_named(tested):
    rows = answers() + [("J", "ann", "C")] * 3 + [("J", "ben", "J")]
    bundle = tested(rows, labels=("A", "B", "C", "J"), found=[True] * 90 + [False] * 4)
    said = " ".join(advise(bundle).next_pictures)
    assert "There are few pictures of J" in said
    assert "A hand is found too seldom in the pictures of J (0%)" in said
    assert "J is a movement" in said
    # A model that reads whole pictures has searched for no hand.
    table = bundle.folder / EVALUATION
    pd.read_parquet(table).drop(columns="found").to_parquet(table, index=False)
    said = " ".join(advise(bundle).next_pictures)
    assert "There are few pictures of J" in said and "A hand" not in said


def of_clips(bundle):
    """The same bundle as one of a model that reads clips, for which no hand was searched."""
    shown = {"inputs": (Preparation().to_input(),), "abstain_below": {"sequence": 0.5}}
    table = bundle.folder / EVALUATION
    pd.read_parquet(table).drop(columns="found").to_parquet(table, index=False)
    return bundle.write_card(replace(bundle.card, **shown))


def test_of_clips_it_is_said_whom_to_record_next(tested):
    wrong = {("A", "ben", index): "B" for index in range(8)}
    rows = [row for row in answers(wrong) if (row[0], row[1]) != ("C", "cleo")]
    advice = advise(of_clips(tested(rows)))
    assert advice.kind == "sequences" and advice.rests_on == "3 people, 80 clips"
    said = " ".join(advice.next_pictures)
    assert "ben is read worst: 73% right, the others 100%" in said
    assert "in the clips of ben; if they are, record more people who sign that way." in said
    assert "Record what is missing: C by cleo." in said
    assert "Record A and B one after the other, with several people" in said
    assert not any("picture" in one.lower() for one in (*advice.next_pictures, *advice.warnings))
    assert Advice.from_json(advice.to_json()) == advice


def test_labels_that_were_exchanged_are_doubted(tested):
    wrong = {("A", "ben", index): "B" for index in range(10)}
    wrong |= {("B", "ben", index): "A" for index in range(9)}
    wrong |= {("C", "cleo", index): "A" for index in range(9)}
    said = advise(of_clips(tested(answers(wrong)))).next_pictures
    [exchanged, other] = [one for one in said if one.startswith("Look at")]
    assert exchanged.startswith("Look at the clips of A and B by ben: each sign is read as the")
    assert other == (
        "Look at the clips of C by cleo: nearly all are read as A. Correct the label if it is "
        "wrong; if it is right, record more people who sign it that way."
    )
    assert not any("is read worst" in one for one in said)


@pytest.mark.parametrize(
    ("wrong", "options"),
    [
        pytest.param({("A", "ben", index): "B" for index in range(8)}, {}, id="some are right"),
        pytest.param(
            {("A", who, index): "B" for who in ("ann", "ben", "cleo") for index in range(10)},
            {},
            id="nobody is read rightly",
        ),
        pytest.param(
            {("A", "ben", index): "B" for index in range(10)},
            {"split": "random"},
            id="the same people were learned from",
        ),
    ],
)
def test_labels_are_not_doubted_without_a_reason(tested, wrong, options):
    said = advise(of_clips(tested(answers(wrong), **options))).next_pictures
    assert not any(one.startswith("Look at") for one in said)


def test_of_clips_whose_people_are_unknown_nobody_is_named(tested):
    rows = [(label, None, answer) for label, _, answer in answers({("A", "ann", 1): "B"})]
    bundle = of_clips(tested(rows, split="random"))
    advice = advise(bundle)
    assert advice.where == "on clips drawn at random"
    assert "is read worst" not in " ".join(advice.next_pictures)
    assert any("who is in the clips" in said for said in advice.warnings)
    assert "Put each person's clips into a folder" in advice.next_pictures[0]


def test_advice_can_be_written_and_read_again(tested):
    advice = advise(tested(answers({("A", "ann", 3): "C"})))
    assert Advice.from_json(advice.to_json()) == advice
    for damaged in ("", "[]", "{}", '{"weak": [{}]}'):
        with pytest.raises(ValueError, match="advice: not readable"):
            Advice.from_json(damaged)
