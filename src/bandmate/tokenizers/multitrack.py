"""`multitrack.v1`: all tracks as one flat list of notes, a row a note.

Source: the Multitrack Music Transformer (Dong et al. 2023). A row is (kind, beat, position, pitch, duration,
instrument); a piece is a start row, its instruments, a mark, its notes sorted by onset over all tracks, and an end row.
As in the paper there are 12 steps a quarter, no velocity, no tempo, no meter and no bar line, and tracks that play one
instrument are one. Other than in the paper, where 64 names stand for the 128 programs and drums are left out, every
program is an instrument of its own, and so are drums.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.score.frame import Frame, FrameTrack, framed
from bandmate.score.model import Score, make_notes
from bandmate.tokenizers.base import TokenSequence
from bandmate.tokenizers.grid import GridPiece, encode_piece
from bandmate.tokenizers.grid_table import DURATIONS as GRID_DURATIONS
from bandmate.tokenizers.grid_table import STEPS_PER_QUARTER as GRID_STEPS
from bandmate.tokenizers.representation import About, Field, Rows

NAME = "multitrack.v1"
STEPS_PER_QUARTER = 12
MAX_BEATS = 256  # of one sequence
DRUMS = 128  # the instrument that is no program
VELOCITY, TEMPO = 80, 100.0  # of what is decoded: the rows hold neither
TICKS_PER_STEP = 480 // STEPS_PER_QUARTER
# steps a duration code stands for; code 0 = none
DURATIONS = np.array(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 18, 20, 21, 24, 30, 36, 40, 42, 48, 60, 72, 84, 96, 120, 144,
     168, 192, 384]
)  # fmt: skip


class Kind(IntEnum):
    """What a row says; the kinds of a sequence never go back."""

    START = 0
    INSTRUMENT = 1
    NOTES = 2
    NOTE = 3
    END = 4


# (name, codes): every field of a row, in column order; code 0 = none.
FIELDS: dict[str, int] = {
    "kind": len(Kind),
    "beat": 1 + MAX_BEATS,
    "position": 1 + STEPS_PER_QUARTER,
    "pitch": 1 + 128,
    "duration": len(DURATIONS),
    "instrument": 1 + 129,
}
HEADS = tuple(FIELDS)
KIND, BEAT, POSITION, PITCH, DURATION, INSTRUMENT = range(len(FIELDS))


def duration_code(steps: NDArray[Any]) -> NDArray[np.int64]:
    """The nearest duration code of a length in steps, at least one step."""
    return 1 + np.searchsorted((DURATIONS[1:-1] + DURATIONS[2:]) / 2, steps, side="right")


def instrument_of(program: int, is_drum: bool) -> int:
    """The instrument a track plays: its program, or drums."""
    return DRUMS if is_drum else program


def note_rows(piece: GridPiece) -> NDArray[np.int32]:
    """A piece's notes as rows, sorted by (beat, position, pitch, duration, instrument), without duplicates.

    Beats count from the start of the piece and may go beyond what a sequence holds; `sequence` cuts a window.
    """
    notes, ratio = piece.notes, GRID_STEPS // STEPS_PER_QUARTER
    start = np.concatenate([[0], np.cumsum(piece.bars["steps"].astype(np.int64))])
    # subtle: half steps go to the even neighbour, so what is played just before or after a beat lands on it
    onset = np.rint((start[notes["bar"]] + notes["position"]) / ratio).astype(np.int64)
    onset = np.minimum(onset, max(0, int(start[-1]) // ratio - 1))
    instruments = np.array([instrument_of(track.program, track.is_drum) for track in piece.tracks], np.int64)
    rows = np.empty((len(notes), len(FIELDS)), np.int32)
    rows[:, KIND] = Kind.NOTE
    rows[:, BEAT], rows[:, POSITION] = 1 + onset // STEPS_PER_QUARTER, 1 + onset % STEPS_PER_QUARTER
    rows[:, PITCH] = 1 + notes["pitch"].astype(np.int32)
    rows[:, DURATION] = duration_code(GRID_DURATIONS[notes["duration"]] / ratio)
    rows[:, INSTRUMENT] = 1 + instruments[notes["track"]] if len(notes) else 0
    return np.unique(rows, axis=0)


def prefix(instruments: NDArray[Any] | list[int]) -> NDArray[np.int32]:
    """The rows before the notes: start, the instruments in order, start of notes."""
    listed = np.unique(np.asarray(instruments, np.int32))
    rows = np.zeros((len(listed) + 2, len(FIELDS)), np.int32)
    rows[1:-1, KIND], rows[1:-1, INSTRUMENT] = Kind.INSTRUMENT, 1 + listed
    rows[-1, KIND] = Kind.NOTES
    return rows


def sequence(rows: NDArray[np.int32], start_beat: int = 0, *, most: int | None = None) -> NDArray[np.int32]:
    """A piece, or the part of it that begins at a beat, as the rows a model reads.

    Args:
        rows: of note_rows.
        start_beat: from 0; it becomes beat 0 of the sequence.
        most: rows at most. What goes beyond this or beyond MAX_BEATS is left out, and the end row with it.
    """
    notes = rows[np.searchsorted(rows[:, BEAT], start_beat, side="right") :]
    stop = np.searchsorted(notes[:, BEAT], start_beat + MAX_BEATS, side="right")
    if most is not None:
        stop = min(stop, max(0, most - 3 - len(np.unique(notes[:stop, INSTRUMENT]))))
    kept = notes[:stop].copy()
    kept[:, BEAT] -= start_beat
    parts = [prefix(kept[:, INSTRUMENT] - 1), kept]
    if stop == len(notes):
        parts.append(np.array([[Kind.END, 0, 0, 0, 0, 0]], np.int32))
    return np.concatenate(parts)


def decode_into(rows: NDArray[Any], frame: Frame) -> Score:
    """Rows as a score of a frame's tracks and bars.

    A note goes to the first track of its instrument that does not sound, of several at one onset from the top; where
    all sound, to the last of them. Notes of instruments that the frame does not have are left out.
    """
    notes = rows[(rows[:, KIND] == Kind.NOTE) & (rows[:, 1:] > 0).all(1)]
    notes = np.unique(notes, axis=0)
    onset = (notes[:, BEAT].astype(np.int64) - 1) * STEPS_PER_QUARTER + notes[:, POSITION] - 1
    length = DURATIONS[notes[:, DURATION]]
    track = _tracks_of(notes, onset, onset + length, frame)
    made = [
        make_notes(onset[mine] * TICKS_PER_STEP, length[mine] * TICKS_PER_STEP, notes[mine, PITCH] - 1, VELOCITY)
        for mine in (track == index for index in range(len(frame.tracks)))
    ]
    return framed(frame, made)


def _tracks_of(
    notes: NDArray[Any], onset: NDArray[np.int64], end: NDArray[np.int64], frame: Frame
) -> NDArray[np.int64]:
    """The frame's track of every note; -1 = none."""
    slots: dict[int, list[int]] = {}
    for index, track in enumerate(frame.tracks):
        slots.setdefault(instrument_of(track.program, track.is_drum), []).append(index)
    busy_until = np.zeros(len(frame.tracks), np.int64)
    found = np.full(len(notes), -1)
    for index in np.lexsort((-notes[:, PITCH], onset)):
        choice = slots.get(int(notes[index, INSTRUMENT]) - 1)
        if choice:
            track = next((t for t in choice if busy_until[t] <= onset[index]), choice[-1])
            found[index], busy_until[track] = track, max(busy_until[track], end[index])
    return found


