"""Music in quarter notes, as projects of sequencers hold it, as a Score: loops unrolled, glides cut into steps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import FileFormatError
from bandmate.limits import MIDI_NOTES
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import EVENT, KEY_SIGNATURE, MADE, METER, NO_KEYS, TEMPO, Marker, Score, Track, make_notes
from bandmate.score.pitch import Key

T = TypeVar("T")
EXACT = 1e-6  # quarters
LONGEST_QUARTERS = 40_000.0
MOST_TICKS = 32767
_USUAL = (480, 960, 96, 120, 192, 220, 240, 256, 384, 768, 1000, 1024, 1920, 15360)  # ticks a quarter, tried in order
_OTHERWISE = 960
_GLIDE_QUARTERS = 0.25  # a step of a gliding tempo
_MOST_STEPS = 4096  # of one glide
_MOST_STEPS_IN_ALL = 65_536  # four and a half hours at 60 BPM; glides that last longer go in wider steps


class Note(NamedTuple):
    """One note; time and length in quarter notes."""

    time: float
    length: float
    pitch: int
    velocity: int
    off_velocity: int


class Message(NamedTuple):
    """A controller, bend, pressure or program change; time in quarter notes, status without channel."""

    time: float
    status: int
    data1: int
    data2: int


class Allowance:
    """How much a file may still unroll to, over all its clips: a small file can hold loops of loops without end.

    Args:
        name: of the file, for the error.
    """

    def __init__(self, name: object) -> None:
        self._name, self._left = name, 2 * MIDI_NOTES.high

    def take(self, ones: Iterable[T]) -> Iterator[T]:
        """Notes or messages as they are, counted.

        Raises:
            FileFormatError: the file has more than any piece.
        """
        for one in ones:
            self._left -= 1
            if self._left < 0:
                raise FileFormatError(
                    f"{self._name} unrolls to more notes and controllers than a piece may have; shorten its loops"
                )
            yield one


@dataclass(frozen=True, slots=True)
class Loop:
    """A clip's content and what of it plays.

    Attributes:
        notes: by the clip's own time.
        start, end: of the part that plays; offset: how far into it the clip begins.
        again: whether it plays again and again, else once.
        name: what errors call it.
        messages: by the clip's own time.
    """

    notes: Sequence[Note]
    start: float
    end: float
    offset: float = 0.0
    again: bool = False
    name: str = ""
    messages: Sequence[Message] = ()

    @property
    def quarters(self) -> float:
        """How long one turn lasts."""
        return max(0.0, self.end - self.start)

    def played(self, quarters: float) -> Iterator[Note]:
        """What sounds when it plays so long, from 0; a note ends where its clip ends.

        Raises:
            FileFormatError: it turns so often that no piece could hold its notes.
        """
        notes = sorted(self.notes)
        if self.again:
            notes = [note for note in notes if self.start - EXACT <= note.time < self.end - EXACT]
        for base in self._turns(quarters, len(self.notes)):
            for note in notes:
                at = note.time + base
                if -EXACT <= at < quarters - EXACT:
                    yield note._replace(time=max(at, 0.0), length=min(note.length, quarters - at))

    def sent(self, quarters: float) -> Iterator[Message]:
        """What its controllers do when it plays so long, from 0; one that stands at the very end is kept.

        Raises:
            FileFormatError: it turns so often that no piece could hold its messages.
        """
        messages = sorted(self.messages, key=lambda message: message.time)
        if self.again:
            messages = [one for one in messages if self.start - EXACT <= one.time < self.end - EXACT]
        for base in self._turns(quarters, len(messages)):
            for message in messages:
                at = message.time + base
                if -EXACT <= at < (quarters - EXACT if self.again else quarters + EXACT):
                    yield message._replace(time=max(at, 0.0))

    def _turns(self, quarters: float, members: int) -> Iterator[float]:
        """What is added to the clip's own time in each of its turns."""
        if self.quarters <= 0 or not 0 < quarters <= LONGEST_QUARTERS:
            return
        offset = self.offset if self.again else 0.0
        turns = max(1, math.ceil((quarters + offset) / self.quarters)) if self.again else 1
        if members * turns > MIDI_NOTES.high:
            raise FileFormatError(
                f"clip '{self.name}' loops {turns} times, which is more notes than a piece may have; shorten it"
            )
        yield from (turn * self.quarters - offset - self.start for turn in range(turns))


