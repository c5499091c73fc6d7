"""What is known of an export: its pictures, and while it is read, what its files say of them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from asl.data.exports.names import Pictures, part_of, part_of_file
from asl.data.scan import Parts

#: Files that are no pictures, each with a way to get its bytes.
Files = Mapping[Parts, Callable[[], bytes]]

_LONGEST_LABEL = 200
# Control characters and halves of characters, which cannot be shown or stored.
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Signs as a reason lists them.
_LISTED = 4


class ExportError(ValueError):
    """An export is refused as a whole; the message names the tool and the one thing to do."""


@dataclass(frozen=True)
class Shown:
    """What a picture shows, as the export says.

    Attributes:
        label: as written there.
        part: "train", "valid" or "test", None if the export does not say.
        person: who makes the sign, None if it does not say.
    """

    label: str
    part: str | None
    person: str | None = None


@dataclass(frozen=True)
class Export:
    """What an export says of its pictures; each of them is either in `shown` or in `left_out`.

    Attributes:
        tool: "Edge Impulse", "Roboflow COCO" and so on.
        shown: pictures that have one label.
        left_out: pictures that have none, or several, each with the reason in plain words.
        read_from: the annotation files that were read.
    """

    tool: str
    shown: Mapping[Parts, Shown]
    left_out: Mapping[Parts, str]
    read_from: tuple[Parts, ...]


@dataclass(frozen=True)
class Trouble:
    """An annotation file that says nothing of the pictures.

    Attributes:
        certain: whether its name or content leaves no doubt that it is the tool's.
    """

    tool: str
    file: Parts
    reason: str
    certain: bool


@dataclass
class Reading:
    """What the files of one tool say, as far as they were read."""

    tool: str
    labels: dict[Parts, set[str]] = field(default_factory=dict)
    part: dict[Parts, str] = field(default_factory=dict)
    person: dict[Parts, str] = field(default_factory=dict)
    reasons: dict[Parts, str] = field(default_factory=dict)
    read_from: list[Parts] = field(default_factory=list)

    def add(
        self,
        picture: Parts,
        file: Parts | None,
        *labels: object,
        part: str | None = None,
        person: str | None = None,
        why: str = "",
    ) -> None:
        """Note that `file` names a picture.

        Args:
            file: None if the picture's own path says what it shows.
            labels: what it says the picture shows, as found in the file; of any type.
            part: the part as the file says, else folders and the file's own name tell.
            person: who makes the sign, as the file says.
            why: the reason why there is no label.
        """
        known = self.labels.setdefault(picture, set())
        for label in labels:
            if (text := label_text(label)) is not None:
                known.add(text)
            else:
                self.reasons.setdefault(picture, "its label cannot be used as a name")
        if why:
            self.reasons.setdefault(picture, why)
        part = part or part_of(picture[:-1]) or (part_of_file(file) if file else None)
        if part:
            self.part.setdefault(picture, part)
        if person and (who := label_text(person)):
            self.person.setdefault(picture, who)

    @property
    def distinct(self) -> set[str]:
        """Every label of pictures that have just one."""
        return {label for labels in self.labels.values() if len(labels) == 1 for label in labels}

    def export(self, pictures: Pictures) -> Export:
        """Return what was read, with a reason for each picture that has not one label."""
        shown, left_out = {}, {}
        for picture in pictures.names:
            labels = sorted(self.labels.get(picture, ()))
            if len(labels) == 1:
                shown[picture] = Shown(labels[0], self.part.get(picture), self.person.get(picture))
            elif labels:
                listed = ", ".join(labels[:_LISTED]) + (", …" if len(labels) > _LISTED else "")
                left_out[picture] = f"{self.tool}: it shows several signs ({listed})"
            elif picture in self.labels:
                reason = self.reasons.get(picture, "it has no label")
                left_out[picture] = f"{self.tool}: {reason}"
            else:
                left_out[picture] = f"{self.tool}: no annotation names it"
        return Export(self.tool, shown, left_out, tuple(self.read_from))


@dataclass
class Findings:
    """What all readers found: readings by tool, and files that were of no use."""

    pictures: Pictures
    readings: dict[str, Reading] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def reading(self, tool: str, file: Parts) -> Reading:
        """Return the reading of a tool, to which what `file` says is added."""
        reading = self.readings.setdefault(tool, Reading(tool))
        reading.read_from.append(file)
        return reading

    def trouble(self, tool: str, file: Parts, reason: object, certain: bool = True) -> None:
        self.troubles.append(Trouble(tool, file, str(reason), certain))


def ending(files: Files, *endings: str) -> list[Parts]:
    """Return the files that end so, whatever the case, sorted."""
    return sorted(file for file in files if file[-1].lower().endswith(endings))


def label_text(value: object) -> str | None:
    """Return a label as text without spaces around it, None if it can be no name."""
    if isinstance(value, int) and not isinstance(value, bool):
        # Python itself refuses to write out longer numbers.
        value = str(value) if abs(value) < 10**9 else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if 0 < len(text) <= _LONGEST_LABEL and not _UNUSABLE.search(text) else None