def decode(rows: NDArray[Any]) -> Score:
    """Rows as a score of their own: a track an instrument, 4/4, whole bars."""
    instruments = np.unique(rows[np.isin(rows[:, KIND], (Kind.INSTRUMENT, Kind.NOTE)), INSTRUMENT])
    tracks = tuple(
        FrameTrack(0, True, "drums") if code - 1 == DRUMS else FrameTrack(int(code) - 1, False)
        for code in instruments
        if code
    )
    step = (
        (rows[:, BEAT] - 1).astype(np.int64) * STEPS_PER_QUARTER + rows[:, POSITION] - 1 + DURATIONS[rows[:, DURATION]]
    )
    last = int(step[rows[:, KIND] == Kind.NOTE].max(initial=1))
    return decode_into(rows, Frame(tracks, -(-last // (4 * STEPS_PER_QUARTER)), (4, 4), TEMPO))


@dataclass(frozen=True, slots=True)
class MultitrackOptions:
    """There is one form only, that of the paper."""


class MultitrackTokenizer(Rows):
    """`multitrack.v1` behind the registry's door: a Score to rows and back."""

    name = NAME
    options_type = MultitrackOptions
    about = About(
        "the rows of the Multitrack Music Transformer",
        "(rows, 6)",
        "velocities, tempo, meter; tracks of one instrument become one; times to the step, lengths to the table; all "
        f"beyond {MAX_BEATS} quarters",
        "Dong et al. 2023",
        grammar=True,
    )

    @property
    def columns(self) -> tuple[Field, ...]:
        """The fields of a row."""
        said = {
            "kind": ", ".join(f"{kind.value} {kind.name}" for kind in Kind),
            "beat": "quarter, from 1",
            "position": f"step of the quarter, from 1; {STEPS_PER_QUARTER} a quarter",
            "pitch": "pitch or drum key + 1",
            "duration": "steps: " + ", ".join(map(str, DURATIONS[1:])),
            "instrument": f"program + 1; {DRUMS + 1} = drums",
        }
        return tuple(Field(name, 0, size - 1, said[name]) for name, size in FIELDS.items())

    def encode(self, score: Score) -> TokenSequence:
        """The score as rows."""
        return TokenSequence(sequence(note_rows(encode_piece(score, echoes=False))), NAME)

    def decode(self, tokens: TokenSequence | ArrayLike) -> Score:
        """The score of rows.

        Raises:
            FileFormatError: a number is out of range; the message names row, column and value.
        """
        return decode(self.rows(tokens).astype(np.int32))
