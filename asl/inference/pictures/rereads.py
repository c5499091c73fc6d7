"""What rereads of a hand change in an answer: the landmark network's part of it, and no more.

The picture stays the same, so that its network need not be asked again. A model with two networks
adds up what they say (`asl.nets.pictures.fused.FusedNetwork`) with weights that its graph holds;
one answer tells them, since it names the sum and both summands.
"""

from collections.abc import Sequence

import numpy as np

from asl.labels import handshape

#: Rereads after which it is enough if they and the first reading name the same handshape. On the
#: pictures of asl_letters, asl_29 and signers that are not clear, as many answers are right as if
#: all five were made of each of them.
FEW = 2

#: By how much the sum of what both networks say may differ from the logits, as a share of these.
_EXACT = 1e-3


def fusion_weights(logits: np.ndarray, networks: dict[str, np.ndarray]) -> np.ndarray | None:
    """Return the weights of the picture and the landmark network in an answer.

    Args:
        logits: (C,) of the model.
        networks: by name, each network's own (C,).

    Returns:
        (2,); None where one network answers alone, or the logits are no such sum.
    """
    if not {"picture", "landmarks"} <= networks.keys():
        return None
    said = np.stack((networks["picture"], networks["landmarks"]), axis=1).astype(np.float64)
    weights, _, rank, _ = np.linalg.lstsq(said, logits.astype(np.float64), rcond=None)
    apart = np.abs(said @ weights - logits).max()
    if rank < 2 or apart > _EXACT * np.abs(logits).max():
        return None
    return np.asarray(weights)


def agree(logits: np.ndarray, labels: Sequence[str]) -> bool:
    """Tell whether all rows of (N, C) logits name the same handshape of C labels."""
    return len({handshape(labels[best]) for best in logits.argmax(-1)}) == 1
