"""Which words are said of which models."""

from asl.figures.wording import MIXED, PICTURES, SEQUENCES, wording_of


def test_words_follow_what_a_model_reads(tiny_bundle, words_bundle):
    pictures, words = tiny_bundle(), words_bundle()
    assert wording_of(pictures) is PICTURES is wording_of(pictures, pictures)
    assert wording_of(words) is SEQUENCES is wording_of(words, words)
    assert wording_of(pictures, words) is MIXED
    assert wording_of() is PICTURES


def test_cards_count_pictures_whatever_they_are_called():
    assert SEQUENCES.as_named({"pictures": 3, "people": 2}) == {"clips": 3, "people": 2}
    assert PICTURES.as_named({"pictures": 3}) == {"pictures": 3}
