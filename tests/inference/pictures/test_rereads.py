"""The weights of a sum are told from one answer, and only where it is one."""

import numpy as np
import pytest

from asl.inference.pictures.rereads import agree, fusion_weights


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_those_of_the_fusion(seed):
    random = np.random.default_rng(seed)
    picture, landmarks = random.normal(size=(2, 39)) * 5
    weights = random.uniform(0.1, 2, 2)
    logits = weights[0] * picture + weights[1] * landmarks
    networks = {"picture": picture.astype(np.float32), "landmarks": landmarks.astype(np.float32)}
    np.testing.assert_allclose(
        fusion_weights(logits.astype(np.float32), networks), weights, rtol=1e-4
    )


def test_what_is_no_such_sum_has_no_weights():
    random = np.random.default_rng(0)
    logits, picture, landmarks = random.normal(size=(3, 39))
    assert fusion_weights(logits, {"picture": picture, "landmarks": landmarks}) is None
    assert fusion_weights(picture, {"picture": picture}) is None
    # The weights of two networks that say the same cannot be told apart.
    assert fusion_weights(3 * picture, {"picture": picture, "landmarks": 2 * picture}) is None


@pytest.mark.parametrize(
    ("best", "same"), [((0, 0, 0), True), ((0, 1, 0), True), ((0, 1, 2), False)],
    ids=["one sign", "look-alikes", "others"],
)  # fmt: skip
def test_agreement(best, same):
    assert agree(np.eye(3)[list(best)], ("O", "0", "A")) is same
