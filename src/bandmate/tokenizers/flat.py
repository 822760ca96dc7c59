"""All notes of a score in one list, on a grid of steps or of seconds, and scores from such lists.

What every representation without bars needs. Instruments are 0..127 for programs and DRUMS for drums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ScoreError
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.timeline import ticks_to_seconds

DRUMS = 128  # the instrument that is no program
TICKS_PER_QUARTER = 480  # of what is decoded, or the next multiple of the steps
STEPS_BPM = 120.0  # of what is decoded from steps: they hold no tempo
_FREE_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PlainNotes:
    """Notes, whoever plays them; columns of one length.

    Attributes:
        onset: in steps.
        duration: in steps, at least 1.
        pitch: 0..127.
        velocity: 1..127.
    """

    onset: Ints
    duration: Ints
    pitch: Ints
    velocity: Ints

    def __len__(self) -> int:
        return len(self.onset)

    @property
    def end(self) -> Ints:
        """Where each note ends, in steps."""
        return self.onset + self.duration

    @property
    def last(self) -> int:
        """Where the last note ends, 0 without notes."""
        return int(self.end.max()) if len(self.onset) else 0

    def time_key(self) -> Ints | None:
        """One number a note, in the order of onset, pitch, duration, velocity; None where they are too large for it."""
        if len(self) and (int(self.onset.max()) >= _HIGH_ONSET or int(self.duration.max()) >= 1 << _DURATION_BITS):
            return None
        return ((self.onset << 7 | self.pitch) << _DURATION_BITS | self.duration) << 7 | self.velocity


@dataclass(frozen=True, slots=True, eq=False)
class FlatNotes(PlainNotes):
    """Notes of all tracks; columns of one length.

    Attributes:
        instrument: program, or DRUMS.
        track: index of the track in the score.
    """

    instrument: Ints
    track: Ints

    def take(self, order: NDArray[Any]) -> FlatNotes:
        """Some of the notes, in an order."""
        columns = (self.onset, self.duration, self.pitch, self.velocity, self.instrument, self.track)
        return FlatNotes(*(column[order] for column in columns))

    def by_time(self) -> FlatNotes:
        """The notes by onset, pitch, duration, velocity; equal ones in track order."""
        key = self.time_key()  # one key of 63 bits sorts several times as fast as four columns
        if key is not None:
            return self.take(np.argsort(key, kind="stable"))
        return self.take(np.lexsort((self.velocity, self.duration, self.pitch, self.onset)))

    def plain_by_time(self) -> PlainNotes:
        """The same, whoever plays them: read back from the sorted keys, which is quicker than taking each column."""
        key = self.time_key()
        if key is None:
            return self.by_time()
        key.sort()
        head = key >> (_DURATION_BITS + 7)
        return PlainNotes(head >> 7, key >> 7 & ((1 << _DURATION_BITS) - 1), head & 127, key & 127)


_DURATION_BITS = 24  # of a key: beside them 7 of the pitch, 7 of the velocity
_HIGH_ONSET = 1 << (63 - _DURATION_BITS - 14)


def stable_order(values: Ints) -> Ints:
    """`np.argsort(values, kind="stable")` of numbers from 0: sorts value and place as one number, which is quicker."""
    bits = len(values).bit_length()
    if len(values) and int(values.max()) >> (63 - bits):
        return np.argsort(values, kind="stable")
    keys = values << bits | np.arange(len(values))
    keys.sort()
    return keys & ((1 << bits) - 1)


def flat_steps(score: Score, steps_per_quarter: int) -> FlatNotes:
    """A score's notes in track order, on the nearest step (halves to the even one), each at least a step long."""
    columns, track, instrument = _columns(score)
    onset, duration = columns[0], columns[1]
    if steps_per_quarter != score.ticks_per_quarter:
        ratio = steps_per_quarter / score.ticks_per_quarter
        onset, duration = (np.rint(column * ratio).astype(np.int64) for column in (onset, duration))
    return FlatNotes(onset, np.maximum(duration, 1), columns[2], columns[3], instrument, track)


def flat_seconds(score: Score, steps_per_sec: int) -> FlatNotes:
    """A score's notes in track order on the clock, in parts of a second, halves up; each at least a step long."""
    columns, track, instrument = _columns(score)
    start = ticks_to_seconds(score, columns[0])
    stop = ticks_to_seconds(score, columns[0] + columns[1])
    onset, end = (np.floor(at * steps_per_sec + 0.5).astype(np.int64) for at in (start, stop))
    return FlatNotes(onset, np.maximum(end - onset, 1), columns[2], columns[3], instrument, track)


def _columns(score: Score) -> tuple[list[Ints], Ints, Ints]:
    tracks = score.tracks
    sizes = [len(track.notes) for track in tracks]
    names = ("onset_ticks", "duration_ticks", "pitch", "velocity")
    columns = [
        np.concatenate([track.notes[name] for track in tracks] or [np.empty(0)]).astype(np.int64) for name in names
    ]
    for name, column in zip(names[2:], columns[2:], strict=True):
        if len(column) and int(column.max()) > 127:
            at = int(np.argmax(column > 127))
            raise ScoreError(f"note {at + 1} has {name} {column[at]}; it must be 0 to 127")
    which = np.repeat(np.arange(len(tracks)), sizes)
    instruments = np.array([DRUMS if t.is_drum else t.program for t in tracks] or [0], np.int64)
    return columns, which, instruments[which] if len(which) else which


def score_of_steps(notes: FlatNotes, steps_per_quarter: int, bpm: float = STEPS_BPM) -> Score:
    """Notes in steps as a score: a track an instrument, 4/4, one tempo."""
    per_step = max(1, -(-TICKS_PER_QUARTER // steps_per_quarter))
    tracks = []
    for place, instrument in enumerate(np.unique(notes.instrument).tolist()):
        mine = notes.instrument == instrument
        is_drum = instrument == DRUMS
        made = make_notes(
            notes.onset[mine] * per_step,
            notes.duration[mine] * per_step,
            notes.pitch[mine],
            np.clip(notes.velocity[mine], 1, 127),
            channel=DRUM_CHANNEL if is_drum else _FREE_CHANNELS[place % len(_FREE_CHANNELS)],
        )
        tracks.append(Track("", 0 if is_drum else instrument, is_drum, made))
    return Score(tuple(tracks), steps_per_quarter * per_step, make_tempos(bpm), make_meters())


def one_track(
    onset: NDArray[Any],
    duration: NDArray[Any],
    pitch: NDArray[Any],
    velocity: NDArray[Any] | int,
    instrument: NDArray[Any] | int = 0,
) -> FlatNotes:
    """Columns as notes of one instrument."""
    count = len(onset)
    columns = (onset, duration, pitch, velocity, instrument, 0)
    return FlatNotes(*(np.broadcast_to(np.asarray(column, np.int64), count) for column in columns))
