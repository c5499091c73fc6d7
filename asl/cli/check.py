"""`asl check`: what a zip, folder or table holds, before a model is trained on it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from asl.cli.console import complain, print_json, print_table, progress
from asl.cli.options import AsJson, Encoding, Level, People

#: What a question is about → the option that answers it.
_ANSWERED_BY = {"levels": "--level", "people": "--people", "names": "--encoding"}


def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Zip, folder or table with signs.")],
    people: People = "",
    level: Level = "",
    encoding: Encoding = "",
    as_json: AsJson = False,
) -> None:
    """Say what is in a zip, folder or table and what is wrong with it, before training on it."""
    from asl.data.check import check as look_at

    with progress("Looking") as step:
        found = look_at(path, people, level, encoding, step)
    if as_json:
        print_json(found)
    else:
        _print_check(found)
    if not found["signs"]:
        complain(found["warnings"][0])
        raise typer.Exit(1)
    if any(one["kind"] == "unreadable" for one in found["left_out"]):
        raise typer.Exit(1)


def _print_check(found: dict[str, Any]) -> None:
    """Print what `asl.data.check.check` found."""
    total = sum(found["signs"].values())
    kind = found["kind"]
    print(f"{found['verdict'].capitalize()}: {total} {kind} of {len(found['signs'])} signs")
    print_table(("sign", kind), [(sign, str(n)) for sign, n in found["signs"].items()])
    if found["people"]:
        known = "people" if found["people_known"] else "people?"
        print_table((known, kind), [(who, str(n)) for who, n in found["people"].items()])
    if found["parts"]:
        print_table(("part", kind), [(part, str(n)) for part, n in found["parts"].items()])
    for warning in found["warnings"]:
        print(f"Warning: {warning}")
    for question in found["questions"]:
        print(f"Question: {question['text']}")
        for option in question["options"]:
            print(f"  {_ANSWERED_BY[question['about']]} {option['answer']}: {option['means']}")
    for one in found["left_out"]:
        complain(f"{one['path']}: {one['reason']}")
