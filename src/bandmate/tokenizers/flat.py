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
from bandmate.score.model import NO_NOTES, Score, Track, make_meters, make_notes, make_tempos
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
        if len(self) and int((self.onset | self.duration).max()) >> _TIME_BITS:
            return None
        return ((self.onset << 7 | self.pitch) << _TIME_BITS | self.duration) << 7 | self.velocity

    def time_order(self) -> Ints:
        """Places of the notes by onset, pitch, duration, velocity; equal ones as they stand."""
        return np.lexsort((self.velocity, self.duration, self.pitch, self.onset))

    def by_time(self) -> PlainNotes:
        """The notes by onset, pitch, duration, velocity."""
        key = self.time_key() if len(self) > _FEW else None
        if key is None:
            order = self.time_order()
            return PlainNotes(self.onset[order], self.duration[order], self.pitch[order], self.velocity[order])
        key.sort()  # and read them back from the sorted keys, which is quicker than taking each column
        head = key >> (_TIME_BITS + 7)
        return PlainNotes(head >> 7, key >> 7 & ((1 << _TIME_BITS) - 1), head & 127, key & 127)


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
        key = self.time_key()  # one key of 62 bits sorts several times as fast as four columns
        return self.take(self.time_order() if key is None else np.argsort(key, kind="stable"))


_TIME_BITS = 24  # of onset and duration in a key: beside them 7 of the pitch, 7 of the velocity
_COLUMNS = ("onset_ticks", "duration_ticks", "pitch", "velocity")
_FEW = 200  # notes: so many are sorted by four columns before one key is made of them


def in_time_order(times: Ints, codes: Ints, code_bits: int) -> tuple[Ints, Ints]:
    """Events by time, equal ones as they stand, and their codes of at most so many bits; numbers from 0.

    Time, place and code are sorted as one number where they fit, which is quicker than a stable sort of the times.
    """
    if not len(times):
        return times, codes
    place_bits = len(times).bit_length()
    if int(times.max()) >> (63 - place_bits - code_bits):
        order = np.argsort(times, kind="stable")
        return times[order], codes[order]
    keys = times << place_bits
    keys |= np.arange(len(times))
    keys <<= code_bits
    keys |= codes
    keys.sort()
    return keys >> (place_bits + code_bits), keys & ((1 << code_bits) - 1)


def plain_steps(score: Score, steps_per_quarter: int) -> PlainNotes:
    """A score's notes in track order, on the nearest step (halves to the even one), each at least a step long."""
    return PlainNotes(*_in_steps(score, steps_per_quarter))


def flat_steps(score: Score, steps_per_quarter: int) -> FlatNotes:
    """The same, and who plays each note."""
    return FlatNotes(*_in_steps(score, steps_per_quarter), *_players(score))


def flat_seconds(score: Score, steps_per_sec: int) -> FlatNotes:
    """A score's notes in track order on the clock, in parts of a second, halves up; each at least a step long."""
    columns = _columns(score)
    start = ticks_to_seconds(score, columns[0])
    stop = ticks_to_seconds(score, columns[0] + columns[1])
    onset, end = (np.floor(at * steps_per_sec + 0.5).astype(np.int64) for at in (start, stop))
    return FlatNotes(onset, np.maximum(end - onset, 1), columns[2], columns[3], *_players(score))


def _in_steps(score: Score, steps_per_quarter: int) -> tuple[Ints, Ints, Ints, Ints]:
    onset, duration, pitch, velocity = _columns(score)
    if steps_per_quarter != score.ticks_per_quarter:
        ratio = steps_per_quarter / score.ticks_per_quarter
        onset, duration = (np.rint(column * ratio).astype(np.int64) for column in (onset, duration))
    return onset, np.maximum(duration, 1), pitch, velocity


def _columns(score: Score) -> list[Ints]:
    tracks = [track.notes for track in score.tracks] or [NO_NOTES]
    if len(tracks) == 1:
        columns = [tracks[0][name].astype(np.int64) for name in _COLUMNS]
    else:
        columns = [np.concatenate([notes[name] for notes in tracks], dtype=np.int64) for name in _COLUMNS]
    if len(columns[0]) and int((columns[2] | columns[3]).max()) > 127:
        name, column = next(pair for pair in zip(_COLUMNS[2:], columns[2:], strict=True) if int(pair[1].max()) > 127)
        at = int(np.argmax(column > 127))
        raise ScoreError(f"note {at + 1} has {name} {column[at]}; it must be 0 to 127")
    return columns


def _players(score: Score) -> tuple[Ints, Ints]:
    """Instrument and track of every note."""
    sizes = [len(track.notes) for track in score.tracks]
    instruments = np.array([DRUMS if track.is_drum else track.program for track in score.tracks], np.int64)
    return np.repeat(instruments, sizes), np.repeat(np.arange(len(sizes)), sizes)


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
