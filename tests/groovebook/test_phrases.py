"""What makes a line singable, and what makes a bass walk: as rules on any pitches, and on what is played."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bandmate.groovebook.dice import Dice
from bandmate.groovebook.phrases import LEAP, answered_leaps, climax, neighbour, one_climax
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.groovebook.walking import approach, way
from bandmate.score.brief import Brief
from bandmate.score.pitch import QUALITIES

C_MAJOR = [p for p in range(55, 85) if p % 12 in (0, 2, 4, 5, 7, 9, 11)]
LINES = st.lists(st.sampled_from(C_MAJOR), min_size=3, max_size=24)


@given(line=LINES)
def test_a_phrase_has_one_highest_note(line: list[int]) -> None:
    shaped = one_climax(line, [C_MAJOR] * len(line))
    first, last = climax(shaped)
    top = max(shaped)
    assert top == max(line) and len(shaped) == len(line)
    assert all(first <= index <= last for index, pitch in enumerate(shaped) if pitch == top)
    assert set(shaped) <= set(C_MAJOR)


@given(line=LINES)
def test_leaps_are_answered_by_a_step_back_and_the_cadence_stays(line: list[int]) -> None:
    firm = [False] * (len(line) - 1) + [True]
    shaped = answered_leaps(line, [C_MAJOR] * len(line), firm)
    assert shaped[-1] == line[-1]
    for before, leapt, after in zip(shaped, shaped[1:], shaped[2:-1], strict=False):
        leap = leapt - before
        if abs(leap) >= LEAP and C_MAJOR[0] < leapt < C_MAJOR[-1]:
            assert after == leapt or (after - leapt) * leap < 0, shaped


def test_a_neighbour_at_the_end_of_the_ladder_stays() -> None:
    assert neighbour([60, 62, 64], 62, up=True) == 64 and neighbour([60, 62], 62, up=True) == 62


@given(start=st.integers(33, 45), target=st.integers(33, 45), beats=st.integers(1, 6), seed=st.integers(0, 99))
def test_a_walk_begins_on_its_root_and_ends_beside_the_next(start: int, target: int, beats: int, seed: int) -> None:
    span = list(range(28, 56))
    scale = [p for p in span if p % 12 in (0, 2, 4, 5, 7, 9, 11)]
    line = way(start, target, beats, scale, [p for p in span if p % 12 in (0, 4, 7)], span, Dice(seed))
    assert len(line) == beats and line[0] == start
    assert all(abs(b - a) <= 12 for a, b in pairwise(line))
    if beats > 1:
        assert 1 <= abs(line[-1] - target) <= 2


def test_an_approach_without_room_is_the_root_itself() -> None:
    assert approach(40, 35, [40], Dice(1)) == 40


def test_a_jazz_bass_walks_in_quarters_by_step() -> None:
    intervals: list[int] = []
    for seed in range(6):
        plan = make_plan(Brief(genre="jazz_swing", bars=16, patterns=("walk",), only=("bass", "chords")), seed)
        bass = next(t for t in play(plan, seed).tracks if t.role == "bass").notes
        beats = bass[np.abs(bass["onset_ticks"] - np.rint(bass["onset_ticks"] / 480) * 480) < 60]
        assert len(beats) >= 0.8 * 4 * (plan.active.any(0).sum() - 2)
        intervals += np.abs(np.diff(beats["pitch"].astype(int))).tolist()
    steps = np.array(intervals)
    assert np.mean(steps <= 4) > 0.7 and np.mean(steps == 12) < 0.05 and np.mean(steps == 0) < 0.1


def test_melodies_close_on_the_chord_lean_on_beats_and_breathe() -> None:
    strong: list[bool] = []
    for name in ("pop", "rock", "country", "soul_motown"):
        for seed in range(4):
            plan = make_plan(Brief(genre=name, bars=16), seed)
            score = play(plan, seed)
            melody = next(t for t in score.tracks if t.role == "melody").notes
            chord = plan.chords[-1]
            tones = {(chord.root + step) % 12 for step in QUALITIES[chord.quality]}
            assert int(melody["pitch"][-1]) % 12 in tones, (name, seed)
            gaps = melody["onset_ticks"][1:] - (melody["onset_ticks"] + melody["duration_ticks"])[:-1]
            assert (gaps >= 200).sum() >= 2, (name, seed)  # a breath of an eighth between phrases
            for note in melody:
                place = round(int(note["onset_ticks"]) / 960)
                if abs(int(note["onset_ticks"]) - place * 960) < 60 and place < len(plan.chords):
                    strong.append(int(note["pitch"]) % 12 in plan.chords[place].pitch_classes)
    assert 0.7 <= np.mean(strong) <= 0.95
