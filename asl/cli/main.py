"""The program `asl`: its list of commands, and how errors end it."""

import errno
import sys
from collections.abc import Sequence

import typer

from asl.cli.check import check
from asl.cli.console import complain
from asl.cli.evaluate import evaluate
from asl.cli.models import export, models, scores
from asl.cli.predict import predict
from asl.cli.results import bench, reproduce, results
from asl.cli.search import search
from asl.cli.train import train
from asl.workspace import disk_trouble

#: In the order in which ``asl --help`` lists them.
_COMMANDS = (
    predict,
    evaluate,
    check,
    train,
    search,
    models,
    scores,
    export,
    bench,
    reproduce,
    results,
)

app = typer.Typer(
    help="Recognise American Sign Language handshapes, and measure how well.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in _COMMANDS:
    app.command()(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a wrong value ends it with one line on standard error."""
    try:
        app(arguments, prog_name="asl")
    except OSError as error:
        no_room = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
        complain(disk_trouble(error) if no_room else str(error))
        sys.exit(2)
    except ValueError as error:
        complain(str(error))
        sys.exit(2)


if __name__ == "__main__":
    main()
