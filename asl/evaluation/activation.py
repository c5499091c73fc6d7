"""What an answer rests on: places of the picture, channels of colour, joints of the hand.

The bundle's ONNX file is cut open in memory, so that this works without PyTorch and on every
bundle as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import onnx
from onnx import numpy_helper

from asl.bundle import ONNX, BundleError, ModelBundle
from asl.hands.landmarks import FINGERS, WRIST
from asl.inference.first_answer import require_answer
from asl.inference.graph import cut, load_graph, needed_nodes
from asl.inference.runner import NETWORK_LOGITS, GraphRunner, ModelRunner, brief

#: Share of a picture's side that is covered at a time, and by which the cover moves on.
_COVER, _STEP = 0.25, 0.125
#: How far a joint is moved: a tenth of the hand's size.
_NUDGE = 0.1
#: Rows that are run at a time.
_BATCH = 256
_SPATIAL = ({2, 3}, {-2, -1})


@dataclass(frozen=True)
class _Cut:
    """A network in two.

    Attributes:
        trunk: inputs → feature map (1, K, H, W), and its average over places.
        features: name of the feature map.
        pooled: name of its average.
        head: average → (N, C) scores before they are normalised.
        score: name of these.
    """

    trunk: GraphRunner
    features: str
    pooled: str
    head: GraphRunner
    score: str


class OpenNetwork:
    """A model whose inner values can be read. May be shared between threads.

    Raises:
        BundleError: the ONNX file is broken, or the network gives no first answer. Methods raise
            it where the network gives no usable numbers, or cannot be taken apart.
    """

    def __init__(self, bundle: ModelBundle) -> None:
        self.card = bundle.card
        require_answer(bundle)
        self._whole = ModelRunner(bundle)
        try:
            self._model = load_graph(bundle)
        except BundleError:
            raise
        except Exception as error:  # protobuf raises types of its own
            raise BundleError(
                f"{bundle.folder}: {ONNX} cannot be opened ({brief(error)})"
            ) from error

    @property
    def sees_pictures(self) -> bool:
        """Whether `covered` can be asked."""
        return self.card.picture is not None

    @property
    def sees_joints(self) -> bool:
        """Whether `joint_weights` can be asked."""
        return self.card.landmarks is not None

    @property
    def pools(self) -> bool:
        """Whether `class_map` can be asked: the network averages a feature map over all places."""
        return self._cut is not None

    def class_map(self, feed: Mapping[str, np.ndarray], label: str) -> np.ndarray:
        """Return where the picture speaks for `label`: its class activation map.

        Each feature counts by the gradient of the label's score, found by finite differences in
        what follows the average (Selvaraju et al., "Grad-CAM", 2017). Where that is one linear
        layer, the map is that of Zhou et al., "Learning Deep Features for Discriminative
        Localization", 2016.

        Args:
            feed: the network's inputs by name, for one picture.
            label: one of the card's.

        Returns:
            (H, W) ≥ 0, as fine as the feature map.

        Raises:
            ValueError: the network does not average a feature map.
        """
        if (halves := self._cut) is None:
            raise ValueError("picture: this network averages no feature map")
        inner = halves.trunk.run(feed)
        features, pooled = inner[halves.features], inner[halves.pooled]
        step = 0.01 * float(np.abs(pooled).max()) + 1e-3
        moves = step * np.eye(pooled.size, dtype=np.float32).reshape(-1, *pooled.shape[1:])
        rows = np.concatenate([pooled + moves, pooled - moves]).astype(np.float32)
        scores = _ask(halves.head, {**feed, halves.pooled: rows}, halves.score)
        above, below = np.split(scores[:, self.card.labels.index(label)], 2)
        weights = (above - below) / (2 * step)
        return np.asarray(np.maximum(np.tensordot(weights, features[0], 1), 0.0))

    def covered(self, feed: Mapping[str, np.ndarray], label: str) -> np.ndarray:
        """Return by how much the answer suffers when a part of the picture is covered.

        A grey square is moved over the picture (Zeiler and Fergus, "Visualizing and Understanding
        Convolutional Networks", 2014). Works for every picture network.

        Args:
            feed: the network's inputs by name, for one picture.
            label: one of the card's.

        Returns:
            (G, G) drop of the label's log-odds, averaged over all squares that cover a place;
            negative where covering helps.
        """
        picture = feed["picture"][0]
        size = len(picture)
        corners = np.unique(
            np.linspace(0, 1 - _COVER, round((1 - _COVER) / _STEP) + 1) * size
        ).astype(int)
        side = max(1, round(_COVER * size))
        grey = picture.reshape(-1, 3).mean(0).astype(np.uint8)
        output = self._own_output("picture")
        usual = self._odds(self._run(feed, output), label)[0]
        total, times = np.zeros((size, size)), np.zeros((size, size))
        for y in corners:
            row = np.repeat(picture[None], len(corners), 0)
            for copy, x in zip(row, corners, strict=True):
                copy[y : y + side, x : x + side] = grey
            others = {n: np.repeat(v, len(row), 0) for n, v in feed.items() if n != "picture"}
            drops = usual - self._odds(self._run({**others, "picture": row}, output), label)
            for drop, x in zip(drops, corners, strict=True):
                total[y : y + side, x : x + side] += drop
                times[y : y + side, x : x + side] += 1
        fields = np.minimum((np.arange(1 / _STEP) + 0.5) * _STEP * size, size - 1).astype(int)
        return np.asarray((total / np.maximum(times, 1))[np.ix_(fields, fields)])

    def joint_weights(self, landmarks: np.ndarray, label: str) -> np.ndarray:
        """Return how much the answer changes when each joint is moved a little.

        Every joint is moved by a tenth of the hand's size along each axis, there and back; only
        the landmark network is asked.

        Args:
            landmarks: (21, 3) from `asl.hands.landmarks.normalise`.
            label: one of the card's.

        Returns:
            (21,) ≥ 0, root mean square change of the label's log-odds.

        Raises:
            ValueError: the model has no landmark network.
        """
        if not self.sees_joints:
            raise ValueError("landmarks: this model does not look at joints")
        points = np.asarray(landmarks, np.float32)
        moves = np.concatenate([np.eye(63), -np.eye(63)]).reshape(-1, 21, 3) * _NUDGE
        rows = np.concatenate([points[None], points + moves.astype(np.float32)])
        feed = {"landmarks": rows, "found": np.ones(1, np.float32)}
        if self.card.picture is not None:  # exported files may ask it for the number of rows
            size = self.card.picture.size
            feed["picture"] = np.zeros((1, size, size, 3), np.uint8)
        output = self._own_output("landmarks")
        odds = self._odds(_ask(self._joints, feed, output), label)
        change = (odds[1:] - odds[0]).reshape(2, 21, 3)
        return np.asarray(np.sqrt((change**2).mean((0, 2))))

    def channel_maps(self, feed: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Return what each colour's own convolutions made of the picture, before they are joined.

        Args:
            feed: the network's inputs by name, for one picture.

        Returns:
            (3, K, H, W) for red, green and blue; None for other networks than those with channel
            attention.
        """
        if self._branches is None:
            return None
        joined = np.concatenate([*self._branches.run(feed).values()], axis=1)[0]
        return np.asarray(joined.reshape(3, -1, *joined.shape[1:]))

    @cached_property
    def _cut(self) -> "_Cut | None":
        """The network in two, before and after its average over places, if it has one."""
        graph, names = self._model.graph, self.card.input_names
        of_picture, pool = {"picture"}, None
        for node in graph.node:
            if of_picture & set(node.input):
                of_picture |= set(node.output)
                if _averages_places(node, graph):
                    pool = node
        if pool is None:
            return None
        features, pooled = pool.input[0], pool.output[0]
        after, score = {pooled}, self._own_output("picture")
        for node in graph.node:
            if after & set(node.input):
                if node.op_type == "LogSoftmax":  # it would mix in the scores of all other signs
                    score = node.input[0]
                    break
                after |= set(node.output)
        trunk = cut(self._model, names, [features, pooled])
        head = cut(self._model, [pooled, *names], [score])
        return _Cut(trunk, features, pooled, head, score)

    @cached_property
    def _joints(self) -> GraphRunner:
        return cut(self._model, self.card.input_names, [self._own_output("landmarks")])

    @cached_property
    def _branches(self) -> GraphRunner | None:
        """Runs up to the last pooling of each colour's branch, or of all three in one."""
        if "channel_attention" not in self._whole.output_names:
            return None
        names = self.card.input_names
        nodes = needed_nodes(self._model.graph, ["channel_attention"], names)
        pools = [node.output[0] for node in nodes if node.op_type == "MaxPool"]
        last = []
        for name in pools:
            after = {name}
            for node in nodes:
                if after & set(node.input):
                    after |= set(node.output)
            if not after & (set(pools) - {name}):
                last.append(name)
        if len(last) not in (1, 3):
            return None
        return cut(self._model, names, last)

    def _own_output(self, network: str) -> str:
        """Return the output of one of two networks, or that of the only one."""
        name = NETWORK_LOGITS[network]
        return name if name in self._whole.output_names else "logits"

    def _run(self, feed: Mapping[str, np.ndarray], output: str) -> np.ndarray:
        return self._whole.run(feed, [output])[output]

    def _odds(self, logits: np.ndarray, label: str) -> np.ndarray:
        """Return (N,) log-odds of a label against all others."""
        logits = np.asarray(logits, np.float64)
        column = self.card.labels.index(label)
        others = np.delete(logits, column, axis=1)
        top = others.max(1)
        odds = logits[:, column] - top - np.log(np.exp(others - top[:, None]).sum(1))
        return np.asarray(odds)


def finger_shares(weights: np.ndarray) -> dict[str, float]:
    """Return how the weight of 21 joints is shared out among the fingers and the wrist."""
    total = float(weights.sum()) or 1.0
    shares = {
        finger: float(weights[list(joints)].sum()) / total for finger, joints in FINGERS.items()
    }
    return {**shares, "wrist": float(weights[WRIST]) / total}


def _ask(runner: GraphRunner, feed: Mapping[str, np.ndarray], output: str) -> np.ndarray:
    """Return an output for many rows; inputs with one row are repeated."""
    names = runner.input_names
    rows = max(len(feed[name]) for name in names)
    answers = []
    for start in range(0, rows, _BATCH):
        count = min(_BATCH, rows - start)
        part = {
            name: np.repeat(feed[name], count, 0)
            if len(feed[name]) == 1
            else feed[name][start : start + count]
            for name in names
        }
        answers.append(runner.run(part, [output])[output])
    return np.concatenate(answers)


def _averages_places(node: onnx.NodeProto, graph: onnx.GraphProto) -> bool:
    """Return whether a node averages (N, C, H, W) over H and W."""
    if node.op_type == "GlobalAveragePool":
        return True
    if node.op_type != "ReduceMean":
        return False
    given = [list(a.ints) for a in node.attribute if a.name == "axes"]
    if len(node.input) > 1:
        given += [_constant(graph, node.input[1])]
    return any(set(axes) in _SPATIAL for axes in given)


def _constant(graph: onnx.GraphProto, name: str) -> list[int]:
    for tensor in graph.initializer:
        if tensor.name == name:
            return numpy_helper.to_array(tensor).ravel().tolist()
    for node in graph.node:
        if node.op_type == "Constant" and name in node.output:
            value = next(a for a in node.attribute if a.name in ("value", "value_ints"))
            return list(value.ints) or numpy_helper.to_array(value.t).ravel().tolist()
    return []
