"""Quality and difference: what takes are ranked by, and how unlike they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.evaluation.music import noise

from bandmate.evaluation.difference import choose, difference
from bandmate.evaluation.quality import excess, verdict
from bandmate.evaluation.yardstick import Spread
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score import ops
from bandmate.score.brief import Brief
from bandmate.score.model import Score, make_notes


def piece(genre: str, seed: int, bars: int = 8) -> Score:
    return play(make_plan(Brief(genre=genre, bars=bars), seed), seed)


def test_inside_the_band_is_as_good_as_it_gets() -> None:
    people = Spread(100, 5.0, tuple(float(value) for value in range(21)))  # p10 = 2, p90 = 18
    assert [excess(value, people) for value in (2.0, 10.0, 18.0)] == [0, 0, 0]
    assert excess(34.0, people) == excess(-14.0, people) == 1.0
    still = Spread(100, 1.0, (1.0,) * 21)
    assert excess(1.0, still) == 0
    assert excess(2.0, still) > 10  # where all people do the same, anything else is far off


def test_music_stands_above_noise_and_the_line_counts() -> None:
    music, chaos = verdict(piece("pop", 1, 16), "pop"), verdict(noise(1, 4, 200), "pop")
    assert music.quality > chaos.quality
    assert music.sentence == f"card: {music.inside} of {music.lines} lines as people play"
    assert music.inside + len(music.outside) == music.lines
    assert 0 < chaos.quality < music.quality <= 1
    assert verdict(piece("pop", 1), None).facts == 0


def test_too_little_music_is_no_error() -> None:
    none = verdict(Score())
    assert (none.lines, none.quality) == (0, 0.0)
    assert none.sentence == "card: too little music to tell"


def test_a_tune_in_another_key_is_the_same_tune() -> None:
    one, other = piece("rock", 1), piece("rock", 2)
    assert difference(one, one) == 0
    assert difference(one, ops.transpose(one, 2)) == 0
    assert 0 < difference(one, other) < 1
    assert difference(one, other) == pytest.approx(difference(other, one))
    assert difference(one, piece("waltz", 1)) > difference(one, other)


def test_no_stroke_in_common_is_one_and_no_part_in_common_is_nothing() -> None:
    band = piece("rock", 1)
    drums = replace(band, tracks=tuple(track for track in band.tracks if track.is_drum))
    rest = replace(band, tracks=tuple(track for track in band.tracks if not track.is_drum))
    assert np.isnan(difference(drums, rest))
    (kit,) = drums.tracks
    here, there = (
        replace(drums, tracks=(replace(kit, notes=make_notes([at, at + 480], 60, 38, 90, channel=9)),))
        for at in (0, 240)
    )
    assert difference(here, there) == 1


def test_a_good_one_that_is_alike_gives_way() -> None:
    assert choose([0.9, 0.8], [0.0, 0.0]) == 0
    assert choose([0.9, 0.8], [1.0, 0.5]) == 1
    assert choose([0.9, 0.3], [0.9, 0.1]) == 0  # not at any price
