"""Parts of written music as a file tells them: notes with what is on them, marks between them, who plays.

What readers of whole scores (MusicXML, MuseScore) make of a file, and what `parts_score` makes a Score of. Places are
(bar, ticks from its start) until the lengths of all bars are known, for a bar is as long as in the part in which it is
longest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from bandmate.errors import FileFormatError

SLOWEST_BPM, FASTEST_BPM = 4.0, 4000.0
LONGEST_BAR_QUARTERS = 1024
LAST_TICK = 1 << 40  # the end of a bar, whatever its length
_GRACE_SHARE = 8  # a grace note lasts an eighth of a quarter
VALUES = {
    Fraction(4) / Fraction(2) ** value * (2 - Fraction(1, 2**dots)): (value, dots)
    for value in range(-3, 9)
    for dots in range(3)
}
"""Value and dots of a note (see WRITTEN) by its quarters."""


class Place(NamedTuple):
    """A bar, counted from 0, and ticks from its start."""

    bar: int
    ticks: int


@dataclass(frozen=True, slots=True)
class Player:
    """A part's line in the list of parts.

    Attributes:
        name, abbreviation: of the part.
        programs: General MIDI program of each instrument that states one, by its id; the first is the part's.
        keys: MIDI key of each instrument that is struck without a pitch.
        volume: 0..127, -1 = not stated; pan: 0..127, 64 in the middle, -1 = not stated.
        is_drum: whether it plays on the drum channel.
        program: of the part.
    """

    name: str = ""
    abbreviation: str = ""
    programs: dict[str, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    volume: int = -1
    pan: int = -1
    is_drum: bool = False
    program: int = 0


@dataclass(slots=True)
class Sound:
    """A written note or rest, before ties are joined; pitch None = a rest, "" as `unpitched` = a pitched note."""

    bar: int
    onset: int
    duration: int
    pitch: int | None = None
    step: int = 0
    alter: int = 0
    octave: int = 0
    voice: int = 1
    staff: int = 1
    value: int = 2
    dots: int = 0
    actual: int = 1
    normal: int = 1
    grace: int = 0
    strokes: int = 0
    signs: int = 0
    tie_start: bool = False
    tie_stop: bool = False
    percent: float = 0.0  # of forte, where the note says so itself
    louder_percent: float = 0.0  # than the dynamics say
    early: int = 0  # ticks by which it begins before its place as played, and ends after it
    late: int = 0
    written: int = 0  # ticks on the page: 0 for a grace note
    place: int = 0  # ticks on the page
    instrument: str = ""
    unpitched: str = ""
    lyrics: list[tuple[int, str, bool, bool, bool]] = field(default_factory=list)
    slurs: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Marks:
    """The marks of a part; a place is (bar, ticks).

    Attributes:
        dynamics: place, mark, velocity that a player was told (0 = by the mark), staff.
        spans: kind, place of start and of end, staff.
        words, rehearsals: place and text; tempos: place and quarters a minute; tempo_words: place, text, value, dots,
            number; chords: place and fields of ChordSymbol; pedals: place and whether it goes down.
        jumps: place, kind, text; repeats: place, backward, times; endings: place, type, numbers; styles: place, style.
    """

    dynamics: list[tuple[Place, str, int, int]] = field(default_factory=list)
    spans: list[tuple[str, Place, Place, int]] = field(default_factory=list)
    words: list[tuple[Place, str, int]] = field(default_factory=list)
    rehearsals: list[tuple[Place, str]] = field(default_factory=list)
    tempos: list[tuple[Place, float]] = field(default_factory=list)
    tempo_words: list[tuple[Place, str, int, int, float]] = field(default_factory=list)
    chords: list[tuple[Place, str, str, str, tuple[str, ...], str]] = field(default_factory=list)
    pedals: list[tuple[Place, bool]] = field(default_factory=list)
    jumps: list[tuple[Place, str, str]] = field(default_factory=list)
    repeats: list[tuple[Place, bool, int]] = field(default_factory=list)
    endings: list[tuple[Place, str, tuple[int, ...]]] = field(default_factory=list)
    styles: list[tuple[Place, str]] = field(default_factory=list)


@dataclass(slots=True)
class Part:
    """What a part holds.

    Attributes:
        name: what errors call it; ticks_per_quarter: of the score; left_out: what is not held, shared by all parts.
        sounds: notes and rests in the order of the file; lengths: of each bar, 0 = empty.
        marks: directions, harmony, bar lines; meters, keys, clefs, transpositions: with their places.
        bar_numbers: as printed; staves: how many.
        told: of bars that need not be full (pickups), where they end without the gaps at their end.
    """

    name: str
    ticks_per_quarter: int
    left_out: Counter[str]
    sounds: list[Sound] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    told: dict[int, int] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)
    meters: list[tuple[Place, int, int]] = field(default_factory=list)
    keys: list[tuple[Place, int, bool]] = field(default_factory=list)
    clefs: list[tuple[Place, int, str, int, int]] = field(default_factory=list)
    transpositions: list[tuple[Place, int, int]] = field(default_factory=list)
    bar_numbers: list[str] = field(default_factory=list)
    staves: int = 1


def settle_graces(waiting: list[Sound], place: int, ticks_per_quarter: int) -> None:
    """Give waiting grace notes their time: before the place they lead to, each an eighth of a quarter.

    Args:
        waiting: in their order; `late` says which sound together with the one before.
        place: ticks from the start of the bar.
        ticks_per_quarter: of the score.
    """
    length = max(1, ticks_per_quarter // _GRACE_SHARE)
    left = sum(not sound.late for sound in waiting)
    for sound in waiting:
        left -= not sound.late
        sound.late = 0
        sound.place = place
        sound.onset, sound.duration = place - (left + 1) * length, length


def checked_tempo(bpm: float, bar: int, name: str) -> float:
    """A tempo that music has.

    Raises:
        FileFormatError: it is slower or faster; the message names the bar (counted from 0) and the part.
    """
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise FileFormatError(
            f"tempo {bpm:g} in bar {bar + 1}{f' of {name}' if name else ''} is out of range; "
            f"give {SLOWEST_BPM:g} to {FASTEST_BPM:g} quarter notes a minute"
        )
    return bpm
