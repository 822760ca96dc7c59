"""Two sets of music: features, densities of distances, the Frechet distance, and notes of two scores matched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import sqrtm
from scipy.stats import gaussian_kde
from tests.evaluation.music import alone, band, drums, noise

from bandmate.evaluation.frechet import frechet, metric_frechet
from bandmate.evaluation.histograms import HISTOGRAMS, histograms_of
from bandmate.evaluation.matching import match_scores
from bandmate.evaluation.overlap import compare, overlaps
from bandmate.evaluation.piece import Piece
from bandmate.score.model import Score
from bandmate.score.timeline import ticks_to_seconds


def normal(seed: int, size: int, mean: float = 0.0, spread: float = 1.0) -> np.ndarray:
    """Numbers from one bell."""
    return np.random.default_rng(seed).normal(mean, spread, size)


def test_features_of_a_tune() -> None:
    found = histograms_of(Piece(alone([60, 64, 67, 64])))
    assert found["pitch_count"] == 3
    assert found["note_count"] == 4
    assert found["pitch_range"] == 7
    assert found["pitch_interval"] == pytest.approx(10 / 3)
    assert found["inter_onset"] == 1
    assert found["pitch_class_histogram"][[0, 4, 7]].tolist() == [0.25, 0.5, 0.25]
    assert found["pitch_class_transitions"].reshape(12, 12)[7, 4] == pytest.approx(1 / 3)
    assert found["note_length_histogram"].tolist() == [0, 0, 1, *[0] * 9]
    assert found["note_length_transitions"].reshape(12, 12)[2, 2] == 1


@pytest.mark.parametrize("score", [Score(), Score((drums(2),)), alone([60])], ids=["empty", "drums", "one note"])
def test_features_that_do_not_apply_are_nan(score: Score) -> None:
    found = histograms_of(Piece(score))
    assert [len(found[h.name]) for h in HISTOGRAMS] == [h.size for h in HISTOGRAMS]
    assert np.isnan(found["pitch_class_transitions"]).all()


def test_samples_of_one_bell_overlap_and_others_do_not() -> None:
    area, divergence = compare(normal(1, 400), normal(2, 400))
    assert area > 0.9
    assert divergence < 0.05
    far, apart = compare(normal(1, 400), normal(2, 400, 50))
    assert far == pytest.approx(0, abs=1e-9)
    assert apart > 5
    assert compare(normal(1, 400), normal(1, 400)) == pytest.approx((1, 0), abs=1e-3)


def test_the_area_is_that_of_the_integral() -> None:
    one, two = normal(3, 60), normal(4, 80, 1.0, 2.0)
    first, other = gaussian_kde(one), gaussian_kde(two)
    wanted = quad(lambda x: min(first(x)[0], other(x)[0]), -15, 15, limit=400)[0]
    assert compare(one, two)[0] == pytest.approx(wanted, abs=1e-3)


def test_distances_without_a_spread() -> None:
    assert compare(np.ones(4), np.ones(9)) == (1.0, 0.0)
    assert compare(np.ones(4), np.zeros(4))[0] == 0.0
    assert np.isnan(compare(np.ones(4), normal(1, 4))).all()


def test_a_set_overlaps_with_its_like() -> None:
    tunes = [histograms_of(Piece(alone(list(60 + np.random.default_rng(k).integers(0, 12, 30))))) for k in range(30)]
    noises = [histograms_of(Piece(noise(k, 4, 60))) for k in range(15)]
    alike = {row.name: row for row in overlaps(tunes[:15], tunes[15:])}
    other = {row.name: row for row in overlaps(tunes[:15], noises)}
    assert alike["pitch_class_histogram"].area > 0.8
    assert other["pitch_range"].area < 0.2
    assert other["pitch_range"].between > other["pitch_range"].within
    few = overlaps(tunes[:2], tunes)[0]
    assert few.n == 2
    assert np.isnan(few.area)


def test_the_frechet_distance_is_that_of_the_formula() -> None:
    one, two = normal(1, 900).reshape(300, 3) @ np.triu(np.ones((3, 3))), normal(2, 600, 1.0, 2.0).reshape(200, 3)
    a, b = np.cov(one, rowvar=False), np.cov(two, rowvar=False)
    wanted = np.square(one.mean(0) - two.mean(0)).sum() + np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
    assert frechet(one, two) == pytest.approx(wanted, rel=1e-6)
    line = frechet(one[:, :1], two[:, :1])
    assert line == pytest.approx((one[:, 0].mean() - two[:, 0].mean()) ** 2 + (a[0, 0] ** 0.5 - b[0, 0] ** 0.5) ** 2)
    assert frechet(one, one) == pytest.approx(0, abs=1e-9)


def test_metrics_that_do_not_apply_or_do_not_vary_are_left_out() -> None:
    rows = normal(1, 80).reshape(20, 4)
    rows[:, 1], rows[:15, 2] = 7.0, np.nan
    assert metric_frechet(rows, rows) == (pytest.approx(0, abs=1e-9), 2)
    assert metric_frechet(rows[:2], rows)[1] == 0
    assert metric_frechet(np.full((5, 2), np.nan), rows[:, :2])[1] == 0


def test_the_scale_of_a_metric_does_not_matter() -> None:
    one, two = normal(1, 60).reshape(30, 2), normal(2, 60, 1.0).reshape(30, 2)
    scale = np.array([1.0, 1000.0])
    assert metric_frechet(one * scale, two * scale)[0] == pytest.approx(metric_frechet(one, two)[0])


def test_notes_of_two_scores_are_matched() -> None:
    score = band(2)
    without = replace(score, tracks=score.tracks[:-1])
    found = match_scores(without, score)
    assert found.precision == 1
    assert found.recall == without.note_count / score.note_count
    assert match_scores(Score(), score).recall == 0
    assert np.isnan(match_scores(Score(), score).precision)


@pytest.mark.parametrize("seed", range(4))
def test_mir_eval_matches_as_many(seed: int) -> None:
    mir_eval = pytest.importorskip("mir_eval")
    pitched = [replace(score, tracks=score.tracks[1:]) for score in (noise(seed, 3, 400), noise(seed + 50, 3, 300))]
    rows = []
    for score in pitched:
        notes = np.concatenate([track.notes for track in score.tracks])
        end = notes["onset_ticks"] + np.maximum(notes["duration_ticks"], 1)
        times = np.stack([ticks_to_seconds(score, notes["onset_ticks"]), ticks_to_seconds(score, end)], 1)
        rows.append((times, 440.0 * 2.0 ** ((notes["pitch"] - 69.0) / 12)))
    (found, keys), (wanted, other) = rows
    pairs = mir_eval.transcription.match_notes(wanted, other, found, keys, offset_ratio=None)
    assert match_scores(*pitched).matched == len(pairs) > 0
