"""What is said about a model of words, and about its answers."""

import pytest

from asl.ui.words.answers import learned_from

DATA = [{"name": "set", "people": 7}]


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ("new-person", "from 5 people; 2 others tested it."),
        ("group-k-fold", "from 7 people."),
        ("random", "from 7 people."),
    ],
)
def test_who_was_kept_aside_was_not_learned_from(words_bundle, split, said):
    score = {"split": split, "accuracy": 0.5, "people": 2}
    card = words_bundle(data=DATA, training={"split": split}, scores=[score]).card
    assert learned_from(card).endswith(said)
