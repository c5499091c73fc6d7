"""Sequences of which only what they are counts, whatever their folders are called."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from asl.data.problems import Problem
from asl.data.scan import Parts
from asl.data.sequences.files.labels import own_places
from asl.data.sequences.files.names import sequence_name, sort_files
from asl.data.sequences.limits import SequenceError
from asl.data.sequences.packed import read_index


def every_sequence(
    files: Mapping[Parts, Path], others: Sequence[Parts] = ()
) -> tuple[pd.DataFrame, list[Problem]]:
    """List every sequence among files.

    Args:
        files, others: as for `asl.data.sequences.listing.tabulate_sequences`.

    Returns:
        One row a sequence, sorted by name: `path`, `name` from the root down, `label` ("") and
        `person` (None); and what is no sequence.
    """
    by_form = sort_files((*files, *others))
    places = own_places(files, by_form)
    places |= {parts: str(files[parts]) for parts in by_form.parquet}
    named = {"/".join(parts): place for parts, place in places.items()}
    problems = [
        Problem("not a sequence", "/".join(parts), "it is no film and no file of landmarks")
        for parts in (*by_form.pictures, *by_form.others)
    ]
    names = sorted(named)
    for file in by_form.packed:
        name = "/".join(file)
        try:
            count = len(read_index(files[file]))
        except SequenceError as error:
            problems.append(Problem("unreadable", name, f"{error.reason}. {error.advice}"))
            continue
        inside = [sequence_name(name, number) for number in range(count)]
        named |= {one: sequence_name(files[file], number) for number, one in enumerate(inside)}
        names += inside
    table = pd.DataFrame({"path": [named[name] for name in names], "name": names})
    return table.assign(label="", person=None), problems
