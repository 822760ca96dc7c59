"""Report: what was asked beside what was got, measured on the written score."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.generation.measures import ENOUGH_IN_CHORDS, comping, in_chord, in_key, most_at_once
from bandmate.library.runs import CopyReport
from bandmate.score.model import NOTE, Score, Track
from bandmate.score.plan import Plan
from bandmate.workflows.wishes import Wishes, wish_rows

_STATED_WEIGHT = 3.0  # what was said counts more than what we chose


@dataclass(frozen=True, slots=True)
class Demand:
    """One demand: what was asked, what the score has, and how far it is met (0..1)."""

    name: str
    asked: str
    got: str
    share: float
    stated: bool = True

    @property
    def met(self) -> bool:
        """Whether it is met fully."""
        return self.share >= 1.0 - 1e-9


@dataclass(frozen=True, slots=True)
class Report:
    """All demands of a take."""

    demands: tuple[Demand, ...]

    @property
    def share(self) -> float:
        """Weighted mean of the shares, 0..1."""
        weights = [_STATED_WEIGHT if demand.stated else 1.0 for demand in self.demands]
        return float(np.average([demand.share for demand in self.demands], weights=weights))

    @property
    def stated_share(self) -> float:
        """Mean share of the stated demands; candidates are ranked by it first."""
        return float(np.mean([demand.share for demand in self.demands if demand.stated] or [1.0]))

    @property
    def open_share(self) -> float:
        """Mean share of the demands that nobody stated."""
        return float(np.mean([demand.share for demand in self.demands if not demand.stated] or [1.0]))

    @property
    def missed(self) -> tuple[Demand, ...]:
        """Stated demands that are not fully met."""
        return tuple(demand for demand in self.demands if demand.stated and not demand.met)

    def to_json(self) -> dict[str, Any]:
        """Plain data for take.json."""
        rows = [
            {
                "demand": demand.name,
                "asked": demand.asked,
                "got": demand.got,
                "met": demand.met,
                "share": round(demand.share, 6),
                "stated": demand.stated,
            }
            for demand in self.demands
        ]
        return {"share": round(self.share, 6), "met": not self.missed, "demands": rows}


@dataclass(frozen=True, slots=True)
class Shared:
    """Notes that a run may share with a piece, notes of the longest that does, and that piece."""

    limit: int
    notes: int
    piece: str

    @property
    def demand(self) -> Demand:
        """The limit as a demand."""
        got = f"{counted(self.notes, 'note')} of {self.piece}" if self.notes else "no run of 8 notes"
        return Demand(
            "shared run", f"at most {counted(self.limit, 'note')}", got, min(1.0, self.limit / max(1, self.notes))
        )


def make_report(
    plan: Plan,
    score: Score,
    wishes: Wishes = (),
    copied: CopyReport | None = None,
    given: Collection[int] = (),
    shared: Shared | None = None,
) -> Report:
    """Measure a score against its plan; one Demand for each thing that can be checked.

    Args:
        plan: what was to be written.
        score: what was.
        wishes: the steps that an `again` asked of tracks.
        given: tracks that were given, in the plan's given bars or whole; key, chords and locks bind what was written.
        copied: what of the score is copied from the library its model learned from, if there is one.
        shared: the longest run that it shares with what the model learned from, where a limit was asked.
    """
    tracks = list(score.tracks)
    demands = [_tempo(plan, score), _meter(plan, score), _bars(plan, score), _end(plan, score), _tracks(plan, tracks)]
    demands += [_range(planned.name, planned.low, planned.high, track, planned.is_drum)
                for planned, track in zip(plan.tracks, tracks, strict=False) if not planned.is_drum]  # fmt: skip
    demands += [_polyphony(planned.name, planned.polyphony, track)
                for planned, track in zip(plan.tracks, tracks, strict=False) if not planned.is_drum]  # fmt: skip
    first = int(plan.extra.get("given_bars", plan.bars))
    written = _written(plan, score, given, first)
    demands += [_key(plan, written), _chords(plan, written), *_excluded(plan, tracks)]
    if any(track.lock for track in plan.tracks):
        from bandmate.generation.lock_rows import lock_rows

        demands += [Demand(*row) for row in lock_rows(plan, score, dict.fromkeys(given, first))]
    demands += [Demand(*row) for row in wish_rows(plan, score, wishes, bar_ticks(plan, score))]
    demands += [_copied(copied)] if copied else []
    demands += [shared.demand] if shared else []
    return Report(tuple(demands))


def _written(plan: Plan, score: Score, given: Collection[int], first: int) -> Score:
    """The score without what was given, if the key or chords were stated: they bind what is written."""
    if not given or not (plan.key_lock or plan.brief.chords):
        return score
    end = first * bar_ticks(plan, score) - score.ticks_per_quarter // 48
    tracks = [
        replace(track, notes=track.notes[track.notes["onset_ticks"] >= end]) if place in given else track
        for place, track in enumerate(score.tracks)
    ]
    return replace(score, tracks=tuple(tracks))


def _copied(report: CopyReport) -> Demand:
    run = report.longest
    got = f"{counted(run.notes, 'note')} of {run.piece}, bar {run.bar + 1}" if run.notes else "none"
    return Demand("copied run", f"weight at most {report.limit}", got, 1.0 - report.share, False)


def bar_ticks(plan: Plan, score: Score) -> int:
    """Length of one bar of the plan in ticks of the score."""
    return score.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]


def _stated(plan: Plan, *names: str) -> bool:
    return not any(name in plan.brief.guessed for name in names)


def _tempo(plan: Plan, score: Score) -> Demand:
    exact = len(score.tempos) == 1 and int(score.tempos["us_per_quarter"][0]) == round(60e6 / plan.tempo)
    return Demand(
        "tempo", f"{plan.tempo:g}", f"{score.bpm:.3f}".rstrip("0").rstrip("."), float(exact), _stated(plan, "tempo")
    )


def _meter(plan: Plan, score: Score) -> Demand:
    got = {(int(row["numerator"]), int(row["denominator"])) for row in score.meters} or {(4, 4)}
    text = ", ".join(f"{n}/{d}" for n, d in sorted(got))
    asked = f"{plan.meter[0]}/{plan.meter[1]}"
    return Demand("meter", asked, text, float(got == {plan.meter}), _stated(plan, "meter"))


def _bars(plan: Plan, score: Score) -> Demand:
    got = score.end_ticks / bar_ticks(plan, score)
    return Demand("bars", str(plan.bars), f"{got:g}", float(got == plan.bars), _stated(plan, "bars"))


def _end(plan: Plan, score: Score) -> Demand:
    end = plan.bars * bar_ticks(plan, score)
    past = sum(int((t.notes["onset_ticks"] + t.notes["duration_ticks"] > end).sum()) for t in score.tracks)
    return Demand("nothing past the end", "0 notes", counted(past, "note"), float(past == 0))


def _tracks(plan: Plan, tracks: list[Track]) -> Demand:
    asked = [(p.is_drum, p.program) for p in plan.tracks]
    got = [(t.is_drum, t.program) for t in tracks]
    sounding = sum(a == g and len(t.notes) > 0 for a, g, t in zip(asked, got, tracks, strict=False))
    names = [t.name or t.role or f"program {t.program}" for t in tracks if len(t.notes)]
    share = sounding / max(len(asked), len(got), 1)
    return Demand("tracks", ", ".join(p.name for p in plan.tracks), ", ".join(names), share, _stated(plan, "tracks"))


def _range(name: str, low: int, high: int, track: Track, is_drum: bool) -> Demand:
    pitch = track.notes["pitch"]
    got = f"{pitch.min()}-{pitch.max()}" if len(pitch) else "silent"
    share = float(np.mean((pitch >= low) & (pitch <= high))) if len(pitch) else 1.0
    return Demand(f"range of {name}", f"{low}-{high}", got, share)


def _polyphony(name: str, limit: int, track: Track) -> Demand:
    most = most_at_once(track.notes)
    return Demand(f"notes at once in {name}", f"at most {limit}", str(most), float(min(1.0, limit / max(most, 1))))


def _pitched(score: Score) -> NDArray[Any]:
    parts = [track.notes for track in score.tracks if not track.is_drum]
    return np.concatenate(parts) if parts else score.tracks[0].notes[:0] if score.tracks else np.zeros(0)


def _key(plan: Plan, score: Score) -> Demand:
    notes = _pitched(score)
    inside = in_key(plan, notes, score.ticks_per_quarter) if len(notes) else np.ones(1, bool)
    share = float(inside.mean())
    return Demand("key", plan.key.name, f"{share:.1%} of notes inside", share, plan.key_lock)


def _chords(plan: Plan, score: Score) -> Demand:
    """Share of comping time in the chord's tones; stated only if a progression was."""
    parts = [score.tracks[i].notes for i in comping(plan) if i < len(score.tracks)]
    notes = np.concatenate(parts) if parts else np.zeros(0, NOTE)
    weight = notes["duration_ticks"].astype(float)
    share = float(np.average(in_chord(plan, notes, score.ticks_per_quarter), weights=weight)) if weight.sum() else 1.0
    names = [chord.spell(plan.key.uses_flats) for chord in plan.chords[: 2 * min(plan.bars, 4) : 2]]
    met = min(1.0, share * ENOUGH_IN_CHORDS[1] / ENOUGH_IN_CHORDS[0])
    return Demand("chords", " ".join(names), f"{share:.0%} of playing time", met, bool(plan.brief.chords))


def _excluded(plan: Plan, tracks: list[Track]) -> list[Demand]:
    brief, found = plan.brief, []
    for role in brief.excluded:
        bad = sum(len(t.notes) > 0 and (t.role == role or (role == "drums" and t.is_drum)) for t in tracks)
        found.append(Demand(f"no {role}", "0 tracks", counted(bad, "track"), float(bad == 0)))
    for key in brief.excluded_drums:
        bad = sum(int((t.notes["pitch"] == key).sum()) for t in tracks if t.is_drum)
        found.append(Demand(f"no drum key {key}", "0 hits", counted(bad, "hit"), float(bad == 0)))
    for program in brief.excluded_programs:
        bad = sum(len(t.notes) > 0 and not t.is_drum and t.program == program for t in tracks)
        found.append(Demand(f"no program {program}", "0 tracks", counted(bad, "track"), float(bad == 0)))
    return found
