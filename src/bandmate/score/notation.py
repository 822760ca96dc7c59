"""What written music has beyond what sounds: spelling, voices, ties, signs, words, repeats.

    Track.notes      what sounds: onset, duration, pitch, velocity
    Track.notation   how that part is written (TrackNotation): rows of WRITTEN, each a written note or rest
    Score.notation   what belongs to all parts (ScoreNotation): repeats, jumps, chord symbols, tempo words, credits

- A written row names its sounding note by index. Rows of one note are tied, in their order; a rest names no note.
- Bars are those of `timeline.bar_grid`: a bar that is shorter than its meter, a pickup too, is one that the next row of
  `Score.meters` cuts short, be it of the same meter.
- Spelling is as written: a part for an instrument that sounds elsewhere is read through `transpositions`.
- A notation fits one set of notes. A track whose notes begin, end or sound elsewhere has none (velocities may change),
  and a score at another resolution or under other meters has none: whatever an operation does, what is kept is true.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

WRITTEN = np.dtype(
    [
        ("note", "<i4"),  # index into Track.notes; REST = a rest
        ("onset_ticks", "<i8"),
        ("duration_ticks", "<i8"),  # as written: a grace note has none
        ("step", "u1"),  # 0 = C .. 6 = B; for drums the place on the staff
        ("alter", "i1"),  # semitones: -1 flat, 1 sharp
        ("octave", "i1"),  # 4 begins with middle C
        ("voice", "u1"),  # from 1, within the part
        ("staff", "u1"),  # from 1, from the top
        ("value", "i1"),  # 0 whole, 1 half, 2 quarter ...; -1 breve; a bar's rest has the value BAR_REST
        ("dots", "u1"),
        ("actual", "u1"),  # `actual` notes in the time of `normal`: 3 in 2; 1 in 1 outside tuplets
        ("normal", "u1"),
        ("grace", "u1"),  # 0 none, 1 grace note, 2 with a slash
        ("strokes", "u1"),  # of a tremolo
        ("signs", "<u4"),  # a bit for each of SIGNS
    ]
)
REST = -1
BAR_REST = 100
STEPS = "CDEFGAB"
STEP_SEMITONES = np.array([0, 2, 4, 5, 7, 9, 11])
SIGNS = (
    "staccato", "staccatissimo", "spiccato", "tenuto", "portato", "accent", "marcato", "stress", "fermata", "breath",
    "caesura", "trill", "mordent", "inverted-mordent", "turn", "inverted-turn", "tremolo", "arpeggio", "up-bow",
    "down-bow", "harmonic", "open-string", "stopped", "snap-pizzicato", "cross-head", "diamond-head", "slash-head",
    "tuplet-start", "tuplet-stop",
)  # fmt: skip
"""Names of the bits of WRITTEN.signs, lowest first."""
SIGN_BITS = {name: 1 << place for place, name in enumerate(SIGNS)}


class Clef(NamedTuple):
    """A clef: G, F, C, percussion or TAB, the line it stands on from below, octaves up (-1: it sounds lower)."""

    ticks: int
    staff: int
    sign: str
    line: int
    octaves: int = 0


class Transposition(NamedTuple):
    """From a place on the part sounds so many semitones and steps above what is written (a B flat clarinet: -2, -1)."""

    ticks: int
    semitones: int
    steps: int


class Lyric(NamedTuple):
    """A syllable under a note.

    Attributes:
        note: index into Track.notes; verse: from 1; text: the syllable.
        joined: whether a hyphen leads to the next syllable; follows: whether one came from the last.
        extends: whether a line says that it is held over the next notes.
    """

    note: int
    verse: int
    text: str
    joined: bool = False
    follows: bool = False
    extends: bool = False


class Dynamic(NamedTuple):
    """A dynamic mark such as `mf` from a place on, for all staves of the part (staff 0) or one."""

    ticks: int
    mark: str
    staff: int = 0


class Words(NamedTuple):
    """Words at a place of a part, such as `pizz.` or `dolce`."""

    ticks: int
    text: str
    staff: int = 0


class Span(NamedTuple):
    """A sign over a stretch: crescendo, diminuendo, 8va, 8vb, 15ma, 15mb."""

    kind: str
    start_ticks: int
    end_ticks: int
    staff: int = 0


class Slur(NamedTuple):
    """A slur from a note to another, indices into Track.notes."""

    first: int
    last: int


class Repeat(NamedTuple):
    """A repeat sign; a backward one says how often its stretch is played in all."""

    ticks: int
    backward: bool
    times: int = 2


class Volta(NamedTuple):
    """An ending: the stretch that is played in these turns alone (counted from 1); open: its bracket has no end."""

    start_ticks: int
    end_ticks: int
    turns: tuple[int, ...]
    is_open: bool = False


class Jump(NamedTuple):
    """A sign of the way: segno, coda, to-coda, fine, da-capo, dal-segno; at the start or end of a bar.

    Attributes:
        text: the words that are printed, such as `D.C. al Fine`; "" = as usual.
    """

    ticks: int
    kind: str
    text: str = ""


class Barline(NamedTuple):
    """A bar line that is neither plain nor a repeat: light-light, light-heavy, dashed, none ... (MusicXML's names)."""

    ticks: int
    style: str


class ChordSymbol(NamedTuple):
    """A chord symbol.

    Attributes:
        ticks: where it begins to hold.
        root: letter and accidentals, such as `Bb`; "" = no chord (N.C.).
        kind: MusicXML's name of it: major, minor-seventh, half-diminished ...
        bass: letter and accidentals, "" = the root.
        degrees: what is added, altered or taken: `add9`, `alter#5`, `subtract3`.
        shown: how its kind was printed, "" = as usual.
    """

    ticks: int
    root: str
    kind: str = "major"
    bass: str = ""
    degrees: tuple[str, ...] = ()
    shown: str = ""

    @property
    def text(self) -> str:
        """The symbol as it is said: `Bbm7/F`."""
        if not self.root:
            return "N.C."
        tail = "".join(degree.replace("alter", "").replace("subtract", "no") for degree in self.degrees)
        return self.root + CHORD_KINDS.get(self.kind, self.kind) + tail + (f"/{self.bass}" if self.bass else "")


CHORD_KINDS = {
    "major": "", "minor": "m", "augmented": "aug", "diminished": "dim", "dominant": "7", "major-seventh": "maj7",
    "minor-seventh": "m7", "diminished-seventh": "dim7", "augmented-seventh": "aug7", "half-diminished": "m7b5",
    "major-minor": "mM7", "major-sixth": "6", "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9",
    "minor-ninth": "m9", "dominant-11th": "11", "major-11th": "maj11", "minor-11th": "m11", "dominant-13th": "13",
    "major-13th": "maj13", "minor-13th": "m13", "suspended-second": "sus2", "suspended-fourth": "sus4", "power": "5",
    "pedal": "ped", "none": "N.C.",
}  # fmt: skip
"""MusicXML's kinds of chords and how they are said."""


class TempoWord(NamedTuple):
    """A tempo as it is printed.

    Attributes:
        ticks: where.
        text: words such as `Allegro`, may be empty.
        value, dots: the note that beats (see WRITTEN), when a metronome mark is printed.
        per_minute: its number, 0 = no metronome mark.
    """

    ticks: int
    text: str = ""
    value: int = 2
    dots: int = 0
    per_minute: float = 0.0


class Credit(NamedTuple):
    """Who or what, by MusicXML's names: composer, lyricist, arranger, rights, subtitle, source, work-number."""

    kind: str
    text: str


class LeftOut(NamedTuple):
    """What a file held and a Score does not, and how often."""

    what: str
    count: int


NO_ROWS = np.empty(0, WRITTEN)
NO_ROWS.flags.writeable = False
_SOUNDING = ("onset_ticks", "duration_ticks", "pitch")


@dataclass(frozen=True, slots=True, eq=False)
class TrackNotation:
    """How a part is written.

    Attributes:
        notes: the NOTE array that it is about; indices of rows, lyrics and slurs count in it.
        rows: WRITTEN array by onset, grace notes before the note they lead to.
        staves: of the part, at least 1.
        abbreviation: of the part's name.
        clefs, transpositions, lyrics, dynamics, spans, slurs, words: in the order of time.
    """

    notes: NDArray[Any]
    rows: NDArray[Any] = field(default_factory=lambda: NO_ROWS)
    staves: int = 1
    abbreviation: str = ""
    clefs: tuple[Clef, ...] = ()
    transpositions: tuple[Transposition, ...] = ()
    lyrics: tuple[Lyric, ...] = ()
    dynamics: tuple[Dynamic, ...] = ()
    spans: tuple[Span, ...] = ()
    slurs: tuple[Slur, ...] = ()
    words: tuple[Words, ...] = ()

    def fits(self, notes: NDArray[Any]) -> bool:
        """Whether notes begin, end and sound as those that it was written for."""
        mine = self.notes
        return mine is notes or (
            len(mine) == len(notes) and all(bool((mine[name] == notes[name]).all()) for name in _SOUNDING)
        )

    def has(self, sign: str) -> NDArray[np.bool_]:
        """Which rows bear a sign of SIGNS."""
        return (self.rows["signs"] & np.uint32(SIGN_BITS[sign])) != 0


@dataclass(frozen=True, slots=True, eq=False)
class ScoreNotation:
    """What is written for all parts.

    Attributes:
        ticks_per_quarter, meters: of the score that it is about.
        repeats, voltas, jumps, barlines: the way through the piece.
        chords: chord symbols; tempo_words: tempos as printed.
        credits: who made it.
        bar_numbers: as printed, one a bar; () = counted from 1, or from 0 with a pickup.
        left_out: what the file held beside this.
    """

    ticks_per_quarter: int
    meters: NDArray[Any]
    repeats: tuple[Repeat, ...] = ()
    voltas: tuple[Volta, ...] = ()
    jumps: tuple[Jump, ...] = ()
    barlines: tuple[Barline, ...] = ()
    chords: tuple[ChordSymbol, ...] = ()
    tempo_words: tuple[TempoWord, ...] = ()
    credits: tuple[Credit, ...] = ()
    bar_numbers: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def fits(self, ticks_per_quarter: int, meters: NDArray[Any]) -> bool:
        """Whether a score counts time as the one that it was written for."""
        mine = self.meters
        return self.ticks_per_quarter == ticks_per_quarter and (
            mine is meters
            or (
                len(mine) == len(meters)
                and all(bool((mine[name] == meters[name]).all()) for name in ("ticks", "numerator", "denominator"))
            )
        )


def midi_pitch(rows: NDArray[Any]) -> NDArray[np.int64]:
    """The written pitches of WRITTEN rows as MIDI numbers, before any transposition."""
    return 12 * (rows["octave"].astype(np.int64) + 1) + STEP_SEMITONES[rows["step"]] + rows["alter"]
