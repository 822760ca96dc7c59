"""Sections."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.music import Q, band, beat, comping, line

from bandmate.analysis.sections import find_sections, novelty
from bandmate.score.model import Score, Track, make_meters, make_notes

VERSE, CHORUS = "Am F C G Am F C G", "F G C Em F G Dm Am"


def song(*parts: str) -> Score:
    """Eight bars a part: v = verse, c = chorus with drums and a busier tune, d = drums alone."""
    chords, tunes, drums = [], [], []
    for index, part in enumerate(parts):
        at = index * 8 * 4 * Q
        if part == "v":
            chords.append(shifted(comping(VERSE), at))
            tunes.append(shifted(line([69, None, 72, None] * 8), at))
        if part == "c":
            chords.append(shifted(comping(CHORUS, strokes=4), at))
            tunes.append(shifted(line([77, 76, 74, 72] * 16, 0.5, velocity=110), at))
        if part in "cd":
            drums.append(shifted(beat(8), at))
    tracks = (Track(notes=together(chords)), Track(notes=together(tunes)), Track(is_drum=True, notes=together(drums)))
    return Score(tracks=tracks, meters=make_meters(), end_ticks=len(parts) * 32 * Q)


def shifted(notes, ticks):
    moved = notes.copy()
    moved["onset_ticks"] += ticks
    return moved


def together(parts):
    return np.concatenate(parts) if parts else make_notes([], [], [])


def test_verse_and_chorus_are_found_lettered_and_named():
    found = find_sections(song("v", "c", "v", "c"))
    assert [(s.start_bar, s.bars, s.label, s.name) for s in found] == [
        (0, 8, "A", "verse"), (8, 8, "B", "chorus"), (16, 8, "A", "verse"), (24, 8, "B", "chorus"),
    ]  # fmt: skip
    assert found[1].energy > found[0].energy
    assert found[1].energy == 5


def test_drums_alone_before_the_song_are_an_intro():
    found = find_sections(song("d", "v", "c", "v", "c"))
    assert (found[0].start_bar, found[0].bars, found[0].name) == (0, 8, "intro")
    assert found[0].roles_playing == pytest.approx(1 / 3, abs=0.01)


def test_a_dropped_out_band_makes_a_variation_of_the_same_letter():
    whole = song("c", "c")
    drums = whole.tracks[2]
    thinner = replace(drums, notes=drums.notes[drums.notes["onset_ticks"] < 32 * Q])
    found = find_sections(replace(whole, tracks=(*whole.tracks[:2], thinner)))
    assert [s.label for s in found] == ["A", "A'"]
    assert [s.bars for s in found] == [8, 8]


def test_one_loop_is_one_section():
    assert [(s.label, s.bars) for s in find_sections(band("C Am F G C Am F G"))] == [("A", 8)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("vcd"), min_size=1, max_size=6), st.integers(0, 6))
def test_sections_cover_every_bar_once_in_order(parts, extra_bars):
    score = replace(song(*parts), end_ticks=(len(parts) * 8 + extra_bars) * 4 * Q)
    found = find_sections(score)
    assert found[0].start_bar == 0
    assert [s.start_bar + s.bars for s in found] == [*(s.start_bar for s in found[1:]), len(parts) * 8 + extra_bars]
    assert all(s.bars >= 1 and 1 <= s.energy <= 5 and s.label for s in found)


def test_silence_is_one_quiet_section():
    (only,) = find_sections(Score(end_ticks=16 * Q))
    assert (only.bars, only.energy, only.roles_playing) == (4, 1, 0.0)


def test_novelty_is_highest_where_the_bars_change():
    rows = np.repeat(np.eye(2), 8, axis=0)
    assert novelty(rows).argmax() == 8
    assert novelty(np.ones((16, 3))) == pytest.approx(np.zeros(16))
