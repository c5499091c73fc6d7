"""A card's fields as tables."""

import pytest

from asl.ui.shared.card_tables import as_list, as_table


def test_every_field_of_every_entry_gets_a_column():
    entries = ({"data": "a", "people": 5}, {"data": "b", "licence": "CC0", "people": None})
    assert as_table(entries) == [
        {"data": "a", "people": "5", "licence": ""},
        {"data": "b", "people": "unknown", "licence": "CC0"},
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(0.967, "96.7%", id="share"),
        pytest.param([0.94, 0.985], "94.0% – 98.5%", id="interval"),
        pytest.param(12345, "12,345", id="count"),
        pytest.param({"a": 0.5}, "a: 50.0%", id="nested"),
        pytest.param(True, "yes", id="yes"),
        pytest.param("=1+1", "'=1+1", id="formula"),
    ],
)
def test_scores_in_words(value, words):
    assert as_table(({"accuracy": value},), shares=True) == [{"accuracy": words}]


def test_lists_spell_out_what_is_nested():
    facts = {"learning_rate": 3e-4, "augment": {"turn": {"degrees": 10}}, "data": [{"name": "a"}]}
    assert as_list(facts) == [
        {"what": "learning rate", "value": "0.0003"},
        {"what": "augment: turn: degrees", "value": "10"},
        {"what": "data: 1: name", "value": "a"},
    ]
