"""Where the samples of a taught hand are kept: one JSON file for each model, in the workspace.

A sample is 21 joints and what the model said of them; pictures are not kept. The file is the
user's, who may hand it over, so that whatever is read is checked. It belongs to a model by name and
signs: one that was trained again under its name goes on with the same samples, whose logits then
are those of the model before.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asl.card import ModelCard
from asl.files import read_file, write_json
from asl.inference.pictures.taught import MOST, Sample, check_sample
from asl.workspace import workspace

_SCHEMA = 1
#: Samples of all signs together, and bytes of a file with them.
MOST_SAMPLES, MOST_BYTES = 200, 16 << 20
#: No landmark is further from the palm, and no logit further from zero.
_LARGEST = {"landmarks": 100.0, "logits": 1e4}
#: Decimals that are kept: hundredths of a joint's width, and of what shows in a probability.
_DECIMALS = {"landmarks": 4, "logits": 3}


@dataclass(frozen=True)
class Lessons:
    """What a model was taught.

    Attributes:
        samples: in the order in which they were shown.
        on: whether the model reads with them.
    """

    samples: tuple[Sample, ...] = ()
    on: bool = True

    def count(self, label: str) -> int:
        """Return how many samples there are of a sign."""
        return sum(sample.label == label for sample in self.samples)

    def with_samples(self, fresh: Sequence[Sample]) -> "Lessons":
        """Return the lessons with further samples, switched on.

        The same hand counts once, under the sign that was named last. Of each sign the last `MOST`
        are kept, of all signs the last `MOST_SAMPLES`.
        """
        kept = list(self.samples)
        for sample in fresh:
            kept = [one for one in kept if not np.array_equal(one.landmarks, sample.landmarks)]
            kept.append(sample)
        places: dict[str, list[int]] = {}
        for place, one in enumerate(kept):
            places.setdefault(one.label, []).append(place)
        chosen = sorted(place for own in places.values() for place in own[-MOST:])
        return Lessons(tuple(kept[place] for place in chosen[-MOST_SAMPLES:]))

    def without(self, label: str) -> "Lessons":
        """Return the lessons without the samples of a sign."""
        return Lessons(tuple(one for one in self.samples if one.label != label), self.on)


def lessons_file(card: ModelCard) -> Path:
    """Return the file of a model's lessons, which need not be there."""
    digest = hashlib.sha256(json.dumps([card.name, *card.labels]).encode())
    return workspace() / "taught" / f"{digest.hexdigest()[:16]}.json"


def read_lessons(card: ModelCard) -> Lessons:
    """Return what a model was taught; nothing where nobody has taught it.

    Raises:
        ValueError: the file is damaged; see `parse`.
        OSError: it cannot be read.
    """
    file = lessons_file(card)
    return parse(read_file(file, MOST_BYTES), card) if file.exists() else Lessons()


def keep_lessons(card: ModelCard, lessons: Lessons) -> None:
    """Keep what a model was taught, in place of what was kept before.

    Raises:
        OSError: it cannot be written.
    """
    file = lessons_file(card)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(file, _plain(card, lessons))


def forget_lessons(card: ModelCard) -> None:
    """Delete what a model was taught.

    Raises:
        OSError: it cannot be deleted.
    """
    lessons_file(card).unlink(missing_ok=True)


def to_bytes(card: ModelCard, lessons: Lessons) -> bytes:
    """Return lessons as a file that `parse` reads."""
    return json.dumps(_plain(card, lessons)).encode()


def parse(content: bytes, card: ModelCard) -> Lessons:
    """Read a file of lessons.

    Raises:
        ValueError: it is none, or of a model with other signs; the message names what is wrong.
    """
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"taught hand: no JSON ({error})") from error
    if not isinstance(raw, dict) or raw.get("schema") != _SCHEMA:
        raise ValueError("taught hand: no file of this app, or one of a later version")
    if raw.get("labels") != list(card.labels):
        raise ValueError(f"labels: they are not those of {card.name}; choose the model it is for")
    entries = raw.get("samples")
    if not isinstance(entries, list) or len(entries) > MOST_SAMPLES:
        raise ValueError(f"samples: no list of at most {MOST_SAMPLES}")
    samples = tuple(_sample(entry, card, place) for place, entry in enumerate(entries))
    return Lessons(samples, raw.get("on") is not False)


def _plain(card: ModelCard, lessons: Lessons) -> dict[str, Any]:
    samples = [
        {"label": one.label}
        | {
            name: np.round(getattr(one, name).astype(np.float64), decimals).tolist()
            for name, decimals in _DECIMALS.items()
        }
        for one in lessons.samples
    ]
    values = {"schema": _SCHEMA, "model": card.name, "labels": list(card.labels)}
    return {**values, "on": lessons.on, "samples": samples}


def _sample(entry: object, card: ModelCard, place: int) -> Sample:
    name = f"samples[{place}]"
    if not isinstance(entry, dict) or not isinstance(entry.get("label"), str):
        raise ValueError(f"{name}: no sample with a label")
    arrays = {}
    for field, largest in _LARGEST.items():
        try:
            arrays[field] = np.array(entry.get(field), np.float32)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{name}: {field} holds what is no number") from error
        if not (np.abs(arrays[field]) <= largest).all():  # nor is NaN
            raise ValueError(f"{name}: {field} with values beyond {largest:g}")
    sample = Sample(entry["label"], arrays["landmarks"], arrays["logits"])
    check_sample(sample, card.labels, name)
    return sample
