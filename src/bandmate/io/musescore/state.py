"""What the staves of a part share while they are walked, and how far a staff has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from bandmate.errors import FileFormatError
from bandmate.io.musescore.clock import Clock
from bandmate.io.musescore.players import Cast
from bandmate.io.parts import LONGEST_BAR_QUARTERS, Part, Place, Sound
from bandmate.io.safe_xml import Element, as_number

MAIN = -1
"""The number of a chord that is no grace note."""
_METER_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
_OLD_DIVISION = 480  # ticks a quarter in files of MuseScore 2


class Spot(NamedTuple):
    """Where a chord stands: staff of the part (from 1), voice (from 0), bar, ticks in it, number among grace notes."""

    staff: int
    voice: int
    bar: int
    ticks: int
    grace: int = MAIN


@dataclass(slots=True)
class PartState:
    """What the staves of a part share.

    Attributes:
        part: to be filled; cast: who plays it; clock: of the score; version: of the file's format.
        heads: the sounds of each chord, by where it stands.
        slurs: number and where each ends; signs: where, and bits that a chord bears there, and what to say if none is.
        switches: from which place on which sound plays.
    """

    part: Part
    cast: Cast
    clock: Clock
    version: float
    heads: dict[Spot, list[Sound]] = field(default_factory=dict)
    slurs: list[tuple[str, Spot]] = field(default_factory=list)
    signs: list[tuple[Spot, int, str]] = field(default_factory=list)
    switches: list[tuple[Place, str]] = field(default_factory=list)

    def up_at(self, here: Place) -> tuple[int, int]:
        """Semitones and steps that the part sounds above what is written, at a place."""
        found = (0, 0)
        for place, semitones, steps in self.part.transpositions:
            if place <= here:
                found = (semitones, steps)
        return found


class Cursor:
    """How far a staff has come: bar, ticks in it, and how long bars are there.

    Args:
        clock: of the score.
        name: of the part, for messages.
    """

    def __init__(self, clock: Clock, name: str) -> None:
        self.clock, self.name = clock, name
        self.bar, self.ticks = -1, 0
        self.stretch = Fraction(1)  # of a meter of this staff's own
        self._own = 0
        self._nominal = 4 * clock.ticks_per_quarter
        self._start = 0  # of the bar, in ticks of the score
        self._reached: list[int] = []

    @property
    def place(self) -> Place:
        """Bar and ticks."""
        return Place(self.bar, self.ticks)

    @property
    def bar_length(self) -> int:
        """Ticks of the bar, by its own length or by the meter."""
        return self._own or self._nominal

    def where(self) -> str:
        """The bar, as messages name it."""
        return f"bar {self.bar + 1} of {self.name}"

    def begin_bar(self, own: str | None) -> None:
        """Go to the next bar, which may state a length of its own."""
        self.bar += 1
        self.ticks = 0
        self._reached = [0]
        self._own = self.clock.text(own, self.where) if own else 0

    def end_bar(self) -> int:
        """The length of the bar, all of which is read now.

        Raises:
            FileFormatError: none that music has.
        """
        length = self.bar_length
        if not 0 < length <= LONGEST_BAR_QUARTERS * self.clock.ticks_per_quarter:
            raise FileFormatError(f"{self.where()} is of no length that music has; save the file again in MuseScore")
        self._start += length
        return length

    def advance(self, ticks: int) -> None:
        """Go on by a chord or rest."""
        self.ticks += ticks
        self._reached.append(self.ticks)

    def move(self, location: Element) -> None:
        """Go where a location says."""
        moved = location.findtext("fractions")
        if moved:
            self.ticks = max(0, self.ticks + self.clock.text(moved, self.where))

    def jump_to(self, tick: Element) -> None:
        """Go to an absolute tick of MuseScore 2; it is rounded: a place that was there before is meant."""
        grid = self.clock.ticks_per_quarter
        at = round(as_number(tick.text) * grid / _OLD_DIVISION) - self._start
        near = min(self._reached, key=lambda place: abs(place - at))
        is_meant = abs(near - at) * _OLD_DIVISION <= 2 * grid
        self.ticks = near if is_meant else max(0, min(at, self.bar_length))

    def meter(self, element: Element) -> tuple[int, int]:
        """Take in a meter; a staff's own one is stretched to the bars of all.

        Raises:
            FileFormatError: it is none.
        """
        above, below = as_number(element.findtext("sigN")), as_number(element.findtext("sigD"))
        if not 0 < above <= 255 or below not in _METER_SIZES or above != int(above):
            raise FileFormatError(f"the meter in {self.where()} is none; save the file again in MuseScore")
        wide, narrow = (int(min(as_number(element.findtext(f"stretch{one}"), 1), 999)) for one in "ND")
        self.stretch = Fraction(wide, narrow) if wide > 0 < narrow else Fraction(1)
        whole = Fraction(int(above), int(below)) / self.stretch
        self._nominal = round(whole * 4 * self.clock.ticks_per_quarter)
        size = max(int(below), whole.denominator)
        if self.stretch != 1 and size in _METER_SIZES:
            return int(whole * size), size
        return int(above), int(below)

    def end_of(self, spanner: Element, staff: int, voice: int) -> Spot | None:
        """Where a spanner ends that begins here; None where it does not begin here."""
        location = spanner.find("next/location")
        if location is None:
            return None
        fractions = location.findtext("fractions")
        ticks = self.ticks + (self.clock.text(fractions, self.where) if fractions else 0)

        def told(tag: str, default: int = 0) -> int:
            return int(min(max(-100_000, as_number(location.findtext(tag), default)), 100_000))

        return Spot(
            staff + told("staves"), voice + told("voices"), max(0, self.bar + told("measures")), max(0, ticks),
            told("grace", MAIN),
        )  # fmt: skip
