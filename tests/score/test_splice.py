"""Splice: what is not asked comes back event for event, from memory and from a file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandmate.errors import BriefError, ScoreError
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.score.model import NOTE, Score, Track, make_notes
from bandmate.score.selection import Selection
from bandmate.score.splice import added, extended, music_bars, splice
from bandmate.score.timeline import bar_grid
from bandmate.score.untouched import untouched

BAR = 1920


def rows(notes) -> list[tuple[int, int, int]]:
    return notes[["onset_ticks", "duration_ticks", "pitch"]].tolist()


def line(*notes: tuple[int, int, int]) -> Score:
    onset, duration, pitch = zip(*notes, strict=True)
    return Score((Track("bass", 33, False, make_notes(onset, duration, pitch)),), end_ticks=4 * BAR)


def put(score: Score, *notes: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """New notes into bars 2-3, and what the track holds then."""
    onset, duration, pitch = zip(*notes, strict=True) if notes else ((), (), ())
    made = make_notes(np.array(onset, int), np.array(duration, int), np.array(pitch, int))
    return rows(splice(score, Selection((0,), 1, 2), {0: made}).tracks[0].notes)


class TestNotes:
    def test_asked_bars_are_replaced_and_the_rest_stays(self):
        score = line((0, 480, 40), (BAR, 480, 41), (2 * BAR, 480, 43), (3 * BAR, 480, 45))
        assert put(score, (BAR + 240, 100, 50)) == [(0, 480, 40), (BAR + 240, 100, 50), (3 * BAR, 480, 45)]

    def test_a_track_without_new_notes_falls_silent(self):
        assert put(line((0, 480, 40), (BAR, 480, 41))) == [(0, 480, 40)]

    def test_a_note_that_begins_before_stays_whole(self):
        assert put(line((0, 2 * BAR, 40)), (BAR, 480, 52)) == [(0, 2 * BAR, 40), (BAR, 480, 52)]

    def test_a_new_note_ends_at_the_border(self):
        assert put(line((0, 480, 40)), (3 * BAR - 480, 4000, 52))[-1] == (3 * BAR - 480, 480, 52)

    def test_where_the_track_rang_on_over_the_border_a_new_note_may(self):
        score = line((0, 480, 40), (3 * BAR - 480, 1000, 41))
        assert put(score, (3 * BAR - 960, 4000, 52))[-1] == (3 * BAR - 960, 1480, 52)

    def test_a_new_note_ends_where_its_key_is_struck_again(self):
        score = line((0, 480, 40), (3 * BAR - 480, 1000, 41), (3 * BAR, 480, 52))
        assert (3 * BAR - 960, 960, 52) in put(score, (3 * BAR - 960, 4000, 52))
        assert put(line((0, 480, 40)), (BAR, 900, 52), (BAR + 480, 400, 52))[1] == (BAR, 480, 52)

    def test_a_new_note_waits_for_an_old_one_of_its_key_or_is_left_out(self):
        score = line((0, BAR + 200, 40))
        assert put(score, (BAR, 480, 40)) == [(0, BAR + 200, 40), (BAR + 200, 280, 40)]
        assert put(score, (BAR, 240, 40)) == [(0, BAR + 200, 40)]

    def test_two_new_notes_at_one_place_are_one(self):
        assert len(put(line((0, 480, 40)), (BAR, 480, 52), (BAR, 240, 52))) == 2

    def test_new_notes_outside_the_asked_bars_are_a_mistake(self):
        with pytest.raises(ScoreError, match="begins at tick 5760, outside the asked ticks 1920 to 5760"):
            put(line((0, 480, 40)), (3 * BAR, 480, 52))
        with pytest.raises(ScoreError, match="track 2, which is not among the asked"):
            splice(line((0, 480, 40)), Selection((0,), 1, 2), {1: np.empty(0, NOTE)})


def wild_file(seed: int, tracks: int = 4, bars: int = 8) -> bytes:
    """A MIDI file with all that a musician's file may hold, and much that it should not."""
    dice = np.random.default_rng(seed)
    parts = []
    for index in range(tracks):
        events = [(0, b"\xff\x03\x02T" + bytes((65 + index,))), (0, bytes((0xC0 | index, 10 * index)))]
        for _ in range(int(dice.integers(40, 120))):
            # Few ticks and few keys, so that much stands at one place and notes of one key lie over each other.
            at, key = int(dice.integers(0, bars * 16)) * 120, int(dice.integers(40, 46))
            long = int(dice.integers(0, 20)) * 120
            events.append((at, bytes((0x90 | index, key, int(dice.integers(1, 128))))))
            end = bytes((0x90 | index, key, 0)) if dice.random() < 0.3 else bytes((0x80 | index, key, 33))
            events += [(at + long, end)] * int(dice.random() < 0.95)  # some notes never end
        for _ in range(60):
            at, kind = int(dice.integers(0, bars * 16)) * 120, int(dice.integers(0, 7))
            value = int(dice.integers(0, 128))
            events.append((at, [
                bytes((0xB0 | index, 64, value)), bytes((0xB0 | index, 1, value)), bytes((0xE0 | index, value, 64)),
                bytes((0xD0 | index, value)), b"\xf0\x03\x7e" + bytes((value,)) + b"\xf7", b"\xff\x05\x02la",
                b"\xff\x06\x01" + bytes((65 + value % 26,)) if index == 0 else bytes((0xA0 | index, 41, value)),
            ][kind]))  # fmt: skip
        if index == 0:
            events += [(int(dice.integers(0, bars)) * BAR, b"\xff\x51\x03\x07\xa1" + bytes((i,))) for i in range(5)]
        events.sort(key=lambda event: event[0])
        body, last = bytearray(), 0
        for at, message in events:
            wait = at - last
            body += (bytes((0x80 | wait >> 7,)) if wait > 127 else b"") + bytes((wait & 127,)) + message
            last = at
        parts.append(b"MTrk" + len(body + b"\0\xff\x2f\0").to_bytes(4) + bytes(body) + b"\0\xff\x2f\0")
    return b"MThd\0\0\0\6\0\1" + tracks.to_bytes(2) + b"\x01\xe0" + b"".join(parts)


