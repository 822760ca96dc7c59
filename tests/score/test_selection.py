"""Selections: cells in words, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandmate.errors import ScoreError
from bandmate.score.model import EVENT, METER, Score, Track, make_notes
from bandmate.score.selection import Selection, select, track_words
from bandmate.score.timeline import bar_grid, meter_runs

BAR = 1920


def track(name: str, role: str = "", *, channel: int = 0, is_drum: bool = False) -> Track:
    onset = np.arange(8) * BAR
    return Track(name, 0, is_drum, make_notes(onset, 480, 60, channel=9 if is_drum else channel), role=role)


def band() -> Score:
    return Score(
        (
            Track("conductor"), track("Kit", "drums", is_drum=True), track("Slap Bass", "bass", channel=1),
            track("Rhodes", "chords", channel=2), track("Strings", "chords", channel=3),
        ),
        end_ticks=8 * BAR,
    )  # fmt: skip


class TestTracks:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("bass", (2,)), ("slap bass", (2,)), ("slap", (2,)), ("3", (2,)), ("chords", (3, 4)),
            ("drums,rhodes", (1, 3)), (" 2 , bass ", (1, 2)), (None, (1, 2, 3, 4)),
        ],
    )  # fmt: skip
    def test_names_roles_and_numbers(self, words, found):
        assert select(band(), words).tracks == found

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ("rodes", "did you mean 'Rhodes'"),
            ("melody", "no track plays melody; the piece has 2 Kit (drums), 3 Slap Bass (bass)"),
            ("9", "track 9 is not in the piece; it has 2 Kit"),
            ("0", "track 0 is not in the piece"),
            (" , ", "name no track"),
        ],
    )
    def test_what_is_not_there(self, words, message):
        with pytest.raises(ScoreError, match=message.replace("(", r"\(").replace(")", r"\)")):
            select(band(), words)

    def test_a_nameless_track_of_tempo_and_meter_is_no_part(self):
        nameless = replace(band(), tracks=(Track(""), *band().tracks[1:]))
        with pytest.raises(ScoreError, match="track 1 holds tempo and meter, and no part; the piece has 2 Kit"):
            select(nameless, "1")

    def test_a_name_of_two_lines_is_told_on_one(self):
        sung = replace(band(), tracks=(*band().tracks[:1], track("Chant\nVoice")))
        assert track_words(sung, 1) == "Chant Voice"
        with pytest.raises(ScoreError, match="it has 2 Chant Voice$"):
            select(sung, "9")

    def test_two_tracks_of_one_name_say_their_numbers(self):
        score = band()
        score = replace(score, tracks=(*score.tracks, track("Rhodes", channel=4)))
        with pytest.raises(ScoreError, match="2 tracks are called 'rhodes'; say which by number: 4 or 6"):
            select(score, "rhodes")
        assert select(score, "6").tracks == (5,)

    def test_a_conductor_track_that_carries_a_part_s_name_is_passed_over(self):
        score = band()
        score = replace(score, tracks=(replace(score.tracks[0], name="Kit"), *score.tracks[1:]))
        assert select(score, "Kit").tracks == (1,)

    def test_a_band_in_one_track_is_sent_to_be_split(self):
        rows = [(0, i, 0xC0, i, program, 0, -1) for i, program in enumerate((0, 33, 48))]
        notes = make_notes([0, 10, 20], 100, 60, channel=[0, 1, 2])
        with pytest.raises(ScoreError, match="track 1 holds 3 instruments.*--split-channels"):
            select(Score((Track("all", 0, False, notes, np.array(rows, EVENT)),)))

    def test_one_instrument_on_two_channels_is_one_part(self):
        notes = make_notes([0, 10], 100, 60, channel=[0, 1])
        assert select(Score((Track("piano", 0, False, notes),))).tracks == (0,)

    def test_a_piece_without_notes(self):
        with pytest.raises(ScoreError, match="no notes"):
            select(Score((Track("x"),)))


class TestBars:
    def test_bars_count_from_one_and_end_with_the_last(self):
        chosen = select(band(), "bass", "5-8")
        assert (chosen.first_bar, chosen.last_bar, chosen.bars) == (4, 7, 4)
        assert chosen.span(band()) == (4 * BAR, 8 * BAR)
        assert chosen.words(band()) == "Slap Bass, bars 5-8"
        assert select(band(), "bass", "3").words(band()) == "Slap Bass, bar 3"

    @pytest.mark.parametrize("bars", ["0-3", "7-9", "5-4", "99"])
    def test_bars_outside_the_piece(self, bars):
        with pytest.raises(ScoreError, match="(is|are) not in the piece; give two numbers from 1 to 8"):
            select(band(), "bass", bars)

    @pytest.mark.parametrize("bars", ["all", "", "1-2-3", "-4", "1,2"])
    def test_bars_that_are_no_bars(self, bars):
        with pytest.raises(ScoreError, match="are not understood; write them like 1-8"):
            select(band(), "bass", bars)

    def test_the_meter_may_change_before_and_in_the_bars(self):
        meters = np.array([(0, 4, 4, 0, -1, 24, 8), (4 * BAR, 3, 4, 0, -1, 24, 8)], METER)
        score = replace(band(), meters=meters)
        assert select(score, "bass", "1-4").span(score) == (0, 4 * BAR)
        assert select(score, "bass", "5-6").span(score) == (4 * BAR, 4 * BAR + 2 * 1440)
        assert select(score, "bass", "4-6").span(score) == (3 * BAR, 4 * BAR + 2 * 1440)
        assert meter_runs(bar_grid(score)[3:6], 480) == [(0, 0), (1, 2)]

    def test_a_bar_that_a_meter_cuts_short_ends_its_stretch(self):
        meters = np.array([(0, 4, 4, 0, -1, 24, 8), (4 * BAR + 960, 4, 4, 0, -1, 24, 8)], METER)
        assert meter_runs(bar_grid(replace(band(), meters=meters))[:7], 480) == [(0, 4), (5, 6)]

    def test_the_mask_is_the_rectangle(self):
        mask = Selection((1, 3), 2, 4).mask(5, 8)
        assert mask.sum() == 6
        assert mask[1, 2:5].all() and mask[3, 2:5].all()
