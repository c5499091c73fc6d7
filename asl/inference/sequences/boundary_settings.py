"""When a word begins and when it is over.

The defaults were chosen on half of the people of `benchmarks.boundaries`, which reports on the
other half.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class BoundarySettings:
    """When a word begins and ends; seconds, frames, and palms (lengths from wrist to knuckles).

    Attributes:
        begin_frames: frames in which a hand must be away from its rest before a word begins.
        begin_seconds: or for so long, with at least two such frames; cameras may be slow.
        leave: palms from its rest at which a hand is away.
        still: palms about their middle within which hands rest.
        restless: how many times `still` hands are from their rest that stay near it and do not
            rest, in the median of a moment.
        rest_seconds: that hands rest before a word is over.
        hold_seconds: the same where they did not rest before the word, since many signs stop
            for a moment.
        gone_seconds: that no hand is seen before a word is over.
        longest: seconds after which a word is over in any case; then hands must rest or leave.
        edge_frames: of rest that a word keeps at each end.
        fewest_frames: with a hand that a word has; shorter ones are none.
        movement: palms that hands must have moved; hands that only came to be seen sign nothing.
        back_seconds: within which hands that stopped elsewhere go back to where they rested
            before the word; that is no word.
        back: palms from there within which they are back.
        direct: distance over way from which hands go straight back; a sign seldom does.
        remembered: seconds for which the rest of a hand counts that is not seen any more.
        noisy: largest factor by which `still` grows where resting hands tremble.
        pause: seconds without a frame after which all is forgotten.
    """

    begin_frames: int = 3
    begin_seconds: float = 0.12
    leave: float = 0.25
    still: float = 0.06
    restless: float = 2.5
    rest_seconds: float = 0.5
    hold_seconds: float = 0.6
    gone_seconds: float = 0.3
    longest: float = 3.0
    edge_frames: int = 3
    fewest_frames: int = 3
    movement: float = 0.1
    back_seconds: float = 0.8
    back: float = 1.0
    direct: float = 0.8
    remembered: float = 2.0
    noisy: float = 2.0
    pause: float = 1.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("begin_frames", 1, 100),
            ("begin_seconds", 0.0, 2.0),
            ("leave", 0.01, 10.0),
            ("still", 0.01, 10.0),
            ("restless", 1.0, 100.0),
            ("rest_seconds", 0.05, 5.0),
            ("hold_seconds", 0.05, 5.0),
            ("gone_seconds", 0.05, 5.0),
            ("longest", 0.5, 60.0),
            ("edge_frames", 0, 100),
            ("fewest_frames", 1, 100),
            ("movement", 0.0, 10.0),
            ("back_seconds", 0.0, 5.0),
            ("back", 0.0, 10.0),
            ("direct", 0.0, 1.0),
            ("remembered", 0.0, 60.0),
            ("noisy", 1.0, 10.0),
            ("pause", 0.2, 60.0),
        ):
            value = getattr(self, name)
            if isinstance(low, int) and type(value) is not int:
                raise ValueError(f"{name}: {value!r} is not a whole number")
            if not low <= value <= high:
                raise ValueError(f"{name}: {value!r} is not {low} to {high}")
        if max(self.rest_seconds, self.hold_seconds, self.gone_seconds) >= self.longest:
            raise ValueError(f"longest: {self.longest!r} is no longer than a rest")
