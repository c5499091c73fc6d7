"""Examples that come with the app, for visitors who have no picture at hand; README.md names them.

three-letters.zip   a small data set to train on, as a visitor would bring one
"""

import zipfile
from functools import cache
from pathlib import Path

#: A zip with a folder for each of three letters, the person first in the names of its files.
DATASET = Path(__file__).parent / "three-letters.zip"


#: Whose hands are shown: as many as fit a row of a screen with their three letters.
_PEOPLE = "1234"


@cache
def example_pictures() -> dict[str, bytes]:
    """Return letter and person, such as "K 1", → a picture of the data set, as a file."""
    with zipfile.ZipFile(DATASET) as archive:
        files = sorted(archive.namelist(), reverse=True)
        # Of each hand, such as K/hand1, the first one stays.
        first = {name.split("_")[0]: name for name in files}
        return {
            f"{hand[0]} {hand[-1]}": archive.read(first[hand])
            for hand in sorted(first)
            if hand[-1] in _PEOPLE
        }
