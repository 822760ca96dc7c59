"""`event.v1` and `performance.v1`: notes as a stream of beginnings, ends, waits and velocities.

`event.v1` counts steps of a quarter and has the ids of MusPy's event representation (Dong et al. 2020), whose table is
in `io.event_codes`; options give its default-event and performance-event variants. `performance.v1` counts hundredths
of a second and writes a velocity where it changes, as Performance RNN does (Simon and Oore 2017; Oore et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import UserError
from bandmate.io.event_codes import EVENTS, bins_of, velocities_of
from bandmate.score.model import Score
from bandmate.tokenizers.base import Vocabulary
from bandmate.tokenizers.flat import DRUMS, FlatNotes, PlainNotes, flat_seconds, plain_steps, score_of_steps
from bandmate.tokenizers.representation import About, vocabulary_of, whole
from bandmate.tokenizers.stream import Stream, stream_types


@dataclass(frozen=True, slots=True)
class EventOptions:
    """How event.v1 writes; the defaults are MusPy's.

    Attributes:
        steps_per_quarter: 1 to 10,080.
        single_note_off: one NOTE_OFF ends everything that sounds.
        end_of_sequence: END stands behind the last event.
        encode_velocity: velocities are written.
        force_velocity: before every note, else only where it changes.
        max_time_shift: steps of the longest wait; longer ones are several.
        velocity_bins: 1 to 128.
        order: notes that begin together, by "pitch" or as the "tracks" have them.
        program: of the decoded track; 128 = drums.
    """

    steps_per_quarter: int = 24
    single_note_off: bool = False
    end_of_sequence: bool = False
    encode_velocity: bool = False
    force_velocity: bool = True
    max_time_shift: int = EVENTS["TIME_SHIFT"]
    velocity_bins: int = EVENTS["VELOCITY"]
    order: Literal["pitch", "tracks"] = "pitch"
    program: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        whole("steps_per_quarter", self.steps_per_quarter, 1, 10_080)
        whole("max_time_shift", self.max_time_shift, 1, 100_000)
        whole("velocity_bins", self.velocity_bins, 1, 128)
        whole("program", self.program, 0, DRUMS)
        if self.order not in ("pitch", "tracks"):
            raise UserError(f"order '{self.order}' is not known; give pitch or tracks")


DEFAULT_EVENT = EventOptions(order="tracks")  # MusPy's "default event"
PERFORMANCE_EVENT = EventOptions(order="tracks", encode_velocity=True)  # MusPy's "performance event"


@dataclass(frozen=True, slots=True)
class PerformanceOptions:
    """How performance.v1 writes: waits of 10 ms to 1 s and 32 velocities, 388 ids.

    Attributes:
        steps_per_sec: 1 to 10,000.
        max_time_shift: steps of the longest wait.
        velocity_bins: 0 (velocities are not written) to 127.
        program: of the decoded track; 128 = drums.
    """

    steps_per_sec: int = 100
    max_time_shift: int = EVENTS["TIME_SHIFT"]
    velocity_bins: int = EVENTS["VELOCITY"]
    program: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        whole("steps_per_sec", self.steps_per_sec, 1, 10_000)
        whole("max_time_shift", self.max_time_shift, 1, 100_000)
        whole("velocity_bins", self.velocity_bins, 0, 127)
        whole("program", self.program, 0, DRUMS)


class EventTokenizer(Stream):
    """`event.v1`: MusPy's events in steps of a quarter."""

    name = "event.v1"
    options_type = EventOptions
    options: EventOptions
    about = About(
        "MusPy's events: beginnings, ends, waits in steps of a quarter",
        "(tokens,)",
        "tracks and instruments, tempo, meter; times to the step; velocities to the bin, or all where they are not "
        "written; of two overlapping notes of one pitch the ends change places; with one NOTE_OFF for all, lengths",
        "MusPy, Dong et al. 2020",
        grammar=True,
    )

    def __init__(self, options: EventOptions | None = None) -> None:
        super().__init__(options)
        own = self.options
        # MusPy keeps the ids of velocities free when they are not written, so that END has one id
        types = stream_types(own.single_note_off, own.max_time_shift, own.velocity_bins, own.end_of_sequence, "steps")
        self.vocabulary: Vocabulary = vocabulary_of(types)
        self.max_time_shift, self.single_off, self.ends = own.max_time_shift, own.single_note_off, own.end_of_sequence
        self.writes_velocity, self.forces_velocity = own.encode_velocity, own.force_velocity

    def notes(self, score: Score) -> PlainNotes:
        """The notes in steps."""
        notes = plain_steps(score, self.options.steps_per_quarter)
        return notes.by_time() if self.options.order == "pitch" else notes

    def bin_of(self, velocity: NDArray[Any]) -> NDArray[Any]:
        """Equal shares of 0..127."""
        return bins_of(velocity, self.options.velocity_bins)

    def velocity_of(self, bins: NDArray[Any]) -> NDArray[Any]:
        """The least velocity of each bin."""
        return velocities_of(bins, self.options.velocity_bins)

    def score(self, notes: FlatNotes) -> Score:
        """Notes in steps as a score."""
        return score_of_steps(notes, self.options.steps_per_quarter)


class PerformanceTokenizer(Stream):
    """`performance.v1`: events in hundredths of a second, velocities where they change."""

    name = "performance.v1"
    options_type = PerformanceOptions
    options: PerformanceOptions
    about = About(
        "Performance RNN's events: beginnings, ends, waits of 10 ms to 1 s, 32 velocities",
        "(tokens,)",
        "tracks and instruments, tempo, meter, pedal; times to 10 ms; velocities to 4; of two overlapping notes of one "
        "pitch the ends change places",
        "Simon and Oore 2017; Oore et al. 2018",
        grammar=True,
    )

    def __init__(self, options: PerformanceOptions | None = None) -> None:
        super().__init__(options)
        own = self.options
        self.vocabulary = vocabulary_of(
            stream_types(False, own.max_time_shift, own.velocity_bins, False, "hundredths of a second"
                   if own.steps_per_sec == 100 else f"parts of a second ({own.steps_per_sec})")
        )  # fmt: skip
        self.max_time_shift, self.writes_velocity = own.max_time_shift, own.velocity_bins > 0

    def notes(self, score: Score) -> FlatNotes:
        """The notes on the clock."""
        return flat_seconds(score, self.options.steps_per_sec).by_time()

    def bin_of(self, velocity: NDArray[Any]) -> NDArray[Any]:
        """Bins of one size, the last may be smaller."""
        return np.maximum(velocity - 1, 0) // -(-127 // self.options.velocity_bins)

    def velocity_of(self, bins: NDArray[Any]) -> NDArray[Any]:
        """The least velocity of each bin."""
        return np.minimum(1 + bins * -(-127 // self.options.velocity_bins), 127)

    def score(self, notes: FlatNotes) -> Score:
        """Notes on the clock as a score at 120 BPM, or 60 where half a second is no whole step."""
        steps = self.options.steps_per_sec
        return score_of_steps(notes, steps, 60.0) if steps % 2 else score_of_steps(notes, steps // 2)