def wild_notes(dice: np.random.Generator, span: tuple[int, int]) -> np.ndarray:
    count = int(dice.integers(0, 30))
    onset = dice.integers(span[0] // 60, span[1] // 60, count) * 60
    return make_notes(onset, dice.integers(0, 4000, count), dice.integers(40, 46, count), dice.integers(1, 127, count))


class TestUntouched:
    @pytest.mark.parametrize("seed", range(50))
    def test_fifty_edits_change_nothing_outside_the_asked_cells(self, seed):
        dice = np.random.default_rng(seed)
        before = parse_midi(wild_file(seed))
        bars = len(bar_grid(before))
        first = int(dice.integers(0, bars))
        last = int(dice.integers(first, bars))
        chosen = tuple(np.flatnonzero(dice.random(4) < 0.5).tolist()) or (1,)
        selection = Selection(chosen, first, last)
        span = selection.span(before)
        edited = splice(before, selection, {index: wild_notes(dice, span) for index in chosen})
        assert untouched(before, edited, selection) == []
        assert untouched(before, parse_midi(midi_bytes(edited)), selection) == []

    def test_new_notes_are_read_back_as_they_were_put(self):
        dice = np.random.default_rng(3)
        before = parse_midi(wild_file(3))
        selection = Selection((1, 2), 2, 5)
        edited = splice(before, selection, {index: wild_notes(dice, selection.span(before)) for index in (1, 2)})
        again = parse_midi(midi_bytes(edited))
        for old, new in zip(edited.tracks, again.tracks, strict=True):
            ended = old.notes[old.notes["off_order"] != -2]
            assert sorted(rows(ended)) == sorted(rows(new.notes[new.notes["off_order"] != -2]))

    def test_a_piece_is_untouched_by_nothing(self):
        score = parse_midi(wild_file(1))
        assert untouched(score, parse_midi(midi_bytes(score))) == []

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("velocity", 99, "where a note"), ("off_velocity", 99, "where a note end"), ("pitch", 99, "where a note"),
            ("duration_ticks", 7, "tick"), ("channel", 7, "where a note"),
        ],
    )  # fmt: skip
    def test_one_changed_note_is_found(self, field, value, message):
        score = parse_midi(wild_file(2))
        notes = score.tracks[1].notes.copy()
        notes[field][3] = value
        other = replace(score, tracks=(score.tracks[0], score.tracks[1].with_notes(notes), *score.tracks[2:]))
        found = untouched(score, other)
        assert len(found) == 1
        assert found[0].startswith("TB: ") and message in found[0]

    def test_one_changed_event_order_or_tempo_is_found(self):
        score = parse_midi(wild_file(2))
        events = score.tracks[1].events.copy()
        events["data2"][5] ^= 1
        changed = replace(score.tracks[1], events=events)
        assert untouched(score, replace(score, tracks=(score.tracks[0], changed, *score.tracks[2:])))
        assert untouched(score, replace(score, tracks=(score.tracks[0], replace(score.tracks[1], events=events[1:]))))
        tempos = score.tempos.copy()
        tempos["us_per_quarter"][1] += 1
        assert untouched(score, replace(score, tempos=tempos))
        assert untouched(score, replace(score, markers=score.markers[1:]))
        assert untouched(score, replace(score, ticks_per_quarter=96))

    def test_asked_cells_may_differ_others_not(self):
        score = line((0, 480, 40), (BAR, 480, 41), (3 * BAR, 480, 45))
        edited = splice(score, Selection((0,), 1, 1), {})
        assert untouched(score, edited, Selection((0,), 1, 1)) == []
        assert untouched(score, edited, Selection((0,), 2, 2)) != []


