"""Score: written music on NumPy arrays, able to hold every event of a MIDI file.

A Score and its Tracks are frozen; operations (score/ops) give new ones. Arrays are never written to in place.

What a note carries beside onset, duration, pitch and velocity (`channel`, `off_velocity`, `on_order`, `off_order`)
exists so that a file that went in comes out with the same events, at the same tick, in the same order. Notes that
were made, not read, use the defaults of `make_notes`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.errors import ScoreError
from bandmate.score.notation import ScoreNotation, TrackNotation

NOTE = np.dtype(
    [
        ("onset_ticks", "<i8"),
        ("duration_ticks", "<i8"),
        ("pitch", "u1"),
        ("velocity", "u1"),
        ("channel", "u1"),
        ("off_velocity", "u1"),  # OFF_AS_ON = the note ended by a note-on of velocity 0
        ("on_order", "<i4"),  # place among the track's events as read; MADE = not read from a file
        ("off_order", "<i4"),  # MADE = not read; NO_OFF = the file never ended it
    ]
)
MADE = -1
NO_OFF = -2
OFF_AS_ON = 255

EVENT = np.dtype(
    [
        ("ticks", "<i8"),
        ("order", "<i4"),
        ("status", "u1"),  # 0x80..0xE0 without channel, 0xF0 SysEx, 0xF7 escape, 0xFF meta
        ("channel", "u1"),
        ("data1", "u1"),  # controller number, program, pressure, bend LSB; meta type
        ("data2", "u1"),  # controller value, bend MSB
        ("blob", "<i4"),  # index into Track.blobs for SysEx and meta, else -1
    ]
)
TEMPO = np.dtype([("ticks", "<i8"), ("us_per_quarter", "<i8"), ("track", "<i4"), ("order", "<i4")])
METER = np.dtype(
    [
        ("ticks", "<i8"),
        ("numerator", "<i4"),
        ("denominator", "<i4"),
        ("track", "<i4"),
        ("order", "<i4"),
        ("clocks", "u1"),
        ("thirty_seconds", "u1"),
    ]
)
KEY_SIGNATURE = np.dtype([("ticks", "<i8"), ("fifths", "i1"), ("minor", "?"), ("track", "<i4"), ("order", "<i4")])


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


NO_NOTES = _frozen(np.empty(0, NOTE))
NO_EVENTS = _frozen(np.empty(0, EVENT))
NO_KEYS = _frozen(np.empty(0, KEY_SIGNATURE))


def make_notes(
    onset_ticks: ArrayLike,
    duration_ticks: ArrayLike,
    pitch: ArrayLike,
    velocity: ArrayLike = 80,
    *,
    channel: ArrayLike = 0,
) -> NDArray[Any]:
    """Build a note array, sorted by onset, then pitch.

    Args:
        onset_ticks: from the start of the score, 0 or more; int (n,).
        duration_ticks: 0 or more; int (n,) or one for all.
        pitch: 0..127; int (n,) or one for all.
        velocity: 1..127; int (n,) or one for all.
        channel: 0..15; int (n,) or one for all.

    Raises:
        ScoreError: a value lies outside its range; the message names column and value.
    """
    onset = np.atleast_1d(np.asarray(onset_ticks, np.int64))
    notes = np.zeros(len(onset), NOTE)
    notes["onset_ticks"] = onset
    columns = {
        "duration_ticks": (duration_ticks, 0, 2**48),
        "pitch": (pitch, 0, 127),
        "velocity": (velocity, 1, 127),
        "channel": (channel, 0, 15),
    }
    if len(onset) and onset.min() < 0:
        raise ScoreError(f"a note starts at tick {onset.min()}, before the score; ticks count from 0")
    for name, (values, low, high) in columns.items():
        column = np.asarray(values, np.int64)
        if column.size and len(onset) and (column.min() < low or column.max() > high):
            bad = column.min() if column.min() < low else column.max()
            raise ScoreError(f"note {name} {bad} is out of range; it must be {low} to {high}")
        notes[name] = column
    notes["off_velocity"] = 64
    notes["on_order"] = notes["off_order"] = MADE
    return notes[np.lexsort((notes["pitch"], notes["onset_ticks"]))]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One part: its notes, and every other event of its MIDI track.

    Attributes:
        name: track name, may be empty.
        program: General MIDI program 0..127; for drums the kit program on channel 10.
        is_drum: whether pitches are drum keys.
        notes: NOTE array sorted by onset.
        events: EVENT array sorted by (ticks, order): controllers, bends, program changes, pressure, SysEx, meta
            events other than tempo, meter, key and end of track.
        blobs: payload bytes of the SysEx and meta events.
        role: "drums", "bass", "chords", "melody", "pad" ... where it is known, else "".
        end_ticks: where the file's track ended, 0 if unknown.
        end_order: place of the end-of-track event, MADE if it was not read.
        notation: how it is written, None where that is not known or no longer true of the notes.
    """

    name: str = ""
    program: int = 0
    is_drum: bool = False
    notes: NDArray[Any] = field(default_factory=lambda: NO_NOTES)
    events: NDArray[Any] = field(default_factory=lambda: NO_EVENTS)
    blobs: tuple[bytes, ...] = ()
    role: str = ""
    end_ticks: int = 0
    end_order: int = MADE
    notation: TrackNotation | None = None

    def __post_init__(self) -> None:
        """Let go of a notation that was written for other notes."""
        if self.notation is not None and not self.notation.fits(self.notes):
            object.__setattr__(self, "notation", None)

    def with_notes(self, notes: NDArray[Any]) -> Track:
        """The same track with other notes."""
        return replace(self, notes=notes)

    @property
    def channel(self) -> int:
        """The channel most notes are on (9 for drums without notes, else 0)."""
        if not len(self.notes):
            return 9 if self.is_drum else 0
        return int(np.bincount(self.notes["channel"]).argmax())

    @property
    def last_ticks(self) -> int:
        """Where its last note ends, 0 without notes."""
        notes = self.notes
        return int((notes["onset_ticks"] + notes["duration_ticks"]).max()) if len(notes) else 0


