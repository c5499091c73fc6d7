"""Examples that come with the app, for visitors who have no picture at hand; README.md names them.

pictures/           one hand each; a file's first letter is the sign that it shows
three-letters.zip   a small data set to train on, as a visitor would bring one
"""

from pathlib import Path

_HOME = Path(__file__).parent
#: A zip with a folder for each of three letters, the person first in the names of its files.
DATASET = _HOME / "three-letters.zip"


def example_pictures() -> dict[str, Path]:
    """Return the pictures by the letter that each of them shows, in alphabetical order."""
    return {file.name[0]: file for file in sorted((_HOME / "pictures").glob("*.jpg"))}
