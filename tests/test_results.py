"""The README and docs/results state what the results files say, and say it readably."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from asl.bundle import find_bundle
from asl.evaluation.metrics import measure
from asl.evaluation.recorded import for_candidates, read_evaluation
from asl.evaluation.results import pages
from asl.evaluation.results.of_models import from_card
from asl.evaluation.results.pages import (
    END,
    README,
    RESULTS_PAGE,
    SOURCES_PAGE,
    START,
    fill,
    headline,
    page,
    tables,
    write_pages,
)
from asl.evaluation.results.result import (
    RESULTS,
    SOURCES,
    Result,
    command,
    machine,
    outward,
    people_in_words,
    read_results,
)

ROW = {"name": "both", "pictures": 1234, "accuracy": 0.9876, "low": 0.97, "high": 0.991}


def test_the_page_of_results_says_what_the_results_files_say():
    text = RESULTS_PAGE.read_text(encoding="utf-8")
    assert fill(text, tables(read_results())) == text, "run `asl results`"


def test_the_readme_says_what_the_results_files_say():
    text = README.read_text(encoding="utf-8")
    assert fill(text, headline()) == text, "run `asl results`"


def test_the_page_of_the_sources_says_what_its_file_says():
    if SOURCES.is_file():
        text = SOURCES_PAGE.read_text(encoding="utf-8")
        assert text == page(Result.read(SOURCES)), "run `asl results`"


@pytest.mark.parametrize("file", sorted(RESULTS.glob("*.json")), ids=lambda file: file.stem)
def test_results_files_say_what_and_how(file):
    result = Result.read(file)
    assert result.data and result.machine and result.command
    assert result.split or any("value" in row for row in result.rows)


def test_a_file_survives_writing_and_reading(tmp_path):
    result = Result("Letters", (ROW,), data="asl_letters", split="new person", note="–")
    assert Result.read(result.write(tmp_path / "deep" / "letters.json")) == result


def test_a_table():
    result = Result(
        "Letters",
        (ROW, {"name": "landmarks | alone", "pictures": 5, "macro_f1": 0.5}),
        data="asl_letters",
        split="new person",
        candidates="letters",
        machine="a computer",
        command="asl evaluate",
        note="J and Z are movements.",
    )
    assert result.to_markdown().split("\n\n") == [
        "### Letters",
        "Data: asl_letters. Split: new person. Candidates: letters.",
        "|  | pictures | accuracy | macro F1 |\n"
        "| --- | --- | --- | --- |\n"
        "| both | 1,234 | 98.8 % (97.0–99.1) |  |\n"
        "| landmarks \\| alone | 5 |  | 50.0 % |",
        "J and Z are movements.",
        "Measured by `asl evaluate`.",
    ]


def test_a_table_says_how_many_people_a_score_rests_on():
    rows = (ROW | {"people": 5}, ROW | {"people": None}, {"name": "mean", "accuracy": 0.9})
    lines = Result("Letters", rows).to_markdown().splitlines()
    shown = [line.split("|")[4].strip() for line in lines[2:]]
    assert shown == ["people", "---", "5", "unknown", ""]


@pytest.mark.parametrize(
    ("low", "high", "decimals", "shown"),
    [
        pytest.param(0.9982, 1.0, 0, ("99", "100"), id="not 100 to 100"),
        pytest.param(0.97, 0.99, 0, ("97", "99"), id="whole ones stay"),
        pytest.param(0.29, 0.57, 1, ("29.0", "57.0"), id="as numbers of a computer are"),
        pytest.param(0.99981, 0.99989, 1, ("99.9", "100.0"), id="narrow"),
        pytest.param(0.0, 0.0001, 0, ("0", "1"), id="near nothing"),
    ],
)
def test_a_range_is_rounded_outward(low, high, decimals, shown):
    assert outward(low, high, decimals) == shown


def test_people_in_words():
    assert [people_in_words(people) for people in (None, 1, 1200)] == [
        "people unknown", "1 person", "1,200 people",
    ]  # fmt: skip


def test_a_table_of_costs_names_the_machine():
    row = {"name": "one picture", "value": 12.345, "p90": 20.0, "unit": "ms", "aim": "30 ms"}
    text = Result("Costs", (row,), machine="a computer", command="asl bench").to_markdown()
    assert "|  | median | 90 % within | aim |" in text
    assert "| one picture | 12.3 ms | 20 ms | 30 ms |" in text
    assert text.endswith("Measured by `asl bench` on a computer.")
    row = {"name": "Quick", "accuracy": 0.9, "training_seconds": 1234}
    text = Result("Costs", (row,), machine="a computer", command="asl bench").to_markdown()
    assert "| Quick | 90.0 % | 1,234 |" in text and text.endswith(" on a computer.")


def test_order_of_the_files(tmp_path):
    for name in ("zebra", "bench", "alpha", "asl-hands-asl_letters"):
        Result(name, (ROW,)).write(tmp_path / f"{name}.json")
    titles = [result.title for result in read_results(tmp_path)]
    assert titles == ["asl-hands-asl_letters", "bench", "alpha", "zebra"]


@pytest.fixture
def few_results(tmp_path):
    """Writes the files of the README's table into a folder, and returns it."""
    parts = ({"name": "hand1", "accuracy": 0.9}, {"name": "hand2", "accuracy": 0.8})
    both = ({"name": "mean", "accuracy": 0.85}, {"name": "worst", "accuracy": 0.8})
    apart = tuple(row | {"accuracy_strict": row["accuracy"] - 0.1} for row in (*parts, *both))
    alike = tuple(row | {"accuracy_strict": row["accuracy"]} for row in (*parts, *both))
    Result("Each hand", apart).write(tmp_path / "asl_dataset-leave-one-hand-out.json")
    Result("Each set", alike).write(tmp_path / "one-set-left-out.json")
    Result("Drawn", (ROW | {"accuracy_strict": 0.95},)).write(tmp_path / "asl_dataset-random.json")
    cost = {"name": "one picture", "value": 12.345, "p90": 20.0, "unit": "ms"}
    Result("Costs", (cost,)).write(tmp_path / "bench.json")
    return tmp_path


