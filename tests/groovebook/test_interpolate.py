"""Interpolate: the music between two clips."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.errors import ScoreError
from bandmate.groovebook.interpolate import interpolate
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.pitch import Key


def clip(genre: str, seed: int, bars: int = 4, key: str = "C") -> Score:
    brief = Brief(genre=genre, bars=bars, loop=True, meter=(4, 4), key=Key.parse(key), only=("drums", "bass", "chords"))
    return play(make_plan(brief, seed), seed)


def test_the_ends_are_the_clips_and_density_goes_evenly_between():
    a, b = clip("funk", 1), clip("house", 2)
    steps = interpolate(a, b, 6)
    assert steps[0] is a and steps[-1] is b and len(steps) == 6
    counts = [score.note_count for score in steps]
    line = np.linspace(counts[0], counts[-1], 6)
    assert np.abs(np.array(counts) - line).max() <= 0.12 * max(counts)


def test_each_step_is_nearer_to_its_end():
    def places(score: Score) -> set[tuple[int, int]]:
        return {
            (round(int(n["onset_ticks"]) / 120), int(n["pitch"]))
            for t in score.tracks if t.is_drum for n in t.notes
        }  # fmt: skip

    a, b = clip("rock", 3), clip("disco", 4)
    likeness = [len(places(s) & places(b)) / len(places(s) | places(b)) for s in interpolate(a, b, 5)]
    assert likeness == sorted(likeness)


def test_the_key_goes_round_the_circle_and_the_tempo_with_it():
    a, b = clip("pop", 1, key="C"), clip("pop", 2, key="D")
    middle = interpolate(a, b, 3)[1]
    used = {int(p) % 12 for t in middle.tracks if not t.is_drum for p in t.notes["pitch"]}
    assert len(used - set(Key.parse("G").scale)) <= 2  # one fifth on from C, one before D
    assert min(a.bpm, b.bpm) - 0.1 <= middle.bpm <= max(a.bpm, b.bpm) + 0.1


def test_a_shorter_clip_goes_round_and_a_part_without_partner_comes_in():
    a, b = clip("funk", 1, bars=2), clip("funk", 2, bars=4)
    alone = Score(tuple(t for t in a.tracks if t.is_drum), 480, a.tempos, a.meters, end_ticks=a.end_ticks)
    middle = interpolate(alone, b, 3)[1]
    assert middle.end_ticks == 4 * 1920
    assert any(not t.is_drum for t in middle.tracks)
    assert all(len(set(t.notes["channel"].tolist())) == 1 for t in middle.tracks)


def test_what_has_no_way_between_is_said():
    waltz = play(make_plan(Brief(genre="waltz", bars=4, loop=True, meter=(3, 4)), 1), 1)
    with pytest.raises(ScoreError, match="in 4/4 and 3/4"):
        interpolate(clip("funk", 1), waltz, 4)
    with pytest.raises(ScoreError, match="without notes"):
        interpolate(clip("funk", 1), Score((Track("rest", 0, False, make_notes([], [], [])),), end_ticks=1920), 4)
