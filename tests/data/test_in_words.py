"""Lists of names as sentences say them."""

import pytest

from asl.data.in_words import listed


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, ""),
        (1, "A"),
        (2, "A and B"),
        (3, "A, B and C"),
        (8, "A, B, C, D, E, F, G and H"),
        (9, "A, B, C, D, E, F, G, H and 1 more"),
    ],
)
def test_in_a_sentence(count, said):
    assert listed("ABCDEFGHI"[:count]) == said


@pytest.mark.parametrize(
    ("count", "said"), [(1, "A"), (2, "A, B"), (4, "A, B, C, D"), (6, "A, B, C and 3 more")]
)
def test_as_a_bare_list(count, said):
    assert listed("ABCDEF"[:count], most=4, kept=3, last=", ") == said
