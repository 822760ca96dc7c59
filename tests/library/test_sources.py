from dataclasses import replace

import pytest

from bandmate.errors import LibraryError
from bandmate.library.sources.base import prepare
from bandmate.score.model import Score, Track, make_meters, make_notes


def song(meter=(4, 4)):
    notes = make_notes([960, 1440, 2880], 100, [60, 62, 64])
    tracks = tuple(Track(name, notes=notes) for name in ("MELODY", "BRIDGE", "PIANO", "CHORDS"))
    return Score(tracks, meters=make_meters(*meter))


@pytest.mark.parametrize(("offset", "first"), [(0, 960), (2, 1920), (1, 960 + 3 * 480), (3, 960 + 480)])
def test_pop909_starts_on_its_downbeat(offset, first):
    score = prepare(song(), "pop909", {"downbeat_offset_beats_est": offset})
    assert [track.role for track in score.tracks] == ["melody", "lead", "chords"]
    assert score.tracks[0].notes["onset_ticks"][0] == first
    downbeat = offset * 480 + first - 960
    assert downbeat % 1920 == 0


def test_pop909_in_three_eight_counts_eighths():
    score = prepare(song((3, 8)), "pop909", {"downbeat_offset_beats_est": 1})
    assert score.tracks[0].notes["onset_ticks"][0] == 960 + 2 * 240


def test_pop909_without_a_known_downbeat_is_left_out():
    with pytest.raises(LibraryError, match="unknown"):
        prepare(song(), "pop909", {})


def test_a_plain_source_changes_nothing():
    score = song()
    assert prepare(score, "", {"downbeat_offset_beats_est": 2}) is score
    assert prepare(replace(score, title="x"), "folder", {}).title == "x"
