"""What jazz keeps of the groove book: the way of its basses, the rhythm of who comps; other basses lean on riffs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.generation.form import sketch
from bandmate.generation.groove import pattern_pull
from bandmate.generation.walking_lines import walking_cells
from bandmate.groovebook.plan import make_plan
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.plan import Plan

TRIO = ("drums", "bass", "chords")
STEP_TICKS = 20


def jazz(seed: int = 3) -> Plan:
    return make_plan(Brief(genre="jazz_swing", bars=12, meter=(4, 4), only=TRIO), seed)


def bass_of(score: Score) -> list[tuple[int, int]]:
    notes = next(track.notes for track in score.tracks if track.role == "bass")
    return list(zip(np.rint(notes["onset_ticks"] / STEP_TICKS).astype(int).tolist(), notes["pitch"].tolist(),
                    strict=True))  # fmt: skip


def line_of(plan: Plan) -> list[tuple[int, int]]:
    pattern = sketch(plan, plan.seed).pattern
    index = [track.role for track in plan.tracks].index("bass")
    notes = pattern[pattern["track"] == index]
    return sorted(zip((notes["bar"] * 96 + notes["position"]).tolist(), notes["pitch"].tolist(), strict=True))


@pytest.mark.parametrize("form", ["sketch", "model"])
def test_a_jazz_bass_keeps_the_line_whatever_the_model_would_play(tiny_weights, form) -> None:
    plan = jazz()
    ending = 96 * (plan.bars - 1)
    written = [
        n for n in bass_of(write_takes(plan, [5], tiny_weights, WriteOptions(form=form))[0].score) if n[0] < ending
    ]
    line = [n for n in line_of(plan) if n[0] < ending]
    assert [place for place, _ in line] == [place for place, _ in written]
    same = np.mean([a == b for a, b in zip(line, written, strict=True)])
    assert same >= 0.9  # a repair may bend a note or two


def test_who_comps_in_jazz_keeps_the_rhythm_and_voices_it_anew(tiny_weights) -> None:
    plan = jazz()
    index = [track.role for track in plan.tracks].index("chords")
    pattern = sketch(plan, plan.seed).pattern
    kept = pattern[(pattern["track"] == index) & (pattern["bar"] < plan.bars - 1)]
    notes = write_takes(plan, [5], tiny_weights)[0].score.tracks[index].notes
    at = np.rint(notes["onset_ticks"] / STEP_TICKS).astype(int)
    assert set(at[at < 96 * (plan.bars - 1)].tolist()) == set((kept["bar"] * 96 + kept["position"]).tolist())
    assert sorted(notes["pitch"].tolist()) != sorted(kept["pitch"].tolist())


def test_a_bass_that_was_asked_to_be_sparser_keeps_no_line() -> None:
    plan = jazz()
    pattern = sketch(plan, plan.seed).pattern
    assert walking_cells(plan, pattern)
    sparser = replace(plan, tracks=tuple(replace(track, density=0.5) for track in plan.tracks))
    assert walking_cells(sparser, pattern) == {}


def test_a_line_is_told_by_its_notes_where_the_genre_is_not_jazz() -> None:
    plan = make_plan(Brief(genre="rock", bars=4, meter=(4, 4), only=TRIO), 1)
    index = [track.role for track in plan.tracks].index("bass")

    def cells(*bars: tuple[int, int, int, int]) -> dict[tuple[int, int], str]:
        rows = np.zeros(4 * len(bars), [("bar", "i4"), ("track", "i4"), ("position", "i4"), ("pitch", "i4")])
        rows["bar"], rows["track"] = np.repeat(np.arange(len(bars)), 4), index
        rows["position"], rows["pitch"] = np.tile([0, 24, 48, 72], len(bars)), np.concatenate(bars)
        return walking_cells(plan, rows)

    walk, octaves, root = (36, 40, 43, 41), (36, 48, 36, 48), (36, 36, 36, 36)
    assert cells(walk, octaves, root, walk) == {(index, 0): "same", (index, 3): "same"}


def test_pitches_lean_on_the_riff_where_it_strikes_and_only_in_basses_and_arpeggios() -> None:
    notes = np.array([(0, 36), (12, 48)], [("position", "<i8"), ("pitch", "u1")])
    pull = pattern_pull(np.concatenate([notes, notes]), np.array([0, 0, 1, 1]), ["bass", "melody"], np.zeros(2))
    at = pull.tones(np.array([0, 0, 0, 1]), np.array([0, 13, 20, 0]))
    assert [np.flatnonzero(row).tolist() for row in at] == [[36], [48], [], []]
