"""Every line of the card on small scores, with the number it must give."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluation.music import BAR, alone, band, drums, noise

from bandmate.evaluation.card import ALL_LINES, CARD, MUSPY, NAMES, measure, measure_piece
from bandmate.evaluation.excerpt import Excerpt, bar_likeness, excerpt_of, windows
from bandmate.evaluation.frames import frame_of
from bandmate.score.cut import trim
from bandmate.score.model import Score, Track, make_meters, make_notes
from bandmate.score.warp import resample


def lines_of(score: Score) -> dict[str, float]:
    return dict(zip(NAMES, measure(excerpt_of(score)), strict=True))


@pytest.fixture(scope="module")
def tidy() -> dict[str, float]:
    """The band that plays four bars four times, fills left out."""
    return lines_of(band())


def test_the_card_has_each_line_once_with_words_and_a_range() -> None:
    assert len(set(NAMES)) == len(ALL_LINES)
    for line in ALL_LINES:
        assert line.low < line.high
        assert line.words.endswith("."), line.name


def test_entropy_of_one_pitch_is_nought_and_of_twelve_all_of_it() -> None:
    assert lines_of(alone([60] * 16))["pitch_class_entropy"] == 0
    assert lines_of(alone([60 + k % 12 for k in range(24)]))["pitch_class_entropy"] == pytest.approx(math.log2(12))


def test_a_scale_is_found_and_a_chromatic_run_is_seven_twelfths_in_it() -> None:
    assert lines_of(alone([60, 62, 64, 65, 67, 69, 71, 72]))["scale_consistency"] == 100
    assert lines_of(alone([60 + k for k in range(12)]))["scale_consistency"] == pytest.approx(100 * 7 / 12)


def test_intervals_of_a_tune() -> None:
    found = lines_of(alone([60, 60, 62, 64, 64, 71, 72, 60, 60]))
    assert found["melody_repeats"] == 3 / 8
    assert found["melody_steps"] == 3 / 8
    assert found["melody_leaps"] == 2 / 8
    assert found["melody_interval"] == (2 + 2 + 7 + 1 + 12) / 8
    assert found["melody_range"] == 12


def test_identical_bars_have_one_groove_and_repeat(tidy: dict[str, float]) -> None:
    assert tidy["groove_consistency"] == 100
    assert tidy["drum_likeness_1"] == tidy["drum_stability"] == 1
    assert tidy["likeness_4"] == tidy["likeness_8"] == tidy["melody_likeness_4"] == 1
    assert tidy["likeness_1"] < 1
    assert tidy["repeated_bars"] == 13 / 15  # C comes again as the fourth bar, and then everything
    assert tidy["fills_4"] == tidy["fills_8"] == 0


def test_groove_as_muspy_counts_it_loses_a_bar_that_is_not_there(tidy: dict[str, float]) -> None:
    onsets = 8  # places struck in a bar of 48
    assert tidy["muspy_groove"] == pytest.approx(100 * (1 - onsets / 48 / 16))
    assert tidy["muspy_entropy"] == tidy["pitch_class_entropy"]
    assert tidy["muspy_scale"] == tidy["scale_consistency"] == 100


def test_bars_follow_the_meter() -> None:
    waltz = make_notes(np.arange(48) * 480, 240, np.tile([36, 42, 42], 16), channel=9)
    score = Score((Track("", 0, True, waltz),), meters=make_meters(3, 4), end_ticks=16 * 3 * 480)
    assert lines_of(score)["groove_consistency"] == 100
    assert lines_of(score)["drum_likeness_1"] == 1
    assert lines_of(score)["backbeat"] != lines_of(score)["backbeat"]  # there is none outside 4/4


def test_harmony_of_three_chords(tidy: dict[str, float]) -> None:
    assert (tidy["chord_tones_strong"], tidy["chord_tones_weak"]) == (1, 0.5)
    assert tidy["bass_on_root"] == 1
    assert tidy["diatonic_chords"] == tidy["functional_progressions"] == 1
    assert tidy["harmonic_rhythm"] == 12 / 16  # C C over each four-bar line is no change
    assert tidy["authentic_cadences"] == 4 / 12
    assert tidy["plagal_cadences"] == 0
    assert tidy["half_cadences"] == 0
    assert tidy["common_tones"] == pytest.approx((4 * (1 / 3) + 4 * 0 + 4 * (1 / 3)) / 12)


def test_a_bass_on_thirds_misses_the_root() -> None:
    score = band()
    notes = score.tracks[1].notes.copy()
    notes["pitch"] += 4
    assert (
        lines_of(replace(score, tracks=(*score.tracks[:1], Track("", 33, notes=notes), *score.tracks[2:])))[
            "bass_on_root"
        ]
        < 0.5
    )


def test_parallels_between_tune_and_bass() -> None:
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12] * 2)
    at = np.arange(16) * 480
    low = Track("", 43, notes=make_notes(at, 480, 40 + scale))
    for steps, octaves, fifths in ((24, 1.0, 0.0), (31, 0.0, 1.0)):
        high = Track("", 73, notes=make_notes(at, 480, 40 + steps + scale))
        found = lines_of(Score((high, low), end_ticks=16 * 480))
        assert (found["parallel_octaves"], found["parallel_fifths"]) == (octaves, fifths)


def test_drums_of_a_rock_beat(tidy: dict[str, float]) -> None:
    assert (tidy["kicks"], tidy["snares"], tidy["hats"], tidy["drum_notes"]) == (2, 2, 8, 12)
    assert tidy["backbeat"] == tidy["downbeat_kicks"] == tidy["kick_and_bass"] == 1
    assert tidy["tom_share"] == 0


def test_a_bass_between_the_kicks_does_not_meet_them() -> None:
    score = band()
    notes = score.tracks[1].notes.copy()
    notes["onset_ticks"] += 240
    between = replace(score, tracks=(*score.tracks[:1], Track("", 33, notes=notes), *score.tracks[2:]))
    assert lines_of(between)["kick_and_bass"] == 0


@pytest.mark.parametrize("every", [4, 8])
def test_fills_are_found_where_they_are(every: int) -> None:
    found = lines_of(band(fill_every=every))
    assert found[f"fills_{every}"] == pytest.approx(1 - 12 / 16)
    assert found["drum_stability"] == pytest.approx(1 - (16 / every) * (1 - 12 / 16) / 16)


def test_rests_and_phrases_of_the_tune(tidy: dict[str, float]) -> None:
    assert tidy["melody_rests"] == 0.25
    assert tidy["phrase_length"] == 0.75
    assert tidy["syncopation"] == 0


def test_touch_of_a_machine(tidy: dict[str, float]) -> None:
    for name in ("drum_velocity_spread", "track_velocity_spread", "timing_spread"):
        assert tidy[name] == 0
    assert tidy["on_grid"] == 1


def test_timing_is_told_in_milliseconds() -> None:
    onset = np.arange(64) * 480 + np.where(np.arange(64) % 2, 12, -12) + 12  # at 120 BPM a tick is 25/24 ms
    score = Score((Track("", 0, notes=make_notes(onset, 240, 60)),), end_ticks=16 * BAR)
    assert lines_of(score)["timing_spread"] == pytest.approx(12 * 25 / 24)


def test_texture_of_the_band(tidy: dict[str, float]) -> None:
    assert (tidy["bass_notes"], tidy["chord_notes"], tidy["melody_notes"]) == (2, 3, 4)
    assert tidy["tracks_sounding"] == 1
    assert [tidy[name] for name in ("entrances", "density_slope", "density_range")] == pytest.approx([0, 0, 0])
    assert tidy["polyphony"] == pytest.approx(3 + 0.5 + 0.75)


def test_a_piece_that_closes() -> None:
    score = band()
    closing = replace(score, tracks=tuple(
        replace(t, notes=t.notes[t.notes["onset_ticks"] <= 15 * BAR]) for t in score.tracks))  # fmt: skip
    found = lines_of(closing)
    assert found["ends_on_tonic"] == 1
    assert found["last_note_length"] == 4
    assert found["last_bar_density"] == pytest.approx((2 + 1 + 3 + 1) / 21)
    assert math.isnan(dict(zip(NAMES, measure(Excerpt(closing, is_end=False)), strict=True))["ends_on_tonic"])


def test_the_end_of_a_long_piece_is_measured_on_its_last_bars() -> None:
    rows = measure_piece(band(20))
    assert len(rows) == 1
    assert rows[0, NAMES.index("ends_on_tonic")] == 1
    assert rows[0, NAMES.index("last_bar_density")] == 1


def test_windows_are_whole_of_one_meter_and_say_something() -> None:
    assert [w.is_end for w in windows(band(32))] == [False, True]
    assert not list(windows(band(8)))
    assert [w.bar_count for w in windows(band(8), strict=False)] == [8]
    assert not list(windows(alone([60] * 63)))
    changing = replace(band(16), meters=np.concatenate([make_meters(), make_meters(3, 4, 8 * BAR)]))
    assert not list(windows(changing))


def test_a_downbeat_played_early_belongs_to_its_bar() -> None:
    score = band(32)
    notes = score.tracks[0].notes.copy()
    notes["onset_ticks"][notes["onset_ticks"] > 0] -= 20
    late = replace(score, tracks=(replace(score.tracks[0], notes=notes), *score.tracks[1:]))
    first, second = windows(late)
    assert len(second.drums) == len(first.drums) == 16 * 12
    assert dict(zip(NAMES, measure(first), strict=True))["drum_stability"] == 1


def test_resolution_does_not_matter(tidy: dict[str, float]) -> None:
    other = lines_of(resample(band(), 96))
    assert other == pytest.approx(tidy, nan_ok=True)


def test_names_and_programs_do_not_matter(tidy: dict[str, float]) -> None:
    score = band()
    plain = replace(score, tracks=tuple(replace(t, name="x", program=0, role="arp") for t in score.tracks))
    assert lines_of(plain) == pytest.approx(tidy, nan_ok=True)


def test_drums_alone_leave_pitch_open() -> None:
    found = lines_of(Score((drums(),), end_ticks=16 * BAR))
    assert math.isnan(found["pitch_class_entropy"]) and math.isnan(found["bass_on_root"])
    assert found["drum_stability"] == 1


def test_likeness_of_bars() -> None:
    found = excerpt_of(band(4))
    likeness = bar_likeness(found.drums, 4)
    assert np.allclose(likeness, 1)
    assert np.allclose(found.likeness, found.likeness.T)


def test_a_frame_says_what_sounds() -> None:
    frame = frame_of(excerpt_of(trim(band(20), 1, 16)))
    assert (frame.bars, frame.meter, frame.tempo) == (16, (4, 4), 120.0)
    assert [(t.program, t.is_drum, t.role) for t in frame.tracks] == [
        (0, True, "drums"), (33, False, "bass"), (0, False, "pad"), (73, False, "melody"),
    ]  # fmt: skip


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    tracks=st.integers(1, 5),
    notes=st.sampled_from([0, 1, 2, 9, 60]),
    meter=st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8), (2, 2), (15, 16), (1, 4)]),
    ticks=st.sampled_from([24, 96, 480, 960]),
)
def test_every_line_is_in_its_range_or_does_not_apply(seed, tracks, notes, meter, ticks) -> None:
    rows = measure_piece(noise(seed, tracks, notes, meter, ticks))
    assert len(rows) == (notes > 0)
    for row in rows:
        for line, value in zip(ALL_LINES, row, strict=True):
            assert math.isnan(value) or line.low - 1e-9 <= value <= line.high + 1e-9, (line.name, value)


def test_card_and_muspy_are_the_whole() -> None:
    assert (*CARD, *MUSPY) == ALL_LINES
