"""Copies are banned while notes are drawn: whatever the weights want, no run grows longer than it may."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.generation.allowed import Cells
from bandmate.generation.compose import Given, WriteOptions, write_takes
from bandmate.generation.infill import infill
from bandmate.generation.infill_cells import Ask
from bandmate.generation.no_copy import NoCopy, Watch
from bandmate.generation.no_copy_guard import Guard, neighbours
from bandmate.generation.scene import Harmony, Part
from bandmate.groovebook.plan import make_plan
from bandmate.library.origins import OriginIndex, Piece
from bandmate.library.runs import coded_lines
from bandmate.score.brief import Brief
from bandmate.score.cut import trim
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.selection import Selection
from bandmate.score.splice import splice
from bandmate.score.timeline import bar_grid


def index_of(*scores: Score) -> OriginIndex:
    pieces = [Piece(str(n), f"{n}.mid", str(n)) for n in range(len(scores))]
    return OriginIndex.of_lines(coded_lines((p.file, p.work, s) for p, s in zip(pieces, scores, strict=True)), pieces)


def longest(index: OriginIndex, score: Score) -> int:
    return max((run.notes for run in index.shared_runs(score)), default=0)


def tune(seed: int, notes: int = 60) -> tuple[list[int], list[int]]:
    """Onsets in steps, and pitches."""
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.choice([6, 12, 24], notes)).tolist(), rng.integers(55, 72, notes).tolist()


def score_of(onsets, pitches) -> Score:
    return Score((Track(notes=make_notes(np.asarray(onsets) * 20, 100, pitches)),))


@pytest.mark.parametrize("notes", [8, 11, 16])
def test_the_one_note_that_would_go_on_is_banned(notes) -> None:
    onsets, pitches = tune(1)
    watch = Watch(NoCopy((index_of(score_of(onsets, pitches)),), notes))
    for count, (onset, pitch) in enumerate(zip(onsets, pitches, strict=True)):
        bans = watch.bans(0)
        assert (bans is None) == (count < notes)
        if bans is not None:
            found, counts = bans.classes(np.array([onset]))
            banned = np.flatnonzero(bans.pitches()[found[0]])
            assert counts[0]
            assert banned.tolist() == [pitch]
        watch.add(0, onset, pitch)


def test_a_lower_note_of_the_same_chord_is_no_note_of_the_line() -> None:
    onsets, pitches = tune(2)
    watch = Watch(NoCopy((index_of(score_of(onsets, pitches)),), 8))
    for onset, pitch in zip(onsets[:8], pitches[:8], strict=True):
        watch.add(0, onset, pitch - 12)
        watch.add(0, onset, pitch)
    bans = watch.bans(0)
    assert bans is not None
    assert bans.pitches().any(0)[pitches[8]]
    watch.add(0, onsets[8], pitches[8] - 1)
    assert watch.bans(0) is None
    above = watch.bans(0, onsets[8])  # the next note of this chord would be its top
    assert above is not None
    assert above.pitches().any(0)[pitches[8]]


def test_after_a_rest_and_on_other_tracks_everything_may_be_written() -> None:
    onsets, pitches = tune(3)
    watch = Watch(NoCopy((index_of(score_of(onsets, pitches)),), 8))
    for onset, pitch in zip(onsets[:8], pitches[:8], strict=True):
        watch.add(0, onset, pitch)
    bans = watch.bans(0)
    assert bans is not None
    assert not bans.classes(np.array([onsets[7] + 400]))[1][0]
    assert watch.bans(1) is None


def test_runs_of_two_intervals_may_go_on_until_a_third_comes() -> None:
    pitches = [60, 62] * 10 + [65, 61]
    onsets = (np.arange(22) * 12).tolist()
    watch = Watch(NoCopy((index_of(score_of(onsets, pitches)),), 8))
    for onset, pitch in zip(onsets[:20], pitches[:20], strict=True):
        bans = watch.bans(0)
        assert bans is None or not bans.pitches()[6, pitch]
        watch.add(0, onset, pitch)
    bans = watch.bans(0)
    assert bans is not None
    assert np.flatnonzero(bans.pitches()[6]).tolist() == [65]


def plan_of(bars: int = 4):
    return make_plan(Brief(genre="pop", bars=bars), 3)


@pytest.mark.parametrize("form", ["sketch", "model"])
def test_takes_do_not_quote_what_they_quoted_before(tiny_weights, form) -> None:
    plan, seeds = plan_of(), (1, 2, 3)
    free = write_takes(plan, seeds, tiny_weights, WriteOptions("numpy", form=form))
    index = index_of(*(take.score for take in free))
    assert max(longest(index, take.score) for take in free) > 12
    bound = WriteOptions("numpy", form=form, no_copy=NoCopy((index,), 9))
    for take in write_takes(plan, seeds, tiny_weights, bound):
        assert take.score.note_count > 0
        assert longest(index, take.score) <= 9
    again = write_takes(plan, seeds, tiny_weights, bound)
    once = write_takes(plan, seeds, tiny_weights, bound, only=1)
    assert np.array_equal(again[1].score.tracks[-1].notes, once[0].score.tracks[-1].notes)


def test_what_is_given_before_counts_as_the_past(tiny_weights) -> None:
    plan = plan_of(8)
    free = write_takes(plan, (5,), tiny_weights, WriteOptions("numpy"))[0].score
    index = index_of(free)
    mask = np.zeros((len(plan.tracks), plan.bars), bool)
    mask[:, :4] = True
    given = Given(free, {n: n for n in range(len(plan.tracks))}, mask)
    bound = WriteOptions("numpy", no_copy=NoCopy((index,), 8))
    score = write_takes(plan, (5,), tiny_weights, bound, given=given)[0].score
    runs = index.shared_runs(score)
    assert max(run.notes for run in runs if run.last_bar < 4) > 8
    assert all(run.notes <= 8 for run in runs if run.last_bar >= 4)


def test_notes_that_stood_in_the_asked_cells_are_no_past() -> None:
    where = Cells(*(np.array([value]) for value in (0, 1, 96, 96)))
    known = np.array(
        [(0, 0, 24, 60), (0, 1, 0, 62)], [("track", "i8"), ("bar", "i8"), ("position", "i8"), ("pitch", "i8")]
    )
    around = neighbours(known, where, np.array([192, 96]))
    guard = Guard(NoCopy((), 9), 1, where, np.array([False]), around, np.array([False]))
    assert guard.past == [{0: [(-168, 60)]}]


def test_what_follows_is_the_given_line_up_to_the_next_asked_cell() -> None:
    kind = [("track", "i8"), ("bar", "i8"), ("position", "i8"), ("pitch", "i8")]
    known = np.array([(0, bar, 0, 60 + bar + third) for bar in (0, 2, 3, 5) for third in (0, 4)], kind)
    ends = np.arange(6, 0, -1) * 96
    where = Cells(np.zeros(2, np.int64), np.array([1, 4]), np.full(2, 96), ends[[1, 4]])
    around = neighbours(known, where, ends)
    guard = Guard(NoCopy((), 9), 1, where, np.zeros(2, bool), around, np.zeros(2, bool))
    assert guard.behind == [((-384, 66), (-288, 67)), ((-96, 69),)]


def test_a_note_is_banned_that_leads_into_given_ones() -> None:
    onsets, pitches = tune(4)
    line = list(zip(onsets, pitches, strict=True))
    for before, notes in ((0, 8), (4, 8), (9, 10), (9, 16)):
        watch = Watch(NoCopy((index_of(score_of(onsets, pitches)),), notes))
        for note in line[:before]:
            watch.add(0, *note)
        behind = line[before + 1 :]
        over = [p for p in range(128) if watch.goes_over(0, behind, (onsets[before], p))]
        assert over == [pitches[before]]
        assert not watch.goes_over(0, behind[: notes - before - 1], line[before])
        assert not watch.goes_over(0, behind)  # the hole is heard


def test_in_edits_a_run_does_not_cross_from_given_bars_into_asked_ones(tiny_weights) -> None:
    song = write_takes(plan_of(8), (5,), tiny_weights, WriteOptions("numpy"))[0].score
    cells, grid = Selection(tuple(range(len(song.tracks))), 4, 5), bar_grid(song)
    parts = {i: Part.of(song.tracks[i], song.ticks_per_quarter, grid) for i in cells.tracks}

    def edited(options: WriteOptions) -> Score:
        written = infill(song, cells, Ask(), 5, tiny_weights, options, parts=parts, harmony=Harmony.of(song),
                         candidates=1)  # fmt: skip
        return trim(splice(song, cells, written.notes), 1, 6)

    free = edited(WriteOptions("numpy"))
    index = index_of(free)
    crossing = [run for run in index.shared_runs(free) if run.first_bar < 4 <= run.last_bar]
    assert max(run.notes for run in crossing) > 8
    bound = edited(WriteOptions("numpy", no_copy=NoCopy((index,), 8)))
    assert all(run.notes <= 8 for run in index.shared_runs(bound) if run.last_bar >= 4)


@pytest.mark.parametrize("bars", [(2, 3), (4, 5), (0, 0)])
def test_in_edits_a_run_does_not_cross_into_given_bars_behind(tiny_weights, bars) -> None:
    song = write_takes(plan_of(8), (5,), tiny_weights, WriteOptions("numpy"))[0].score
    cells, grid = Selection(tuple(range(len(song.tracks))), *bars), bar_grid(song)
    parts = {i: Part.of(song.tracks[i], song.ticks_per_quarter, grid) for i in cells.tracks}

    def edited(seed: int, options: WriteOptions) -> Score:
        written = infill(song, cells, Ask(), seed, tiny_weights, options, parts=parts, harmony=Harmony.of(song),
                         candidates=1)  # fmt: skip
        return splice(song, cells, written.notes)

    seeds = (5, 6, 7)
    free = [edited(seed, WriteOptions("numpy")) for seed in seeds]
    index = index_of(*free)

    def crossing(score: Score) -> int:
        found = [run for run in index.shared_runs(score) if run.first_bar <= bars[1] <= run.last_bar - 1]
        return max((run.notes for run in found), default=0)

    assert max(map(crossing, free)) > 8
    bound = WriteOptions("numpy", no_copy=NoCopy((index,), 8))
    assert max(crossing(edited(seed, bound)) for seed in seeds) <= 8
