"""Metrics of whole pieces: equal to MusPy's but where it is at fault, by the meter, and NaN where nothing applies."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluation.music import BAR, alone, band, drums, noise

from bandmate.evaluation.metrics import METRICS, measure_metrics, reference_metrics
from bandmate.evaluation.piece import Piece
from bandmate.evaluation.symbolic import muspy, pieces, recurrence, tonality
from bandmate.evaluation.symbolic.recurrence import bar_similarity
from bandmate.evaluation.symbolic.tonality import tonal_centroids
from bandmate.score.model import METER, Score, Track, make_meters, make_notes
from bandmate.score.pitch import Key

SCORES = {
    "band": band(), "fills": band(8, 4), "noise_4_4": noise(1, 4, 150), "noise_6_8": noise(2, 3, 80, (6, 8), 96),
    "noise_5_4": noise(3, 2, 40, (5, 4), 10), "drums": Score((drums(4),)), "solo": alone([60, 64, 67, 72, 71]),
}  # fmt: skip
ROOT = Path(__file__).parents[2]
GOLDEN = json.loads((ROOT / "tests" / "fixtures" / "muspy_metrics.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", list(SCORES))
def test_every_value_is_the_one_that_muspy_gave(name: str) -> None:
    found = reference_metrics(SCORES[name])
    assert list(found) == list(GOLDEN[name])
    wanted = {key: np.nan if value is None else value for key, value in GOLDEN[name].items()}
    assert found == pytest.approx(wanted, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", list(SCORES))
def test_muspy_itself_agrees(name: str) -> None:
    reference = pytest.importorskip("muspy")
    score, piece = SCORES[name], Piece(SCORES[name])
    tracks = [
        reference.Track(is_drum=t.is_drum, notes=[reference.Note(int(n[0]), int(n[2]), int(n[1]), 64) for n in t.notes])
        for t in score.tracks
    ]
    music = reference.Music(resolution=score.ticks_per_quarter, tracks=tracks)
    asked = {
        "pitch_in_scale_rate": lambda: reference.pitch_in_scale_rate(music, piece.key.tonic, piece.key.mode)
        if piece.key else np.nan,
        "drum_in_duple_rate": lambda: reference.drum_in_pattern_rate(music, "duple"),
        "drum_in_triple_rate": lambda: reference.drum_in_pattern_rate(music, "triple"),
        "empty_measure_rate": lambda: reference.empty_measure_rate(music, 4 * score.ticks_per_quarter),
        "groove_consistency": lambda: reference.groove_consistency(music, 4 * score.ticks_per_quarter),
    }  # fmt: skip
    names = [m.name for m in METRICS if m.reference]
    theirs = {name: float(asked[name]() if name in asked else getattr(reference, name)(music)) for name in names}
    assert reference_metrics(score) == pytest.approx(theirs, abs=1e-9, nan_ok=True)


def one(onset, duration, pitch, meters=None, ticks: int = 480, is_drum: bool = False) -> Piece:
    """A piece of one track."""
    notes = make_notes(onset, duration, pitch)
    return Piece(Score((Track("", 0, is_drum, notes),), ticks, meters=make_meters() if meters is None else meters))


def test_a_chord_of_two_notes_is_polyphonic() -> None:
    third = one([0, 0, 480], 480, [60, 64, 60])
    assert pieces.polyphony_rate(third) == 0.5
    assert muspy.muspy_polyphony_rate(third) == 0.0
    assert pieces.polyphony(third) == 1.5


def test_a_pitch_that_sounds_twice_at_once_is_one() -> None:
    assert pieces.polyphony(one([0, 240, 0], [480, 480, 720], [60, 60, 67])) == 2.0


def test_a_note_is_over_where_it_ends() -> None:
    gap = one([0, 960], 480, 60)  # the second quarter is silent
    assert pieces.empty_beat_rate(gap) == pytest.approx(1 / 3)
    assert muspy.muspy_empty_beat_rate(gap) == 0.0


def test_bars_and_beats_are_those_of_the_meter() -> None:
    waltz = make_meters(3, 4)
    assert pieces.empty_measure_rate(one([0, 2880], 1440, 60, waltz)) == pytest.approx(1 / 3)
    compound = one([0, 1440], 720, 60, make_meters(6, 8))  # of three beats of a dotted quarter the second is silent
    assert pieces.empty_beat_rate(compound) == pytest.approx(1 / 3)


def test_a_change_of_meter_moves_the_bars() -> None:
    meters = np.array([(0, 4, 4, 0, -1, 24, 8), (BAR, 3, 4, 0, -1, 24, 8)], METER)
    bars = one([0, BAR + 1440], [BAR, 1440], 60, meters)  # 4/4, an empty 3/4, 3/4
    assert pieces.empty_measure_rate(bars) == pytest.approx(1 / 3)
    struck = one([0, BAR, BAR + 1440], 240, 38, meters, is_drum=True)
    assert pieces.groove_consistency(struck) == 1.0


def test_played_drums_are_in_a_pattern() -> None:
    late = one(np.arange(16) * 120 + 8, 60, 42, is_drum=True)
    assert pieces.drum_in_duple_rate(late) == pieces.drum_pattern_consistency(late) == 1.0
    assert muspy.muspy_drum_in_duple_rate(late) == 0.0
    triplets = one(np.arange(12) * 160, 60, 42, is_drum=True)
    assert pieces.drum_in_triple_rate(triplets) == 1.0
    assert pieces.drum_in_duple_rate(triplets) == pytest.approx(1 / 3)


def test_groove_does_not_depend_on_ticks_and_has_no_bar_that_is_not_there() -> None:
    coarse, fine = (one(np.array([0, 2, 4, 8]) * t, t, 60, ticks=t) for t in (12, 480))
    assert pieces.groove_consistency(coarse) == pieces.groove_consistency(fine)
    assert muspy.muspy_groove_consistency(fine) > muspy.muspy_groove_consistency(coarse)
    whole = one(np.arange(8) * 480, 480, 60)
    assert pieces.groove_consistency(whole) == 1.0
    assert muspy.muspy_groove_consistency(whole) == 1 - 4 / (2 * BAR)


def test_silence_after_the_last_note_is_no_music() -> None:
    piece = one(np.arange(4) * 480, 480, 60)
    longer = Piece(replace(piece.score, end_ticks=4 * BAR + 1))
    assert measure_metrics(longer) == pytest.approx(measure_metrics(piece), nan_ok=True)
    assert pieces.empty_measure_rate(longer) == 0


def test_a_scale_can_be_given() -> None:
    piece = one(np.arange(4) * 480, 480, [60, 62, 64, 66])
    assert pieces.pitch_in_scale_rate(piece, Key(0, "major")) == 0.75
    assert pieces.pitch_in_scale_rate(piece, Key(7, "major")) == 1.0


NOTHING = {
    "no track": Score(),
    "no note": Score((Track(),)),
    "no meter, no tempo": Score((Track(),), tempos=np.zeros(0, band().tempos.dtype), meters=np.zeros(0, METER)),
    "no length": Score((Track(notes=make_notes([0, 0], 0, [60, 64])),)),
    "one tick": Score((Track(notes=make_notes([0], 1, 60)),), ticks_per_quarter=1),
    "drums alone": Score((drums(1),)),
    "asked for silence": replace(Score((Track(),)), end_ticks=4 * BAR),
}


@pytest.mark.parametrize("name", list(NOTHING))
def test_nothing_is_a_number_or_not_one_but_never_an_error(name: str) -> None:
    for found in (measure_metrics(NOTHING[name]), reference_metrics(NOTHING[name])):
        for metric in METRICS:
            value = found.get(metric.name, np.nan)
            assert np.isnan(value) or min(metric.low, -127) <= value <= metric.high


def test_what_does_not_apply_is_nan() -> None:
    silent = measure_metrics(Score())
    assert {name for name, value in silent.items() if value == 0} == {"n_pitches_used", "n_pitch_classes_used"}
    assert all(np.isnan(value) for value in silent.values() if value != 0)
    beat = measure_metrics(Score((drums(4),)))
    assert all(np.isnan(beat[name]) for name in ("pitch_range", "polyphony", "polyphony_rate", "harmonic_tension"))
    assert beat["drum_pattern_consistency"] == 1
    assert np.isnan(measure_metrics(alone([60, 62]))["drum_pattern_consistency"])


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_says_what_it_is_and_what_is_wrong_with_the_other(metric) -> None:
    assert metric.words.endswith(".")
    assert bool(metric.fault) == metric.differs


_NOTE = st.tuples(st.integers(0, 40), st.integers(0, 20), st.integers(60, 64))


@settings(max_examples=60, deadline=None)
@given(st.lists(_NOTE, min_size=1, max_size=12))
def test_voices_are_those_of_a_piano_roll(rows: list[tuple[int, int, int]]) -> None:
    onset, duration, pitch = (np.array(column) for column in zip(*rows, strict=True))
    roll = np.zeros((128, 80), bool)
    for start, length, key in rows:
        roll[key, start : start + length] = True
    count, ticks = one(onset, duration, pitch, ticks=4).voices
    wanted = np.bincount(roll.sum(0), minlength=8)[1:]
    assert np.array_equal(np.bincount(count, weights=ticks, minlength=8)[1:], wanted)


def script(name: str) -> Any:
    """A script of the project, as a module."""
    spec = spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["metrics_page", "corpora_page"])
def test_a_page_is_what_its_script_writes(name: str) -> None:
    made = script(name)
    assert made.PAGE.read_text(encoding="utf-8") == made.page()


def test_a_source_is_measured_by_work(tmp_path) -> None:
    lines = []
    for number in range(5):
        alone([60, 62, 64, 60 + number]).write(tmp_path / f"{number}.mid")
        lines.append(json.dumps({"file": f"{number}.mid", "tags": {"group": f"work {number // 2}"}}))
    (tmp_path / "bad.mid").write_bytes(b"no music")
    lines.append(json.dumps({"file": "bad.mid"}))
    (tmp_path / "manifest.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "SOURCE.json").write_text('{"licence": "CC0"}', encoding="utf-8")
    found = script("corpora_page").source_of(tmp_path, 100)
    assert (found["pieces"], found["works"], found["left_out"]) == (5, 3, 1)
    row = found["metrics"]["n_pitches_used"]
    assert row["mean"] == pytest.approx((3 + 4 + 3 + 4 + 3) / 5)
    assert row["low"] <= row["mean"] <= row["high"]
    assert found["metrics"]["drum_in_duple_rate"]["n"] == 0


def test_centroids_lie_where_the_paper_puts_them() -> None:
    fifth = tonal_centroids(np.eye(12)[[0, 7]])
    assert fifth[0] == pytest.approx([0, 1, 0, 1, 0, 0.5])
    assert fifth[1] == pytest.approx([np.sin(np.pi / 6), np.cos(np.pi / 6), 1, 0, np.sin(2 * np.pi / 3) / 2, -0.25])
    triads = np.zeros((3, 12))
    triads[0, [0, 4, 7]] = triads[1, [7, 11, 2]] = triads[2, [6, 10, 1]] = 1  # C, G, F sharp
    near, far = np.linalg.norm(tonal_centroids(triads)[1:] - tonal_centroids(triads)[0], axis=1)
    assert near < far
    assert np.isnan(tonal_centroids(np.zeros((1, 12)))).all()


def test_tension_is_the_mean_way_from_half_bar_to_half_bar() -> None:
    chords = one(np.repeat([0, 960], 3), 960, [60, 64, 67, 67, 71, 74])
    triads = np.zeros((2, 12))
    triads[0, [0, 4, 7]] = triads[1, [7, 11, 2]] = 1
    assert tonality.harmonic_tension(chords) == pytest.approx(np.linalg.norm(np.diff(tonal_centroids(triads), axis=0)))
    assert tonality.harmonic_tension(one([0, 960], 960, 60)) == 0
    assert np.isnan(tonality.tonal_distance(chords))


def test_tracks_of_one_chord_are_near() -> None:
    notes = make_notes([0, 0, 0], BAR, [60, 64, 67])
    same = Score((Track(notes=notes), Track(notes=make_notes([0, 0, 0], BAR, [48, 52, 55]))))
    other = Score((Track(notes=notes), Track(notes=make_notes([0, 0, 0], BAR, [54, 58, 61]))))
    assert tonality.tonal_distance(Piece(same)) == pytest.approx(0)
    assert tonality.tonal_distance(Piece(other)) > 0.5


def test_notes_outside_the_chord_are_counted() -> None:
    triad = one([0, 0, 0], BAR, [60, 64, 67])
    assert tonality.chord_tone_ratio(triad) == 1
    passing = one([0, 0, 0, 480], [BAR, BAR, BAR, 120], [48, 64, 67, 66])
    assert tonality.chord_tone_ratio(passing) == 0.75


def test_a_bar_that_comes_again_is_like_itself() -> None:
    found = bar_similarity(Piece(band(8)))
    assert found.shape == (8, 8)
    assert np.diagonal(found) == pytest.approx(np.ones(8))
    assert np.diagonal(found, 4) == pytest.approx(np.ones(4))
    assert recurrence.self_similarity(Piece(band(16))) > recurrence.self_similarity(Piece(noise(1, 3, 100)))


def test_bars_of_other_meters_compare() -> None:
    meters = np.array([(0, 4, 4, 0, -1, 24, 8), (BAR, 3, 4, 0, -1, 24, 8)], METER)
    found = bar_similarity(one([0, 480, BAR, BAR + 480], 240, [60, 62, 60, 62], meters))
    assert found[0, 1] == 1


def test_a_motif_comes_again_at_another_pitch_but_not_in_another_rhythm() -> None:
    motif, at = np.array([60, 62, 64, 62, 67]), np.array([0, 240, 480, 600, 960])
    again = one([*at, *(at + BAR)], 60, [*motif, *(motif + 5)])
    assert recurrence.motif_recurrence(again) == 0.5
    other = one([*at, *(np.arange(5) * 300 + BAR)], 60, [*motif, *(motif + 5)])
    assert recurrence.motif_recurrence(other) == 0
    assert np.isnan(recurrence.motif_recurrence(one(at[:4], 60, motif[:4])))


def test_top_notes_make_the_line() -> None:
    line = one([0, 5, 480], 240, [60, 72, 64]).lines[0]
    assert line.pitch.tolist() == [72, 64]
