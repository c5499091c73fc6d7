"""The trunk that has learned from hands."""

import torch

from asl.nets.registry import network

#: The first six of 1,152 features, from TensorFlow Lite's runtime on the published file.
EXPECTED = (2.6768250, 0.0, 0.0010721, 0.1245747, 1.6140451, 1.5560088)


def trunk(start: str) -> torch.nn.Sequential:
    return network("efficientnet_hands").build(3, start).trunk.eval()


def test_computes_what_the_published_network_computes():
    picture = torch.linspace(0, 1, 224 * 224 * 3).reshape(1, 224, 224, 3).permute(0, 3, 1, 2)
    with torch.no_grad():
        features = trunk("hands")(picture).mean((2, 3))[0]
    assert features.shape == (1152,)
    torch.testing.assert_close(features[:6], torch.tensor(EXPECTED), atol=1e-3, rtol=1e-3)


def test_other_sizes_will_do():
    with torch.no_grad():
        assert trunk("hands")(torch.zeros(2, 3, 160, 160)).shape == (2, 1152, 5, 5)


def test_without_start_weights_it_knows_nothing():
    learned, blank = (next(trunk(start).parameters()) for start in ("hands", "none"))
    assert not torch.allclose(learned, blank)
