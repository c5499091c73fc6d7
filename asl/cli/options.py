"""The options that several commands share."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

LabelSet = Literal["letters", "digits", "all"]

Model = Annotated[str, typer.Option(metavar="NAME|DIR", help="Name of a model, or its folder.")]
Labels = Annotated[LabelSet, typer.Option(help="Which signs are possible.")]
Controls = Annotated[
    bool, typer.Option("--controls", help="So are the signs for delete, space and nothing.")
]
#: Who is in pictures that are to be trained on.
People = Annotated[
    str,
    typer.Option(
        metavar="PATTERN|folders|names|CSV|none",
        help="Who is in the pictures; nobody is known where it is not said.",
    ),
]
Level = Annotated[
    str,
    typer.Option(
        metavar="part/person/sign/take",
        help="What each level of folders means, the outermost first, where it is not clear.",
    ),
]
Encoding = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="In which the names in a zip are written, where that is not clear."
    ),
]
Seed = Annotated[int | None, typer.Option(help="Of every random number.")]
Title = Annotated[str, typer.Option(metavar="TEXT", help="Title of the results file.")]
Note = Annotated[str, typer.Option(metavar="TEXT", help="A sentence to stand below.")]
ResultsFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also write a results file here.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@dataclass(frozen=True)
class TrainingOptions:
    """What is trained, from what, and how it is tested: for `asl train` and `asl search` alike."""

    data: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR|ZIP|CSV",
            help="Class folders, a zip of them, or Sign Language MNIST as it comes; may be "
            "repeated.",
        ),
    ] = None
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings as TOML; other options replace single ones."),
    ] = None
    net: Annotated[str | None, typer.Option(metavar="NAME", help="Network to train.")] = None
    framework: Annotated[
        str | None,
        typer.Option(metavar="pytorch|tensorflow", help="In which a network of words is trained."),
    ] = None
    init: Annotated[
        str | None, typer.Option(metavar="bundled|imagenet|hands|none", help="Start weights.")
    ] = None
    split: Annotated[
        str | None,
        typer.Option(
            metavar="random|new-person|leave-one-person-out|group-k-fold|leave-one-set-out|own",
            help="How the model is tested; by itself as honestly as the data allow.",
        ),
    ] = None
    people: People = ""
    level: Level = ""
    encoding: Encoding = ""


def with_training_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `TrainingOptions`, which it takes as its first argument.

    Typer reads a command's options from its signature: here the first parameter is replaced in it
    by one for every field.
    """
    hints = get_type_hints(TrainingOptions, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in fields(TrainingOptions)
    ]
    own = list(inspect.signature(command).parameters.values())[1:]
    names = {field.name for field in fields(TrainingOptions)}

    @wraps(command)
    def run(**options: Any) -> None:
        common = {name: options.pop(name) for name in names}
        command(TrainingOptions(**common), **options)

    parameters = [*shared, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own)]
    vars(run)["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run
