"""What a data set's reader has to tell: what was left out, and what somebody has to be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: Kinds of `Problem` that leave no file out.
SETTLED = ("empty", "merged", "person")

HOW_NAMED = "Which of these names are right?"
WHICH_SIGNS = "Which folders are the signs?"

ProblemKind = Literal[
    "hidden",  # a hidden file or folder, or __MACOSX; not used
    "link",  # a symbolic link; not followed
    "not a picture",  # a file with another ending; not used
    "not a sequence",  # the same among films and files of landmarks
    "unreadable",  # a picture that cannot be decoded, a folder that cannot be opened; not used
    "cleaned",  # a sequence in which too little is seen; not learned from
    "outside",  # a picture that lies in no class folder; not used
    "empty",  # a folder that gives no picture
    "merged",  # class folders that differ only in case, used as one class
    "person",  # pictures without a person, while others have one
]


@dataclass(frozen=True)
class Problem:
    """Something that was left out or settled while reading; `path` is relative to the root."""

    kind: ProblemKind
    path: str
    message: str


@dataclass(frozen=True)
class Question:
    """Something that names alone do not tell, so that somebody has to be asked.

    Attributes:
        about: "levels": which folders are the signs; "people": whether some names are those of
            people; "names": in which encoding the names in a zip are written.
        text: the question, in a sentence.
        options: possible answers and what each means, the likeliest first.
    """

    about: Literal["levels", "people", "names"]
    text: str
    options: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        options = [{"answer": answer, "means": means} for answer, means in self.options]
        return {"about": self.about, "text": self.text, "options": options}


def most_telling(problems: Sequence[Problem], most: int = 500) -> tuple[tuple[str, str, str], ...]:
    """Return kind, path and message of some problems: of each kind there may be thousands."""
    told = sorted(problems, key=lambda problem: problem.kind == "hidden")[:most]
    return tuple((one.kind, one.path[:200], one.message) for one in told)


class Unclear(ValueError):
    """It is not known which folders are the signs; the message names the option and its answers."""

    def __init__(self, question: Question) -> None:
        self.question = question
        answers = " or ".join(f"--level {answer} ({means})" for answer, means in question.options)
        super().__init__(
            f"level: it is not clear which folders are the signs; say it with {answers}"
        )
