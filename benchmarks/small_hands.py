"""Small hands: how many are found in phone photos and screenshots, and how many where none are.

    python -m benchmarks.small_hands               # some ten minutes
    python -m benchmarks.small_hands --pictures 8  # does it run?

The pictures are made of photos of asl_letters (`benchmarks.small_hand_pictures`). Every other photo
was used to choose how sure a hand in a part of a picture must be; these are read with --choosing,
and the figures come from the rest.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from asl.cli.console import progress
from asl.evaluation.bench import summary
from asl.evaluation.results.result import Result, machine
from asl.hands.detector import CERTAIN, Hand, HandDetector
from asl.images import load_rgb
from benchmarks.command import at_least, command_line, parser, recordings
from benchmarks.small_hand_pictures import Box, Composed, Photo, phone_photo, screenshot

_PICTURES = 54
_EXTENT = 700
_SEED = 20
_AIM = "80 %"
#: A found hand is the one that was put in if the boxes share so much of their joint area, or if its
#: middle lies in the box and the longer sides differ by at most this factor.
_OVERLAP, _FACTOR = 0.5, 1.6
#: How much rooms by themselves are enlarged: they then have some 400 × 1,600 pixels.
_ENLARGED = 4
_EMPTY, _EMPTY_SIDE = "asl_alphabet/nothing", 640

Maker = Callable[[int], Composed]


def photos_of(data: Path, detector: HandDetector, choosing: bool) -> list[Photo]:
    """Return the photos of which the hand is certain, every other one.

    Args:
        data: folder of recordings.
        detector: finds the hands in the photos by themselves.
        choosing: those with which thresholds were chosen, and not the others.
    """
    photos = []
    for file in sorted(data.glob("asl_letters/*/*/*.jpg")):
        if file.parent.parent.name in ("valid", "test"):
            rgb = load_rgb(file)
            hand = detector.detect_in_whole(rgb)
            if hand is not None and hand.presence >= CERTAIN:
                photos.append(Photo.of(rgb, hand))
    return photos[0 if choosing else 1 :: 2]


def is_found(hand: Hand | None, truth: Box) -> bool:
    """Tell whether a hand is the one that was put into a picture."""
    if hand is None:
        return False
    found, true = np.array(hand.box).reshape(2, 2), np.array(truth).reshape(2, 2)
    shared = (np.minimum(found[1], true[1]) - np.maximum(found[0], true[0])).clip(0).prod()
    areas = np.prod(found[1] - found[0]) + np.prod(true[1] - true[0])
    middle = found.mean(0)
    inside = bool(((true[0] <= middle) & (middle <= true[1])).all())
    sizes = [(box[1] - box[0]).max() for box in (found, true)]
    alike = bool(max(sizes) <= _FACTOR * min(sizes))
    return bool(shared >= _OVERLAP * (areas - shared)) or (inside and alike)


def search(
    detector: HandDetector, pictures: Iterator[Composed]
) -> tuple[list[tuple[bool, bool]], list[tuple[float, float]]]:
    """Search pictures as a whole, and in parts as well where that shows nothing.

    Returns:
        For each picture whether its hand, or where it has none any hand, is found in either way;
        and what either took, in milliseconds.
    """
    found, times = [], []
    for picture in pictures:
        start = time.perf_counter()
        whole = detector.detect_in_whole(picture.rgb)
        middle = time.perf_counter()
        hand = detector.detect(picture.rgb)
        end = time.perf_counter()
        times.append((1000 * (middle - start), 1000 * (end - middle)))
        box = picture.box
        ways = (whole, hand)
        either = [way is not None if box is None else is_found(way, box) for way in ways]
        found.append((either[0], either[1]))
    return found, times


def rows(
    detector: HandDetector, photos: Sequence[Photo], empty: Sequence[np.ndarray], count: int
) -> list[dict[str, Any]]:
    """Return the table: small hands, pictures without a hand, and what searching these takes.

    Args:
        detector: what is measured.
        photos: of hands.
        empty: pictures without a hand, (height, width, 3) uint8.
        count: how many pictures of a kind are made.

    Raises:
        ValueError: no photo shows enough of its room.
    """
    rooms = [room for photo in photos if (room := photo.room())]
    if not rooms:
        raise ValueError("photos: none shows enough beside its hand")
    random = np.random.default_rng(_SEED)

    def phone(number: int, extent: int = _EXTENT) -> Composed:
        return phone_photo(photos[number % len(photos)], rooms, random, extent)

    def screen(number: int) -> Composed:
        return screenshot(photos[number % len(photos)], rooms, random)

    def enlarged(number: int) -> Composed:
        alone = rooms[number % len(rooms)]
        size = alone.width * _ENLARGED, alone.height * _ENLARGED
        return Composed(np.asarray(alone.resize(size, Image.Resampling.BICUBIC)), None)

    kinds: list[tuple[str, Maker, int]] = [
        (f"phone photos, a hand of {_EXTENT} pixels in 4,000 × 3,000", phone, count),
        (
            f"phone photos, a hand of {_EXTENT // 2} pixels",
            lambda number: phone(number, _EXTENT // 2),
            count,
        ),
        ("screenshots, 1,920 × 1,080, a window of 15–20 % of the width", screen, count),
        (
            "no hand: phone photos of rooms",
            lambda number: phone_photo(None, rooms, random),
            count,
        ),
        (
            "no hand: screenshots, a room in the window",
            lambda number: screenshot(None, rooms, random),
            count,
        ),
        ("no hand: what photos show beside hands, enlarged", enlarged, min(count, len(rooms))),
        (
            f"no hand: {_EMPTY}, enlarged to {_EMPTY_SIDE} pixels",
            lambda number: Composed(empty[number], None),
            min(count, len(empty)),
        ),
    ]
    table, costs = [], []
    total, done = sum(number for *_, number in kinds), 0
    with progress("Searching") as step:
        for name, make, number in kinds:
            if not number:
                continue
            found, times = search(detector, (make(one) for one in range(number)))
            done += number
            step(done, total)
            whole, parts = np.mean(found, axis=0)
            aim = "" if name.startswith("no hand") else _AIM
            row = {"name": name, "pictures": number, "whole picture": float(whole)}
            table.append(row | {"and parts": float(parts), "aim": aim})
            if name.startswith("no hand: phone") or name.startswith("no hand: screen"):
                what = name.removeprefix("no hand: ")
                for way, one in zip(("whole", "whole, then parts"), np.array(times).T, strict=True):
                    costs.append(summary(f"one of the {what}: {way}", one, "ms"))
    return table + costs


def _parser() -> argparse.ArgumentParser:
    made = parser(__doc__, "small-hands.json")
    made.add_argument(
        "--pictures", type=at_least(1), default=_PICTURES, help="made of each kind, at most"
    )
    made.add_argument(
        "--choosing", action="store_true", help="with the photos that thresholds were chosen with"
    )
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the results file."""
    asking = _parser()
    chosen = asking.parse_args(arguments)
    data, detector = recordings(asking), HandDetector()
    photos = photos_of(data, detector, chosen.choosing)
    if not photos:
        asking.error("ASL_DATA: there is no photo with a hand in asl_letters/valid and /test")
    side = (_EMPTY_SIDE, _EMPTY_SIDE)
    empty = [
        np.asarray(Image.fromarray(load_rgb(file)).resize(side, Image.Resampling.BICUBIC))
        for file in sorted((data / _EMPTY).glob("*.jpg"))[1 if chosen.choosing else 0 :: 4]
    ]
    try:
        table = rows(detector, photos, empty, chosen.pictures)
    except ValueError as error:
        raise SystemExit(f"small_hands: {error}") from error
    words = ["--pictures", chosen.pictures] if chosen.pictures != _PICTURES else []
    words += ["--choosing"] if chosen.choosing else []
    result = Result(
        title="Small hands",
        data="pictures made of photos of asl_letters/valid and asl_letters/test",
        machine=machine(),
        command=command_line("small_hands", *words),
        rows=tuple(table),
        note="Found is a hand whose box shares half of the joint area with that in the photo by "
        "itself, or has its middle in it and its size up to a factor of 1.6. Without a hand, "
        "every hand that is found is a false one. Phone photos are the photo, enlarged with its "
        "room around it, in a room made of what other photos show beside hands; screenshots are "
        "pages of text, boxes and photos with the photo in a window.",
    )
    result.write(chosen.out)
    print(result.to_markdown())


if __name__ == "__main__":
    main()
