"""Infill: whatever the weights, asked cells are written inside the rules and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandmate.errors import RuleConflict, ScoreError
from bandmate.generation.compose import WriteOptions
from bandmate.generation.filters import SamplingOptions
from bandmate.generation.infill import Ask, infill, likeness
from bandmate.generation.scene import Harmony, Part, company, stretch_of, with_roles
from bandmate.generation.task import Lock
from bandmate.score.model import Score, Track, make_meters, make_notes
from bandmate.score.pitch import Key
from bandmate.score.selection import Selection
from bandmate.score.splice import splice
from bandmate.score.timeline import bar_grid
from bandmate.score.untouched import untouched

BAR = 1920


SOFT = SamplingOptions()


def band(bars: int = 8) -> Score:
    beat = np.arange(bars * 4) * 480
    eighth = np.arange(bars * 8) * 240
    bass = make_notes(beat, 400, 36 + (np.arange(bars * 4) // 4 % 4) * 2, 90, channel=1)
    chords = np.repeat(np.arange(bars) * BAR, 3)
    hits = make_notes(eighth, 60, np.where(eighth % 960 == 0, 36, 42), 100, channel=9)
    return Score(
        (
            Track("kit", 0, True, hits, role="drums"),
            Track("bass", 33, False, bass, role="bass"),
            Track("keys", 4, False, make_notes(chords, 1800, np.tile([60, 64, 67], bars), channel=2), role="chords"),
        ),
        end_ticks=bars * BAR,
    )  # fmt: skip


def written(
    score: Score,
    weights,
    selection: Selection,
    ask: Ask | None = None,
    seed: int = 1,
    soft: SamplingOptions = SOFT,
    **rest,
):
    grid = bar_grid(score)
    parts = {i: Part.of(score.tracks[i], score.ticks_per_quarter, grid) for i in selection.tracks}
    return infill(score, selection, ask or Ask(), seed, weights, WriteOptions(sampling=soft), parts=parts,
                  harmony=Harmony.of(score), candidates=2, **rest)  # fmt: skip


@pytest.mark.parametrize("selection", [Selection((1,), 2, 3), Selection((0, 2), 7, 7), Selection((0, 1, 2), 0, 7)])
def test_asked_cells_are_written_and_nothing_else(tiny_weights, selection):
    score = band()
    result = written(score, tiny_weights, selection)
    edited = splice(score, selection, result.notes)
    assert untouched(score, edited, selection) == []
    for index in selection.tracks:
        onset, part = result.notes[index]["onset_ticks"], score.tracks[index]
        assert len(np.unique(onset // BAR)) == selection.bars
        assert onset.min() >= selection.first_bar * BAR and onset.max() < (selection.last_bar + 1) * BAR
        assert part.is_drum or (result.notes[index]["pitch"] >= part.notes["pitch"].min() - 6).all()


def test_the_same_seed_gives_the_same_notes_and_takes_differ(tiny_weights):
    first, again, other = (written(band(), tiny_weights, Selection((1,), 2, 3), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.notes[1], again.notes[1])
    assert likeness(first.notes, again.notes) == 1.0
    assert likeness(first.notes, other.notes) < 1.0


def test_the_touch_of_the_track_is_kept(tiny_weights):
    notes = written(band(), tiny_weights, Selection((1,), 2, 3)).notes[1]
    assert set(notes["velocity"].tolist()) == {90}
    assert (notes["onset_ticks"] % 20 == 0).all()
    assert (np.diff(np.unique(notes["onset_ticks"])) > 0).all() and len(np.unique(notes["onset_ticks"])) == len(notes)
    hits = written(band(), tiny_weights, Selection((0,), 2, 2)).notes[0]
    assert set(hits["duration_ticks"].tolist()) == {60}


@pytest.mark.parametrize("key", ["C minor", "F# major", "A dorian"])
def test_a_key_binds_every_pitched_note(tiny_weights, key):
    notes = written(band(), tiny_weights, Selection((1, 2), 2, 5), Ask(key=Key.parse(key))).notes
    assert {int(p) % 12 for index in (1, 2) for p in notes[index]["pitch"]} <= Key.parse(key).lock


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_density_is_met(tiny_weights, factor):
    notes = written(band(), tiny_weights, Selection((1,), 2, 5), Ask(density=factor)).notes[1]
    per_bar = np.bincount(notes["onset_ticks"] // BAR, minlength=8)[2:6]
    assert (per_bar >= 4 * factor * 0.75).all() and (per_bar <= np.ceil(4 * factor * 1.25)).all()


def test_cells_that_rested_may_rest_if_their_track_sounds_beside_them(tiny_weights):
    rests = np.array([[False, True, False, True]])
    notes = written(band(), tiny_weights, Selection((1,), 2, 5), Ask(rests=rests)).notes[1]
    assert {2, 4} <= set((notes["onset_ticks"] // BAR).tolist())


def test_a_locked_rhythm_stays(tiny_weights):
    score, selection = band(), Selection((1,), 2, 3)
    locks = {(1, bar): Lock("rhythm", 1, bar) for bar in (2, 3)}
    notes = written(score, tiny_weights, selection, Ask(locks=locks)).notes[1]
    old = score.tracks[1].notes
    old = old[(old["onset_ticks"] >= 2 * BAR) & (old["onset_ticks"] < 4 * BAR)]
    assert notes["onset_ticks"].tolist() == old["onset_ticks"].tolist()


def test_a_lock_until_a_step_keeps_what_comes_before_it(tiny_weights):
    score = band()
    locks = {(1, 2): Lock("varied", 1, 2, until=72)}
    notes = written(score, tiny_weights, Selection((1,), 2, 2), Ask(locks=locks)).notes[1]
    kept = notes[notes["onset_ticks"] < 2 * BAR + 3 * 480]
    assert kept[["onset_ticks", "pitch"]].tolist()[:3] == [(2 * BAR, 40), (2 * BAR + 480, 40), (2 * BAR + 960, 40)]


def test_pitches_that_are_asked_bind(tiny_weights):
    allowed = np.isin(np.arange(128), [38, 41])
    notes = written(band(), tiny_weights, Selection((1,), 2, 2), Ask(pitches={(1, 2): allowed})).notes[1]
    assert set(notes["pitch"].tolist()) <= {38, 41}


def test_the_rhythm_of_a_pattern_pulls(tiny_weights):
    pattern = make_notes(2 * BAR + np.array([0, 720, 1440]), 200, 40)
    ask, strong = Ask(pattern={1: pattern}), SamplingOptions(groove=20.0)
    notes = written(band(), tiny_weights, Selection((1,), 2, 2), ask, soft=strong).notes[1]
    assert set(notes["onset_ticks"][:1].tolist()) <= set(pattern["onset_ticks"].tolist())
    assert len(np.intersect1d(notes["onset_ticks"], pattern["onset_ticks"])) >= 2


def test_rules_that_leave_nothing_are_refused_before_anything_is_drawn(tiny_weights):
    with pytest.raises(RuleConflict, match="bass: nothing is left to play between MIDI pitch"):
        written(band(), tiny_weights, Selection((1,), 2, 2), Ask(pitches={(1, 2): np.zeros(128, bool)}))


def test_long_spans_are_written_stretch_by_stretch(tiny_weights):
    score, shares = band(40), []
    notes = written(score, tiny_weights, Selection((1, 2), 0, 39), on_progress=shares.append).notes
    assert len(shares) > 1 and shares[-1] == 1.0
    assert len(np.unique(notes[1]["onset_ticks"] // BAR)) == 40


def test_a_note_from_before_keeps_a_line_of_one_voice_silent(tiny_weights):
    score = band()
    bass = np.concatenate([score.tracks[1].notes[:7], make_notes([BAR + 1440], [480 + 960], [40], channel=1)])
    score = replace(score, tracks=(score.tracks[0], score.tracks[1].with_notes(bass), score.tracks[2]))
    notes = written(score, tiny_weights, Selection((1,), 2, 3)).notes[1]
    assert notes["onset_ticks"].min() >= 2 * BAR + 960 - 60


def test_ticks_and_bars_of_the_file_are_its_own(tiny_weights):
    score = replace(band(), ticks_per_quarter=96, meters=make_meters(3, 4), end_ticks=0)
    selection = Selection((1,), 4, 5)
    notes = written(score, tiny_weights, selection).notes[1]
    start, end = selection.span(score)
    assert (end - start) == 2 * 3 * 96
    assert (notes["onset_ticks"] >= start).all() and (notes["onset_ticks"] < end).all()
    assert (notes["onset_ticks"] % 4 == 0).all()


def test_bars_too_long_for_the_grid_are_refused(tiny_weights):
    with pytest.raises(ScoreError, match="bars of 9/4 are too long to write in; 8 quarters fit"):
        written(replace(band(), meters=make_meters(9, 4)), tiny_weights, Selection((1,), 1, 1))


class TestScene:
    def test_parts_say_how_a_track_plays(self):
        score = band()
        kit, bass, keys = (Part.of(track, 480, bar_grid(score)) for track in score.tracks)
        assert (bass.voices, bass.at_once, keys.voices, keys.at_once) == (1, 1, 3, 3)
        assert bass.velocities == (90,) and bass.on_grid and bass.density == 1.0
        assert kit.hit_ticks == 60 and {36, 38, 42} <= set(kit.keys)
        assert (bass.low, bass.high) == (33, 45)

    def test_roles_are_found_where_they_are_not_known(self):
        score = replace(band(), tracks=tuple(replace(track, role="") for track in band().tracks))
        assert [track.role for track in with_roles(score).tracks][:2] == ["drums", "bass"]

    def test_of_many_tracks_those_that_help_most_are_read(self):
        tracks = [Track(f"t{i}", 0, False, make_notes(np.arange(i) * 480, 400, 60)) for i in range(1, 12)]
        score = Score((*tracks, band().tracks[1]))
        kept = company(score, (0,), (0, 4 * BAR))
        assert len(kept) == 8 and {0, 11, 10} <= set(kept)

    def test_a_stretch_holds_silent_tracks_too(self):
        score = band()
        score = replace(score, tracks=(*score.tracks, Track("new", 0)))
        stretch = stretch_of(score, Harmony.of(score), (1, 3), 2, 6)
        assert len(stretch.piece.tracks) == 2 and len(stretch.piece.bars) == 4
        assert (stretch.before, stretch.after) == (True, True)
        assert set(stretch.piece.notes["track"].tolist()) == {0}
