"""Takes of one Brief: what they share, what each has of its own, and that all of it is the genre's."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from bandmate.evaluation.difference import PART_NAMES, difference, differences_by_part
from bandmate.groovebook.cells import ACCENT, NORMAL, Hit, Step, cell, drum_pattern
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.motifs import CHARACTERS, contour, rhythm
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.groovebook.stage import Stage
from bandmate.groovebook.variants import crossed, lent_tops
from bandmate.score.brief import Brief
from bandmate.score.plan import Plan

GENRES = ("house", "rock", "reggae", "waltz", "jazz_swing", "string_quartet")


def takes_of(brief: Brief, count: int, seed: int = 5) -> list[Plan]:
    return [make_plan(brief, seed + number, shared=seed) for number in range(count)]


def test_cards_are_dealt_without_putting_back_and_all_come_back_when_none_is_left() -> None:
    hands = [Dice(3, "cards").dealt(number, "abcd", (4, 1, 1, 1)) for number in range(8)]
    assert sorted(hands[:4]) == sorted(hands[4:]) == list("abcd")
    assert hands[0] == Dice(3, "cards").weighted("abcd", (4, 1, 1, 1))


@pytest.mark.parametrize("name", GENRES)
def test_the_first_take_of_many_is_the_take_that_is_alone(name: str) -> None:
    alone, first = make_plan(Brief(genre=name), 5), takes_of(Brief(genre=name), 1)[0]
    assert alone.chords == first.chords and alone.sections == first.sections
    assert np.array_equal(alone.active, first.active)
    for mine, theirs in zip(play(alone, 5).tracks, play(first, 5).tracks, strict=True):
        assert np.array_equal(mine.notes, theirs.notes)


@pytest.mark.parametrize("name", GENRES)
def test_takes_share_tempo_key_meter_bars_and_tracks_and_keep_every_promise(name: str, assert_promises) -> None:
    plans = takes_of(Brief(genre=name), 6)
    for plan in plans:
        assert (plan.tempo, plan.key, plan.meter, plan.bars) == (
            plans[0].tempo, plans[0].key, plans[0].meter, plans[0].bars
        )  # fmt: skip
        assert plan.tracks == plans[0].tracks
        assert_promises(plan, play(plan, plan.seed))


@pytest.mark.parametrize("name", GENRES)
def test_takes_of_one_brief_are_unlike_each_other(name: str) -> None:
    scores = [play(plan, plan.seed) for plan in takes_of(Brief(genre=name, bars=16), 3)]
    assert min(difference(a, b) for a, b in combinations(scores, 2)) > 0.3


def test_the_parts_differ_as_much_as_the_whole_does_on_the_mean() -> None:
    one, two = (play(plan, plan.seed) for plan in takes_of(Brief(genre="funk", bars=8), 2))
    parts = differences_by_part(one, two)
    assert list(parts) == list(PART_NAMES)
    assert np.mean(list(parts.values())) == pytest.approx(difference(one, two))


def test_takes_get_progressions_that_none_before_them_had() -> None:
    starts = {tuple((c.root - plan.key.tonic) % 12 for c in plan.chords[:16:2]) for plan in
              takes_of(Brief(genre="pop", bars=16, mode="major"), 3)}  # fmt: skip
    assert len(starts) == 3


def test_what_was_stated_of_form_and_energy_is_the_same_in_all_takes() -> None:
    structure = (("intro", 4, 0, ()), ("verse", 4, 0, ()), ("chorus", 8, 0, ()))
    stated = takes_of(Brief(genre="rock", structure=structure), 4)
    assert len({plan.sections for plan in stated}) == 1
    loud = takes_of(Brief(genre="rock", bars=16, energy=5), 4)
    assert all(max(section.energy for section in plan.sections) == 5 for plan in loud)
    happy = takes_of(Brief(genre="rock", bars=8, moods=("happy",)), 4)
    assert {s.energy for s in happy[1].sections if s.label == "chorus"} <= {
        s.energy for s in happy[0].sections if s.label == "chorus"
    }


def test_a_track_that_waits_for_the_opening_sounds_in_half_of_the_bars_at_least() -> None:
    usual, *others = takes_of(Brief(genre="pop", bars=16), 6)
    for plan in others:
        assert plan.active.any(0).all()
        for track in range(len(plan.tracks)):
            if not plan.active[track, :4].any() and usual.active[track].mean() >= 0.6:
                assert plan.active[track].mean() >= 0.5


def test_a_crossed_cell_begins_like_one_and_ends_like_the_other() -> None:
    first = cell("pop", "x-------x---x---", (4, 4), False)
    second = cell("pop", "x.x.x.x...x...x.", (4, 4), False)
    ticks = [step.ticks for step in crossed(first, second, 960)[0]]
    assert ticks == [0, 1200, 1680]
    held = crossed(((Step(480, "x", 1440, NORMAL),),), ((Step(960, "x", 120, NORMAL),),), 960)[0]
    assert held[0].held_ticks == 480  # what is held gives way to the next stroke
    assert crossed(((),), ((),), 960) == ((),)


def test_a_drummer_plays_one_groove_under_the_cymbals_of_another() -> None:
    drive = ((Hit(0, "kick", ACCENT), Hit(0, "ride", NORMAL), Hit(480, "snare", ACCENT)),)
    tops = ((Hit(0, "closed_hat", NORMAL), Hit(240, "kick", NORMAL)), (Hit(0, "shaker", NORMAL),))
    one, two = lent_tops(drive, tops)
    assert {(h.ticks, h.voice) for h in one} == {(0, "kick"), (480, "snare"), (0, "closed_hat")}
    assert {(h.ticks, h.voice) for h in two} == {(0, "kick"), (480, "snare"), (0, "shaker")}
    house = drum_pattern("house", 0, (4, 4))
    assert lent_tops(house, house) == house


@pytest.mark.parametrize("character", CHARACTERS, ids=lambda each: each.name)
def test_a_motif_of_every_character_has_as_many_notes_as_asked(character) -> None:
    stage = Stage(make_plan(Brief(genre="pop", bars=4), 1), 1)
    for seed in range(20):
        onsets = rhythm(stage, 4, Dice(seed), character)
        assert len(onsets) == 4 and list(onsets) == sorted(set(onsets))
        assert all(0 <= ticks < stage.grid.bar_ticks for ticks in onsets)
        assert len(contour(4, Dice(seed), character)) == 4


def test_a_melody_that_answers_late_starts_after_the_beat_more_often() -> None:
    stage = Stage(make_plan(Brief(genre="pop", bars=4), 1), 1)
    late = next(each for each in CHARACTERS if each.name == "answers late")
    starts = [
        [np.mean([t >= stage.grid.half_ticks for t in rhythm(stage, 4, Dice(s), each)]) for s in range(40)]
        for each in (CHARACTERS[0], late)
    ]
    assert np.mean(starts[1]) > np.mean(starts[0]) + 0.1


@pytest.mark.parametrize("name", ("pop", "house", "rock", "jazz_swing", "trap", "bossa_nova"))
def test_a_loop_leads_back_to_its_beginning_unless_it_stays_on_one_root(name: str) -> None:
    for seed in range(12):
        chords = make_plan(Brief(genre=name, loop=True, bars=8 if seed % 2 else 4), seed).chords
        assert chords[-1].root != chords[0].root or len({chord.root for chord in chords}) == 1
