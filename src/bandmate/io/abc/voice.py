"""A voice of a tune while it is read: its sounds so far, and what the next ones depend on. Time in quarter notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from bandmate.io.abc.fields import FieldError, Signature
from bandmate.io.abc.signs import JUMPS
from bandmate.limits import SCORE_BARS

Zero = Fraction(0)
LEAPS = frozenset(name for name, kind in JUMPS.items() if kind not in ("segno", "coda"))


@dataclass(slots=True)
class Tone:
    """A written pitch: step 0 = C, accidental in semitones, octave, and whether a tie leads on."""

    step: int
    alter: int
    octave: int
    tied: bool = False


@dataclass(slots=True)
class Sound:
    """A written note, chord or rest.

    Attributes:
        onset, length: as played; written: as printed (other inside tuplets, 0 for a grace note).
        tones: none for a rest; layer: which of the voices in this one; bar_rest: it fills bars.
        grace: 0, 1 or 2 as WRITTEN.grace; steps: how many graces are still to come before the main note, itself too.
        actual, normal: of its tuplet; edge: bits of `signs` for begin and end of it.
        decorations, lyrics (verse, text, joined, follows, extends), slurs (opened, closed).
    """

    onset: Fraction
    length: Fraction
    written: Fraction
    tones: tuple[Tone, ...] = ()
    layer: int = 0
    bar_rest: bool = False
    grace: int = 0
    steps: int = 0
    actual: int = 1
    normal: int = 1
    edges: set[str] = field(default_factory=set)
    decorations: list[str] = field(default_factory=list)
    lyrics: list[list[int | str | bool]] = field(default_factory=list)
    slurs_opened: int = 0
    slurs_closed: int = 0


@dataclass(slots=True)
class Tuplet:
    """A tuplet that is being read: how many notes in the time of how many, and how many are to come."""

    actual: int
    normal: int
    left: int
    is_new: bool = True


@dataclass(slots=True)
class Voice:
    """A voice and what holds in it now."""

    name: str
    key: Signature
    unit: Fraction
    meter: tuple[int, int] | None
    octave: int = 0  # added to every written octave
    transpose: int = 0
    clefs: dict[Fraction, str] = field(default_factory=dict)  # by place
    label: str = ""
    program: int = 0
    channel: int = 0
    spread: str = "pitch"  # how far an accidental reaches: pitch, octave, not
    sounds: list[Sound] = field(default_factory=list)
    clock: Fraction = Zero
    bar_start: Fraction = Zero
    farthest: Fraction = Zero
    layer: int = 0
    accidentals: dict[tuple[int, int], int] = field(default_factory=dict)
    carried: dict[tuple[int, int], int] = field(default_factory=dict)  # accidentals of tied notes, over the bar line
    tuplets: list[Tuplet] = field(default_factory=list)
    stretch: Fraction = Fraction(1)  # of the next note, by a broken rhythm
    graces: list[Sound] = field(default_factory=list)
    decorations: list[str] = field(default_factory=list)
    slurs: int = 0
    last: Sound | None = None
    line_start: int = 0
    verse: int = 0
    bars: list[Fraction] = field(default_factory=list)

    @property
    def bar_length(self) -> Fraction:
        """Of a full bar; four quarters in free meter."""
        return Fraction(4 * self.meter[0], self.meter[1]) if self.meter else Fraction(4)

    def new_bar(self) -> None:
        """Go over a bar line; signs that send elsewhere, written before it, are of the note before it.

        Raises:
            FieldError: the tune has more bars than a piece may have.
        """
        if self.last is not None:
            self.last.decorations += [name for name in self.decorations if name in LEAPS]
            self.decorations = [name for name in self.decorations if name not in LEAPS]
        self.clock = max(self.clock, self.farthest)
        if self.clock > self.bar_start:
            self.bars.append(self.clock)
            if len(self.bars) > SCORE_BARS.high:
                raise FieldError(f"the tune has more than {SCORE_BARS.high:,.0f} bars; split it")
        self.bar_start = self.farthest = self.clock
        self.layer = 0
        self.accidentals.clear()

    def overlay(self) -> None:
        """Go back to the start of the bar for another layer."""
        self.farthest = max(self.farthest, self.clock)
        self.clock = self.bar_start
        self.layer += 1
        self.accidentals.clear()
        self.last = None

    def alter_of(self, step: int, octave: int, written: int | None) -> int:
        """The accidental that a note has: its own, that of its bar or of a tie, or the key's."""
        place = (step, octave) if self.spread == "octave" else (step, -99)
        if written is not None:
            if self.spread != "not":
                self.accidentals[place] = written
            return written
        if (step, octave) in self.carried:
            return self.carried[step, octave]
        return self.accidentals.get(place, self.key.alters.get("CDEFGAB"[step], 0))

    def add(self, sound: Sound) -> None:
        """Put a note, chord or rest at the clock, with the graces, decorations and slurs that wait for it."""
        if sound.tones:
            for left, grace in enumerate(reversed(self.graces), 1):
                grace.onset, grace.steps = self.clock, left
            self.sounds += self.graces
            self.graces.clear()
        sound.decorations += self.decorations
        self.decorations.clear()
        sound.slurs_opened, self.slurs = sound.slurs_opened + self.slurs, 0
        self.carried = {(t.step, t.octave): t.alter for t in sound.tones if t.tied}
        self.sounds.append(sound)
        self.clock += sound.length
        self.last = sound
