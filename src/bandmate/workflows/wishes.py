"""Wishes: "busier", "sparser" and "more syncopated" as steps from how a track was; measured, and said if not made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bandmate.analysis.descriptors import track_value, track_view
from bandmate.score.model import Score, Track
from bandmate.score.plan import Plan

OFFBEAT = "offbeat"  # in `Plan.extra`: how much each track seeks off-beats, 0 = as its genre does
LEAST_STEP = 1.15  # of notes: less is not heard as a step
_STEP = 4 / 3  # of notes, for "busier"; its inverse for "sparser"
_FAR = 1.5  # how far beyond the goal is too far
_STEP_OFFBEAT, _MOST_OFFBEAT = 0.05, 0.9  # of the share of syncopated strokes
_FIRM = 2.6  # of a model's density; measured over ten genres: 30 % more notes on average, and more in every one
_DENSITIES = (0.25, 0.35, 0.5, 0.7, 1.0, 1.3, 1.7, 2.2, 3.0, 4.0)  # that are tried with the groove book
_FIRMER, _FIRMER_OFFBEAT, _DENSITY = 1.25, 0.6, (0.2, 5.0)  # of each further try


@dataclass(frozen=True, slots=True)
class Busier:
    """A track that shall be busier (factor above 1) or sparser than so many notes a bar.

    A plain "busier" or "sparser" aims at a third more or less, whatever the word weighs; "twice as busy" at its factor.
    """

    factor: float
    notes_a_bar: float

    @property
    def word(self) -> str:
        """What was asked."""
        return "busier" if self.factor > 1.0 else "sparser"

    @property
    def goal(self) -> float:
        """Notes a bar that are aimed at."""
        more, less = max(self.factor, _STEP), self.factor if self.factor <= 0.5 else 1 / _STEP
        return self.notes_a_bar * (more if self.factor > 1.0 else less)

    def share(self, got: float) -> float:
        """How far so many notes a bar meet it: fully from a clear step on, unless it is far more than was meant."""
        up = self.factor > 1.0
        one, goal = (got, self.goal) if up else (self.notes_a_bar, self.notes_a_bar**2 / max(self.goal, 1e-9))
        ratio = one / max(self.notes_a_bar if up else got, 1e-9)
        most = _FAR * goal / max(self.notes_a_bar, 1e-9)
        return 1.0 if LEAST_STEP <= ratio <= most else 0.9 * min(ratio / LEAST_STEP, most / max(ratio, 1e-9), 1.0)

    def row(self, name: str, got: float) -> tuple[str, str, str, float]:
        """Name, asked, got and share of a demand."""
        than = f"{'more' if self.factor > 1 else 'less'} than {self.notes_a_bar:.1f} notes a bar"
        return f"{self.word} {name}", f"{than}, about {self.goal:.1f}", f"{got:.1f}", self.share(got)


@dataclass(frozen=True, slots=True)
class Offbeat:
    """A track that shall be more syncopated than such a share of its strokes."""

    before: float
    word: str = "more syncopated"

    @property
    def goal(self) -> float:
        """The share of strokes that is a step."""
        return max(min(self.before + _STEP_OFFBEAT, _MOST_OFFBEAT), min(self.before, 1.0))

    def share(self, got: float) -> float:
        """How far such a share of syncopated strokes meets it."""
        return 1.0 if got >= self.goal - 1e-9 else 0.9 * got / self.goal

    def row(self, name: str, got: float) -> tuple[str, str, str, float]:
        """Name, asked, got and share of a demand."""
        asked = f"from {self.before:.0%} of strokes to {self.goal:.0%} or more"
        return f"{self.word} {name}", asked, f"{got:.0%}", self.share(got)


Wish = Busier | Offbeat
Wishes = Sequence[tuple[int, Wish]]  # place of the track, and what is wished of it


def notes_a_bar(track: Track, bar_ticks: int) -> float:
    """Notes of a track in the bars in which it plays."""
    bars = np.unique(track.notes["onset_ticks"] // bar_ticks)
    return len(track.notes) / max(1, len(bars))


def offbeat_share(score: Score, place: int) -> float:
    """The share of a track's strokes that are syncopated, 0 for a silent one."""
    return float(np.nan_to_num(track_value(track_view(score, place), "syncopation")))