class TestMore:
    def test_bars_behind_the_last(self):
        score = parse_midi(wild_file(4))
        longer = extended(score, 4)
        assert len(bar_grid(longer)) == music_bars(score) + 4
        start, _ = Selection((1,), music_bars(score), music_bars(score) + 3).span(longer)
        edited = splice(longer, Selection((1,), music_bars(score), music_bars(score) + 3),
                        {1: make_notes([start], [480], [60])})  # fmt: skip
        again = parse_midi(midi_bytes(edited))
        assert untouched(score, again, behind=start) == []
        assert untouched(score, again, behind=start + 1) != []

    def test_a_ring_over_the_last_bar_line_is_no_bar(self):
        score = replace(line((0, BAR + 20, 40)), end_ticks=0)
        assert music_bars(score) == 1
        assert len(bar_grid(extended(score, 2))) == 3

    def test_no_bars_to_add_is_refused(self):
        with pytest.raises(BriefError, match="bars 0 is out of range"):
            extended(line((0, 480, 40)), 0)

    def test_new_tracks_come_behind_on_channels_of_their_own(self):
        before = parse_midi(wild_file(5))
        new = [Track("pad", 89, False, make_notes([0, 0], [480, 960], [60, 60]), role="pad"),
               Track("kit", 0, True, make_notes([0], [100], [36]), role="drums")]  # fmt: skip
        after, places = added(before, new)
        assert places == (4, 5)
        again = parse_midi(midi_bytes(after))
        assert untouched(before, again) == []
        assert [int(t.notes["channel"][0]) for t in again.tracks[4:]] == [4, 9]
        assert again.tracks[4].program == 89
        assert len(again.tracks[4].notes) == 1

    def test_without_a_free_channel_it_says_so(self):
        tracks = tuple(Track(f"t{c}", 0, c == 9, make_notes([0], [480], [60], channel=c)) for c in range(16))
        with pytest.raises(ScoreError, match="no MIDI channel is free for pad"):
            added(Score(tracks), [Track("pad", 89, False, make_notes([0], [480], [60]))])