@dataclass(frozen=True, slots=True)
class Marker:
    """A named place in the score."""

    ticks: int
    text: str


def make_tempos(bpm: float, ticks: int = 0) -> NDArray[Any]:
    """A tempo map of one tempo; bpm counts quarter notes a minute."""
    return np.array([(ticks, round(60e6 / bpm), 0, MADE)], TEMPO)


def make_meters(numerator: int = 4, denominator: int = 4, ticks: int = 0) -> NDArray[Any]:
    """A meter map of one meter."""
    return np.array([(ticks, numerator, denominator, 0, MADE, 24, 8)], METER)


@dataclass(frozen=True, slots=True)
class MidiHeader:
    """How the file spoke.

    Attributes:
        type: 0, 1 or 2.
        division: its raw division word.
        raw_tracks: the number of its tracks.
        repairs: sentences: what was not as it should be and how it was taken; empty for a sound file.
    """

    type: int = 1
    division: int = 480
    raw_tracks: int = 0
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """Written music.

    Attributes:
        tracks: parts in order; for a score read from MIDI one Track per MIDI track, note-less ones included.
        ticks_per_quarter: resolution, at least 1. SMPTE files are mapped to the resolution that equals 120 BPM.
        tempos: TEMPO array by ticks; may be empty (120 BPM then).
        meters: METER array by ticks; may be empty (4/4 then).
        keys: KEY_SIGNATURE array by ticks; may be empty.
        markers: marker texts by ticks; derived when read, written only when they were made here.
        title: a name, may be empty.
        header: how its MIDI file spoke, None if it was made here.
        end_ticks: the length that was asked for; 0 = where the last note ends.
        notation: what is written for all parts, None where that is not known or no longer true of time.
    """

    tracks: tuple[Track, ...] = ()
    ticks_per_quarter: int = 480
    tempos: NDArray[Any] = field(default_factory=lambda: make_tempos(120.0))
    meters: NDArray[Any] = field(default_factory=make_meters)
    keys: NDArray[Any] = field(default_factory=lambda: NO_KEYS)
    markers: tuple[Marker, ...] = ()
    title: str = ""
    header: MidiHeader | None = None
    end_ticks: int = 0
    notation: ScoreNotation | None = None

    def __post_init__(self) -> None:
        """Let go of a notation that was written for another count of time."""
        if self.notation is not None and not self.notation.fits(self.ticks_per_quarter, self.meters):
            object.__setattr__(self, "notation", None)

    @property
    def note_count(self) -> int:
        """Notes in all tracks."""
        return sum(len(track.notes) for track in self.tracks)

    @property
    def last_ticks(self) -> int:
        """The length in ticks: what was asked for, or where the last note ends."""
        return max([self.end_ticks, *(track.last_ticks for track in self.tracks)])

    @property
    def bpm(self) -> float:
        """The tempo at the start, in quarter notes a minute."""
        return 60e6 / int(self.tempos["us_per_quarter"][0]) if len(self.tempos) else 120.0

    def write(self, path: str | Path) -> Path:
        """Write to a file whose suffix names the format (see `bandmate.io.files`)."""
        return _door("io.writer")(self, path)

    def player(self, seconds: float = 30.0) -> Any:
        """An audio player of its first seconds, for a notebook (see `bandmate.workflows.player`)."""
        return _door("workflows.player")(self, seconds)

    def _repr_png_(self) -> bytes:
        return _door("pictures.roll_png")(self)


def _door(name: str) -> Callable[..., Any]:
    # The score knows nobody above it: writers and painters are found by name at call time.
    from bandmate import registry

    return registry.get(name)