def wish_rows(plan: Plan, score: Score, wishes: Wishes, bar_ticks: int) -> Iterable[tuple[str, str, str, float]]:
    """Name, asked, got and share of each wish, measured on a score."""
    for place, wish in wishes:
        busy = isinstance(wish, Busier)
        got = notes_a_bar(score.tracks[place], bar_ticks) if busy else offbeat_share(score, place)
        yield wish.row(plan.tracks[place].name, got)


def missed(plan: Plan, score: Score, wishes: Wishes, bar_ticks: int) -> Wishes:
    """The wishes that a score does not meet."""
    rows = wish_rows(plan, score, wishes, bar_ticks)
    return [wish for wish, row in zip(wishes, rows, strict=True) if row[3] < 1.0]


def aimed(plan: Plan, wishes: Wishes, seed: int, engine: str) -> Plan:
    """The plan with those densities by which the groove book plays nearest to the notes that are aimed at.

    How many notes a density makes is the genre's: of a bass that strikes all eighths a factor of 1.3 adds next to none.
    A model is only pulled by it, so it is pulled firmly.
    """
    from bandmate.groovebook.play import play

    busier = {place: wish for place, wish in wishes if isinstance(wish, Busier)}
    found: dict[int, list[tuple[float, float, float]]] = {place: [] for place in busier}
    for density in _DENSITIES if busier else ():
        tried = plan
        for place in busier:
            tried = _with_density(tried, place, density)
        score = play(tried, seed)
        for place, wish in busier.items():
            got = notes_a_bar(score.tracks[place], score.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1])
            far = abs(np.log(max(got, 0.1) / max(wish.goal, 0.1)))
            found[place].append((far, abs(np.log(density)), density))
    for place, wish in busier.items():
        least = _FIRM if wish.factor > 1.0 and engine != "rules" else 0.0
        plan = _with_density(plan, place, max(min(found[place])[2], least))
    seeking = {place for place, wish in wishes if isinstance(wish, Offbeat)}
    return with_offbeat(plan, [float(place in seeking) for place in range(len(plan.tracks))])


def _with_density(plan: Plan, place: int, density: float) -> Plan:
    tracks = list(plan.tracks)
    tracks[place] = replace(tracks[place], density=density)
    return replace(plan, tracks=tuple(tracks))


def firmer(plan: Plan, wishes: Wishes) -> Plan:
    """The plan in which what is wished is pulled at more firmly."""
    tracks, offbeat = list(plan.tracks), list(plan.extra.get(OFFBEAT, [0.0] * len(plan.tracks)))
    for place, wish in wishes:
        if isinstance(wish, Offbeat):
            offbeat[place] = round(offbeat[place] + _FIRMER_OFFBEAT, 3)
            continue
        by = _FIRMER if wish.factor > 1.0 else 1 / _FIRMER
        density = round(float(np.clip(tracks[place].density * by, *_DENSITY)), 4)
        tracks[place] = replace(tracks[place], density=density)
    return with_offbeat(replace(plan, tracks=tuple(tracks)), offbeat)


def with_offbeat(plan: Plan, pull: Sequence[float]) -> Plan:
    """The plan whose tracks seek off-beats so much."""
    return replace(plan, extra=plan.extra | {OFFBEAT: list(pull)}) if any(pull) else plan


def not_reached(rows: Iterable[tuple[str, str, str, float]], tries: int) -> str:
    """One sentence about the wishes that no try met; "" if all were."""
    left = [f"{name} (asked {asked}, got {got})" for name, asked, got, share in rows if share < 1.0]
    return f"not clearly reached in {tries} tries, so the nearest is kept: {'; '.join(left)}" if left else ""
