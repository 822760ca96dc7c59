"""Backing: parts of the groove book round a melody that stays as it is, in the melody's own bars and ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bandmate.analysis.descriptors import piece_view
from bandmate.analysis.meter import score_bars
from bandmate.analysis.sections import find_sections
from bandmate.analysis.texture import swing_pairs
from bandmate.errors import ScoreError
from bandmate.groovebook.cells import TPQ, grid_of
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.groovebook.setting import melody_rows
from bandmate.groovebook.stage import Note
from bandmate.limits import BARS, TEMPO
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.cut import window
from bandmate.score.model import EVENT, Score, Track
from bandmate.score.pitch import Chord, Key
from bandmate.score.plan import Plan, PlannedSection
from bandmate.score.timeline import meter_runs, ticks_to_seconds

_ENERGY = (2, 4)
_FEWEST_PAIRS = 8
_ONE_SECTION = 16  # bars up to which there is one


@dataclass(frozen=True, slots=True)
class BackingAsk:
    """What shall play.

    Attributes:
        genre: id in the table of genres.
        roles: of the parts, such as ("chords", "bass").
        chords: two a bar of the score.
        key: of the piece.
        seed: of plan and performance.
    """

    genre: str
    roles: tuple[str, ...]
    chords: tuple[Chord, ...]
    key: Key
    seed: int = 0


def one_meter(score: Score, what: str = "the piece", cure: str = "bandmate edit FILE --trim") -> tuple[int, int]:
    """The meter of a piece that keeps one.

    Args:
        score: the piece.
        what: it is called.
        cure: the option that chooses bars.

    Raises:
        ScoreError: it changes; the message names the bar.
    """
    bars = score_bars(score)
    runs = meter_runs(bars, score.ticks_per_quarter)
    if len(runs) > 1:
        first, last = max(runs, key=lambda run: run[1] - run[0])
        raise ScoreError(
            f"{what} changes its meter at bar {runs[1][0] + 1}; take a stretch of one meter, such as bars {first + 1}-"
            f"{last + 1} ({cure} {first + 1}-{last + 1})"
        )
    return int(bars["numerator"][0]), int(bars["denominator"][0])


def mean_tempo(score: Score) -> float:
    """Quarter notes a minute over the whole, inside the limits of a plan."""
    seconds = float(ticks_to_seconds(score, max(1, score.last_ticks)))
    bpm = 60 * score.last_ticks / score.ticks_per_quarter / seconds if seconds > 0 else score.bpm
    return float(min(TEMPO.high, max(TEMPO.low, bpm)))


def swing_heard(score: Score) -> float | None:
    """Where the off-eighths lie, 0.5 = straight; None where there are too few to say."""
    found = swing_pairs(piece_view(score).together, 1)[1]
    return round(float(np.median(found)), 3) if len(found) >= _FEWEST_PAIRS else None


def sections_heard(score: Score) -> tuple[PlannedSection, ...]:
    """The sections of a piece, of middling energy, for a part that goes with all of it."""
    count = len(score_bars(score))
    if count <= _ONE_SECTION:
        return (PlannedSection("verse", 0, count, 3),)
    return tuple(
        PlannedSection(s.name or "verse", s.start_bar, s.bars, int(np.clip(s.energy, *_ENERGY)))
        for s in find_sections(score)
    )


def backing_plan(score: Score, ask: BackingAsk, low: int, high: int) -> Plan:
    """A plan in the bars of a score whose first track to sing keeps a melody between two pitches."""
    meter, count = one_meter(score), len(score_bars(score))
    BARS.check(count)
    stated = tuple((ask.chords[2 * bar], ask.chords[2 * bar + 1]) for bar in range(count))
    brief = Brief(
        genre=ask.genre, bars=count, meter=meter, chords=stated, tempo=mean_tempo(score), swing=swing_heard(score),
        only=("melody", *ask.roles), tracks=(TrackAsk("melody"), *(TrackAsk(role) for role in ask.roles)),
    )  # fmt: skip
    plan = make_plan(brief, ask.seed)
    tracks = tuple(
        replace(t, low=min(t.low, low), high=max(t.high, high)) if t.role == "melody" else t for t in plan.tracks
    )
    ending = "ring" if count >= 4 else "loop"
    extra = plan.extra | {"ending": ending, "kinds": None, "voices": None}
    return replace(
        plan, key=ask.key, chord_lock=False, tracks=tracks, active=np.ones_like(plan.active),
        sections=sections_heard(score), extra=extra,
    )  # fmt: skip


def backing(score: Score, melody: int, ask: BackingAsk) -> tuple[Track, ...]:
    """Parts that go with a melody, in the order of `ask.roles` as far as the plan keeps it.

    Args:
        score: holds the melody; each stretch of one meter is played by itself.
        melody: index of its track.
        ask: what shall play.

    Returns:
        Tracks in ticks of the score, without the melody's own.

    Raises:
        ScoreError: nothing sings.
    """
    notes = score.tracks[melody].notes
    if not len(notes):
        raise ScoreError(f"track {melody + 1} has no notes to play along with; name the melody with --tracks")
    reach = int(notes["pitch"].min()), int(notes["pitch"].max())
    bars, found = score_bars(score), dict[str, Track]()
    for first, last in meter_runs(bars, score.ticks_per_quarter):
        start, end = int(bars["start_ticks"][first]), int(bars["start_ticks"][last] + bars["length_ticks"][last])
        whole = last - first + 1 == len(bars)
        part = score if whole else window(score, start, end)
        if part.note_count:
            chords = ask.chords[2 * first : 2 * last + 2]
            for track in _in_one_meter(part, melody, replace(ask, chords=chords), reach):
                found[track.name] = track if whole else _behind(found.get(track.name), track, start, end)
    return tuple(found.values())


def _behind(before: Track | None, track: Track, start: int, end: int) -> Track:
    """A track of a stretch at its place, behind what was played before it."""
    notes = track.notes[track.notes["onset_ticks"] < end - start].copy()
    notes["duration_ticks"] = np.minimum(notes["duration_ticks"], end - start - notes["onset_ticks"])
    notes["onset_ticks"] += start
    if before is None:
        return replace(track, notes=notes)
    return replace(before, notes=np.concatenate([before.notes, notes]))


def _in_one_meter(score: Score, melody: int, ask: BackingAsk, reach: tuple[int, int]) -> tuple[Track, ...]:
    notes = score.tracks[melody].notes
    plan = backing_plan(score, ask, *reach)
    factor = TPQ / score.ticks_per_quarter
    scaled = notes.copy()
    scaled["onset_ticks"] = np.rint(notes["onset_ticks"] * factor)
    scaled["duration_ticks"] = np.maximum(1, np.rint(notes["duration_ticks"] * factor))
    end = plan.bars * grid_of(plan.genre, plan.meter).bar_ticks
    rows: list[Note] = melody_rows(scaled, 0, end, False)
    singer = next(i for i, track in enumerate(plan.tracks) if track.role == "melody")
    performance = play(plan, ask.seed, given={singer: rows})
    return tuple(in_ticks(t, factor) for i, t in enumerate(performance.tracks) if i != singer and len(t.notes))


def in_ticks(track: Track, factor: float) -> Track:
    """A track of the groove book at another resolution, `factor` of its ticks a tick; its mix settings stay."""
    notes = track.notes.copy()
    onset = np.rint(notes["onset_ticks"] / factor).astype(np.int64)
    stop = np.rint((notes["onset_ticks"] + notes["duration_ticks"]) / factor).astype(np.int64)
    notes["onset_ticks"], notes["duration_ticks"] = onset, np.maximum(1, stop - onset)
    events = track.events if len(track.events) else np.empty(0, EVENT)
    return replace(track, notes=notes, events=events, end_ticks=0)


def named_apart(tracks: Sequence[Track], taken: Sequence[str]) -> tuple[Track, ...]:
    """The tracks with names that nobody has yet: "chords", "chords 2"."""
    seen = {name.strip().lower() for name in taken}
    out = []
    for track in tracks:
        name, number = track.name, 2
        while name.lower() in seen:
            name, number = f"{track.name} {number}", number + 1
        seen.add(name.lower())
        out.append(replace(track, name=name))
    return tuple(out)
