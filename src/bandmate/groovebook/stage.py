"""Stage: a plan laid out bar by bar for the players, and the note rows they hand back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from bandmate.analysis.genres import genre
from bandmate.groovebook.cells import TPQ, Grid, grid_of
from bandmate.groovebook.dice import Dice, hand_of
from bandmate.groovebook.drum_touch import DrumTouch, touch_of
from bandmate.groovebook.touch import Feel, feel_of
from bandmate.score.pitch import Chord
from bandmate.score.plan import Plan

T = TypeVar("T")
_SEEDS = 2**63
GROUPS = ("free", "kick", "snare", "hats", "perc", "bass", "chords", "melody")
FREE, KICK, SNARE, HATS, PERC, BASS, CHORDS, MELODY = range(8)
# How loud a section of energy 1..5 is played.
_LOUD = {1: 0.76, 2: 0.85, 3: 0.93, 4: 1.0, 5: 1.05}


class Note(NamedTuple):
    """A note as written by a player: grid ticks from the start, velocity before loudness, and its feel group."""

    ticks: int
    duration_ticks: int
    pitch: int
    velocity: float
    group: int = FREE


@dataclass(slots=False)
class Stage:
    """What every player can see.

    Attributes:
        plan, seed: the plan and the seed of this performance.
        kicks: ticks from bar start of the kick strokes of each bar; the drummer fills it, the bass reads it.
        fill_bars: bars in which the drums fill; melody: notes of the melody once it is written.
    """

    plan: Plan
    seed: int
    kicks: list[tuple[int, ...]] = field(default_factory=list)
    fill_bars: set[int] = field(default_factory=set)
    melody: list[Note] = field(default_factory=list)

    @cached_property
    def block(self) -> dict[str, Any]:
        """The genre's facts."""
        return genre(self.plan.genre)

    @cached_property
    def grid(self) -> Grid:
        """The steps of a bar."""
        return grid_of(self.plan.genre, self.plan.meter)

    @cached_property
    def section_index(self) -> list[int]:
        """Section of each bar."""
        return [i for i, section in enumerate(self.plan.sections) for _ in range(section.bars)]

    @cached_property
    def energy(self) -> list[int]:
        """Energy 1..5 of each bar."""
        return [self.plan.sections[i].energy for i in self.section_index]

    @cached_property
    def kinds(self) -> list[str]:
        """Kind of each section ("intro", "low", "high", "build", "break", "outro")."""
        from bandmate.groovebook.form import kind_of

        return self.plan.extra.get("kinds") or [kind_of(section.label) for section in self.plan.sections]

    @cached_property
    def overrides(self) -> dict[str, Any]:
        """Pattern, bass and comp names that a mood or style prefers."""
        return self.plan.extra.get("overrides", {})

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """Names of patterns and cells in order of preference: asked for, then of a mood or style."""
        names = [*self.plan.brief.patterns, *(self.overrides.get(k) for k in ("pattern", "bass", "comp"))]
        return tuple(str(name) for name in names if name)

    @cached_property
    def colour(self) -> dict[str, float]:
        """Density, gate, velocity and dissonance of the moods."""
        return {"density": 1.0, "gate": 1.0, "velocity": 0, "dissonance": 0.2} | self.plan.extra.get("colour", {})

    @cached_property
    def feel(self) -> Feel:
        """What the feel words of the brief ask."""
        return feel_of((*self.plan.brief.feel, *self.plan.brief.patterns))

    @cached_property
    def fill_every(self) -> int:
        """Bars from fill to fill that were asked for; 0 = as the form has it."""
        said = [event.split(":")[1] for event in self.plan.brief.events if event.startswith("fill_every:")]
        return int(said[-1]) if said and said[-1].isdigit() else 0

    @cached_property
    def touch(self) -> DrumTouch | None:
        """How the genre's drummers play; None = a machine does."""
        return touch_of(self.plan.genre)

    @cached_property
    def live(self) -> float:
        """0 = by machine, 1 = by hand."""
        return min(1.0, self.jitter_ms / 8)

    @cached_property
    def jitter_ms(self) -> float:
        """How loosely the band plays by the genre's facts or the brief: 0 to 2 is a machine, 8 and more people."""
        return self.block["feel"]["jitter_ms"] if self.feel.jitter_ms is None else self.feel.jitter_ms

    @cached_property
    def spread_ms(self) -> float:
        """Standard deviation of onsets: the genre's, and where people drum half way (in ratio) to what they measure."""
        if self.touch is None or self.feel.jitter_ms is not None:
            return self.jitter_ms
        people = (self.jitter_ms * self.touch.total_ms) ** 0.5
        return (1 - self.live) * self.jitter_ms + self.live * max(self.jitter_ms, people)

    @cached_property
    def end_ticks(self) -> int:
        """Length of the piece."""
        return self.plan.bars * self.grid.bar_ticks

    @cached_property
    def last_bar(self) -> int | None:
        """The bar that holds the final chord, None for loops and for pieces too short to end."""
        ending = self.plan.extra.get("ending", "hit")
        return self.plan.bars - 1 if ending != "loop" and self.plan.bars >= 4 and not self.plan.loop else None

    def part(self, track: int) -> tuple[str, int | None]:
        """What the genre calls a track, and which of its layers it is."""
        parts = self.plan.extra.get("parts")
        if parts:
            return parts[track][0], parts[track][1]
        return self.plan.tracks[track].role, None

    def active_bars(self, track: int) -> list[int]:
        """Bars in which a track sounds."""
        return self.plan.active[track].nonzero()[0].tolist()

    def chord(self, ticks: int) -> Chord:
        """The chord that sounds at a place."""
        chords = self.plan.sounding_chords
        return chords[min(ticks * self.plan.parts // self.grid.bar_ticks, len(chords) - 1)]

    def scale(self, ticks: int) -> frozenset[int]:
        """Pitch classes of the key at a place; a key change moves them."""
        lift = self.plan.extra.get("lift")
        scale = self.plan.key.scale
        if lift and ticks >= lift[0] * self.grid.bar_ticks:
            return frozenset((pitch + lift[1]) % 12 for pitch in scale)
        return scale

    def next_chord(self, ticks: int) -> Chord:
        """The chord of the next half bar; a loop comes round to its first, an ending stays on its last."""
        at = ticks // self.grid.half_ticks + 1
        if at < len(self.plan.chords):
            return self.plan.chords[at]
        return self.plan.chords[0] if self.plan.loop else self.plan.chords[-1]

    def allowed(self, ticks: int) -> frozenset[int] | None:
        """Pitch classes that the locks allow at a place, None = all."""
        plan = self.plan
        if plan.chord_lock:
            return plan.key.lock | self.chord(ticks).pitch_classes
        return plan.key.lock if plan.key_lock else None

    def snap(self, pitch: int, ticks: int, low: int, high: int) -> int:
        """The allowed pitch nearest to a pitch, inside a range."""
        allowed = self.allowed(ticks)
        pitch = min(max(pitch, low), high)
        if allowed is None or pitch % 12 in allowed:
            return pitch
        for distance in range(1, 128):
            for moved in (pitch - distance, pitch + distance):
                if low <= moved <= high and moved % 12 in allowed:
                    return moved
        return pitch

    def loudness(self, bar: int) -> float:
        """Velocity factor of a bar: its section's energy, a build's rise, a fade's fall."""
        index = self.section_index[bar]
        section = self.plan.sections[index]
        loud = _LOUD[section.energy]
        if self.kinds[index] == "build":
            loud *= 0.85 + 0.2 * (bar - section.start_bar + 1) / section.bars
        events = self.plan.brief.events
        if "fade_in" in events and bar < min(8, self.plan.bars // 4):
            loud *= 0.35 + 0.65 * (bar + 1) / min(8, self.plan.bars // 4)
        if "crescendo" in events or "diminuendo" in events:
            part = (bar + 0.5) / self.plan.bars
            loud *= 0.8 + 0.3 * (part if "crescendo" in events else 1 - part)
        fade = min(8, self.plan.bars // 4)
        if self.plan.extra.get("ending") == "fade" and not self.plan.loop and bar >= self.plan.bars - fade:
            loud *= 1 - 0.65 * (bar - (self.plan.bars - fade) + 1) / fade
        return loud

    def ticks_of_ms(self, ms: float) -> float:
        """Milliseconds as ticks at the plan's tempo."""
        return ms * TPQ * self.plan.tempo / 60000

    @cached_property
    def number(self) -> int:
        """Which take of its request this is, from 0: what the genre knows is dealt out among them."""
        return hand_of(self.plan.seed, int(self.plan.extra.get("shared", self.plan.seed)))

    def deal(self, items: Sequence[T], weights: Sequence[float], *name: int | str) -> T:
        """One of the items by weight, which no take before got as long as there are more; the first draws freely."""
        shared = ((self.plan.seed - self.number) % _SEEDS, (self.seed - self.number) % _SEEDS)
        return Dice(*shared, *name).dealt(self.number, items, weights)

    def dice(self, *name: int | str) -> Dice:
        """A stream of chance for one purpose."""
        return Dice(self.plan.seed, self.seed, *name)


def mean_pitch(notes: Iterable[Note]) -> float:
    """Average pitch, 60 without notes."""
    pitches = [note.pitch for note in notes]
    return sum(pitches) / len(pitches) if pitches else 60.0
