"""The command that measures how well the camera page spells."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from asl.bundle import DEFAULT_MODEL, find_bundle
from asl.console import complain, print_json, progress


def bench_spelling(
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="Name of a model, or its folder.")
    ] = DEFAULT_MODEL,
    words: Annotated[int, typer.Option(min=1, help="How many words are played.")] = 10,
    length: Annotated[int, typer.Option(min=2, help="Letters of each word.")] = 8,
    hold: Annotated[float, typer.Option(help="Seconds that a sign is held.")] = 0.6,
    controls: Annotated[
        bool, typer.Option(help="Also look for the signs for space and delete.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Of words and photographs.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Results file; by default docs/results/spelling.json."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Spell words from videos made of the photographs in ASL_DATA, and count the mistakes."""
    import numpy as np

    from asl.evaluation import spelling
    from asl.evaluation.results import RESULTS, Result, command, machine
    from asl.inference.decision import restrict
    from asl.inference.first_answer import require_answer
    from asl.inference.landmark_eye import LandmarkEye
    from asl.inference.predictor import Predictor
    from asl.inference.speller import HoldSettings
    from asl.inference.stream import HandStream, possible_signs

    if not os.environ.get("ASL_DATA"):
        raise ValueError("ASL_DATA: name the folder of recordings in this environment variable")
    settings = HoldSettings(hold=hold)
    photos = spelling.photographs(Path(os.environ["ASL_DATA"]))
    drawn = spelling.draw_words(words, tuple(photos), length, seed)
    bundle = find_bundle(model)
    signs = possible_signs(bundle.card.labels, "letters", controls, motion=True)
    require_answer(bundle)
    try:
        eye = LandmarkEye(bundle)
    except (ImportError, ValueError) as error:
        complain(str(error))
        eye = None
    predictor = Predictor(bundle)

    def read_still(rgb: "np.ndarray") -> str:
        probabilities = restrict(predictor.look(rgb).logits, bundle.card.labels, signs)
        return signs[int(probabilities.argmax())]

    with progress("Spelling") as step:
        results = spelling.measure(
            drawn,
            photos,
            lambda: HandStream(predictor, signs, eye),
            settings,
            seed=seed,
            progress=step,
            read_still=read_still,
        )
    timing = spelling.Timing()
    options = [*([] if controls else ["--no-controls"]), *(["--seed", seed] if seed else [])]
    result = Result(
        title=f"Spelling words of {length} letters from video",
        data="photographs of asl_letters/valid + asl_letters/test",
        split="the set's own; people and rooms of its training part may return",
        candidates="letters without J and Z" + (", space, delete, nothing" if controls else ""),
        machine=machine(),
        command=command("bench-spelling", "--words", words, "--hold", hold, *options),
        rows=tuple(spelling.rows(results)),
        note="Words and photographs are drawn by lot from common words without J and Z, which are "
        "read by their movement only. Which letters English expects is learned from other words. "
        f"Each letter is shown for {timing.hold} s at {timing.frames_a_second} frames a second and "
        f"taken after {hold} s; words that were not read rightly stand below.",
    )
    result.write(out or RESULTS / "spelling.json")
    if as_json:
        print_json(asdict(result))
    else:
        print(result.to_markdown())
