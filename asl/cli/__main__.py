"""``python -m asl.cli``: the command line without its script."""

from asl.cli.main import main

main()
