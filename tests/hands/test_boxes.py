"""What detecting networks answer, and how it becomes boxes."""

import numpy as np
import pytest

from asl.hands.boxes import BoxNetwork, letterbox

SQUARE = np.zeros((32, 32, 3), np.uint8)


class Network:
    """Answers with boxes in the four cells of one grid, two points each."""

    size = 32

    def __init__(self, boxes, scores):
        self.boxes = np.array(boxes, np.float32)
        self.logits = np.log(np.array(scores) / (1 - np.array(scores))).astype(np.float32)

    def __call__(self, square):
        return [self.boxes[None], self.logits[None, :, None]]


def find(boxes, scores, **options):
    return BoxNetwork(Network(boxes, scores), ((16, 1),)).find(SQUARE, 0.5, **options)


# From the middles of the cells, at 8 and 24 pixels: centre, size, and two points.
HERE = (0, 0, 8, 8, -2, 0, 2, 0)
#: The box of the next cell that lies over that of the first one, a little to its right.
BESIDE = (-14, 0, 8, 8, -16, 0, -12, 0)


def test_a_box_is_measured_from_its_cell():
    [box] = find([HERE] * 4, (0.1, 0.9, 0.1, 0.1), most=4)
    np.testing.assert_allclose((box.low, box.high), [(20 / 32, 4 / 32), (28 / 32, 12 / 32)])
    np.testing.assert_allclose(box.points, [(22 / 32, 8 / 32), (26 / 32, 8 / 32)])
    assert box.score == pytest.approx(0.9)


def test_boxes_of_one_thing_become_their_mean():
    [box] = find([HERE, BESIDE, HERE, HERE], (0.9, 0.6, 0.1, 0.1), most=4)
    np.testing.assert_allclose(box.low, ((4 * 0.9 + 6 * 0.6) / 1.5 / 32, 4 / 32), rtol=1e-5)
    assert box.score == pytest.approx(0.9)


def test_the_surest_come_first_and_no_more_than_asked():
    scores = (0.7, 0.9, 0.6, 0.8)
    assert [round(box.score, 2) for box in find([HERE] * 4, scores, most=3)] == [0.9, 0.8, 0.7]
    assert len(find([HERE] * 4, scores)) == 1


def test_a_box_without_a_size_is_one_too():
    flat = (0, 0, 0, 0, 0, 0, 0, 0)
    assert len(find([flat] * 4, (0.9, 0.8, 0.1, 0.1), most=4)) == 2


def test_nothing_sure_is_nothing_found():
    assert find([HERE] * 4, (0.49, 0.1, 0.2, 0.3), most=4) == []


@pytest.mark.parametrize("size", [(40, 80), (80, 40), (64, 64), (1, 90)], ids=str)
def test_a_picture_lies_in_the_middle_of_its_square(size):
    square = letterbox(np.full((*size, 3), 200, np.uint8), 32)
    assert square.shape == (32, 32, 3)
    bright = square[..., 0] > 100
    rows, columns = bright.any(1), bright.any(0)
    expected = [max(1, round(32 * side / max(size))) for side in size]
    assert [rows.sum(), columns.sum()] == expected
    assert abs(np.flatnonzero(rows).mean() - 15.5) <= 0.5