class TestHeadline:
    def test_new_people_stand_beside_a_random_split_and_the_cost(self, few_results):
        assert headline(few_results).splitlines()[2:] == [
            "| **New person**: Each hand | 85.0 % (mean of 2), the worst 80.0 %; "
            "with look-alikes apart 75.0 %, the worst 70.0 % |",
            "| **New people and rooms, letters**: Each set | 85.0 % (mean of 2), "
            "the worst 80.0 % |",
            "| **Random split, optimistic**: Drawn | 98.8 % (97.0–99.1); "
            "with look-alikes apart 95.0 % |",
            "| **Cost of an answer**: one picture | 12.3 ms in the median, "
            "90 % within 20 ms, on one core |",
        ]

    def test_a_missing_file_is_named(self, few_results):
        (few_results / "one-set-left-out.json").unlink()
        with pytest.raises(ValueError, match=r"one-set-left-out\.json"):
            headline(few_results)


def test_one_command_writes_both_pages(tmp_path, monkeypatch):
    for name in ("README", "RESULTS_PAGE"):
        file = tmp_path / name
        file.write_text(f"{name}\n{START}\nold\n{END}\n")
        monkeypatch.setattr(pages, name, file)
    monkeypatch.setattr(pages, "SOURCES_PAGE", tmp_path / "sources.md")
    write_pages()
    assert headline() in (tmp_path / "README").read_text()
    assert tables(read_results()) in (tmp_path / "RESULTS_PAGE").read_text()
    assert (tmp_path / "sources.md").read_text() == SOURCES_PAGE.read_text()


class TestFill:
    def test_replaces_the_block_and_nothing_else(self):
        once = fill(f"before\n{START}\nold\n{END}\nafter\n", "new")
        assert once == f"before\n{START}\n\nnew\n\n{END}\nafter\n"
        assert fill(once, "new") == once

    def test_no_results_leave_the_block_empty(self):
        assert fill(f"{START}\nold\n{END}", tables([])) == f"{START}\n\n{END}"

    @pytest.mark.parametrize("text", ["", START, END, f"{END}{START}"])
    def test_missing_marks_are_named(self, text):
        with pytest.raises(ValueError, match="marks"):
            fill(text, "")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("no JSON", id="no JSON"),
        pytest.param("[]", id="a list"),
        pytest.param(json.dumps({"title": "x"}), id="no rows"),
        pytest.param(json.dumps({"title": "x", "rows": []}), id="an empty table"),
        pytest.param(json.dumps({"title": "", "rows": [ROW]}), id="no title"),
        pytest.param(json.dumps({"title": "x", "rows": [{"pictures": 1}]}), id="no name"),
        pytest.param(json.dumps({"title": "x", "rows": [ROW], "colour": "red"}), id="too much"),
    ],
)
def test_unusable_files_are_named(tmp_path, content):
    file = tmp_path / "broken.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"broken\.json"):
        Result.read(file)


