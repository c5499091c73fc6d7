"""The README's table and the pages in docs/results, rendered from the results files.

What is rendered stands between `START` and `END`; a test fails when it differs from the files.
"""

from collections.abc import Sequence
from pathlib import Path

from asl.evaluation.results.result import HOME, RESULTS, SOURCES, Result, cell, read_results

README = HOME / "README.md"
#: Shows all results.
RESULTS_PAGE = RESULTS / "README.md"
SOURCES_PAGE = SOURCES.with_suffix(".md")

START, END = "<!-- results:start -->", "<!-- results:end -->"

#: Accuracies in the README's table: what they stand for, and the results file.
_ACCURACIES = (
    ("New person", "asl_dataset-leave-one-hand-out"),
    ("New people and rooms, letters", "one-set-left-out"),
    ("Random split, optimistic", "asl_dataset-random"),
)
_COSTS = "bench"


def write_pages() -> None:
    """Fill the README's table and the pages of results from the files in docs/results."""
    for file, content in ((README, headline()), (RESULTS_PAGE, tables(read_results()))):
        file.write_text(fill(file.read_text(encoding="utf-8"), content), encoding="utf-8")
    if SOURCES.is_file():
        SOURCES_PAGE.write_text(page(Result.read(SOURCES)), encoding="utf-8")


def headline(folder: Path = RESULTS) -> str:
    """Return the README's table: new people, a random split, and what an answer costs.

    Raises:
        ValueError: a results file is missing or no results file.
    """
    lines = [("", "measured"), ("---", "---")]
    for what, stem in _ACCURACIES:
        result = _read(folder, stem)
        lines.append((f"**{what}**: {result.title}", _accuracy(result)))
    cost = _read(folder, _COSTS).rows[0]
    lines += [
        (
            f"**Cost of an answer**: {cost['name']}",
            f"{cell(cost, 'value')} in the median, 90 % within {cell(cost, 'p90')}, on one core",
        )
    ]
    return "\n".join(f"| {left} | {right} |" for left, right in lines)


def tables(results: Sequence[Result]) -> str:
    """Return all `results` as Markdown."""
    return "\n\n".join(result.to_markdown() for result in results)


def page(result: Result) -> str:
    """Return a Markdown page about one result."""
    return "#" + result.to_markdown().removeprefix("###") + "\n"


def fill(text: str, content: str) -> str:
    """Return `text` with `content` between `START` and `END`.

    Raises:
        ValueError: one of the two marks is missing or they stand in the wrong order.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the marks {START} and {END} are missing")
    return before + "\n\n".join(filter(None, (START, content, END))) + after


def _read(folder: Path, stem: str) -> Result:
    file = folder / f"{stem}.json"
    if not file.is_file():
        raise ValueError(f"{file.name}: the README's table needs this file, and it is missing")
    return Result.read(file)


def _accuracy(result: Result) -> str:
    """Return the accuracy of a result: of its mean and its worst part where it has several."""
    named = {row["name"]: row for row in result.rows}
    # The means stand behind the parts.
    parts = list(named).index("mean") if "mean" in named else 1
    shown = [named["mean"], named["worst"]] if "mean" in named else [result.rows[0]]
    text = _in_words([cell(row, "accuracy") for row in shown], parts)
    if any(row["accuracy_strict"] != row["accuracy"] for row in shown):
        apart = _in_words([cell(row, "accuracy_strict") for row in shown], 1)
        text += f"; with look-alikes apart {apart}"
    return text


def _in_words(figures: list[str], parts: int) -> str:
    mean, *worst = figures
    of = f" (mean of {parts})" if parts > 1 else ""
    return f"{mean}{of}" + "".join(f", the worst {figure}" for figure in worst)
