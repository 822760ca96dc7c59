"""From a sketch to a song in a form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandmate.errors import BriefError
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.groovebook.sketch import arrange_sketch
from bandmate.groovebook.sketch_ending import reopened
from bandmate.groovebook.sketch_form import FormPart, parse_form
from bandmate.score.brief import Brief
from bandmate.score.model import EVENT, Marker, Score, make_notes

BAR = 1920
FORM = parse_form("intro 4, verse 8, chorus 8, bridge 8, chorus 8, outro 4")


def sketch(bars: int = 4) -> Score:
    only = ("drums", "bass", "chords", "melody", "pad")
    return play(make_plan(Brief(genre="pop", bars=bars, loop=True, meter=(4, 4), only=only), 3), 3)


def bars_of(score: Score, role: str, start: int, count: int) -> set[int]:
    notes = next(t for t in score.tracks if t.role == role).notes
    bar = (notes["onset_ticks"] + 60) // BAR
    return set(bar[(bar >= start) & (bar < start + count)].tolist())


def test_forms_are_read_and_what_is_none_is_said():
    assert parse_form("Intro 4, verse 8 bars; refrain 8") == (
        FormPart("intro", 4), FormPart("verse", 8), FormPart("chorus", 8)
    )  # fmt: skip
    for text, sentence in (
        ("", "form is empty"),
        ("verse", "'verse'"),
        ("yodel 8", "'yodel 8'"),
        ("verse 0", "bars 0"),
    ):
        with pytest.raises(BriefError, match=sentence):
            parse_form(text)


def test_the_song_has_the_form_and_the_sketchs_chords():
    source = sketch()
    song = arrange_sketch(source, FORM, "pop", 1)
    assert [(s.label, s.start_bar, s.bars) for s in song.sections][:3] == [
        ("intro", 0, 4),
        ("verse", 4, 8),
        ("chorus", 12, 8),
    ]
    assert song.score.end_ticks == 40 * BAR and song.score.last_ticks == 40 * BAR
    assert [m.text for m in song.score.markers] == [p.label for p in FORM]
    chords = next(t for t in song.score.tracks if t.role == "chords").notes
    given = next(t for t in source.tracks if t.role == "chords").notes
    for bar in range(4, 36):
        here = chords["pitch"][(chords["onset_ticks"] + 60) // BAR == bar]
        there = given["pitch"][(given["onset_ticks"] + 60) // BAR == (bar - 4) % 4]
        assert set(here.tolist()) == set(there.tolist()), f"bar {bar + 1}"


def test_a_verse_is_made_of_the_verse_and_not_of_the_intro_before_it():
    quarters = np.arange(12 * 4) * 480
    piano = replace(
        sketch().tracks[0], name="piano", role="chords", is_drum=False, program=0, events=np.empty(0, EVENT),
        notes=make_notes(quarters, 200, np.repeat((60, 64, 67), 16), 80), end_ticks=12 * BAR,
    )  # fmt: skip
    markers = tuple(Marker(bar * BAR, name) for bar, name in ((0, "Intro"), (4, "Verse 1"), (8, "Chorus")))
    song = arrange_sketch(Score((piano,), 480, markers=markers), parse_form("verse 4, chorus 4, outro 2"), "pop").score
    assert set(song.tracks[0].notes["pitch"][:16].tolist()) == {64}
    assert set(song.tracks[0].notes["pitch"][16:32].tolist()) == {67}


def test_a_note_that_is_early_belongs_to_the_bar_line_behind_it():
    piano = replace(
        sketch().tracks[0], name="piano", role="chords", is_drum=False, program=0, events=np.empty(0, EVENT),
        notes=make_notes([0, BAR - 20, 2 * BAR - 20, 3 * BAR - 20], 400, [60, 62, 64, 65], 80), end_ticks=4 * BAR,
    )  # fmt: skip
    markers = (Marker(0, "verse"), Marker(2 * BAR, "chorus"))
    song = arrange_sketch(Score((piano,), 480, markers=markers), parse_form("verse 2, chorus 2, outro 2"), "pop").score
    found = list(zip(song.tracks[0].notes["onset_ticks"].tolist(), song.tracks[0].notes["pitch"].tolist(), strict=True))
    assert found[:4] == [(0, 60), (BAR - 20, 62), (2 * BAR - 20, 64), (3 * BAR - 20, 65)]
    assert (song.tracks[0].notes["duration_ticks"] > 300).all()


def test_the_intro_waits_with_the_tune_and_the_outro_lets_it_go():
    song = arrange_sketch(sketch(), FORM, "pop", 1).score
    assert not bars_of(song, "melody", 0, 4)
    assert bars_of(song, "drums", 0, 4) == {2, 3}
    assert len(bars_of(song, "melody", 12, 8)) >= 6 and len(bars_of(song, "pad", 12, 8)) == 8
    assert not bars_of(song, "pad", 4, 8)
    assert bars_of(song, "melody", 36, 3) <= {36, 37}


def test_sections_meet_with_fills_and_crashes_and_the_bridge_builds_up():
    song = arrange_sketch(sketch(), FORM, "pop", 1).score
    drums = next(t for t in song.tracks if t.role == "drums").notes
    for bar in (4, 12, 28):
        assert 49 in drums["pitch"][np.abs(drums["onset_ticks"] - bar * BAR) < 60]
    roll = drums[(drums["onset_ticks"] >= 26 * BAR) & (drums["onset_ticks"] < 28 * BAR) & (drums["pitch"] == 38)]
    assert len(roll) >= 20
    assert roll["velocity"][-4:].mean() > roll["velocity"][:4].mean() + 20


def test_the_last_bar_holds_the_tonic():
    song = arrange_sketch(sketch(), FORM, "pop", 1).score
    for track in song.tracks:
        last = track.notes[track.notes["onset_ticks"] >= 39 * BAR]
        assert len(last) and (last["onset_ticks"] == 39 * BAR).all(), track.role
        if not track.is_drum:
            assert (last["duration_ticks"] > BAR * 0.9).all()


def test_what_comes_back_is_turned_a_little_and_the_seed_says_how():
    one, two = (
        arrange_sketch(sketch(), parse_form("verse 8, chorus 8, verse 8, chorus 8"), "pop", seed) for seed in (1, 2)
    )
    same = arrange_sketch(sketch(), parse_form("verse 8, chorus 8, verse 8, chorus 8"), "pop", 1)
    tunes = [next(t for t in s.score.tracks if t.role == "melody").notes for s in (one, two, same)]
    assert np.array_equal(tunes[0], tunes[2]) and not np.array_equal(tunes[0], tunes[1])
    first = tunes[0]["pitch"][tunes[0]["onset_ticks"] < 8 * BAR]
    again = tunes[0]["pitch"][(tunes[0]["onset_ticks"] >= 16 * BAR) & (tunes[0]["onset_ticks"] < 24 * BAR)]
    assert first.tolist() != again.tolist()


def test_no_note_hangs_and_no_pedal_stays_down():
    source = sketch()
    pedal = np.array([(100, 5, 0xB0, 1, 64, 127, -1)], EVENT)
    tracks = tuple(
        replace(t, events=np.concatenate([t.events, pedal])) if t.role == "chords" else t for t in source.tracks
    )
    song = arrange_sketch(replace(source, tracks=tracks), FORM, "pop", 1).score
    events = next(t for t in song.tracks if t.role == "chords").events
    pedals = events[(events["status"] == 0xB0) & (events["data1"] == 64)]
    assert pedals["data2"][-1] == 0 and (pedals["data2"] == 127).sum() >= 9
    for track in song.tracks:
        notes = track.notes
        for pitch in set(notes["pitch"].tolist()):
            same = notes[notes["pitch"] == pitch]
            assert (same["onset_ticks"][:-1] + same["duration_ticks"][:-1] <= same["onset_ticks"][1:]).all()


def test_a_sketch_of_one_track_still_fills_every_section():
    alone = sketch()
    alone = replace(alone, tracks=tuple(t for t in alone.tracks if t.role == "melody"))
    song = arrange_sketch(alone, FORM, "pop", 1).score
    assert bars_of(song, "melody", 0, 40) >= {0, 13, 20, 39}


def closed(bars: int = 8) -> Score:
    """A sketch that ends on a held bar, as a take that is no loop does."""
    open_ended = sketch(bars)
    start = (bars - 1) * BAR
    tracks = []
    for track in open_ended.tracks:
        notes = track.notes[track.notes["onset_ticks"] < start - 60]
        pitches = {"drums": [36, 49], "bass": [36]}.get(track.role, [60, 64, 67] if track.role == "chords" else [72])
        last = make_notes([start] * len(pitches), BAR - 40, pitches, 100, channel=track.channel)
        tracks.append(replace(track, notes=np.concatenate([notes, last])))
    return replace(open_ended, tracks=tuple(tracks))


def test_where_the_song_goes_on_the_sketchs_ending_does_not_sound():
    source = closed()
    song = arrange_sketch(source, parse_form("verse 8, chorus 8"), "pop", 1).score
    chords = next(t for t in song.tracks if t.role == "chords").notes
    bar = (chords["onset_ticks"].astype(int) + 60) // BAR
    held = chords["duration_ticks"] >= 0.9 * BAR
    assert not held[bar == 7].any() and (bar == 7).sum() == (bar == 3).sum()
    assert held[bar == 15].any()  # the song itself still comes to its end


def test_a_sketch_without_an_ending_or_of_long_notes_throughout_is_left_as_it_is():
    for source in (sketch(8), closed(4)):
        assert reopened(source) is source
    tracks = [replace(track, notes=track.notes[:0]) for track in sketch(8).tracks]
    pad = make_notes(np.arange(8) * BAR, BAR, 60, 80)
    held = replace(sketch(8), tracks=(*tracks[:-1], replace(tracks[-1], notes=pad)))
    assert reopened(held) is held