@dataclass(frozen=True, slots=True)
class Part:
    """One track's notes and the sound it was written for, as far as it is known."""

    name: str
    notes: list[Note]
    program: int = 0
    is_drum: bool = False
    messages: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """What a project says of a piece; all places in quarter notes.

    Attributes:
        tempos: (place, beats a minute); between two points of different tempo it glides, a step is two points at one
            place.
        meters: (place, (numerator, denominator)); markers: (place, name).
    """

    title: str
    parts: Sequence[Part]
    tempos: Sequence[tuple[float, float]] = ((0.0, 120.0),)
    meters: Sequence[tuple[float, tuple[int, int]]] = ((0.0, (4, 4)),)
    markers: Sequence[tuple[float, str]] = field(default=())
    key: Key | None = None
    grid: int | None = None

    def score(self) -> Score:
        """The piece on the coarsest usual grid that holds all of it.

        Raises:
            FileFormatError: it has more notes than a piece may have.
        """
        if sum(len(part.notes) for part in self.parts) > MIDI_NOTES.high:
            raise FileFormatError(f"{self.title} has more than {MIDI_NOTES.high:.0f} notes; give a shorter piece")
        times = [time for part in self.parts for note in part.notes for time in (note.time, note.length)]
        places = [at for at, *_ in (*self.tempos, *self.meters, *self.markers)]
        places += [message.time for part in self.parts for message in part.messages]
        grid = self.grid or _grid(np.array([*times, *places]))
        return Score(
            tracks=tuple(_track(part, grid, number) for number, part in enumerate(self.parts)),
            ticks_per_quarter=grid,
            tempos=_tempo_map(self.tempos, grid),
            meters=_meter_map(self.meters, grid),
            keys=_key_signature(self.key),
            markers=tuple(Marker(round(at * grid), name) for at, name in self.markers),
            title=self.title,
        )


def _grid(places: NDArray[np.float64]) -> int:
    """Ticks a quarter on which every place lies; 960 if none holds them all."""
    for grid in _USUAL:
        if _holds(grid, places):
            return grid
    grid = 1
    for place in places[:: max(1, len(places) // 400)]:
        grid = math.lcm(grid, Fraction(float(place)).limit_denominator(MOST_TICKS).denominator)
        if grid > MOST_TICKS:
            return _OTHERWISE
    return grid if _holds(grid, places) else _OTHERWISE


def _holds(grid: int, places: NDArray[np.float64]) -> bool:
    ticks = places * grid
    return not len(places) or float(np.abs(ticks - np.rint(ticks)).max()) < EXACT * grid


def _track(part: Part, grid: int, number: int) -> Track:
    columns = np.array(part.notes, np.float64).reshape(-1, 5)
    channels = [channel for channel in range(16) if channel != DRUM_CHANNEL]
    onset = np.rint(columns[:, 0] * grid).astype(np.int64)
    length = np.maximum(1, np.rint(columns[:, 1] * grid).astype(np.int64))
    channel = DRUM_CHANNEL if part.is_drum else channels[number % len(channels)]
    notes = make_notes(onset, length, columns[:, 2].astype(int), columns[:, 3].astype(int), channel=channel)
    notes["off_velocity"] = columns[np.lexsort((columns[:, 2], onset)), 4]
    rows = [
        (round(one.time * grid), MADE, one.status, channel, one.data1, one.data2, -1)
        for one in sorted(part.messages, key=lambda message: message.time)
    ]
    return Track(part.name, part.program, part.is_drum, notes, np.array(rows, EVENT))


def _tempo_map(points: Sequence[tuple[float, float]], grid: int) -> NDArray[Any]:
    """Steps of tempo; a glide becomes steps of a sixteenth, each at the tempo that takes as long."""
    steps: list[tuple[float, float]] = []
    gliding = sum(max(0.0, b - a) for (a, low), (b, high) in itertools.pairwise(points) if low != high)
    width = max(_GLIDE_QUARTERS, gliding / _MOST_STEPS_IN_ALL)
    for place, (at, bpm) in enumerate(points):
        steps.append((at, bpm))
        if place + 1 < len(points):
            stop, target = points[place + 1]
            if stop > at and target != bpm:
                steps += _glide(at, bpm, stop, target, width)
    rows = {round(at * grid): (round(at * grid), round(60e6 / _storable(bpm)), 0, MADE) for at, bpm in steps}
    made = np.array([rows[ticks] for ticks in sorted(rows)], TEMPO)
    return made[np.append(True, made["us_per_quarter"][1:] != made["us_per_quarter"][:-1])]


def _storable(bpm: float) -> float:
    """A tempo that a file of a sequencer says, within what a MIDI file can: three bytes of microseconds a quarter."""
    return min(max(bpm, 60e6 / (2**24 - 1)), 60e6)


def _glide(at: float, bpm: float, stop: float, target: float, width: float) -> list[tuple[float, float]]:
    count = min(_MOST_STEPS, max(1, math.ceil((stop - at) / width)))
    edges = np.linspace(0.0, 1.0, count + 1)
    ends = bpm + (target - bpm) * edges
    # seconds of a stretch of a linear glide are an integral of 1 / tempo: the logarithmic mean of its ends
    means = (ends[1:] - ends[:-1]) / np.log(ends[1:] / ends[:-1])
    return [(at + (stop - at) * float(edge), float(mean)) for edge, mean in zip(edges[:-1], means, strict=True)]


def _meter_map(points: Sequence[tuple[float, tuple[int, int]]], grid: int) -> NDArray[Any]:
    return np.array([(round(at * grid), above, below, 0, MADE, 24, 8) for at, (above, below) in points], METER)


def _key_signature(key: Key | None) -> NDArray[Any]:
    if key is None:
        return NO_KEYS
    fifths = ((key.tonic + 3) if key.is_minor else key.tonic) * 7 % 12
    fifths = fifths - 12 if fifths > 6 or (fifths == 6 and key.uses_flats) else fifths
    return np.array([(0, fifths, key.is_minor, 0, MADE)], KEY_SIGNATURE)
