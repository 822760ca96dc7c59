"""What every performance of a plan must keep, whatever was asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bandmate.groovebook.cells import grid_of
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.score.timeline import bar_grid


def check_promises(plan: Plan, score: Score) -> None:
    bar_ticks = grid_of(plan.genre, plan.meter).bar_ticks
    assert score.end_ticks == plan.bars * bar_ticks
    assert len(bar_grid(score)) == plan.bars
    assert score.bpm == np.float64(60e6 / round(60e6 / plan.tempo))
    assert (int(score.meters["numerator"][0]), int(score.meters["denominator"][0])) == plan.meter
    assert [t.name for t in score.tracks] == [t.name for t in plan.tracks]
    assert [m.ticks for m in score.markers] == [s.start_bar * bar_ticks for s in plan.sections]
    for index, (track, who) in enumerate(zip(score.tracks, plan.tracks, strict=True)):
        where = f"{plan.genre} {who.role} seed {plan.seed}"
        notes = track.notes
        assert len(notes), f"{where} is silent"
        assert (track.program, track.is_drum, track.role) == (who.program, who.is_drum, who.role)
        assert notes["onset_ticks"].min() >= 0 and (notes["duration_ticks"] > 0).all(), where
        assert track.last_ticks <= score.end_ticks, f"{where} sounds past the end"
        assert set(notes["channel"].tolist()) == {9} if who.is_drum else 9 not in notes["channel"], where
        assert notes["pitch"].min() >= who.low and notes["pitch"].max() <= who.high, f"{where} leaves its range"
        # A player may be up to half a 16th off; never in a bar where the track is silent.
        bars = np.minimum((notes["onset_ticks"] + 60) // bar_ticks, plan.bars - 1)
        early = notes["onset_ticks"] // bar_ticks
        assert (plan.active[index, bars] | plan.active[index, early]).all(), f"{where} sounds in a silent bar"
        if not who.is_drum:
            assert_polyphony(notes, who.polyphony, where)
            assert_lock(plan, notes, bar_ticks, where)
        else:
            assert not set(plan.brief.excluded_drums) & set(notes["pitch"].tolist()), where
        for pitch in set(notes["pitch"].tolist()):
            same = notes[notes["pitch"] == pitch]
            ends = same["onset_ticks"] + same["duration_ticks"]
            assert (ends[:-1] <= same["onset_ticks"][1:]).all(), f"{where} strikes {pitch} while it sounds"


def assert_polyphony(notes: np.ndarray, most: int, where: str) -> None:
    for note in notes:
        at = note["onset_ticks"]
        sounding = (notes["onset_ticks"] <= at) & (notes["onset_ticks"] + notes["duration_ticks"] > at)
        assert sounding.sum() <= most, f"{where}: {sounding.sum()} notes at once, {most} allowed"


def assert_lock(plan: Plan, notes: np.ndarray, bar_ticks: int, where: str) -> None:
    if not (plan.key_lock or plan.chord_lock):
        return
    half = bar_ticks // 2
    for note in notes:
        pitch_class = int(note["pitch"]) % 12
        if pitch_class in plan.key.lock:
            continue
        assert plan.chord_lock, f"{where}: pitch {note['pitch']} is outside {plan.key}"
        at = int(int(note["onset_ticks"]) // half)
        tones = plan.chords[min(at, len(plan.chords) - 1)].pitch_classes
        assert pitch_class in tones, f"{where}: pitch {note['pitch']} is in neither {plan.key} nor its chord"


@pytest.fixture(scope="session")
def assert_promises() -> Callable[[Plan, Score], None]:
    """The check as a fixture, so that every test file can use it."""
    return check_promises
