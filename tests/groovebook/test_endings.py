"""A piece ends where it should; a loop does not end; sections are told apart by fills, crashes and who plays."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.analysis.genres import genre, genre_ids
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief


@pytest.mark.parametrize("name", genre_ids())
def test_a_piece_closes_on_one_with_the_tonic_and_then_nothing(name: str) -> None:
    for seed in range(2):
        plan = make_plan(Brief(genre=name, bars=16), seed)
        score = play(plan, seed)
        if plan.extra["ending"] == "fade":
            continue
        last = score.end_ticks // plan.bars * (plan.bars - 1)
        assert plan.chords[-1].root == plan.key.tonic
        for track, who in zip(score.tracks, plan.tracks, strict=True):
            onsets = track.notes["onset_ticks"]
            assert not (onsets > last + 100).any(), (name, seed, who.role)
            hit = track.notes[np.abs(onsets - last) <= 60]
            if who.role in ("bass", "drums", "chords") and plan.active[plan.tracks.index(who), -1]:
                assert len(hit), (name, seed, who.role)
            if who.role == "bass" and len(hit):
                assert int(hit["pitch"][-1]) % 12 == plan.key.tonic, (name, seed)


@pytest.mark.parametrize("name", genre_ids())
def test_a_loop_goes_on_to_its_last_beat(name: str) -> None:
    plan = make_plan(Brief(genre=name, bars=8, loop=True), 1)
    score = play(plan, 1)
    onsets = np.concatenate([t.notes["onset_ticks"] for t in score.tracks])
    bar = score.end_ticks // plan.bars
    assert plan.extra["ending"] == "loop"
    assert (onsets >= score.end_ticks - bar).any() and (onsets < 60).any()
    lengths = [int((t.notes["onset_ticks"] + t.notes["duration_ticks"]).max()) for t in score.tracks]
    assert max(lengths) <= score.end_ticks


def test_fills_come_before_section_lines_and_crashes_after() -> None:
    fills, crashes = [], []
    for name in ("rock", "pop", "funk", "metal", "soul_motown", "trap", "drum_and_bass"):
        for seed in range(3):
            plan = make_plan(Brief(genre=name, bars=32), seed)
            score = play(plan, seed)
            drums = next(i for i, t in enumerate(plan.tracks) if t.role == "drums")
            notes, bar = score.tracks[drums].notes, score.end_ticks // plan.bars

            def strokes(number: int, notes: np.ndarray = notes, bar: int = bar) -> set[tuple[int, int]]:
                at = notes["onset_ticks"] + 40 - number * bar
                inside = notes[(at >= 0) & (at < bar)]
                return {(round((int(n["onset_ticks"]) - number * bar) / 60), int(n["pitch"])) for n in inside}

            for section in plan.sections[1:]:
                line = section.start_bar
                if line >= 3 and plan.active[drums, line - 3 : line + 1].all():
                    fills.append(len(strokes(line - 1) ^ strokes(line - 3)) >= 2)
                    if section.energy >= 3:
                        crashes.append(any(at in (-1, 0, 1) and key == 49 for at, key in strokes(line)))
    assert np.mean(fills) > 0.8 and np.mean(crashes) > 0.8


def test_the_loudest_section_is_the_fullest() -> None:
    for name in ("house", "pop", "rock", "trap", "funk"):
        plan = make_plan(Brief(genre=name, bars=32), 2)
        score = play(plan, 2)
        bar = score.end_ticks // plan.bars
        density = {}
        for section in plan.sections[:-1]:
            low, high = section.start_bar * bar, (section.start_bar + section.bars) * bar
            count = sum(
                int(((t.notes["onset_ticks"] >= low) & (t.notes["onset_ticks"] < high)).sum()) for t in score.tracks
            )
            density.setdefault(section.energy, []).append(count / section.bars)
        means = {energy: float(np.mean(values)) for energy, values in density.items()}
        assert means[max(means)] > means[min(means)], (name, means)
        assert genre(name)["form"]["ending"]


@pytest.mark.parametrize("name", ["trance", "techno", "drum_and_bass", "edm_big_room", "house"])
def test_a_build_rolls_up_to_the_drop_and_takes_a_breath(name: str) -> None:
    structure = (("build", 8, 3, ("drums", "chords")), ("drop", 8, 5, ()))
    plan = make_plan(Brief(genre=name, bars=16, structure=structure), 3)
    score = play(plan, 3)
    drums = next(t for t in score.tracks if t.role == "drums").notes
    bar = score.end_ticks // 16
    strokes = [
        int(((drums["pitch"] == 38) & ((drums["onset_ticks"] + 40) // bar == number)).sum()) for number in range(4, 8)
    ]
    assert strokes == sorted(strokes) and strokes[-1] > 2 * strokes[0] > 0, strokes
    assert not ((drums["onset_ticks"] >= 8 * bar - 200) & (drums["onset_ticks"] < 8 * bar - 60)).any()
    assert ((np.abs(drums["onset_ticks"] - 8 * bar) < 60) & (drums["pitch"] == 49)).any()
