"""Examples that come with the app, for visitors who have no picture at hand; README.md names them.

three-letters.zip   a small data set to train on, as a visitor would bring one
"""

import zipfile
from functools import cache
from pathlib import Path

#: A zip with a folder for each of three letters, the person first in the names of its files.
DATASET = Path(__file__).parent / "three-letters.zip"


@cache
def example_pictures() -> dict[str, bytes]:
    """Return a picture of each letter of the data set, as a file, in alphabetical order."""
    with zipfile.ZipFile(DATASET) as archive:
        files = sorted(archive.namelist(), reverse=True)
        first = {name.split("/")[0]: name for name in files}  # of each letter, the last one stays
        return {letter: archive.read(first[letter]) for letter in sorted(first)}
