"""The model card: what a model is, what it takes in, how it was made and how well it does.

Cards are stored as JSON. Schema 2 is written; schema 1, in which the inputs were names and the
fields of all of them stood in the card itself, is still read.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self, TypedDict

from asl.card_fields import CARD_FIELDS, CardError, check_fields
from asl.card_inputs import (
    MAX_REREADS,
    LandmarksInput,
    ModelInput,
    PictureInput,
    SequenceInput,
    check_whole,
    input_from,
)
from asl.labels import labels_fault

_SCHEMA = 2
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OLD_INPUTS = ("picture", "landmarks", "found")


class DataEntry(TypedDict, total=False):
    """A data set that a model learned from; other fields may stand beside these.

    Attributes:
        name: of the data set.
        kind: what it holds, such as "pictures".
        licence: of the data.
        about: what is in it, in words.
        fingerprint: tells whether two models learned from the same data.
        rows: how many examples.
        people: how many are in it; None where that is not known.
        left_out: files that could not be used.
    """

    name: str
    kind: str
    licence: str
    about: str
    fingerprint: str
    rows: int
    people: int | None
    left_out: int | None


class ScoreEntry(TypedDict, total=False):
    """What was measured on one fold with one candidate set; other fields may stand beside these.

    Attributes:
        data: the fold whose examples were tested.
        split: how they had been set aside.
        candidates: the candidate set.
        pictures: how many were tested.
        people: of how many people; None where that is not known.
        accuracy: look-alikes forgiven; all shares are from 0 to 1.
        low: end of the 95 % range of `accuracy`.
        high: the other end.
        accuracy_strict: share whose very label was answered.
        macro_f1: mean F1 of the classes tested.
        hand_found: share of the pictures in which a hand was found.
        picture_network: accuracy of that network alone.
        landmark_network: accuracy of that network alone.
        never_trained: label → tested pictures of signs that were not learnt.
        left_out: label → pictures of the fold that were not tested.
    """

    data: str
    split: str
    candidates: str
    pictures: int
    people: int | None
    accuracy: float
    low: float
    high: float
    accuracy_strict: float
    macro_f1: float
    hand_found: float
    picture_network: float
    landmark_network: float
    never_trained: dict[str, int]
    left_out: dict[str, int]


class TrainingNotes(TypedDict, total=False):
    """How a model was trained; other fields may stand beside these.

    Attributes:
        split: how the test examples were set aside.
        split_means: the same in words.
        new_people: none of the people tested was learned from.
        seconds: that the epochs took.
        near_copies: share of test examples with a near-copy in training; None where not counted.
        start_saw: data sets here that the start weights had learned from already.
        config: the settings of the training.
    """

    split: str
    split_means: str
    new_people: bool
    seconds: float
    near_copies: float | None
    start_saw: list[str]
    config: dict[str, Any]


class Calibration(TypedDict, total=False):
    """How logits were calibrated and fused; other fields may stand beside these.

    Attributes:
        weights: of the networks' logits, which act as inverse temperatures.
        fitted_on: on which examples, in words.
        pictures: how many these are.
        expected_calibration_error: on them, 0–1.
    """

    weights: dict[str, float]
    fitted_on: str
    pictures: int
    expected_calibration_error: float


class Parity(TypedDict, total=False):
    """How the exported network differs from the trained one.

    Attributes:
        pictures: compared.
        largest_difference: of any probability.
    """

    pictures: int
    largest_difference: float


@dataclass(frozen=True)
class ModelCard:
    """What a model is, on what it was trained and how well it does.

    Attributes:
        name: folder name of the bundle.
        labels: the signs, in the order of the logits.
        network: registry name of the network.
        inputs: what the model takes in, one entry a kind.
        abstain_below: confidence under which the model says "can't tell": for a picture with a
            hand found ("hand") and without one ("no_hand"), and for a "sequence".
        settings: the network's own settings.
        description: a sentence or two for people.
        training: settings of the training and how it went, start weights included.
        data: one entry a data set.
        scores: one entry a measurement.
        calibration: temperature, fusion weights and on whom they were fitted.
        parity: network against ONNX.
        versions: of the packages that made it.
        handshapes: label → (21, 3) typical normalised landmarks, right hand.
    """

    name: str
    labels: tuple[str, ...]
    network: str
    inputs: tuple[ModelInput, ...]
    abstain_below: dict[str, float]
    settings: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    training: TrainingNotes = field(default_factory=TrainingNotes)
    data: tuple[DataEntry, ...] = ()
    scores: tuple[ScoreEntry, ...] = ()
    calibration: Calibration = field(default_factory=Calibration)
    parity: Parity = field(default_factory=Parity)
    versions: dict[str, str] = field(default_factory=dict)
    handshapes: dict[str, list[list[float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if fault := name_fault(self.name) or labels_fault(self.labels):
            raise CardError(fault)
        check_fields(CARD_FIELDS, vars(self))
        kinds = [entry.kind for entry in self.inputs]
        if not kinds or len(set(kinds)) < len(kinds):
            raise CardError("inputs: there is none, or one kind stands twice")
        if "sequence" in kinds and len(kinds) > 1:
            raise CardError("inputs: a sequence is a model's only input")
        if unknown := set(self.abstain_below) - {"hand", "no_hand", "sequence"}:
            raise CardError(f"abstain_below {min(unknown)!r} is not understood")
        if unknown := set(self.handshapes) - set(self.labels):
            raise CardError(f"handshapes {min(unknown)!r} is none of the labels")

    @property
    def picture(self) -> PictureInput | None:
        """What the picture network is shown; None where there is no such network."""
        return next((one for one in self.inputs if isinstance(one, PictureInput)), None)

    @property
    def landmarks(self) -> LandmarksInput | None:
        """What the landmark network is shown; None where there is no such network."""
        return next((one for one in self.inputs if isinstance(one, LandmarksInput)), None)

    @property
    def sequence(self) -> SequenceInput | None:
        """What a network of words is shown; None where the model reads single pictures."""
        return next((one for one in self.inputs if isinstance(one, SequenceInput)), None)

    @property
    def still(self) -> bool:
        """Whether the model reads still pictures, in which some signs cannot be told apart."""
        return self.sequence is None

    @property
    def rereads(self) -> int:
        """How often the joints of an unclear hand are read again."""
        return self.landmarks.rereads if self.landmarks else 0

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the ONNX inputs.

        A model with both networks has the input "found" as well: whether there is a hand.
        """
        names = tuple(entry.kind for entry in self.inputs)
        return (*names, "found") if self.picture and self.landmarks else names

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a card of schema 1 or 2.

        Raises:
            CardError: no JSON, a wrong schema, a missing or unusable field.
        """
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CardError(f"no valid JSON ({error})") from error
        if isinstance(raw, dict) and raw.get("schema") == 1:
            raw = _from_schema_1(raw)
        if not isinstance(raw, dict) or raw.get("schema") != _SCHEMA:
            raise CardError(f"schema 1 or {_SCHEMA} expected")
        known = {f.name for f in fields(cls)}
        values = {name: value for name, value in raw.items() if name in known}
        try:
            for name in ("labels", "inputs", "data", "scores"):
                if not isinstance(values.get(name, []), list):
                    raise CardError(f"{name} is no list")
                values[name] = tuple(values.get(name, ()))
            values["inputs"] = tuple(input_from(entry) for entry in values["inputs"])
            return cls(**values)
        except CardError:
            raise
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise CardError(str(error)) from error

    def to_json(self) -> str:
        """Return the card as indented JSON, its fields in a fixed order."""
        inputs = [{"kind": entry.kind, **asdict(entry)} for entry in self.inputs]
        raw = {"schema": _SCHEMA, **asdict(self), "inputs": inputs}
        return json.dumps(raw, indent=1, ensure_ascii=False) + "\n"


def name_fault(name: object) -> str:
    """Return why a model cannot have the name, "" where it can."""
    if isinstance(name, str) and _NAME.fullmatch(name):
        return ""
    return (
        f"the model's name {name!r} may hold only letters, digits, '.', '_' and '-', "
        "64 at most, and begins with a letter or digit"
    )


def _from_schema_1(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a card of schema 1 as schema 2 has them.

    There the names of the ONNX inputs stood in `inputs`, what a picture has to be in `picture`
    (with `look` for `crop`), and the number of rereads in `readings`.

    Raises:
        CardError: the inputs are not understood.
    """
    names, picture = raw.get("inputs"), raw.get("picture")
    if not isinstance(names, list):
        raise CardError("inputs is no list")
    known = [name for name in _OLD_INPUTS if name in names]
    if not known or len(known) < len(names):
        raise CardError(f"inputs are not some of {', '.join(_OLD_INPUTS)}")
    if ("picture" in names) != (picture is not None):
        raise CardError("picture must be set just when the network looks at one")
    rereads = raw.get("readings", 0)
    check_whole("readings", rereads, 0, MAX_REREADS)
    inputs: list[object] = []
    if "picture" in names:
        inputs.append(_picture_of_schema_1(picture))
    if "landmarks" in names:
        inputs.append({"kind": "landmarks", "rereads": rereads})
    return {**raw, "schema": 2, "inputs": inputs}


def _picture_of_schema_1(picture: object) -> object:
    if not isinstance(picture, dict) or "kind" in picture:
        raise CardError("picture: its fields are not understood")
    renamed = {"crop" if name == "look" else name: value for name, value in picture.items()}
    return {"kind": "picture", **renamed}
