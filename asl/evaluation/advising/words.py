"""How reports call the examples that a model was tested on, and how more of them are made."""

from dataclasses import dataclass

from asl.card import ModelCard


@dataclass(frozen=True)
class ExampleWords:
    """The words for one kind of example.

    Attributes:
        example: a single one.
        examples: several of them.
        collect: what is done to make one, as an order.
        apart: how two signs that are mixed up are made anew, after "one after the other".
        honest_start: start weights that have seen nothing of it.
        still: whether it shows only a part of a movement.
    """

    example: str
    examples: str
    collect: str
    apart: str
    honest_start: str
    still: bool


PICTURES = ExampleWords(
    example="picture",
    examples="pictures",
    collect="photograph",
    apart="from several sides and in other rooms",
    honest_start="ImageNet",
    still=True,
)
CLIPS = ExampleWords(
    example="clip",
    examples="clips",
    collect="record",
    apart="with several people, each sign from a rest to a rest",
    honest_start="nothing",
    still=False,
)

_OF_KIND = {"pictures": PICTURES, "sequences": CLIPS}


def words_for(kind: str) -> ExampleWords:
    """Return the words for "pictures" or "sequences"; those for pictures if it is neither."""
    return _OF_KIND.get(kind, PICTURES)


def kind_of_card(card: ModelCard) -> str:
    """Return what kind of example a model was tested on: "pictures" or "sequences"."""
    return "pictures" if card.sequence is None else "sequences"
