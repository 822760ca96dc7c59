"""Roles of tracks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.analysis.music import band, comping, line

from bandmate.analysis.voices import ROLE_FEATURES, ROLE_WEIGHTS, ROLES_FROM_NOTES, estimate_roles
from bandmate.score.model import Score, Track, make_meters

PARTS = ["drums", "bass", "chords", "melody"]


def roles(score: Score, **use: bool) -> list[str]:
    return [guess.role for guess in estimate_roles(score, **use)]


def test_a_band_is_told_apart_by_its_notes_alone():
    assert roles(band()) == PARTS
    hidden = replace(band(), tracks=tuple(replace(track, is_drum=False, program=0) for track in band().tracks))
    assert roles(hidden, use_channel=False) == PARTS


def test_the_order_of_tracks_does_not_matter():
    backwards = replace(band(), tracks=band().tracks[::-1])
    assert roles(backwards) == PARTS[::-1]


def test_of_two_tunes_one_is_the_melody_and_one_a_lead():
    tune = band().tracks[3]
    second = Track(notes=line([None, None, None, 67, None, 65, 64, None] * 4, velocity=70))
    found = roles(replace(band(), tracks=(*band().tracks[:3], tune, second)))
    assert found[3] == "melody"
    assert found.count("melody") == 1


def test_broken_chords_in_even_sixteenths_are_an_arpeggio():
    arpeggio = Track(program=81, notes=line([60, 64, 67, 72, 67, 64] * 16, 0.25))
    assert roles(Score(tracks=(*band().tracks[:3], arpeggio), meters=make_meters()))[3] == "arp"


def test_a_program_names_strings_brass_and_sounds_only_when_it_may_speak():
    strings = Track(program=48, notes=comping("C Am F G C Am F C"))
    score = replace(band(), tracks=(*band().tracks, strings))
    assert roles(score)[4] in ("pad", "chords")
    assert roles(score, use_program=True)[4] == "strings"
    woodblock = Track(program=115, notes=line([76, None, 76, 76] * 8))
    assert roles(Score(tracks=(woodblock,)), use_program=True) == ["perc"]


def test_a_name_speaks_when_it_may():
    vague = Track(name="Bass", notes=line([52, 55, 57, 60] * 8))
    score = replace(band(), tracks=(band().tracks[0], band().tracks[2], vague))
    assert roles(score, use_name=True)[2] == "bass"


def test_shakers_and_claps_alone_are_percussion():
    shaker = Track(is_drum=True, notes=line([70] * 64, 0.25))
    assert roles(Score(tracks=(shaker,))) == ["perc"]


def test_a_track_without_notes_has_no_role_and_disturbs_nobody():
    found = estimate_roles(replace(band(), tracks=(Track(name="title"), *band().tracks)))
    assert [guess.role for guess in found] == ["", *PARTS]
    assert found[0].confidence == 0.0
    assert all(0 < guess.confidence <= 1 for guess in found[1:])
    assert estimate_roles(Score()) == ()


def test_the_table_has_a_row_for_every_measure_and_a_column_for_every_role():
    assert list(ROLE_WEIGHTS) == list(ROLE_FEATURES)
    assert {len(row) for row in ROLE_WEIGHTS.values()} == {2 + len(ROLES_FROM_NOTES)}
    assert np.all([row[1] > 0 for row in ROLE_WEIGHTS.values()])
