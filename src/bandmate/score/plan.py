"""Plan: a Brief made concrete, so that any engine can write it down note by note."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.score.brief import Brief
from bandmate.score.locks import TrackLock
from bandmate.score.pitch import Chord, Key


@dataclass(frozen=True, slots=True)
class PlannedTrack:
    """One track that will sound.

    Attributes:
        role: one of ROLES; name: what the track is called in files ("slap bass").
        program: General MIDI program, or the kit program if `is_drum`.
        low, high: MIDI pitches it may use, inclusive; drums 0..127.
        polyphony: most notes sounding at once.
        density: factor on how busy it plays; 1.0 = the genre's normal.
        articulation: word of the lexicon such as "staccato", may be empty.
        lock: what else binds it, None = nothing.
    """

    role: str
    name: str
    program: int
    is_drum: bool
    low: int = 0
    high: int = 127
    polyphony: int = 16
    density: float = 1.0
    articulation: str = ""
    lock: TrackLock | None = None


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """A stretch of bars with one character: label ("intro", "verse", "drop" ...), energy 1..5, sounding roles."""

    label: str
    start_bar: int
    bars: int
    energy: int
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Everything an engine needs: nothing is left to guess.

    Attributes:
        brief: what was asked; `brief.guessed` names what was filled in.
        genre: id in the genre table.
        tempo: quarter notes a minute, at least to 3 decimals exactly as asked.
        meter: numerator and denominator, the same for all bars.
        sections: consecutive, covering all bars.
        chords: two a bar (first and second half), len == 2 * bars.
        active: which track sounds in which bar; bool (tracks, bars); every track at least once.
        key_lock: pitches must lie in `key.lock` (a key that was stated), outside stated chords.
        chord_lock: chords were stated: pitches must lie in key.lock or in the chord of their half bar.
        loop: exactly the bars, no ending.
        fine_chords: where two a bar do not hold all stated chords: equally many for every bar, `parts` each.
    """

    brief: Brief
    seed: int
    genre: str
    tempo: float
    key: Key
    meter: tuple[int, int]
    bars: int
    tracks: tuple[PlannedTrack, ...]
    sections: tuple[PlannedSection, ...]
    chords: tuple[Chord, ...]
    active: NDArray[np.bool_]
    swing: float = 0.5
    key_lock: bool = False
    chord_lock: bool = False
    loop: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    fine_chords: tuple[Chord, ...] = ()

    @property
    def parts(self) -> int:
        """Equal parts of a bar in which the chord may change."""
        return len(self.fine_chords) // self.bars or 2

    @property
    def sounding_chords(self) -> tuple[Chord, ...]:
        """The chord of every part of every bar; `parts` a bar."""
        return self.fine_chords or self.chords

    def section_at(self, bar: int) -> PlannedSection:
        """The section that holds a bar (0-based)."""
        return next(s for s in reversed(self.sections) if s.start_bar <= bar)

    def chord_at(self, bar: int, half: int = 0) -> Chord:
        """The chord of a bar's first (0) or second (1) half."""
        return self.chords[2 * bar + half]
