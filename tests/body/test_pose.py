"""Points that are read more closely from heat maps."""

import numpy as np
import pytest

from asl.body.pose import refined


def heat(cells, size=16):
    """A heat map for each of some (column, row), hot there and cold elsewhere."""
    made = np.full((size, size, len(cells)), -20.0)
    for number, (column, row) in enumerate(cells):
        made[row, column, number] = 4.0
    return made


def test_a_point_moves_to_the_heat_near_it():
    moved = refined(np.array([(0.51, 0.51), (0.3, 0.7)]), heat([(10, 7), (4, 12)]))
    np.testing.assert_allclose(moved, [(10 / 16, 7 / 16), (4 / 16, 12 / 16)], atol=1e-3)


@pytest.mark.parametrize(
    ("point", "cell"),
    [((0.51, 0.51), (12, 8)), ((1.2, 0.5), (15, 8)), ((-0.01, 0.5), (0, 8))],
    ids=["too far", "beyond the right", "beyond the left"],
)
def test_a_point_stays_where_its_heat_is_not_near(point, cell):
    assert (refined(np.array([point]), heat([cell])) == point).all()


def test_a_point_stays_where_nothing_is_hot():
    assert (refined(np.array([(0.5, 0.5)]), heat([(8, 8)]) - 5) == 0.5).all()


def test_at_the_edge_only_what_is_there_counts():
    moved = refined(np.array([(0.0, 0.99)]), heat([(1, 15)]))
    np.testing.assert_allclose(moved, [(1 / 16, 15 / 16)], atol=1e-3)