def test_the_machine_is_named():
    assert "cores" in machine() and "onnxruntime" in machine()


def test_the_command_hides_where_the_recordings_are(tmp_path, monkeypatch):
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    shown = command("evaluate", "--data", tmp_path / "my set", "--out", Path("docs/a.json"))
    assert shown == "asl evaluate --data $ASL_DATA/my set --out docs/a.json"


def test_a_cards_scores_become_rows_with_mean_and_worst(tiny_bundle):
    folds = [
        {"data": f"hand{number}", "candidates": "letters", "pictures": 10, "accuracy": accuracy}
        for number, accuracy in ((1, 0.9), (2, 0.7))
    ]
    training = {"split": "leave-one-person-out", "split_means": "each person left out in turn"}
    card = replace(tiny_bundle().card, scores=tuple(folds), training=training)
    result = from_card(card, "letters")
    assert [row["name"] for row in result.rows] == ["hand1", "hand2", "mean", "worst"]
    assert result.rows[2]["accuracy"] == pytest.approx(0.8)
    assert result.rows[3]["accuracy"] == 0.7
    with pytest.raises(ValueError, match="no score for 'digits'"):
        from_card(card, "digits")


def test_of_many_people_the_worst_third_counts_with_and_without_the_doubtful(tiny_bundle):
    folds = [
        {"data": str(person), "candidates": "all", "pictures": 10, "accuracy": accuracy}
        for person, accuracy in enumerate((0.0, 0.5, 0.7, 0.9, 0.9, 1.0, 1.0, 1.0, 1.0))
    ]
    card = replace(tiny_bundle().card, scores=tuple(folds))
    result = from_card(card, "all", without=["0"])
    means = {row["name"]: row["accuracy"] for row in result.rows[9:]}
    assert means == pytest.approx(
        {
            "mean": 7 / 9, "worst": 0.0, "mean of the worst third": 0.4,
            "mean without 0": 7 / 8, "worst without 0": 0.5,
        }
    )  # fmt: skip
    assert result.command == "asl scores tiny --labels all --without 0"
    for without, said in ((["9"], "'9' is none of the parts 0, 1"), (list("01234567"), "two")):
        with pytest.raises(ValueError, match=f"without: .*{said}"):
            from_card(card, "all", without=without)


def test_the_bundled_card_says_what_its_answers_say():
    """If scores or their ranges are worked out differently, the card has to be written again."""
    bundle = find_bundle()
    rows = read_evaluation(bundle.folder, bundle.card.labels)
    for entry in bundle.card.scores:
        own = for_candidates(
            rows[rows["fold"] == entry["data"]], bundle.card.labels, entry["candidates"]
        )
        scores = measure(own.truth, own.scores, own.labels, own.rows["person"])
        assert (scores.pictures, scores.people) == (entry["pictures"], entry["people"])
        assert scores.accuracy == pytest.approx(entry["accuracy"], abs=1e-9)
        assert scores.interval == pytest.approx((entry["low"], entry["high"]), abs=1e-6)


def test_the_scores_of_words_count_clips_and_the_best_five(words_bundle):
    score = {
        "data": "ann", "split": "new-person", "candidates": "all", "pictures": 40, "people": 1,
        "accuracy": 0.8, "low": 0.7, "high": 0.9, "accuracy_strict": 0.8, "within_five": 0.95,
    }  # fmt: skip
    shown = from_card(words_bundle(scores=(score,)).card, "all")
    assert [*shown.rows[0]] == [
        "name", "clips", "people", "accuracy", "low", "high", "within_five",
    ]  # fmt: skip
    assert "95.0 %" in shown.to_markdown()
