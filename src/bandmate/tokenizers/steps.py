"""`note.v1`, `pitch.v1` and `pianoroll.v1`: notes as rows, a line as a pitch a step, everything as a roll.

The values are MusPy's (Dong et al. 2020) but where its own are wrong: a rest of `pitch.v1` is REST with and without
hold state (MusPy writes pitch 0 without), and a roll ends where the last note ends (MusPy adds an empty row).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.errors import FileFormatError
from bandmate.score.model import Score
from bandmate.tokenizers.base import TokenSequence, TokenType
from bandmate.tokenizers.flat import DRUMS, PlainNotes, one_track, plain_steps, score_of_steps
from bandmate.tokenizers.representation import About, Field, Rows, Words, check_steps, numbers, vocabulary_of, whole

UNSAID_VELOCITY = 64
MOST_TIME = 2**40
REST, HOLD = 128, 129
_AT_ONCE = 2048  # notes whose places are made at a time: more would leave the cache
_MUSPY = "MusPy, Dong et al. 2020"


@dataclass(frozen=True, slots=True)
class NoteOptions:
    """How note.v1 writes.

    Attributes:
        steps_per_quarter: 1 to 10,080.
        use_start_end: the third column is where a note ends, else how long it is.
        encode_velocity: there is a fourth column.
        program: of the decoded track; 128 = drums.
    """

    steps_per_quarter: int = 24
    use_start_end: bool = False
    encode_velocity: bool = True
    program: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        whole("steps_per_quarter", self.steps_per_quarter, 1, 10_080)
        whole("program", self.program, 0, DRUMS)


@dataclass(frozen=True, slots=True)
class PitchOptions:
    """How pitch.v1 writes.

    Attributes:
        steps_per_quarter: 1 to 10,080.
        use_hold_state: HOLD stands where a note goes on, so that a repeated note is heard as one.
        program: of the decoded track; 128 = drums.
    """

    steps_per_quarter: int = 24
    use_hold_state: bool = False
    program: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        whole("steps_per_quarter", self.steps_per_quarter, 1, 10_080)
        whole("program", self.program, 0, DRUMS)


@dataclass(frozen=True, slots=True)
class RollOptions:
    """How pianoroll.v1 writes.

    Attributes:
        steps_per_quarter: 1 to 10,080.
        encode_velocity: cells hold velocities, else 0 and 1.
        program: of the decoded track; 128 = drums.
    """

    steps_per_quarter: int = 24
    encode_velocity: bool = True
    program: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        whole("steps_per_quarter", self.steps_per_quarter, 1, 10_080)
        whole("program", self.program, 0, DRUMS)


def _notes_of(score: Score, steps_per_quarter: int, dense: str = "") -> PlainNotes:
    """The notes by time; for a representation with a place for every step no longer than memory should hold."""
    notes = plain_steps(score, steps_per_quarter).by_time()
    if dense:
        check_steps(notes.last, dense)
    return notes


def _paint(
    flat: NDArray[Any], notes: PlainNotes, values: NDArray[Any], width: int = 1, column: NDArray[Any] | int = 0
) -> None:
    """Write the value of each note at all of its steps, later notes over earlier ones, into rows of so many columns."""
    first = notes.onset * width + column
    for at in range(0, len(notes), _AT_ONCE):
        part = slice(at, at + _AT_ONCE)
        length = notes.duration[part]
        places = np.repeat(first[part] - (np.cumsum(length) - length) * width, length)
        places += np.arange(0, len(places) * width, width)
        flat[places] = np.repeat(values[part], length)


def _sounding(notes: PlainNotes) -> NDArray[np.bool_]:
    """At which steps any note sounds; bool (steps,)."""
    change = np.bincount(notes.onset, minlength=notes.last)
    change -= np.bincount(notes.end, minlength=notes.last)[: notes.last]
    return np.cumsum(change) > 0


class NoteTokenizer(Rows):
    """`note.v1`: a row a note, by time, pitch, duration and velocity."""

    name = "note.v1"
    options_type = NoteOptions
    options: NoteOptions
    about = About(
        "a row a note",
        "(notes, 4), or (notes, 3) without velocity",
        "tracks and instruments, tempo, meter; times to the step; velocities where they are not written",
        _MUSPY,
    )

    @property
    def columns(self) -> tuple[Field, ...]:
        """Time, pitch, length or end, velocity."""
        third = ("end", "where it ends, in steps") if self.options.use_start_end else ("duration", "steps it lasts")
        found = (
            Field("time", 0, MOST_TIME, "where the note begins, in steps"),
            Field("pitch", 0, 127, "pitch or drum key"),
            Field(third[0], 0, MOST_TIME, third[1]),
            Field("velocity", 0, 127, "how hard it is struck"),
        )
        return found if self.options.encode_velocity else found[:3]

    def encode(self, score: Score) -> TokenSequence:
        """The score as rows."""
        notes = _notes_of(score, self.options.steps_per_quarter)
        third = notes.end if self.options.use_start_end else notes.duration
        columns = (notes.onset, notes.pitch, third, notes.velocity)
        return TokenSequence(np.stack(columns[: len(self.columns)], axis=1), self.name)

    def decode(self, tokens: TokenSequence | ArrayLike) -> Score:
        """The score of rows.

        Raises:
            FileFormatError: a number is out of range, or a note ends before it begins; the message names the row.
        """
        rows = self.rows(tokens).astype(np.int64)
        duration = rows[:, 2] - rows[:, 0] if self.options.use_start_end else rows[:, 2]
        if len(rows) and duration.min() < 0:
            row = int(np.argmax(duration < 0))
            raise FileFormatError(
                f"row {row + 1} of {self.name} ends at {rows[row, 2]}, before its time {rows[row, 0]}"
            )
        velocity = rows[:, 3] if self.options.encode_velocity else UNSAID_VELOCITY
        notes = one_track(rows[:, 0], np.maximum(duration, 1), rows[:, 1], velocity, self.options.program)
        return score_of_steps(notes, self.options.steps_per_quarter)


class PitchTokenizer(Words):
    """`pitch.v1`: what sounds at every step; for lines of one voice."""

    name = "pitch.v1"
    options_type = PitchOptions
    options: PitchOptions
    about = About(
        "what one voice plays at every step",
        "(steps,)",
        "all but one voice (of notes that sound together the last one written wins), instruments, velocities, tempo, "
        "meter; times to the step; without hold state a repeated note becomes one",
        _MUSPY,
    )

    def __init__(self, options: PitchOptions | None = None) -> None:
        super().__init__(options)
        types = [
            TokenType("PITCH", numbers(0, 127), "this pitch sounds; with HOLD it begins here"),
            TokenType("REST", (), "nothing sounds"),
        ]
        if self.options.use_hold_state:
            types.append(TokenType("HOLD", (), "what began goes on"))
        self.vocabulary = vocabulary_of(tuple(types))

    def encode(self, score: Score) -> TokenSequence:
        """The score as an id a step.

        Raises:
            ScoreError: it is longer than MOST_STEPS.
        """
        notes = _notes_of(score, self.options.steps_per_quarter, self.name)
        # subtle: of a place given twice the last value counts, and notes come by time
        if self.options.use_hold_state:
            ids = np.where(_sounding(notes), np.int32(HOLD), np.int32(REST))
            ids[notes.onset] = notes.pitch  # what begins comes after all that goes on
        else:
            ids = np.full(notes.last, REST, np.int32)
            _paint(ids, notes, notes.pitch.astype(np.int32))
        return TokenSequence(ids, self.name)

    def decode(self, tokens: TokenSequence | ArrayLike) -> Score:
        """The score of ids; a HOLD after a rest holds nothing.

        Raises:
            FileFormatError: an id is outside the vocabulary; the message names place and value.
        """
        ids = self.ids(tokens)
        held = ids == HOLD
        begins = np.append(True, ids[1:] != ids[:-1]) if len(ids) else held
        if self.options.use_hold_state:
            begins = ~held  # every pitch begins a note
        starts = np.flatnonzero(begins)
        stops = np.append(starts[1:], len(ids))
        sounds = ids[starts] < REST
        starts, stops = starts[sounds], stops[sounds]
        notes = one_track(starts, stops - starts, ids[starts], UNSAID_VELOCITY, self.options.program)
        return score_of_steps(notes, self.options.steps_per_quarter)


class RollTokenizer(Rows):
    """`pianoroll.v1`: steps by pitches."""

    name = "pianoroll.v1"
    options_type = RollOptions
    options: RollOptions
    about = About(
        "steps by pitches",
        "(steps, 128), uint8",
        "tracks and instruments, tempo, meter; times to the step; a note repeated without a gap at one velocity "
        "becomes one, of notes of one pitch that overlap the later one wins; velocities where they are not written",
        _MUSPY,
    )

    @property
    def columns(self) -> tuple[Field, ...]:
        """A column a pitch."""
        most, meaning = (127, "its velocity, 0 = silent") if self.options.encode_velocity else (1, "whether it sounds")
        return tuple(Field(f"pitch {pitch}", 0, most, meaning) for pitch in range(128))

    def tables(self) -> list[str]:
        """One row stands for all columns."""
        field = self.columns[0]
        head = ["| column | from | to | meaning |", "|---|---|---|---|"]
        return [*head, f"| `pitch 0` ... `pitch 127` | {field.low} | {field.high} | {field.meaning} |"]

    def encode(self, score: Score) -> TokenSequence:
        """The score as a roll.

        Raises:
            ScoreError: it is longer than MOST_STEPS.
        """
        notes = _notes_of(score, self.options.steps_per_quarter, self.name)
        roll = np.zeros((notes.last, 128), np.uint8)
        values = notes.velocity if self.options.encode_velocity else (notes.velocity > 0)
        _paint(roll.reshape(-1), notes, values.astype(np.uint8), 128, notes.pitch)
        return TokenSequence(roll, self.name)

    def decode(self, tokens: TokenSequence | ArrayLike) -> Score:
        """The score of a roll; a note begins where its value changes.

        Raises:
            FileFormatError: a cell is out of range, or there are not 128 columns; the message names row and column.
        """
        roll = self.rows(tokens).T
        padded = np.zeros((128, roll.shape[1] + 2), np.int16)
        padded[:, 1:-1] = roll
        change = padded[:, 1:] != padded[:, :-1]
        pitch, start = np.nonzero(change & (padded[:, 1:] > 0))
        _, stop = np.nonzero(change & (padded[:, :-1] > 0))
        velocity = roll[pitch, start] if self.options.encode_velocity else UNSAID_VELOCITY
        notes = one_track(start, stop - start, pitch, velocity, self.options.program)
        return score_of_steps(notes, self.options.steps_per_quarter)
